"""How well classes are told apart at every threshold, and where a model is weak."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from textcls_core.charts.evaluation.baselines import (
    NO_BASELINES,
    BaselineCurve,
    add_baseline_curves,
    add_baseline_levels,
    add_baseline_parts,
)
from textcls_core.charts.theme import (
    CLASS_COLORS,
    GREY,
    INK,
    LINE,
    base_layout,
    class_color,
    literal,
    plain,
)
from textcls_core.evaluation.bootstrap import Interval
from textcls_core.evaluation.curves import ClassCurves, Curve
from textcls_core.evaluation.figures import ClassFigures
from textcls_core.evaluation.parts import PartFigure
from textcls_core.wording import percent, plural

_HEIGHT, _LEGEND_LINE = 420, 20
_MAX_COLORS = 2 * len(CLASS_COLORS)
"""With more classes, colours no longer tell all of them apart."""
_FLAT_HEIGHT = 170
_LINE_HEIGHT, _STROKE, _LOW_F1 = 15, 22, 0.5
"""Pixels from name to name and from a point to its name; names stand above points lower than this.
"""
_ROUND_NUMBERS = [step * 10**power for power in range(7) for step in (1, 2, 5)]
_ROOM, _LEAST_ROOM = 0.06, 0.05
"""Beside the smallest and the largest class: a share of the axis, and at least in powers of ten.
Plotly, left to itself, misplaces the names of classes of one size."""
_FEW, _WORST = 12, 5
"""Classes that get their name in the scatter of sizes: all of a few, the worst of many."""
_MACRO = "Mean of all classes"
_ZOOM_AXIS = {"tickformat": ".0%", "range": [-0.02, 1.04], "zeroline": False}
_SHARE_AXIS = {**_ZOOM_AXIS, "fixedrange": True}


def roc_chart(
    classes: Sequence[ClassCurves],
    macro: Curve | None,
    label_names: Sequence[str],
    baselines: Mapping[str, BaselineCurve] = NO_BASELINES,
    *,
    is_dark: bool = False,
) -> go.Figure:
    """Return ROC curves with their areas, and the diagonal of guessing.

    Args:
        classes: The classes to draw.
        macro: The mean over all classes.
        label_names: C class names.
        baselines: Of each baseline, by title: the mean over all classes.
        is_dark: Whether the page behind is dark.
    """
    figure = go.Figure()
    figure.add_scatter(
        **_line([0, 1], [0, 1], GREY, width=1, dash="dot"), showlegend=False, hoverinfo="skip"
    )
    if macro is not None:  # below the others, which it must not hide
        ink = INK["dark" if is_dark else "light"]
        _add_curve(figure, macro, (_MACRO, "AUC"), ink, "linear", is_macro=True)
    for place, one in enumerate(classes):
        name, color = label_names[one.label_id], _color(one.label_id, place, len(label_names))
        _add_curve(figure, one.roc, (name, "AUC"), color, "linear")
    add_baseline_curves(figure, baselines, "AUC", "linear")
    titles = ("False positive rate", "True positive rate (recall)")
    _style_curves(figure, titles)
    return figure


def precision_recall_chart(
    classes: Sequence[ClassCurves],
    macro: Curve | None,
    label_names: Sequence[str],
    baselines: Mapping[str, BaselineCurve] = NO_BASELINES,
    *,
    is_dark: bool = False,
) -> go.Figure:
    """Return precision-recall curves with their average precision.

    Args:
        classes: The classes to draw.
        macro: The mean over all classes.
        label_names: C class names.
        baselines: Of each baseline, by title: the mean over all classes.
        is_dark: Whether the page behind is dark.
    """
    figure = go.Figure()
    if macro is not None:  # below the others, which it must not hide
        ink = INK["dark" if is_dark else "light"]
        _add_curve(figure, macro, (_MACRO, "AP"), ink, "vh", is_macro=True)
    for place, one in enumerate(classes):
        name, color = label_names[one.label_id], _color(one.label_id, place, len(label_names))
        _add_curve(figure, one.precision_recall, (name, "AP"), color, "vh")
    add_baseline_curves(figure, baselines, "AP", "vh")
    _style_curves(figure, ("Recall", "Precision"))
    return figure


def _line(
    x: Sequence[float], y: Sequence[float], color: str, *, width: float, dash: str
) -> dict[str, object]:
    return {
        "x": list(x),
        "y": list(y),
        "mode": "lines",
        "line": {"color": color, "width": width, "dash": dash},
    }


def _add_curve(
    figure: go.Figure,
    curve: Curve,
    names: tuple[str, str],
    color: str,
    shape: str,
    *,
    is_macro: bool = False,
) -> None:
    """Add a curve with the name of its class, and that of its area, in the legend."""
    name, area = names
    line = _line(
        curve.x.round(5).tolist(), curve.y.round(5).tolist(), color,
        width=4 if is_macro else 1.6, dash="dash" if is_macro else "solid",
    )  # fmt: skip
    figure.add_scatter(
        **line,
        line_shape=shape,
        legendrank=2_000 if is_macro else 1_000,
        name=f"{plain(name, 24)} · {area} {curve.area:.3f}",
        hovertemplate=f"{plain(name, 60)}<br>%{{xaxis.title.text}} %{{x:.1%}}<br>"
        "%{yaxis.title.text} %{y:.1%}<extra></extra>",
    )


def _color(label_id: int, place: int, num_classes: int) -> str:
    """Return the colour of a class; of very many, the drawn ones get colours that differ."""
    return class_color(label_id if num_classes <= _MAX_COLORS else place)


def _style_curves(figure: go.Figure, titles: tuple[str, str]) -> None:
    """Put the legend below the curves, where it hides none of them."""
    lines = sum(line.showlegend is not False for line in figure.data)
    figure.update_layout(
        **base_layout(_HEIGHT + _LEGEND_LINE * lines),
        xaxis={**_ZOOM_AXIS, "title": titles[0]},
        yaxis={**_ZOOM_AXIS, "title": titles[1]},
    )
    legend = {"orientation": "h", "x": 0, "y": -0.19, "yanchor": "top", "entrywidth": 300}
    figure.update_layout(
        margin_t=8,
        dragmode="zoom",
        showlegend=True,
        legend={**legend, "itemclick": False, "itemdoubleclick": False},
    )


def class_size_chart(
    per_class: Sequence[ClassFigures],
    baselines: Mapping[str, float] = NO_BASELINES,
    *,
    is_dark: bool = False,
) -> go.Figure:
    """Return F1 against the number of rows of each class, which stands on a logarithmic axis.

    Args:
        per_class: Figures of all classes; those without rows are left out.
        baselines: Macro-F1 of each baseline, by title.
        is_dark: Whether the page behind is dark.
    """
    known = [(i, one) for i, one in enumerate(per_class) if one.support]
    worst = [i for i, _ in sorted(known, key=lambda pair: pair[1].f1)]
    named = worst[: _WORST if len(known) > _FEW else _FEW]
    ink = INK["dark" if is_dark else "light"]
    figure = go.Figure(
        go.Scatter(
            x=[one.support for _, one in known],
            y=[one.f1 for _, one in known],
            mode="markers",
            marker={
                "color": [_point_color(i, named, len(known)) for i, _ in known],
                "size": 8 if len(known) > _FEW else 11,
                "line": {"width": 1, "color": ink},
            },
            cliponaxis=False,
            customdata=[[literal(one.label), one.precision, one.recall] for _, one in known],
            hovertemplate="%{customdata[0]}<br>F1 %{y:.1%} on %{x:,} rows<br>"
            "precision %{customdata[1]:.1%}, recall %{customdata[2]:.1%}<extra></extra>",
        )
    )
    _name_points(figure, [per_class[i] for i in named], ink)
    _style_sizes(figure, [one.support for _, one in known])
    add_baseline_levels(figure, baselines)
    return figure


def _name_points(figure: go.Figure, worst_first: Sequence[ClassFigures], ink: str) -> None:
    """Name classes one line apart, each with a stroke to its point, so that no two names touch."""
    sizes = [math.log10(one.support) for one in worst_first]
    is_below = bool(worst_first) and worst_first[0].f1 > _LOW_F1
    for place, (one, size) in enumerate(zip(worst_first, sizes, strict=True)):
        is_right = 2 * size > min(sizes) + max(sizes)  # names turn to the middle, where room is
        lines = len(worst_first) - place if is_below else -place - 1
        figure.add_annotation(
            x=size, y=one.f1, text=plain(one.label, 20), font={"size": 11, "color": ink},
            ax=-_STROKE if is_right else _STROKE, ay=_LINE_HEIGHT * lines,
            xanchor="right" if is_right else "left",
            arrowhead=0, arrowwidth=1, arrowcolor=GREY, standoff=4,
        )  # fmt: skip


def _point_color(label_id: int, named: Sequence[int], num_classes: int) -> str:
    """Return the colour of a class; of very many, only those with a name have one."""
    if num_classes <= _MAX_COLORS:
        return class_color(label_id)
    return class_color(named.index(label_id)) if label_id in named else GREY


def _size_ticks(sizes: Sequence[int]) -> list[int]:
    """Return round numbers for an axis of sizes, or the sizes where fewer than two of those fit."""
    low, high = min(sizes, default=1), max(sizes, default=1)
    inside = [number for number in _ROUND_NUMBERS if low <= number <= high]
    return _ROUND_NUMBERS if len(inside) > 1 else sorted({low, high})


def _style_sizes(figure: go.Figure, sizes: Sequence[int]) -> None:
    ticks = _size_ticks(sizes)
    ends = [math.log10(size) for size in (min(sizes, default=1), max(sizes, default=1))]
    room = max(_ROOM * (ends[1] - ends[0]), _LEAST_ROOM)
    figure.update_layout(
        **base_layout(_HEIGHT - 60),
        xaxis={
            "type": "log",
            "title": "Rows of the class (logarithmic)",
            "range": [ends[0] - room, ends[1] + room],
            "tickvals": ticks,
            "ticktext": [f"{number:,}" for number in ticks],
            "fixedrange": True,
        },
        yaxis={**_SHARE_AXIS, "title": "F1"},
    )
    figure.update_layout(margin={"t": 12, "r": 40})


def length_chart(
    bounds: Sequence[tuple[int, int]],
    figures: Sequence[PartFigure | None],
    titles: tuple[str, str],
    baselines: Mapping[str, Sequence[float | None]] = NO_BASELINES,
    *,
    limit: int | None = None,
) -> go.Figure:
    """Return a figure by text length, with intervals.

    Args:
        bounds: Smallest and largest length of each part.
        figures: The figure of each part.
        titles: Unit of the lengths, and name of the figure.
        baselines: The figure of each baseline in each part, by title.
        limit: Length from which texts are cut off, marked if it lies within the lengths.
    """
    names = [_range(low, high) for low, high in bounds]
    figure = _points(names, figures, titles[1])
    cut = next((place for place, (_, high) in enumerate(bounds) if limit and high > limit), None)
    if cut is not None:
        figure.add_vline(
            x=cut - 0.5 if bounds[cut][0] > (limit or 0) else cut,
            line={"width": 1.5, "dash": "dot", "color": GREY},
            annotation_text=f"cut off from {limit:,}",
            annotation_position="bottom right",
        )
    figure.update_xaxes(title=titles[0])
    add_baseline_parts(figure, baselines)
    return figure


def truncation_chart(
    figures: Sequence[PartFigure | None],
    metric: str,
    baselines: Mapping[str, Sequence[float | None]] = NO_BASELINES,
) -> go.Figure:
    """Return a figure of the texts that were read as a whole, and of those that were cut off.

    Args:
        figures: Of both parts.
        metric: Name of the figure.
        baselines: The figure of each baseline in both parts, by title.
    """
    figure = _points(["read as a whole", "cut off"], figures, metric, is_flat=True)
    add_baseline_parts(figure, baselines, is_flat=True)
    return figure


def _range(low: int, high: int) -> str:
    return f"{low:,}" if low == high else f"{low:,}\u2013{high:,}"


def _interval_words(one: PartFigure) -> str:
    rows = plural(one.num_rows, "row")
    if one.interval is None:
        return f"on {rows}, interval unknown"
    return f"({percent(one.interval.low)} to {percent(one.interval.high)}) on {rows}"


def _points(
    names: Sequence[str],
    figures: Sequence[PartFigure | None],
    metric: str,
    *,
    is_flat: bool = False,
) -> go.Figure:
    """Return a point with its interval and its number of rows per part.

    Args:
        names: Of the parts.
        figures: The figure of each part.
        metric: Title of the axis of the figures.
        is_flat: Put the parts below one another instead of side by side.
    """
    known = [(place, one) for place, one in enumerate(figures) if one is not None]
    ends = [one.interval or Interval(one.value, one.value) for _, one in known]
    pairs = list(zip(ends, (one for _, one in known), strict=True))
    part, value = ("y", "x") if is_flat else ("x", "y")
    reach = {
        "type": "data",
        "symmetric": False,
        "array": [end.high - one.value for end, one in pairs],
        "arrayminus": [one.value - end.low for end, one in pairs],
        "color": LINE,
        "thickness": 1.5,
    }
    points = {part: [place for place, _ in known], value: [one.value for _, one in known]}
    figure = go.Figure(
        go.Scatter(
            **points,
            **{f"error_{value}": reach},
            mode="markers",
            marker={"color": LINE, "size": 9},
            customdata=[[names[place], _interval_words(one)] for place, one in known],
            hovertemplate=f"%{{customdata[0]}}: %{{{value}:.1%}} %{{customdata[1]}}<extra></extra>",
        )
    )
    figure.update_layout(**base_layout(_FLAT_HEIGHT if is_flat else _HEIGHT - 100))
    figure.update_layout(
        {f"{value}axis": {**_SHARE_AXIS, "title": metric}, f"{part}axis": _parts(names, figures)},
        margin_t=12,
    )
    return figure


def _parts(names: Sequence[str], figures: Sequence[PartFigure | None]) -> dict[str, Any]:
    """Return the axis of the parts, with the rows of each."""
    counts = [0 if one is None else one.num_rows for one in figures]
    return {
        "tickvals": list(range(len(names))),
        "ticktext": [f"{n}<br>{plural(c, 'row')}" for n, c in zip(names, counts, strict=True)],
        "range": [-0.6, len(names) - 0.4],
        "fixedrange": True,
        "showgrid": False,
    }
