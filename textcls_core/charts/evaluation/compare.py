"""What changed from one run to another, class by class, with intervals."""

from collections.abc import Sequence
from typing import Any, Literal

import plotly.graph_objects as go

from textcls_core.charts.theme import (
    GREY,
    LINE,
    SECOND_LINE,
    base_layout,
    literal,
    plain,
    rows_height,
)
from textcls_core.evaluation.comparison import Change, ClassChange
from textcls_core.wording import plural

ClassFigure = Literal["f1", "precision", "recall"]
MAX_CLASSES = 16
"""Classes drawn; beyond that, those that changed most."""
_COLORS = {"better": LINE, "worse": SECOND_LINE, "unclear": GREY}
_SYMBOLS = {"better": "triangle-right", "worse": "triangle-left", "unclear": "circle-open"}


def change_chart(classes: Sequence[ClassChange], figure: ClassFigure) -> go.Figure:
    """Return the change of one figure of every class, the largest rise on top.

    Shape and colour say whether the interval leaves out zero; a line marks no change.

    Args:
        classes: Changes by class.
        figure: The figure to draw.
    """
    shown = drawn_classes(classes, figure)
    changes = [_change(one, figure) for one in shown]
    values = [100 * change.difference for change in changes]
    ends = [(100 * change.interval.low, 100 * change.interval.high) for change in changes]
    chart = go.Figure(
        go.Scatter(
            x=values,
            y=list(range(len(shown))),
            mode="markers",
            marker={
                "color": [_COLORS[change.outcome] for change in changes],
                "symbol": [_SYMBOLS[change.outcome] for change in changes],
                "size": 11,
            },
            error_x={
                "array": [high - value for value, (_, high) in zip(values, ends, strict=True)],
                "arrayminus": [value - low for value, (low, _) in zip(values, ends, strict=True)],
                "color": GREY,
                "thickness": 1.5,
                "width": 4,
            },
            customdata=[_hover(one, change) for one, change in zip(shown, changes, strict=True)],
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    chart.add_vline(x=0, line={"color": GREY, "width": 1})
    _style(chart, shown, figure)
    chart.update_layout(title_text=_title(classes, figure))
    return chart


def drawn_classes(classes: Sequence[ClassChange], figure: ClassFigure) -> list[ClassChange]:
    """Return the classes of the chart from top to bottom."""
    by_size = sorted(classes, key=lambda one: -abs(_change(one, figure).difference))
    return sorted(by_size[:MAX_CLASSES], key=lambda one: -_change(one, figure).difference)


def change_rows(classes: Sequence[ClassChange], figure: ClassFigure) -> list[dict[str, Any]]:
    """Return the numbers of all classes in percent, in the order of the label ids."""
    return [
        {
            "class": one.label,
            "this run": 100 * change.reference,
            "other run": 100 * change.other,
            "difference": 100 * change.difference,
            "low": 100 * change.interval.low,
            "high": 100 * change.interval.high,
            "rows": one.support,
        }
        for one in classes
        for change in (_change(one, figure),)
    ]


def _change(one: ClassChange, figure: ClassFigure) -> Change:
    changes: dict[ClassFigure, Change] = {
        "f1": one.f1,
        "precision": one.precision,
        "recall": one.recall,
    }
    return changes[figure]


def _hover(one: ClassChange, change: Change) -> str:
    low, high = 100 * change.interval.low, 100 * change.interval.high
    return (
        f"<b>{literal(one.label)}</b><br>{100 * change.difference:+.1f} points "
        f"(95 % interval {low:+.1f} to {high:+.1f})<br>{100 * change.reference:.1f} % to "
        f"{100 * change.other:.1f} %, {plural(one.support, 'row')}"
    )


def _title(classes: Sequence[ClassChange], figure: ClassFigure) -> str:
    outcomes = [_change(one, figure).outcome for one in classes]
    rose = plural(outcomes.count("better"), "class", "classes")
    fell, unclear = outcomes.count("worse"), outcomes.count("unclear")
    return f"{_name(figure)} rose in {rose}, fell in {fell:,}; no change shown in {unclear:,}"


def _name(figure: ClassFigure) -> str:
    return "F1" if figure == "f1" else figure.capitalize()


def _style(chart: go.Figure, shown: Sequence[ClassChange], figure: ClassFigure) -> None:
    chart.update_layout(
        **base_layout(rows_height(len(shown))),
        xaxis={
            "title": f"Change of {_name(figure)} in percentage points, with 95 % interval",
            "fixedrange": True,
            "zeroline": False,
        },
        yaxis={
            "tickvals": list(range(len(shown))),
            "ticktext": [plain(one.label) for one in shown],
            "range": [len(shown) - 0.5, -0.5],
            "fixedrange": True,
            "zeroline": False,
        },
    )
