"""The table of the Inspect view: one line per example, with its outcome, causes and marks."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages._app import mistakes_cache, state
from pages._app.controls import table_height
from pages._app.mistakes_cache import Key
from pages._app.text import cells
from textcls_core.arrays import Indices
from textcls_core.charts.theme import GREY, OUTCOME_COLORS, class_color
from textcls_core.mistakes.causes.found import CAUSES
from textcls_core.mistakes.examples import Examples

ROWS_SHOWN = 1_000
_HEIGHT = 450
_MARKS = {
    "right and sure": "✓ sure",
    "right but unsure": "✓ unsure",
    "wrong but unsure": "✕ unsure",
    "wrong and sure": "✕ sure",
}
"""What stands in the coloured cell of each outcome."""
_NO_LABEL = "no label"


def show_table(key: Key, examples: Examples, places: Indices, opened: int | None) -> list[str]:
    """Show examples; a click on a cell opens its row, boxes choose rows for a bulk change.

    Args:
        key: What they depend on.
        examples: All rows of the split.
        places: Those to show, at most `ROWS_SHOWN`.
        opened: The row that is open, marked in the table if it is there.

    Returns:
        Ids of the rows whose box is ticked.
    """
    row_ids = [examples.row_ids[place] for place in places]
    table = f"mistakes.table.{hash(tuple(row_ids))}"
    _mark(table, list(places).index(opened) if opened in places else None)
    event: Any = st.dataframe(
        _columns(key, examples, places, row_ids),
        hide_index=True,
        height=table_height(len(row_ids), _HEIGHT),
        column_config=_config(examples.label_names),
        on_select=lambda: _open(table, row_ids),
        selection_mode=["multi-row", "single-cell"],
        key=table,
        alt="Examples with outcome, true and predicted class, confidence, loss and likely causes",
    )
    return [row_ids[position] for position in event["selection"]["rows"]]


def _columns(
    key: Key, examples: Examples, places: Indices, row_ids: Sequence[str]
) -> dict[str, list[Any]]:
    columns = examples.columns(places)
    causes = mistakes_cache.causes_by_row(key)
    reviewed = mistakes_cache.sides(key).marks.reviewed[places].tolist()
    shown: dict[str, list[Any]] = {
        "outcome": [[_MARKS[name]] for name in columns["outcome"]],
        "true": [names or [_NO_LABEL] for names in columns["true"]],
        "predicted": [names or [_NO_LABEL] for names in columns["predicted"]],
        "confidence": [100 * share for share in columns["confidence"]],
        "loss": columns["loss"],
        "text": cells(columns["text"]),
    }
    if causes:
        found = [causes.get(row_id, ()) for row_id in row_ids]
        shown["causes"] = [[CAUSES[one.cause].title for one in several] for several in found]
    if any(reviewed):
        shown["reviewed"] = reviewed
    return shown


def _config(label_names: Sequence[str]) -> dict[str, Any]:
    colors = [class_color(label_id) for label_id in range(len(label_names))]
    badges = st.column_config.MultiselectColumn(
        options=[*label_names, _NO_LABEL], color=[*colors, GREY], width=92
    )
    return {
        "outcome": st.column_config.MultiselectColumn(
            options=list(_MARKS.values()), color=list(OUTCOME_COLORS.values()), width=84
        ),
        "true": badges,
        "predicted": badges,
        "confidence": st.column_config.ProgressColumn(
            format="%.1f %%", min_value=0, max_value=100, width=92
        ),
        "loss": st.column_config.NumberColumn(format="%.2f", width=52),
        "text": st.column_config.TextColumn(width=140),
        "causes": st.column_config.ListColumn(width=200),
        "reviewed": st.column_config.CheckboxColumn(width=76),
    }


def _mark(table: str, position: int | None) -> None:
    """Mark the open row by its cell, and keep the boxes that are ticked."""
    held: Any = st.session_state.get(table, {"selection": {"rows": []}})
    marked = [] if position is None else [(position, "outcome")]
    rows = list(held["selection"]["rows"])
    st.session_state[table] = {"selection": {"rows": rows, "columns": [], "cells": marked}}


def _open(table: str, row_ids: Sequence[str]) -> None:
    """Open the row of the cell that was clicked."""
    for position, _ in st.session_state[table]["selection"]["cells"]:
        state.set_parameter("row", row_ids[position])
