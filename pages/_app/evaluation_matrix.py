"""The confusion matrix of a run, alone or beside another run, and the examples of its cells."""

from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._app import controls, run_cache, state
from pages._app import evaluation_matrix_cache as cache
from pages._app.evaluation_cell import new_click, show_cell, show_changes
from pages._app.evaluation_label_errors import show_label_errors
from pages._app.text import escape
from textcls_core.arrays import LabelIds
from textcls_core.charts.evaluation.grid import (
    ALL,
    MAX_CLASSES_WITH_NUMBERS,
    Grid,
    grid_chart,
    selected_cell,
)
from textcls_core.charts.evaluation.matrix import confusion_grid, difference_grid
from textcls_core.charts.evaluation.wide_grid import CELL, clicked_names, wide_grid_chart
from textcls_core.dataset.text_dataset import Split
from textcls_core.errors import TextclsError
from textcls_core.evaluation.class_order import (
    ORDERS,
    class_order,
    confused_with,
    in_order,
    most_confused,
)
from textcls_core.evaluation.confusion import (
    Normalisation,
    cell_table,
    pair_table,
    top_confusions,
)
from textcls_core.evaluation.confusion_difference import ConfusionDifference
from textcls_core.evaluation.evaluation import Evaluation
from textcls_core.evaluation.figures import Figures
from textcls_core.evaluation.predictions import Predictions
from textcls_core.runs.run import Run
from textcls_core.wording import percent, shorten

MODES: dict[str, Normalisation] = {"Counts": "counts", "Row share": "row", "Column share": "column"}
COUNTS = (20, 40)
"""How many of many classes can be drawn."""
_MAX_BESIDE = MAX_CLASSES_WITH_NUMBERS
"""With more classes the matrix takes the width of the page, and the examples stand below it."""
_PAIRS_SHOWN = 200
_SHARE = "share of the true class"
_COUNTS = ("rows", "rows in this run", "in the other run")
_CHART, _WIDE_CHART = "evaluation.confusion", "evaluation.wide_confusion"
_PAIRS, _TWIN = "evaluation.pairs", "evaluation.twin"


@dataclass(frozen=True, slots=True)
class _View:
    """What is drawn, and how."""

    result: Evaluation
    change: ConfusionDifference | None
    by: Normalisation
    label_ids: LabelIds
    """Classes to draw, in this order."""
    errors_only: bool


def show_matrix(run: Run, split: Split, figures: Figures) -> None:
    """Show the matrix and the examples behind its cells; of label sets, the errors per label."""
    predictions = run_cache.predictions(run, split)
    if not isinstance(figures, Evaluation) or not isinstance(predictions, Predictions):
        show_label_errors(run, split)
        return
    view = _choose_view(run, split, figures)
    pairs = _pairs(view)
    _take_clicks(view, pairs)
    left, right = _places(len(view.label_ids))
    with left:
        _show_grid(view)
    with right:
        cell = (_known(figures, "true"), _known(figures, "predicted"))
        if view.change is None:
            show_cell(run, split, predictions, cell)
        else:
            show_changes(run, split, predictions, view.change, cell)
    _show_pairs(view, pairs)
    _show_twin(view)


def _choose_view(run: Run, split: Split, figures: Evaluation) -> _View:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        mode = state.choose(
            "matrix", "Cells show", list(MODES), default="Counts", draw=st.segmented_control
        )
        order = state.choose("matrix_order", "Order of classes", ORDERS, default="label")
        kept = _choose_classes(figures)
        change = _choose_other(run, split)
        errors_only = st.toggle("Mistakes only", key="evaluation.errors_only")
    by = next(known for known in ORDERS if known == order)
    ids = class_order(figures.confusion, figures.label_names, by)
    return _View(figures, change, MODES[mode], in_order(ids, kept), errors_only)


def _choose_classes(figures: Evaluation) -> LabelIds:
    """Return which classes to draw; the choice stands there only where there are many."""
    size = len(figures.label_names)
    if size <= MAX_CLASSES_WITH_NUMBERS:
        return most_confused(figures.confusion, size)
    options = {
        **{str(count): f"{count} most confused" for count in COUNTS if count < size},
        "all": f"All {size}",
        **{f"around.{name}": f"Around {shorten(name, 40)}" for name in figures.label_names},
    }
    chosen = state.choose("matrix_classes", "Classes", options, default=str(COUNTS[0]))
    if chosen.startswith("around."):
        label_id = figures.label_names.index(chosen.removeprefix("around."))
        return confused_with(figures.confusion, label_id, COUNTS[0])
    return most_confused(figures.confusion, size if chosen == "all" else int(chosen))


def _choose_other(run: Run, split: Split) -> ConfusionDifference | None:
    """Return how another run differs, or None if none is chosen or it cannot be compared."""
    others = {o.run_id: o for o in state.run_store().runs() if o.has_model and o != run}
    labels = controls.run_labels(others)
    if not others:
        return None
    options = {"": "No other run", **labels}
    chosen = state.choose("matrix_other", "Difference to", options, default="")
    if not chosen:
        return None
    try:
        return cache.difference(run, others[chosen], split)
    except TextclsError as error:
        st.warning(escape(str(error)))
        return None


def _pairs(view: _View) -> list[tuple[int, int]]:
    """Return true and predicted class of the confusions to list, the most important first."""
    if view.change is not None:
        return [(i, j) for i, j, *_ in view.change.changed_confusions(_PAIRS_SHOWN)]
    return [(i, j) for i, j, _ in top_confusions(view.result.confusion, _PAIRS_SHOWN)]


def _take_clicks(view: _View, pairs: list[tuple[int, int]]) -> None:
    """Put a new click in the chart or in one of its tables into the URL."""
    names = view.result.label_names
    point = new_click(_CHART, "points")
    if point is not None:
        _set_cell(*(selected_cell({"points": [point]}) or (ALL, ALL)))
    wide = new_click(_WIDE_CHART, CELL)
    if wide is not None:
        _set_cell(*(clicked_names({CELL: [wide]}) or (ALL, ALL)))
    row = new_click(_PAIRS, "rows")
    if row is not None and row < len(pairs):
        _set_cell(*(names[i] for i in pairs[row]))
    cell = new_click(_TWIN, "cells")
    if cell is not None and cell[0] <= len(view.label_ids):
        true = [*(names[i] for i in view.label_ids), ALL][cell[0]]
        predicted = names[int(cell[1])] if cell[1].isdigit() else ALL
        _set_cell(true, predicted)


def _set_cell(true: str, predicted: str) -> None:
    """Select the examples of a cell, or of a whole row or column."""
    state.set_parameter("true", true or None)
    state.set_parameter("predicted", predicted or None)


def _places(num_classes: int) -> tuple[DeltaGenerator, DeltaGenerator]:
    """Return where matrix and examples go: side by side, or below one another if it is large."""
    return (st.container(), st.container()) if num_classes > _MAX_BESIDE else controls.panels()


def _show_grid(view: _View) -> None:
    """Show the matrix; a click has been taken before."""
    options: dict[str, Any] = {
        "label_ids": view.label_ids,
        "selected": (state.parameter("true"), state.parameter("predicted")),
        "errors_only": view.errors_only,
    }
    if view.change is None:
        grid = confusion_grid(view.result, view.by, **options)
        alternative = f"Confusion matrix, accuracy {percent(view.result.accuracy)}"
    else:
        grid = difference_grid(view.change, view.by, **options)
        alternative = "Confusion matrix of this run minus that of the other run"
    _draw(grid, alternative)
    _explain(view)


def _draw(grid: Grid, alternative: str) -> None:
    is_dark = state.theme() == "dark"
    if len(grid.label_names) > MAX_CLASSES_WITH_NUMBERS:
        wide = wide_grid_chart(grid, is_dark=is_dark)
        st.altair_chart(
            wide, key=_WIDE_CHART, alt=alternative, on_select="rerun", selection_mode=[CELL]
        )
        return
    st.plotly_chart(
        grid_chart(grid, is_dark=is_dark),
        key=_CHART,
        on_select="rerun",
        selection_mode="points",
        config=controls.NO_TOOLBAR,
        alt=alternative,
    )


def _explain(view: _View) -> None:
    """Say how to read the matrix, and what it leaves out."""
    parts = ["Click a cell, or a total at the end of a row or column, to see its examples."]
    shown, size = len(view.label_ids), len(view.result.label_names)
    if shown < size:
        parts.append(f"{shown} of {size} classes are drawn; totals and shares count all of them.")
    if shown > MAX_CLASSES_WITH_NUMBERS:
        parts.append("Colour grows with the square root, so that single rows can be seen.")
    if view.change is not None:
        parts.append(
            "This run minus the other one: orange has more rows in this run, blue fewer. On the "
            "diagonal more is better, elsewhere worse. (The Compare view shows the other run minus "
            "this one.)"
        )
    st.caption(" ".join(parts))


def _show_pairs(view: _View, pairs: list[tuple[int, int]]) -> None:
    """List the most frequent confusions, or the largest changes, as a way to their cells."""
    st.subheader("Most frequent confusions" if view.change is None else "Largest changes",
                 anchor=False)  # fmt: skip
    if not pairs:
        st.text("No mistakes." if view.change is None else "No cell off the diagonal differs.")
        return
    records = _pair_records(view, pairs)
    share = st.column_config.ProgressColumn(format="%.1f %%", min_value=0, max_value=100)
    count = st.column_config.NumberColumn(format="localized")
    st.dataframe(
        records,
        key=_PAIRS,
        hide_index=True,
        height=controls.table_height(len(records), 260),
        column_config=dict.fromkeys(_COUNTS, count) | {_SHARE: share},
        on_select="rerun",
        selection_mode="single-row",
        alt="Pairs of true and predicted class, the most frequent first",
    )


def _pair_records(view: _View, pairs: list[tuple[int, int]]) -> list[dict[str, Any]]:
    if view.change is not None:
        return view.change.table(pairs)
    records = pair_table(view.result.confusion, view.result.label_names, pairs)
    return [
        {**{k: v for k, v in r.items() if k != "share"}, _SHARE: 100 * r["share"]} for r in records
    ]


def _show_twin(view: _View) -> None:
    """Show the same cells as a table, which the keyboard reaches too."""
    names, ids = view.result.label_names, view.label_ids
    counts = view.result.confusion if view.change is None else view.change.counts
    column = st.column_config.NumberColumn
    columns = {str(i): column(shorten(names[i], 30), width=80) for i in ids.tolist()}
    with st.expander("As a table"):
        st.caption("Select a cell to see its examples. Rows are true classes, columns predicted.")
        st.dataframe(
            cell_table(counts, names, ids),
            key=_TWIN,
            hide_index=True,
            column_config={
                "": st.column_config.TextColumn("true \\ predicted", pinned=True),
                "all": column("all"),
                **columns,
            },
            on_select="rerun",
            selection_mode="single-cell",
            alt="Confusion counts",
        )


def _known(result: Evaluation, name: str) -> int | None:
    """Return the class in the URL, None if there is none or this run does not know it."""
    value = state.parameter(name)
    if not value:
        return None
    if value not in result.label_names:
        st.toast(f"The link names a class that this run does not have: {escape(value[:60])}")
        state.set_parameter(name, None)
        return None
    return result.label_names.index(value)
