"""The import wizard of the Data page: one step at a time, what was entered is kept."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from pages._app import import_state, state
from pages._app.import_background import show_storing
from pages._app.import_checks import show_checks, show_save
from pages._app.import_columns import show_columns, show_labels, show_splits
from pages._app.import_file import show_file, show_format
from pages._app.text import escape
from textcls_core.errors import TextclsError


@dataclass(frozen=True, slots=True)
class _Step:
    """One screen of the wizard; `show` returns whether the next one can begin."""

    name: str
    question: str
    show: Callable[[], bool]


_STEPS = (
    _Step("File", "Which file holds the texts?", show_file),
    _Step("Format", "Is it read the right way?", show_format),
    _Step("Columns", "Which column is what?", show_columns),
    _Step("Labels", "How are labels written?", show_labels),
    _Step("Splits", "Which rows are for training, which for the test?", show_splits),
    _Step("Checks", "What should be put right first?", show_checks),
    _Step("Save", "What is it called?", show_save),
)
_NAMES = [step.name for step in _STEPS]


def show_import() -> None:
    """Show the step in the URL; every problem is a message beside what was entered."""
    if show_storing():
        return
    import_state.keep_entered()
    current = _current()
    _show_progress(current)
    step = _STEPS[current]
    st.subheader(step.question, anchor=False)
    try:
        is_done = step.show()
    except TextclsError as error:
        st.error(escape(str(error)), icon=":material/error:")
        is_done = False
    import_state.keep_on_disk()
    _show_navigation(current, is_done=is_done)


def _current() -> int:
    """Return the step in the URL; without a file there is only the first one."""
    wanted = state.parameter("step", _NAMES[0])
    position = _NAMES.index(wanted) if wanted in _NAMES else 0
    return position if import_state.source("main") else 0


def _show_progress(current: int) -> None:
    """Show all steps; those that were done can be opened again."""
    reached = max(current, int(import_state.get("reached", 0)))
    import_state.put("reached", reached)
    with st.container(horizontal=True, gap="small"):
        for position, name in enumerate(_NAMES):
            title = (
                f"**{position + 1} {name}**" if position == current else f"{position + 1} {name}"
            )
            if st.button(
                title,
                key=f"import.step.{name}",
                type="tertiary",
                disabled=position > reached,
            ):
                _go_to(position)


def _show_navigation(current: int, *, is_done: bool) -> None:
    with st.container(horizontal=True):
        if current and st.button("Back", icon=":material/arrow_back:"):
            _go_to(current - 1)
        is_last = current == len(_STEPS) - 1
        if not is_last and st.button("Next", type="primary", disabled=not is_done):
            _go_to(current + 1)


def _go_to(position: int) -> None:
    state.set_parameter("step", _NAMES[position] if position else None)
    st.rerun()
