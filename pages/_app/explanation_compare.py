"""Compare: two texts, two runs, or a run before and after its training."""

from collections.abc import Callable

import streamlit as st

from pages._app import controls, state
from pages._app.explanation_cache import examples
from pages._app.explanation_moved import show_moved
from pages._app.explanation_sides import Side, show_sides
from pages._app.explanation_text import MAX_CHARACTERS, choose_text
from pages._app.saving import note
from pages._app.text import show_text
from textcls_core.reporting.explanation_page import Fact
from textcls_core.runs.run import Run

_KEPT = "attention.other_kept"
"""Session state: the second text that was typed last."""


def show_compare(run: Run) -> None:
    """Show what differs between two texts, two runs, or before and after training.

    Args:
        run: A finished run.
    """
    what = state.choose(
        "sides", "Compare", list(_WAYS), default=next(iter(_WAYS)),
        draw=st.segmented_control, label_visibility="collapsed",
    )  # fmt: skip
    _WAYS[what](run)


def _show_texts(run: Run) -> None:
    """Show two texts under one run."""
    left, right = controls.panels()
    with left:
        one = choose_text(run)
    with right:
        other = _choose_other_text(run)
    if one.strip() and other.strip():
        note(Fact("First text", one), Fact("Second text", other))
        show_sides(Side(run, one, "First text"), Side(run, other, "Second text"))
    else:
        show_text("Type or paste two texts to compare.")


def _choose_other_text(run: Run) -> str:
    key = f"attention.other.{run.config.dataset_fingerprint}"
    _, example = examples(run)
    if key not in st.session_state:
        st.session_state[key] = st.session_state.get(_KEPT, example)
    text = st.text_area("Second text", height=130, max_chars=MAX_CHARACTERS, key=key) or ""
    if text != example:
        st.session_state[_KEPT] = text
    return text


def _show_runs(run: Run) -> None:
    """Show one text under two runs."""
    found = [other for other in state.run_store().runs() if other.has_model and other != run]
    mine = run.config.dataset_fingerprint
    found.sort(key=lambda other: other.config.dataset_fingerprint != mine)  # comparable ones first
    others = {other.run_id: other for other in found}
    if not others:
        show_text("There is no other finished run to compare with. Train a second one.")
        return
    labels = controls.run_labels({run.run_id: run, **others})
    options = {run_id: labels[run_id] for run_id in others}
    wanted = state.choose("sides_run", "Other run", options, default=next(iter(others)), pin=True)
    text = choose_text(run)
    if not text.strip():
        show_text("Type or paste a text to look at.")
        return
    note(Fact("Other run", f"{labels[wanted]} ({wanted})"), Fact("Text", text))
    show_sides(
        Side(run, text, f"This run: {labels[run.run_id]}"),
        Side(others[wanted], text, f"Other run: {labels[wanted]}"),
    )


_WAYS: dict[str, Callable[[Run], None]] = {
    "Two texts": _show_texts,
    "Two runs": _show_runs,
    "Before and after training": show_moved,
}
