"""The reliability diagram: what a model says against what happens, above how often it says so."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import plotly.graph_objects as go

from textcls_core.charts.evaluation.baselines import NO_BASELINES, add_baseline_bins
from textcls_core.charts.theme import GREY, INK, LINE, base_layout, literal
from textcls_core.evaluation.calibration import Reliability, ReliabilityBin
from textcls_core.evaluation.calibration_figures import Calibration, ClassCalibration
from textcls_core.wording import percent, plural

FIGURES = ("Calibration error", "Equal-mass bins", "Class by class", "Gap in points", "Log loss")
"""What the cards of the view are called."""
AS_TRAINED, TEMPERED = "ECE as trained", "ECE with temperature"
SHARES = (AS_TRAINED, TEMPERED, "says", "right")
"""Columns of `class_rows` in per cent."""
_HEIGHT = 440
_UPPER, _LOWER = [0.34, 1.0], [0.0, 0.2]
"""Shares of the height for the diagram and for the counts."""
_SIDES = ((1, 97, "under-confident"), (36, 4, "over-confident"))
"""Where words stand: below the diagonal as far left as they fit, away from most points."""
FEW = 10
"""Bins of fewer claims are drawn small and grey, so that they do not shout."""
_MARGIN = 3
"""Per cent of an axis beyond 0 and 100, so that marks at the ends are whole."""


def reliability_chart(
    reliability: Reliability,
    distribution: Reliability,
    title: str,
    baselines: Mapping[str, Reliability | None] = NO_BASELINES,
    *,
    noun: str = "row",
    theme: Literal["light", "dark"] = "light",
) -> go.Figure:
    """Return the share that is true in each bin, with its interval, above a histogram of claims.

    Args:
        reliability: The bins to draw as points.
        distribution: The same claims in equal-width bins, drawn as bars.
        title: The finding.
        baselines: The same bins of each baseline, by title; None without probabilities.
        noun: What a claim is about: a row, or a label of a row.
        theme: Of the page behind.
    """
    few = [one for one in reliability.bins if one.count < FEW]
    enough = [one for one in reliability.bins if one.count >= FEW]
    marks = (_points(few, noun, GREY, 6), _points(enough, noun, LINE, 10))
    figure = go.Figure([_diagonal(), *marks, _bars(distribution, noun)])
    figure.update_layout(
        **base_layout(_HEIGHT),
        title_text=literal(title),
        bargap=0.08,
        xaxis=_axis("What the model says (%)"),
        yaxis=_axis("What happens (%)", domain=_UPPER),
        xaxis2=_axis("", matches="x", anchor="y2", showticklabels=False),
        yaxis2={
            "title": plural(2, noun).removeprefix("2 ").capitalize(),
            "domain": _LOWER,
            "rangemode": "tozero",
            "nticks": 3,
            "tickformat": ",",
            "fixedrange": True,
        },
    )
    for x, y, text in _SIDES:
        figure.add_annotation(
            {"x": x, "y": y, "xanchor": "left", "text": text, "showarrow": False},
            font={"size": 12, "color": INK[theme]},
            opacity=0.75,
        )
    add_baseline_bins(figure, baselines, FEW)
    return figure


def _axis(title: str, **settings: Any) -> dict[str, Any]:
    return {
        "title": title,
        "range": [-_MARGIN, 100 + _MARGIN],
        "tickvals": [0, 20, 40, 60, 80, 100],
        "zeroline": False,
        "fixedrange": True,
        **settings,
    }


def _diagonal() -> go.Scatter:
    return go.Scatter(
        x=[0, 100],
        y=[0, 100],
        mode="lines",
        line={"color": GREY, "width": 1.5, "dash": "dash"},
        hoverinfo="skip",
    )


def _points(bins: Sequence[ReliabilityBin], noun: str, color: str, size: int) -> go.Scatter:
    return go.Scatter(
        x=[100 * one.confidence for one in bins],
        y=[100 * one.accuracy for one in bins],
        error_y={
            "array": [100 * (one.high - one.accuracy) for one in bins],
            "arrayminus": [100 * (one.accuracy - one.low) for one in bins],
            "color": color,
            "thickness": 1.2,
            "width": 3,
        },
        mode="markers",
        marker={"color": color, "size": size},
        customdata=[
            [percent(one.confidence), share_with_interval(one), plural(one.count, noun)]
            for one in bins
        ],
        hovertemplate="says %{customdata[0]}<br>happens %{customdata[1]}<br>"
        "%{customdata[2]}<extra></extra>",
    )


def _bars(distribution: Reliability, noun: str) -> go.Bar:
    bins = distribution.bins
    return go.Bar(
        x=[50 * (one.lower + one.upper) for one in bins],
        y=[one.count for one in bins],
        width=[92 * (one.upper - one.lower) for one in bins],
        marker={"color": LINE, "opacity": 0.75},
        xaxis="x2",
        yaxis="y2",
        customdata=[
            [percent(one.lower, 0), percent(one.upper, 0), plural(one.count, noun)] for one in bins
        ],
        hovertemplate="%{customdata[0]} to %{customdata[1]}<br>%{customdata[2]}<extra></extra>",
    )


def share_with_interval(one: ReliabilityBin) -> str:
    """Return the share of a bin that is true, with its 95 % interval in brackets."""
    return f"{percent(one.accuracy)} ({100 * one.low:.1f}\u2013{100 * one.high:.1f})"


def reliability_rows(reliability: Reliability, noun: str = "row") -> list[dict[str, Any]]:
    """Return the numbers of the diagram."""
    return [
        {
            "from": percent(one.lower),
            "to": percent(one.upper),
            f"{noun}s": one.count,
            "says": percent(one.confidence),
            "happens": share_with_interval(one),
            "gap": f"{100 * one.gap:+.1f} points",
        }
        for one in reliability.bins
    ]


def figure_cells(calibration: Calibration) -> list[str]:
    """Return the figures in the order of `FIGURES`."""
    width = calibration.equal_width
    errors = (width.expected_error, calibration.equal_mass.expected_error)
    given = calibration.given
    gap = f"{round(100 * given.gap, 1) + 0.0:+.1f}" if given else "none given"  # never "-0.0"
    return [*map(percent, (*errors, calibration.classwise_error)), gap, f"{calibration.loss:.3f}"]


def class_rows(as_trained: Calibration, changed: Calibration) -> list[dict[str, Any]]:
    """Return the classes with their figures, shares in per cent, the largest clear gap first.

    Args:
        as_trained: At temperature 1.
        changed: At another temperature; what is said and what happens are of this one.
    """
    pairs = zip(as_trained.per_class, changed.per_class, strict=True)
    return [
        {
            "class": one.label,
            "rows": one.support,
            "given": one.num_given,
            "says": None if one.confidence is None else 100 * one.confidence,
            "right": None if one.precision is None else 100 * one.precision,
            "verdict": one.verdict,
            AS_TRAINED: 100 * before.error,
            TEMPERED: 100 * one.error,
        }
        for before, one in sorted(pairs, key=_by_gap)
    ]


def _by_gap(pair: tuple[ClassCalibration, ClassCalibration]) -> tuple[float, float]:
    """Return the place of a class in a table."""
    now = pair[1]
    return -abs(now.gap or 0.0) if now.has_clear_gap else 0.0, -now.error
