"""Errors in label sets: what became of each label, which errors come together, and their rows."""

from typing import Any

import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._app import controls, run_cache, state
from pages._app.evaluation_cell import ROWS_SHOWN, new_click
from pages._app.text import badge_label, cells, escape, label, show_text
from textcls_core.arrays import Counts, Indices, LabelIds
from textcls_core.charts.evaluation.grid import MAX_CLASSES_WITH_NUMBERS, selected_cell
from textcls_core.charts.evaluation.label_errors import (
    PAIR_TITLES,
    error_pairs_chart,
    label_outcomes_chart,
)
from textcls_core.dataset.text_dataset import Split
from textcls_core.evaluation.class_order import most_confused
from textcls_core.evaluation.label_errors import (
    ORDERS,
    OUTCOMES,
    ErrorPair,
    error_pairs,
    label_order,
    outcome_counts,
    outcome_rows,
    outcome_table,
    pair_rows,
    top_pairs,
    wrong_rows,
)
from textcls_core.evaluation.multi_label import MultiLabelPredictions
from textcls_core.mistakes.label_set_examples import label_set_records
from textcls_core.runs.run import Run
from textcls_core.wording import plural, shorten

VIEWS = {"each": "Each label", "together": "Errors together"}
PAIRS: dict[ErrorPair, str] = {
    "missed and given": "Missed, another given instead",
    "missed together": "Missed together",
    "given together": "Wrongly given together",
}
_BARS, _TABLE = "evaluation.labels.bars", "evaluation.labels.table"
_GRID, _PAIRS = "evaluation.labels.grid", "evaluation.labels.pairs"
_MOST_BARS, _PAIRS_SHOWN = 30, 200
_WHOLE_TABLE = 420


def show_label_errors(run: Run, split: Split) -> None:
    """Show what became of each label, or which errors come together, and the rows behind it."""
    predictions = run_cache.predictions(run, split)
    if not isinstance(predictions, MultiLabelPredictions):
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        view = state.choose("label_view", "Show", VIEWS, default="each", draw=st.segmented_control)
        place = st.container(width="content")
    if view == "each":
        _show_each(run, predictions, place)
    else:
        _show_together(run, predictions, place)


def _show_each(run: Run, predictions: MultiLabelPredictions, place: DeltaGenerator) -> None:
    """Show the four outcomes of every label, and the rows of one."""
    names, counts = predictions.label_names, outcome_counts(predictions)
    with place:
        chosen = state.choose("label_order", "Order of labels", ORDERS, default="errors")
    ids = label_order(counts, next(known for known in ORDERS if known == chosen))
    _take_outcome(names, ids)
    left, right = controls.panels()
    name, outcome = _known(names, "label_name"), state.parameter("label_outcome")
    selected = next((known for known in OUTCOMES if known == outcome), None)
    with left:
        frame = (state.parameter("label_name"), outcome)
        is_dark = state.theme() == "dark"
        figure = label_outcomes_chart(
            names, counts, ids[:_MOST_BARS], selected=frame, is_dark=is_dark
        )
        _draw(figure, _BARS, "Rows of each label: given and right, missed, given but wrong")
        st.caption(_bars_caption(len(names)))
    with right:
        if name is None or selected is None:
            _show_rows(run, predictions, wrong_rows(predictions), "any label wrong", ())
        else:
            rows = outcome_rows(predictions, name, selected)
            what = f"{label(names[name])} {OUTCOMES[selected]}"
            _show_rows(run, predictions, rows, what, (name,))
    with st.expander("As a table", expanded=len(names) > _MOST_BARS):
        _show_outcome_table(outcome_table(counts, names, ids))


def _bars_caption(size: int) -> str:
    shown = f"The first {_MOST_BARS} of {size} labels; the table has all. " * (size > _MOST_BARS)
    return (
        f"{shown}Click a part of a bar to see its rows. Rows where a label is rightly absent are "
        "left out here; the table counts them too."
    )


def _show_outcome_table(records: list[dict[str, Any]]) -> None:
    st.caption("Select a number to see its rows.")
    st.dataframe(
        records,
        key=_TABLE,
        hide_index=True,
        height=controls.table_height(len(records), _WHOLE_TABLE),
        on_select="rerun",
        selection_mode="single-cell",
        alt="True and false positives and negatives of each label",
    )


def _take_outcome(names: tuple[str, ...], ids: LabelIds) -> None:
    """Put a new click on a bar or a number into the URL."""
    point = new_click(_BARS, "points")
    found = selected_cell({"points": [point]}) if point is not None else None
    cell = new_click(_TABLE, "cells")
    if cell is not None and cell[0] < len(ids) and cell[1] in OUTCOMES:
        found = (names[ids[cell[0]]], cell[1])
    if found is not None:
        state.set_parameter("label_name", found[0])
        state.set_parameter("label_outcome", found[1])


def _show_together(run: Run, predictions: MultiLabelPredictions, place: DeltaGenerator) -> None:
    """Show in how many rows two errors come together, and the rows of one pair."""
    names = predictions.label_names
    with place:
        chosen = state.choose("label_pair", "Errors", PAIRS, default="missed and given", width=280)
    pair: ErrorPair = next(known for known in PAIRS if known == chosen)
    counts = error_pairs(predictions, pair)
    pairs = top_pairs(counts, pair, _PAIRS_SHOWN)
    _take_pair(names, pairs)
    ids = most_confused(counts, MAX_CLASSES_WITH_NUMBERS)
    first, second = _known(names, "label_name"), _known(names, "label_with")
    left, right = controls.panels()
    with left:
        frame = (state.parameter("label_name"), state.parameter("label_with"))
        is_dark = state.theme() == "dark"
        figure = error_pairs_chart(
            names, counts, ids, PAIR_TITLES[pair], selected=frame, is_dark=is_dark
        )
        _draw(figure, _GRID, f"Rows with two errors: {PAIRS[pair].lower()}")
        st.caption(_grid_caption(pair, len(ids), len(names)))
        _show_pairs(names, counts, pairs, pair)
    with right:
        if first is None or second is None:
            _show_rows(run, predictions, wrong_rows(predictions), "any label wrong", ())
        else:
            rows = pair_rows(predictions, pair, first, second)
            titles = [title.lower() for title in PAIR_TITLES[pair]]
            what = f"{titles[0]} {label(names[first])}, {titles[1]} {label(names[second])}"
            _show_rows(run, predictions, rows, what, (first, second))


def _grid_caption(pair: ErrorPair, shown: int, size: int) -> str:
    part = f"The {shown} of {size} labels with most such rows. " * (shown < size)
    diagonal = (
        "The diagonal is empty: a label cannot be missed and given at once."
        if pair == "missed and given"
        else "The diagonal counts all rows with this error in the label."
    )
    return (
        f"{part}Click a cell to see its rows; a row with several errors counts in several cells. "
        f"{diagonal}"
    )


def _show_pairs(
    names: tuple[str, ...], counts: Counts, pairs: list[tuple[int, int]], pair: ErrorPair
) -> None:
    """List the pairs of labels, which the keyboard reaches too."""
    titles = [title.lower() for title in PAIR_TITLES[pair]]
    if not pairs:
        st.text("No two errors of this kind come together.")
        return
    st.dataframe(
        [{titles[0]: names[i], titles[1]: names[j], "rows": int(counts[i, j])} for i, j in pairs],
        key=_PAIRS,
        hide_index=True,
        height=controls.table_height(len(pairs), 260),
        on_select="rerun",
        selection_mode="single-row",
        alt="Labels whose errors come together, the most frequent first",
    )


def _take_pair(names: tuple[str, ...], pairs: list[tuple[int, int]]) -> None:
    """Put a new click on a cell or a line of the list into the URL."""
    point = new_click(_GRID, "points")
    found = selected_cell({"points": [point]}) if point is not None else None
    row = new_click(_PAIRS, "rows")
    if row is not None and row < len(pairs):
        first, second = pairs[row]
        found = (names[first], names[second])
    if found is not None:
        state.set_parameter("label_name", found[0])
        state.set_parameter("label_with", found[1])


def _draw(figure: go.Figure, key: str, alternative: str) -> None:
    st.plotly_chart(
        figure,
        key=key,
        on_select="rerun",
        selection_mode="points",
        config=controls.NO_TOOLBAR,
        alt=alternative,
    )


def _show_rows(
    run: Run,
    predictions: MultiLabelPredictions,
    rows: Indices,
    what: str,
    label_ids: tuple[int, ...],
) -> None:
    """Show rows with the labels they have and were given; the selected one in full."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plural(len(rows), 'row')}:** {what}")
        if label_ids and st.button("Show all rows with errors", key="evaluation.labels.clear"):
            for name in ("label_name", "label_outcome", "label_with"):
                state.set_parameter(name, None)
            st.rerun()
    dataset = state.dataset(run.config.dataset_fingerprint)
    records = label_set_records(predictions, dataset, rows[:ROWS_SHOWN], label_ids)
    key = f"evaluation.labels.rows.{what}"
    names = [shorten(predictions.label_names[i], 30) for i in label_ids]
    event = st.dataframe(
        _table_of(records, names),
        key=key,
        hide_index=True,
        height=controls.table_height(len(records), 460),
        column_config=_columns(names),
        on_select="rerun",
        selection_mode="single-row",
        alt="Rows with their true and given labels",
    )
    if len(rows) > ROWS_SHOWN:
        st.caption(f"Showing {ROWS_SHOWN} of {len(rows):,}.")
    st.caption("Select a row to read its text in full.")
    for position in event["selection"]["rows"]:
        _show_in_full(records[position])


def _columns(names: list[str]) -> dict[str, Any]:
    """Return widths with which text, probabilities and labels fit beside the chart."""
    column = st.column_config
    share = column.NumberColumn(format="%.3f", width=90)
    labels = column.ListColumn(width=150)
    known = {"text": column.TextColumn(width=200), "true": labels, "given": labels}
    return {**known, **{f"p {name}": share for name in names}}


def _table_of(records: list[dict[str, Any]], names: list[str]) -> list[dict[str, Any]]:
    texts = cells([record["text"] for record in records])
    return [
        {
            "text": text,
            **{f"p {n}": p for n, p in zip(names, record["probabilities"], strict=True)},
            "true": record["true"],
            "given": record["given"],
        }
        for record, text in zip(records, texts, strict=True)
    ]


def _show_in_full(record: dict[str, Any]) -> None:
    with st.container(border=True):
        for kind in ("true", "given"):
            with st.container(horizontal=True):
                for name in record[kind] or ["none"]:
                    st.badge(f"{kind}: {badge_label(name)}", color="gray")
        st.caption(escape(record["row_id"]))
        show_text(record["text"])


def _known(names: tuple[str, ...], parameter: str) -> int | None:
    """Return the label in the URL, None if there is none or this run does not know it."""
    value = state.parameter(parameter)
    if not value:
        return None
    if value not in names:
        st.toast(f"The link names a label that this run does not have: {escape(value[:60])}")
        state.set_parameter(parameter, None)
        return None
    return names.index(value)
