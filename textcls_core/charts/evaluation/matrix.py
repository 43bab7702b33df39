"""The confusion matrix as clickable cells."""

import html
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from textcls_core.charts.theme import base_layout, literal, magnitude_color, plain, spaced
from textcls_core.evaluation.confusion import Normalisation, normalise
from textcls_core.evaluation.evaluation import Evaluation

MAX_CLASSES_WITH_NUMBERS = 25
"""With more classes, cells carry no number, and cells without rows are left out."""
_MAX_COLUMN_NAMES, _MAX_ROW_NAMES = 36, 60
_TOTAL_GAP = 0.25
ALL = ""
"""Stands for all classes in a click on a total."""


def confusion_chart(
    evaluation: Evaluation, by: Normalisation, *, errors_only: bool = False, is_dark: bool = False
) -> go.Figure:
    """Return the matrix: rows are true classes, columns predicted ones, totals at the margins.

    Cells are bars, because a Plotly heat map gives no click event in Streamlit. A click returns
    true and predicted class name; on a total, the empty name stands for all classes.

    Args:
        evaluation: Figures with the confusion counts, shape (C, C).
        by: What the cells show: counts, or shares of their row or column.
        errors_only: Leave the diagonal empty, so that colour speaks of mistakes alone.
        is_dark: Whether the page behind is dark.
    """
    counts = evaluation.confusion
    shown = normalise(counts, by)
    if errors_only:
        shown = shown * (1 - np.eye(len(shown)))
    shares = shown / max(float(shown.max()), 1e-12)
    names = [literal(name) for name in evaluation.label_names]
    size = len(names)
    has_numbers = size <= MAX_CLASSES_WITH_NUMBERS
    cells = [(i, j) for i in range(size) for j in range(size) if has_numbers or counts[i, j]]
    text = [_cell_text(shown[cell], by) if has_numbers else "" for cell in cells]
    figure = go.Figure(
        go.Bar(
            orientation="h",
            width=1,
            y=[i for i, _ in cells],
            x=[1] * len(cells),
            base=[j - 0.5 for _, j in cells],
            marker={
                "color": [magnitude_color(shares[cell]) for cell in cells],
                "line": {"width": 1, "color": "rgba(128,136,152,0.25)"},
            },
            text=text,
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            insidetextfont={"color": [_text_color(shares[cell], is_dark) for cell in cells]},
            customdata=[[names[i], names[j], int(counts[i, j])] for i, j in cells],
            hovertemplate="true %{customdata[0]}<br>predicted %{customdata[1]}<br>"
            "%{customdata[2]:,} rows<extra></extra>",
            unselected={"marker": {"opacity": 0.55}},
        )
    )
    figure.add_trace(_totals(evaluation, is_dark=is_dark))
    _style(figure, evaluation.label_names)
    return figure


def _totals(evaluation: Evaluation, *, is_dark: bool) -> go.Bar:
    """Return the margin: clickable totals of rows and columns."""
    names, counts = [literal(name) for name in evaluation.label_names], evaluation.confusion
    size = len(names)
    rows = [(i, size + _TOTAL_GAP, int(counts[i].sum()), names[i], ALL) for i in range(size)]
    columns = [(size + _TOTAL_GAP, j, int(counts[:, j].sum()), ALL, names[j]) for j in range(size)]
    totals = rows + columns
    has_numbers = size <= MAX_CLASSES_WITH_NUMBERS
    return go.Bar(
        orientation="h",
        width=1,
        y=[y for y, *_ in totals],
        x=[1] * len(totals),
        base=[x - 0.5 for _, x, *_ in totals],
        marker={
            "color": "rgba(128,136,152,0.12)",
            "line": {"width": 1, "color": "rgba(128,136,152,0.25)"},
        },
        text=[f"{count:,}" if has_numbers else "" for _, _, count, *_ in totals],
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        insidetextfont={"color": _text_color(0.0, is_dark)},
        customdata=[[true, predicted, count] for *_, count, true, predicted in totals],
        hovertemplate="%{customdata[0]}%{customdata[1]}: %{customdata[2]:,} rows<extra></extra>",
        unselected={"marker": {"opacity": 0.55}},
    )


def _style(figure: go.Figure, names: Sequence[str]) -> None:
    size = len(names)
    shared = {
        "fixedrange": True,
        "showgrid": False,
        "zeroline": False,
        "tickfont": {"size": 13 if size <= MAX_CLASSES_WITH_NUMBERS else 9},
    }
    end = size + _TOTAL_GAP + 0.55
    figure.update_layout(
        **base_layout(max(340, min(820, 130 + 52 * size))),
        barmode="overlay",
        bargap=0,
        xaxis={
            **shared,
            **_ticks(names, _MAX_COLUMN_NAMES),
            "title": "Predicted",
            "tickangle": -35,
            "range": [-0.55, end],
            "side": "bottom",
        },
        yaxis={
            **shared,
            **_ticks(names, _MAX_ROW_NAMES),
            "title": "True",
            "range": [end, -0.55],
        },
    )
    figure.update_layout(margin_t=8)


def _ticks(names: Sequence[str], most: int) -> dict[str, Any]:
    """Return the names along one axis, as many as fit, and the one of the totals."""
    size = len(names)
    limit = 14 if size <= MAX_CLASSES_WITH_NUMBERS else 12
    shown = spaced(size, most)
    return {
        "tickvals": [*shown, size + _TOTAL_GAP],
        "ticktext": [*(plain(names[position], limit) for position in shown), "all"],
    }


def _cell_text(value: float, by: Normalisation) -> str:
    if value == 0:
        return ""
    return f"{value:,.0f}" if by == "counts" else f"{100 * value:.0f} %"


def _text_color(share: float, is_dark: bool) -> str:
    """Return white or black, whichever reaches a contrast of 4.5 on the cell's colour."""
    return "#FFFFFF" if is_dark or share > 0.94 else "#000000"


def selected_cell(selection: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the (true, predicted) names of a click, each `ALL` on a total; None without a click.

    Args:
        selection: The `selection` of the event that `st.plotly_chart` returns.
    """
    point = next(iter(selection.get("points") or ()), None)
    names = point.get("customdata") if isinstance(point, Mapping) else None
    if not isinstance(names, Sequence) or len(names) < 2:
        return None
    true, predicted = (html.unescape(str(name)) for name in names[:2])
    return true, predicted
