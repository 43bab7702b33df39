"""One row of a data set: its text in full, its tokens as a model sees them, and its neighbours."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages._app import dataset_cache, state
from pages._app.dataset_overview import choose_model
from pages._app.text import badge_label, escape, label, show_text
from pages._app.token_text import token_text
from textcls_core.dataset.query import RowTable
from textcls_core.errors import ModelError
from textcls_core.wording import plural

_TOKENIZED_CHARACTERS = 50_000
"""Of a longer text, the tokens of its beginning are shown."""


def show_row(rows: RowTable, near: Sequence[dict[str, Any]], shown: range, page: int) -> None:
    """Show the row in the URL in full.

    Args:
        rows: Where it is.
        near: The rows of the page, and one more at both ends if there is one.
        shown: Which of these are on the page.
        page: Number of the page, from 1.
    """
    row_id = state.parameter("data_row")
    record = rows.find(row_id) if row_id else None
    if row_id and record is None:
        state.ignore_parameter("data_row", "row")
    if record is None:
        st.caption("Select a row to read it in full.")
        return
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.badge(badge_label(record["label"] or "no label"), color="blue")
            st.badge(record["split"], color="gray")
            length = f"{plural(record['words'], 'word')}, {record['characters']:,} characters"
            st.caption(f"{escape(row_id)} · row {record['position'] + 1:,} · {length}")
            _show_neighbours([item["row_id"] for item in near], row_id, shown, page)
        show_text(record["text"])
        _show_further_columns(record)
        _show_tokens(record)


def _show_neighbours(near: list[str], row_id: str, shown: range, page: int) -> None:
    """Show the way to the row before and after this one under the same filter and order."""
    here = near.index(row_id) if row_id in near else None
    for title, icon, step in (
        ("Previous", ":material/chevron_left:", -1),
        ("Next", ":material/chevron_right:", 1),
    ):
        there = None if here is None else here + step
        is_open = there is not None and 0 <= there < len(near)
        target = near[there] if there is not None and is_open else ""
        turn = step if there is not None and there not in shown else 0
        st.button(
            title,
            icon=icon,
            key=f"explore.{title.lower()}",
            disabled=not is_open,
            on_click=_open,
            args=(target, page + turn),
        )


def _open(row_id: str, page: int) -> None:
    state.set_parameter("data_row", row_id)
    state.set_parameter("data_page", str(page) if page > 1 else None)


def _show_further_columns(record: dict[str, Any]) -> None:
    known = ("position", "row_id", "split", "label", "text", "characters", "words")
    further = {name: value for name, value in record.items() if name not in known}
    if further:
        with st.expander("Other columns"):
            table = [{"column": name, "value": value} for name, value in further.items()]
            st.dataframe(table, hide_index=True, alt="Other columns of this row")


def _show_tokens(record: dict[str, Any]) -> None:
    """Show the text as the chosen model sees it."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        model, limit = choose_model()
    text = record["text"][:_TOKENIZED_CHARACTERS]
    try:
        tokens = dataset_cache.tokens_of(text, record["label"], model, limit)
    except ModelError as error:
        st.warning(escape(str(error)))
        return
    token_text(tokens, key="explore.tokens")
    if len(text) < len(record["text"]):
        st.caption(f"Tokens of the first {_TOKENIZED_CHARACTERS:,} characters.")
    st.caption(
        f"As {label(model)} sees it: what is struck through is never read, "
        "what is marked it does not know."
    )
