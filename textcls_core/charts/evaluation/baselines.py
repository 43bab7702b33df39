"""Baselines in the charts of one run: grey lines and marks, told apart by stroke and shape."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import cycle
from types import MappingProxyType
from typing import Any, TypeVar

import plotly.graph_objects as go

from textcls_core.charts.theme import GREY, plain, spaced
from textcls_core.evaluation.calibration import Reliability
from textcls_core.evaluation.curves import Curve, Point
from textcls_core.evaluation.selective import RiskCoverage
from textcls_core.wording import percent

Value = TypeVar("Value")
BaselineCurve = Curve | Point
"""A point is where a method stands that gives answers alone, no probabilities."""
NO_BASELINES: Mapping[str, Any] = MappingProxyType({})
_DASHES = ("dot", "dashdot", "longdash")
_SYMBOLS = {"line-ns-open": "|", "x-thin-open": "×", "triangle-up-open": "△"}  # noqa: RUF001
"""What Plotly calls a mark, and how it looks in a line of text."""
_MAX_POINTS = 300
_RANK = 3_000
"""Of the legend: below what belongs to the run."""
_LEGEND_LINE, _LEGEND_ENTRY = 24, 260


def add_baseline_curves(
    figure: go.Figure, known: Mapping[str, BaselineCurve], area: str, shape: str
) -> None:
    """Add the mean curve of each baseline over the classes, or the point where it stands.

    Args:
        figure: A chart of curves.
        known: The curves by title.
        area: What the area under a curve is called.
        shape: How points are joined, as in Plotly.
    """
    drawn: Iterator[tuple[str, BaselineCurve, str, str]] = _styled(known)
    for title, curve, dash, symbol in drawn:
        if isinstance(curve, Point):
            trace, value = {"x": [curve.x], "y": [curve.y], **_mark(symbol)}, "answers only"
        else:
            places = {"x": curve.x.round(5).tolist(), "y": curve.y.round(5).tolist()}
            trace = {**places, **_line(dash), "line_shape": shape}
            value = f"{area} {curve.area:.3f}"
        figure.add_scatter(**trace, **_named(f"{plain(title, 24)} · {value}"))


def add_baseline_levels(figure: go.Figure, known: Mapping[str, float]) -> None:
    """Add a horizontal line for what each baseline reaches as a whole, in [0, 1]."""
    for title, level, dash, _ in _styled(known):
        figure.add_hline(
            y=level,
            line={"color": GREY, "width": 1.5, "dash": dash},
            showlegend=True,
            name=f"{plain(title)} · {percent(level)}",
            legendrank=_RANK,
        )
    _show_legend(figure, len(known))


def add_baseline_parts(
    figure: go.Figure, known: Mapping[str, Sequence[float | None]], *, is_flat: bool = False
) -> None:
    """Add what each baseline reaches in every part of the rows, None where that is unknown.

    Args:
        figure: A chart with a point for every part.
        known: A figure in [0, 1] for each part, by title.
        is_flat: Whether the parts are below one another instead of side by side.
    """
    part, value = ("y", "x") if is_flat else ("x", "y")
    for title, values, dash, symbol in _styled(known):
        style = _mark(symbol) if is_flat else {**_line(dash), "connectgaps": True}
        places = {part: list(range(len(values))), value: list(values)}
        figure.add_scatter(
            **places, **style, **_named(plain(title)), hovertemplate=_hover(title, value)
        )
    if is_flat:  # below the run's own points, which they must not hide
        figure.data = (*figure.data[1:], figure.data[0])
    _show_legend(figure, len(known))


def add_baseline_risks(figure: go.Figure, known: Mapping[str, RiskCoverage], limit: float) -> None:
    """Add the share of wrong answers of each baseline by the share of texts that get one.

    Args:
        figure: A chart of risk and coverage, in per cent.
        known: The curves by title.
        limit: A baseline whose share of wrong answers is larger, in [0, 1], is only named: drawn,
            it would squash the curve of the run.
    """
    for title, curve, dash, symbol in _styled(known):
        kept = [*spaced(len(curve.levels) - 1, _MAX_POINTS), len(curve.levels) - 1]
        wrong = float(curve.risk[-1])
        is_far = wrong > limit
        figure.add_scatter(
            x=[None] if is_far else (100 * curve.coverage[kept]).tolist(),
            y=[None] if is_far else (100 * curve.risk[kept]).tolist(),
            **(_mark(symbol) if len(kept) == 1 else _line(dash)),
            **_named(f"{plain(title)} · {percent(wrong)} wrong{', above' * is_far}"),
            hovertemplate=f"{plain(title)}<br>%{{x:.1f}} % of the texts, "
            "%{y:.2f} % of the answers wrong<extra></extra>",
        )
    _show_legend(figure, len(known))


def add_baseline_bins(figure: go.Figure, known: Mapping[str, Reliability | None], few: int) -> None:
    """Add the reliability of each baseline, bin by bin, and its calibration error to the legend.

    Args:
        figure: A reliability diagram, in per cent.
        known: The bins by title; None without probabilities.
        few: Bins of fewer claims are left out.
    """
    for title, found, dash, symbol in _styled(known):
        bins = [one for one in found.bins if one.count >= few]
        style = {**_line(dash), **_mark(symbol), "mode": "lines+markers"}
        figure.add_scatter(
            x=[100 * one.confidence for one in bins],
            y=[100 * one.accuracy for one in bins],
            **style,
            **_named(f"{plain(title)} · error {percent(found.expected_error)}"),
            hovertemplate=f"{plain(title)}<br>says %{{x:.1f}} %<br>happens %{{y:.1f}} %"
            "<extra></extra>",
        )
    _show_legend(figure, len(known))


def mark_words(titles: Iterable[str]) -> str:
    """Return which mark stands for which baseline, for a legend that is out of sight.

    Example:
        >>> mark_words(["Majority class"])
        '| Majority class'
    """
    signs = cycle(_SYMBOLS.values())
    return ", ".join(f"{sign} {title}" for sign, title in zip(signs, titles, strict=False))


def _styled(known: Mapping[str, Value | None]) -> Iterator[tuple[str, Value, str, str]]:
    """Yield title, value, dash and symbol of each baseline that has a value."""
    for (title, value), dash, symbol in zip(
        known.items(), cycle(_DASHES), cycle(_SYMBOLS), strict=False
    ):
        if value is not None:
            yield title, value, dash, symbol


def _line(dash: str) -> dict[str, Any]:
    return {"mode": "lines", "line": {"color": GREY, "width": 1.8, "dash": dash}}


def _mark(symbol: str) -> dict[str, Any]:
    marker = {"symbol": symbol, "size": 13, "color": GREY, "line": {"width": 2, "color": GREY}}
    return {"mode": "markers", "marker": marker}


def _named(name: str) -> dict[str, Any]:
    """Return what gives a trace its place in the legend; clicks belong to the run's own."""
    return {"name": name, "legendrank": _RANK, "showlegend": True}


def _hover(title: str, value: str) -> str:
    return f"{plain(title)} %{{{value}:.1%}}<extra></extra>"


def _show_legend(figure: go.Figure, num_lines: int) -> None:
    """Make room below a chart for the names of the baselines; without any, nothing changes."""
    if not num_lines:
        return
    for trace in figure.data:
        trace.showlegend = bool(trace.showlegend)
    figure.update_layout(
        showlegend=True,
        height=figure.layout.height + _LEGEND_LINE * num_lines,
        legend={
            "orientation": "h", "x": 0, "y": 0, "yref": "container", "yanchor": "bottom",
            "entrywidth": _LEGEND_ENTRY, "itemclick": False, "itemdoubleclick": False,
        },
    )  # fmt: skip
