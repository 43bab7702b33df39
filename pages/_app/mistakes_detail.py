"""One example in full: its text, what was read and predicted, and the way to its neighbours."""

from functools import partial
from typing import Any

import streamlit as st

from pages._app import controls, mistakes_cache, state
from pages._app.mistakes_cache import Found, Key
from pages._app.mistakes_similar import open_training_row, show_similar, similar_rows_place
from pages._app.mistakes_why import show_why
from pages._app.read_text import read_text
from pages._app.text import badge_label, escape, label, show_text
from textcls_core.charts.prediction import MAX_BARS, probabilities_chart
from textcls_core.errors import ModelError
from textcls_core.mistakes.example_filter import OUTCOME_CODES
from textcls_core.mistakes.examples import Examples
from textcls_core.mistakes.order import Steps, steps
from textcls_core.runs.run import Run
from textcls_core.wording import percent, plural

_TEXT_HEIGHT = 300
_SHORT = 500
"""Characters of a text that needs no room of its own to scroll in."""
_BADGE_CHARACTERS = 60


def show_example(run: Run, key: Key, examples: Examples, place: int, found: Found) -> None:
    """Show one example in full, with the way to the ones before and after it.

    Args:
        run: A finished run.
        key: What its rows depend on.
        examples: All rows of the split.
        place: The row to show.
        found: The list it is read in.
    """
    row = examples.row(place)
    _show_steps(examples, steps(found.places, found.sort_key, place), len(found.places))
    with st.container(border=True):
        _show_badges(row, is_reviewed=mistakes_cache.sides(key).marks.reviewed[place])
        if examples.outcomes[place] in OUTCOME_CODES["mistakes"]:
            _show_why(run, key, row["row_id"])
        _show_text(run, row)
        _show_probabilities(row)
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button("Look at its attention", icon=":material/visibility:"):
                link = {"run": run.run_id, "row": row["row_id"], "panel": "Heads"}
                st.switch_page("pages/explanation.py", query_params=link)
            st.caption(f"Row {escape(row['row_id'])}")
    _show_similar_rows(run, key, row["row_id"])


def _show_why(run: Run, key: Key, row_id: str) -> None:
    """Show the likely causes of a mistake, or lead to where they are looked for."""
    if key.triage:
        show_why(run, key.split, row_id)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Nobody looked for its likely causes yet.")
        st.button(
            "Look for causes",
            icon=":material/troubleshoot:",
            type="tertiary",
            key="mistakes.look",
            on_click=state.set_parameter,
            args=("panel", "Causes"),
        )


def _show_similar_rows(run: Run, key: Key, row_id: str) -> None:
    """Show the training rows that are most similar; they are looked up only when asked for."""
    place = similar_rows_place()
    if place.open:
        with place:
            show_similar(run, key.split, row_id, partial(open_training_row, run))


def _show_steps(examples: Examples, around: Steps, total: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        _step("Previous", ":material/arrow_back:", examples, around.before, "ArrowLeft")
        _step("Next", ":material/arrow_forward:", examples, around.after, "ArrowRight")
        place = around.position
        st.caption("not in this selection" if place is None else f"{place + 1:,} of {total:,}")


def _step(name: str, icon: str, examples: Examples, place: int | None, shortcut: str) -> None:
    """Show a button that opens a neighbour; an arrow key presses it too."""
    st.button(
        name,
        icon=icon,
        disabled=place is None,
        key=f"mistakes.{name.lower()}",
        shortcut=shortcut,
        on_click=state.set_parameter,
        args=("row", None if place is None else examples.row_ids[place]),
    )


def _show_badges(row: dict[str, Any], *, is_reviewed: bool) -> None:
    is_right = row["true"] == row["predicted"]
    icon = ":material/check:" if is_right else ":material/close:"
    color: Any = "green" if is_right else "red"
    with st.container(horizontal=True):
        st.badge(f"true: {_names(row['true'])}", color="gray")
        st.badge(f"predicted: {_names(row['predicted'])}", icon=icon, color=color)
        st.badge(f"{percent(row['confidence'])} sure", color="gray")
        st.badge(f"loss {row['loss']:.2f}", color="gray")
        if is_reviewed:
            st.badge("reviewed", icon=":material/done_all:", color="blue")


def _names(answer: str | list[str]) -> str:
    names = answer if isinstance(answer, str) else ", ".join(answer) or "no label"
    return badge_label(names, _BADGE_CHARACTERS)


def _show_probabilities(row: dict[str, Any]) -> None:
    """Show the most probable classes, and all of them on demand."""
    probabilities = row["probabilities"]
    top = max(probabilities, key=probabilities.__getitem__)
    st.plotly_chart(
        probabilities_chart(probabilities),
        config=controls.NO_TOOLBAR,
        alt=f"{top} has the largest probability, {percent(probabilities[top])}",
    )
    if len(probabilities) <= MAX_BARS:
        return
    with st.expander(f"All {len(probabilities)} classes"):
        ordered = sorted(probabilities, key=probabilities.__getitem__, reverse=True)
        records = [{"class": name, "probability": probabilities[name]} for name in ordered]
        controls.shares_table(records, ("probability",), "Probabilities of all classes")


def _show_text(run: Run, row: dict[str, Any]) -> None:
    """Show the whole text, with what the model did not read marked as such."""
    text = row["text"]
    try:
        found = mistakes_cache.read_part(run, text)
    except ModelError as error:
        st.caption(f"How much of it the model read is not known: {label(str(error), 200)}")
        found = None
    if found is not None:
        st.caption(_read_words(found.num_tokens, found.num_cut))
    height: Any = _TEXT_HEIGHT if len(text) > _SHORT else "content"
    with st.container(height=height, border=False):
        if found is None or not found.num_cut:
            show_text(text)
        else:
            read_text(found, "mistakes.text")


def _read_words(num_tokens: int, num_cut: int) -> str:
    if not num_cut:
        return f"{plural(num_tokens, 'token')}, all read by the model."
    read = num_tokens - num_cut
    return f"{num_tokens:,} tokens: the model read {read:,}, the other {num_cut:,} are cut off."
