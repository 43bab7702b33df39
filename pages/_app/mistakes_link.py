"""The filters of the Mistakes page by name, and the way to its rows from other places."""

from typing import Any

import streamlit as st

from pages._app import state

MORE_FILTERS = (
    *("sure", "loss", "words", "tokens", "cut_off", "tag", "in_slice", "pattern", "unreviewed"),
)
FILTERS = ("outcome", "true", "predicted", "cause", "query", *MORE_FILTERS)
"""Names that the filters have in the URL."""


def clear_filters() -> None:
    """Take every filter out of the URL; the order stays."""
    for name in FILTERS:
        state.set_parameter(name, None)


def open_mistakes(**link: Any) -> None:
    """Open the Mistakes page on what the link says, and on nothing that was chosen there before.

    A filter that is still remembered would hide the row, another view would not show it, and
    another row would be shown in its place.

    Args:
        **link: What the address says: run, split, row and filters.
    """
    for name in (*FILTERS, "row"):
        state.remember(name, "")
    st.switch_page("pages/mistakes.py", query_params={"panel": "Inspect", **link})
