"""The text that is explained: typed, or a row of the data set."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._app import controls, state
from pages._app.explanation_cache import examples
from pages._app.explanation_similar import show_similar_rows
from pages._app.saving import note
from pages._app.text import badge_label, escape, show_text
from textcls_core.errors import NotFoundError
from textcls_core.reporting.explanation_page import Fact
from textcls_core.runs.run import Run

MAX_CHARACTERS = 20_000
_FIELD = "attention.input"
"""Session state: the field; its key goes on with the data set, whose example it shows, and row."""
_KEPT, _TYPED = "attention.kept", "attention.typed"
"""Session state: the text that stood last in the field by its key; the last one that is no row."""


def of_text(
    show: Callable[[Run, str, DeltaGenerator], None],
    variant_of: Callable[[str], str] = lambda text: text,
) -> Callable[[Run], None]:
    """Return a view that asks for a text first, with a place for the prediction beside it.

    Args:
        show: Takes a finished run, the text, which is not empty, and the place.
        variant_of: Returns the text as it is after the edits of the view, if it makes any.
    """

    def show_with_text(run: Run) -> None:
        text_column, place = controls.panels()
        below = st.container()
        with text_column:
            text = choose_text(run, variant_of, below)
        if text.strip():
            note(Fact("Text", text))
            show(run, text, place)
        else:
            show_text("Type or paste a text to look at.")

    return show_with_text


def choose_text(
    run: Run,
    variant_of: Callable[[str], str] = lambda text: text,
    below: DeltaGenerator | None = None,
) -> str:
    """Return the text to look at: typed, or the row named in the URL.

    It stays when another run is chosen, and is kept while a view is open that needs none, and a
    typed one while a row is read: Streamlit forgets a field that is not shown. Similar training
    rows are one click away.

    Args:
        run: A finished run.
        variant_of: See `of_text`.
        below: Where similar training rows stand, which need some width; under the text without it.
    """
    row_id = state.parameter("row")
    row = _row(run, row_id) if row_id else None
    text = _field(run, row)
    if row is not None and text != row.text:
        st.caption("Changed here: this is no longer the text of the row.")
        row = None
    if row is not None:
        note(row.fact)
    if text.strip():
        with below or st.container():
            show_similar_rows(run, text, variant_of(text), None if row is None else row.place)
    return text


def _field(run: Run, row: "_Row | None") -> str:
    """Show the field and return its text, at first that of the row or an example of the data."""
    key = f"{_FIELD}.{run.config.dataset_fingerprint}.{row.place[1] if row else ''}"
    example, _ = examples(run)
    if key not in st.session_state:
        begins_with = row.text if row else st.session_state.get(_TYPED, example)
        st.session_state[key] = st.session_state.get(_KEPT, {}).get(key, begins_with)
    text = st.text_area("Text", height=130, max_chars=MAX_CHARACTERS, key=key) or ""
    st.session_state[_KEPT] = {key: text}
    if row is None and text != example:
        st.session_state[_TYPED] = text
    elif row is None and example:
        st.caption("How a text of the data set begins. Type or paste any other.")
    return text


@dataclass(frozen=True, slots=True)
class _Row:
    """A row that is looked at."""

    place: tuple[str, str]
    """Its split and its id."""
    text: str
    """As much of it as the field holds."""
    fact: Fact
    """What it is, for the file that people save."""


def _row(run: Run, row_id: str) -> _Row | None:
    """Show what a row of the run's data set is and return it, or None if there is no such row."""
    rows = state.dataset(run.config.dataset_fingerprint)
    try:
        position = rows.position(row_id)
    except NotFoundError:
        state.ignore_parameter("row", "row")
        return None
    record = rows.table.slice(position, 1).to_pylist()[0]
    true = ", ".join(rows.label_names[label_id] for label_id in record["label_ids"])
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(f"true: {badge_label(true)}", color="gray")
        st.caption(f"Row {escape(row_id)}, {record['split']}")
        if record["split"] in run.splits:
            _lead_to_mistakes(run, row_id, record["split"])
        if st.button("Use a text of my own", type="tertiary", icon=":material/edit:"):
            state.set_parameter("row", None)
            st.rerun()
    return _Row(
        (record["split"], row_id),
        str(record["text"])[:MAX_CHARACTERS],
        Fact("Row", f"{row_id}, {record['split']}, true: {true}"),
    )


def _lead_to_mistakes(run: Run, row_id: str, split: str) -> None:
    """Lead to the row on the Mistakes page, in the list it was read in there."""
    if st.button("Read it on Mistakes", icon=":material/rule:"):
        link = {"run": run.run_id, "split": split, "row": row_id, "panel": "Inspect"}
        st.switch_page("pages/mistakes.py", query_params=link)
