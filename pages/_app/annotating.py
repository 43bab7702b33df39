"""What the annotating parts of the Mistakes page share: where, who, and what can be undone.

What was done is kept on disk at once. The session remembers only which batches this person made,
so that Undo takes back their own and never those of somebody else.
"""

from collections.abc import Callable

import streamlit as st

from pages._app import state
from pages._app.text import escape
from textcls_core.dataset.history import newest_version
from textcls_core.dataset.store import DatasetInfo
from textcls_core.errors import TextclsError
from textcls_core.mistakes.annotations.store import Annotations
from textcls_core.runs.run import Run
from textcls_core.runs.saved_slices import dataset_name

AUTHOR, _DONE = "annotate.author", "annotate.done"
_KEPT = 100
"""Batches that can be undone with the key, of one session."""


def annotations_of(run: Run) -> Annotations:
    """Return what people said about the rows of a run's data set."""
    return Annotations.open(state.workspace(), dataset_name(state.workspace(), run))


def newest_of(run: Run) -> DatasetInfo:
    """Return the newest version of a run's data set."""
    return newest_version(state.dataset_store(), dataset_name(state.workspace(), run))


def author() -> str:
    """Return the name that this session gave itself; empty if none."""
    return str(st.session_state.get(AUTHOR) or "")


def keep(
    annotations: Annotations, say: Callable[[], int | None], row_id: str = "", *, opens: str = "row"
) -> bool:
    """Keep what somebody said and remember it for Undo; a refusal becomes a note.

    Args:
        annotations: Where it is kept.
        say: Keeps it and returns the batch; None if there was nothing to keep.
        row_id: The row to open again when it is undone; empty for many.
        opens: URL parameter that opens the row.

    Returns:
        Whether it was not refused.
    """
    try:
        batch_id = say()
    except TextclsError as error:
        st.toast(escape(str(error)), icon=":material/error:", duration="infinite")
        return False
    if batch_id is not None:
        remember(annotations, batch_id, row_id, opens=opens)
    return True


def remember(
    annotations: Annotations, batch_id: int, row_id: str = "", *, opens: str = "row"
) -> None:
    """Let Undo take a batch back; see `keep`."""
    new = [annotations.dataset_name, batch_id, row_id, opens]
    st.session_state[_DONE] = [*st.session_state.get(_DONE, []), new][-_KEPT:]


def show_undo(annotations: Annotations, key: str, *, shortcut: str | None = None) -> None:
    """Show the button that takes back what this session did last."""
    done = _done(annotations)
    st.button(
        "Undo",
        icon=":material/undo:",
        disabled=not done,
        key=key,
        shortcut=shortcut,
        help="Takes back the last thing you did here, for one row or many.",
        on_click=_undo,
        args=(annotations,),
    )


def _done(annotations: Annotations) -> list[list[str | int]]:
    """Return what this session did to the data set, oldest first."""
    name = annotations.dataset_name
    return [one for one in st.session_state.get(_DONE, []) if one[0] == name]


def _undo(annotations: Annotations) -> None:
    """Take the last batch back that still holds, and open its row again."""
    try:
        while done := _done(annotations):
            _, batch_id, row_id, opens = done[-1]
            st.session_state[_DONE] = [one for one in st.session_state[_DONE] if one != done[-1]]
            if annotations.undo(int(batch_id)):
                if row_id:
                    state.set_parameter(str(opens), str(row_id))
                return
    except TextclsError as error:
        st.toast(escape(str(error)), icon=":material/error:", duration="infinite")
