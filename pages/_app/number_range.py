"""A range of numbers that lives in the URL, with a field for each end."""

from collections.abc import Sequence

import streamlit as st

from pages._app import state
from textcls_core.dataset.row_filter import Range

_OPEN = ".."
"""Stands between the ends of a range in the URL."""


def read_range(name: str) -> Range | None:
    """Return the range in the URL under `name`; one that cannot be read is dropped with a note."""
    text = state.parameter(name)
    found = Range.parse(name, text)
    if text and found is None:
        state.ignore_parameter(name, f"range of {name}")
    return found


def show_range(name: str, title: str, step: float | None = None) -> None:
    """Show two fields for the ends of a range in the URL."""
    known = Range.parse(title, state.parameter(name)) or Range(title)
    keys = [f"range.{name}.{end}" for end in ("low", "high")]
    left, right = st.columns(2)
    for place, key, end, value in (
        (left, keys[0], "at least", known.low),
        (right, keys[1], "at most", known.high),
    ):
        st.session_state[key] = value if step is None or value is None else int(value)
        place.number_input(
            f"{title}, {end}",
            value=None,
            step=step,
            key=key,
            on_change=_remember_range,
            args=(name, keys),
        )


def _remember_range(name: str, keys: Sequence[str]) -> None:
    low, high = (
        "" if st.session_state[key] is None else f"{st.session_state[key]:g}" for key in keys
    )
    state.set_parameter(name, f"{low}{_OPEN}{high}" if low or high else None)
