"""The rows behind a cell: a click taken from a chart or a table, and the examples it stands for."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from pages._app import controls, state
from pages._app.mistakes_link import open_mistakes
from pages._app.text import label
from textcls_core.arrays import Indices
from textcls_core.dataset.text_dataset import Split
from textcls_core.evaluation.cells import cell_rows, mistake_rows
from textcls_core.evaluation.confusion_difference import ConfusionDifference
from textcls_core.evaluation.predictions import Predictions
from textcls_core.mistakes.examples import Examples
from textcls_core.runs.run import Run
from textcls_core.wording import plural

ROWS_SHOWN = 200
_HEIGHT = 460
Cell = tuple[int | None, int | None]
"""True and predicted class; None for all classes."""


def new_click(key: str, kind: str) -> Any:
    """Return what was just selected in a widget, None if it is what was selected before.

    It is read before the widget is drawn, so that everything on the page can follow it.

    Args:
        key: Key of a chart or table.
        kind: `points`, `rows` or `cells`.
    """
    event: Mapping[str, Any] = st.session_state.get(key) or {}
    picked = next(iter(event.get("selection", {}).get(kind) or ()), None)
    memory = f"{key}.before"
    if picked == st.session_state.get(memory):
        return None
    st.session_state[memory] = picked
    return picked


def show_cell(run: Run, split: Split, predictions: Predictions, cell: Cell) -> None:
    """Show the examples of a cell, row or column, or all mistakes."""
    has_cell = cell != (None, None)
    rows = cell_rows(predictions, *cell) if has_cell else mistake_rows(predictions)
    what = _cell_words(predictions.label_names, cell) if has_cell else "all mistakes"
    _heading(plural(len(rows), "row"), what, "Show all mistakes" if has_cell else "")
    records = _records(run, predictions, rows)
    link = {"run": run.run_id, "split": split, **({"outcome": "all"} if has_cell else {})}
    sides = _sides(cell)
    _show_records(records, _key(predictions.label_names, cell), link, sides=sides, hidden=sides)
    _say_how_many(len(rows))


def show_changes(
    run: Run, split: Split, predictions: Predictions, change: ConfusionDifference, cell: Cell
) -> None:
    """Show the rows that two runs have in a cell, or those they predict differently."""
    names, has_cell = predictions.label_names, cell != (None, None)
    parts = {"": change.changed_rows}
    extra: tuple[str, ...] = ("other run",)
    if has_cell:
        found = change.cell(*cell)
        here, there = len(found.only_this), len(found.only_other)
        both = len(found.in_both)
        counted = f"{plural(both + here, 'row')} here, {both + there:,} in the other run"
        _heading(counted, _cell_words(names, cell), "Show all changed rows")
        parts = {"this run": found.only_this, "other run": found.only_other}
        parts["both"] = found.in_both
        extra = ("other run", "in the cell of")
    else:
        counted = plural(len(change.changed_rows), "row")
        _heading(counted, "predicted differently by the other run", "")
    records = _changed_records(run, predictions, change, parts)
    key = f"changes.{_key(names, cell)}"
    link = {"run": run.run_id, "split": split, "outcome": "all"}
    hidden = () if cell[0] is None else ("true",)
    _show_records(records, key, link, sides=_sides(cell), extra=extra, hidden=hidden)
    _say_how_many(sum(map(len, parts.values())))


def _changed_records(
    run: Run, predictions: Predictions, change: ConfusionDifference, parts: Mapping[str, Indices]
) -> list[dict[str, Any]]:
    """Return the first rows of every part, with what the other run said."""
    return [
        {
            **record,
            "other run": change.label_names[change.other_predicted[position]],
            "in the cell of": name,
        }
        for name, rows in parts.items()
        for record, position in zip(
            _records(run, predictions, rows), rows[:ROWS_SHOWN], strict=True
        )
    ][:ROWS_SHOWN]


def _records(run: Run, predictions: Predictions, rows: Indices) -> list[dict[str, Any]]:
    """Return the first rows with their texts; no other text is read."""
    dataset = state.dataset(run.config.dataset_fingerprint)
    return Examples(predictions, dataset).rows(rows[:ROWS_SHOWN])


def _cell_words(names: Sequence[str], cell: Cell) -> str:
    sides = zip(("true", "predicted"), cell, strict=True)
    return ", ".join(f"{side} {label(names[i])}" for side, i in sides if i is not None)


def _sides(cell: Cell) -> tuple[str, ...]:
    """Return which of the true and the predicted class a cell says."""
    sides = zip(("true", "predicted"), cell, strict=True)
    return tuple(side for side, label_id in sides if label_id is not None)


def _key(names: Sequence[str], cell: Cell) -> str:
    true, predicted = ("" if i is None else names[i] for i in cell)
    return f"{true}.{predicted}"


def _heading(counted: str, what: str, back: str) -> None:
    """Say which rows these are, with a way back to all of them if it has a name."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{counted}:** {what}")
        if back and st.button(back, key="evaluation.clear"):
            state.set_parameter("true", None)
            state.set_parameter("predicted", None)
            st.rerun()


def _show_records(
    records: list[dict[str, Any]],
    key: str,
    link: dict[str, str],
    *,
    sides: tuple[str, ...],
    extra: tuple[str, ...] = (),
    hidden: tuple[str, ...] = (),
) -> None:
    """Show examples; selecting one opens it on the Mistakes page, among those of its cell.

    Args:
        records: The rows with their texts.
        key: Ends the key of the table.
        link: What the address of the Mistakes page says of all rows.
        sides: Classes of the row that it says too. They come with the link: were they left to the
            other page to remember, each would be one more step on the way back, and a row that
            only the other run has in the cell would not pass them.
        extra: Columns beside those of all examples.
        hidden: Columns that say nothing here.
    """
    table = f"evaluation.rows.{key}"
    picked = controls.examples_table(records, table, _HEIGHT, extra=extra, hidden=("loss", *hidden))
    for position in picked:
        record = records[position]
        row = {"row": record["row_id"], **{side: record[side] for side in sides}}
        open_mistakes(**link | row)
    st.caption("Select a row to read it on the Mistakes page.")


def _say_how_many(count: int) -> None:
    if count > ROWS_SHOWN:
        st.caption(f"Showing {ROWS_SHOWN} of {count:,}.")
