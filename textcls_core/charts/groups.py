"""Pictures of a group: settings against the figure they led to, and the spread over runs."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from textcls_core.charts.theme import GREY, LINE, MAGNITUDE_RGB, SECOND_LINE, base_layout, plain
from textcls_core.dataset.text_dataset import Split
from textcls_core.evaluation.metric_names import metric_of
from textcls_core.runs.group import GroupPlan
from textcls_core.runs.group_figures import Member, Spread, best_member, summary
from textcls_core.runs.search_space import Axis, Choices
from textcls_core.wording import figure_name, percent, plural

_HEIGHT = 400
_NUM_TICKS = 5
_NAME_WIDTH = 15
_BELOW = 0.16
"""How far below the points of a figure its mean stands, so that it covers none."""
_FAINTEST = 0.45
"""Opacity of the worst line; fainter ones would vanish on one of the two backgrounds."""
SPREAD_FIGURES: tuple[tuple[Split, str], ...] = (
    ("validation", "accuracy"),
    ("validation", "macro_f1"),
    ("test", "accuracy"),
    ("test", "macro_f1"),
)


@dataclass(frozen=True, slots=True)
class Scale:
    """One upright axis: where a value stands on it, from 0 below to 1 above, and its labels."""

    name: str
    ticks: tuple[tuple[float, str], ...]
    places: Mapping[Any, float] | None = None
    """Places of values to choose from; None for numbers between `low` and `high`."""
    low: float = 0.0
    high: float = 1.0
    is_log: bool = False

    def place(self, value: Any) -> float:
        """Return where a value stands."""
        if self.places is not None:
            return self.places.get(value, 0.5)
        return _share(float(value), self.low, self.high, is_log=self.is_log)


def parallel_coordinates_chart(
    plan: GroupPlan, members: Sequence[Member], *, is_dark: bool = False
) -> go.Figure:
    """Return one line per run through its settings to its validation figure, best at the top.

    Lines rather than Plotly's own `Parcoords`: these show every value on hover, need no WebGL, and
    stay legible on a dark page. A point carries the run id as its `customdata`.

    Args:
        plan: What the group varies.
        members: Members; those without a figure yet are left out.
        is_dark: Whether the page behind is dark.
    """
    drawn = [member for member in members if member.score is not None]
    scales = [_setting_scale(name, axis) for name, axis in plan.space.items()]
    scales.append(_score_scale(plan.metric, [member.score or 0.0 for member in drawn]))
    best = best_member(drawn, plan.metric)
    figure = go.Figure()
    for member in sorted(drawn, key=lambda one: one is best):  # the best one lies on top
        figure.add_trace(_line(plan, scales, member, is_best=member is best))
    _style_parallel(figure, scales, is_dark=is_dark)
    figure.update_layout(title_text=_parallel_title(plan, drawn, best))
    return figure


def _parallel_title(plan: GroupPlan, drawn: Sequence[Member], best: Member | None) -> str:
    if best is None or best.score is None:
        return f"{plural(len(drawn), 'run')} validated so far, none ended"
    found = f"{figure_name(plan.metric)} {_score_text(plan.metric, best.score)}"
    return f"Best of {plural(len(drawn), 'run')}: {plain(best.label)}, {found}"


def parallel_rows(plan: GroupPlan, members: Sequence[Member]) -> list[dict[str, Any]]:
    """Return the numbers of the chart, best first."""
    sign = metric_of(plan.metric).sign
    drawn = [member for member in members if member.score is not None]
    return [
        {"run": member.label, **member.settings, figure_name(plan.metric): member.score}
        for member in sorted(drawn, key=lambda one: sign * (one.score or 0.0))
    ]


def _line(plan: GroupPlan, scales: Sequence[Scale], member: Member, *, is_best: bool) -> go.Scatter:
    values = [*(member.settings.get(name) for name in plan.space), member.score]
    heights = [scale.place(value) for scale, value in zip(scales, values, strict=True)]
    strength = _FAINTEST + (1 - _FAINTEST) * heights[-1]
    red, green, blue = MAGNITUDE_RGB
    color = SECOND_LINE if is_best else f"rgba({red},{green},{blue},{strength:.3f})"
    ended = member.ending or member.status or ""
    details = [f"{plain(name)} {plain(_text(member.settings.get(name)))}" for name in plan.space]
    score = f"{figure_name(plan.metric)} {_score_text(plan.metric, member.score or 0.0)}"
    return go.Scatter(
        x=list(range(len(scales))),
        y=heights,
        mode="lines+markers",
        line={
            "color": color,
            "width": 4 if is_best else 2,
            "dash": "solid" if member.counts else "dot",
        },
        marker={"color": color, "size": 9 if is_best else 6},
        customdata=[member.run_id] * len(scales),
        name=plain(member.label),
        hovertemplate="<br>".join([f"<b>{plain(member.label)}</b> {ended}", *details, score])
        + "<extra></extra>",
    )


def _setting_scale(name: str, axis: Axis) -> Scale:
    if isinstance(axis, Choices):
        ordered = list(axis.choices)
        last = max(len(ordered) - 1, 1)
        places = {value: position / last for position, value in enumerate(ordered)}
        ticks = tuple((place, _text(value)) for value, place in places.items())
        return Scale(name, ticks, places)
    values = _ticks(axis.low, axis.high, is_log=axis.log, is_whole=isinstance(axis.low, int))
    ticks = tuple(
        (_share(value, axis.low, axis.high, is_log=axis.log), _text(value)) for value in values
    )
    return Scale(name, ticks, low=axis.low, high=axis.high, is_log=axis.log)


def _score_scale(metric: str, scores: Sequence[float]) -> Scale:
    """Return the last axis; better is higher, so an error is turned over."""
    low, high = min(scores, default=0.0), max(scores, default=1.0)
    if low == high:
        low, high = low - 0.01, high + 0.01
    if metric_of(metric).is_error:
        low, high = high, low
    values = _ticks(low, high, is_log=False, is_whole=False)
    ticks = tuple((_share(v, low, high, is_log=False), _score_text(metric, v)) for v in values)
    return Scale(figure_name(metric), ticks, low=low, high=high)


def _share(value: float, low: float, high: float, *, is_log: bool) -> float:
    if is_log:
        value, low, high = math.log(value), math.log(low), math.log(high)
    return (value - low) / (high - low)


def _ticks(low: float, high: float, *, is_log: bool, is_whole: bool) -> list[float]:
    """Return values from `low` to `high`: powers of ten if there are some, else evenly spaced."""
    if is_log:
        powers = range(math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9) + 1)
        if len(powers) > 1:
            return [10.0**power for power in powers]
    steps = [step / (_NUM_TICKS - 1) for step in range(_NUM_TICKS)]
    values = [low * (high / low) ** s if is_log else low + (high - low) * s for s in steps]
    return list(dict.fromkeys(round(value) for value in values)) if is_whole else values


def _text(value: Any) -> str:
    """Return a value in a few characters, small numbers as 1e-5."""
    return f"{value:.2g}".replace("e-0", "e-") if isinstance(value, float) else str(value)


def _score_text(metric: str, value: float) -> str:
    return percent(value) if metric_of(metric).is_share else f"{value:.4f}"


def _style_parallel(figure: go.Figure, scales: Sequence[Scale], *, is_dark: bool) -> None:
    behind = "rgba(18,22,31,0.75)" if is_dark else "rgba(255,255,255,0.8)"
    for position, scale in enumerate(scales):
        is_last = position == len(scales) - 1
        ends = {"x0": position, "x1": position, "y0": 0, "y1": 1}
        figure.add_shape(type="line", **ends, line={"color": GREY, "width": 1}, layer="below")
        name = {"x": position, "y": 1.05, "text": f"<b>{_wrapped(scale.name)}</b>"}
        figure.add_annotation(**name, showarrow=False, yanchor="bottom")
        for height, text in scale.ticks:
            figure.add_annotation(
                x=position,
                y=height,
                text=plain(text, 14),
                showarrow=False,
                xanchor="left" if is_last else "right",  # where no line runs
                xshift=9 if is_last else -9,
                bgcolor=behind,
            )
    frame = {"visible": False, "fixedrange": True}
    figure.update_layout(
        **base_layout(_HEIGHT),
        xaxis={**frame, "range": [-0.45, len(scales) - 0.55]},
        yaxis={**frame, "range": [-0.06, 1.28]},
        hovermode="closest",
    )


def _wrapped(name: str) -> str:
    """Return the name of a setting on lines that stand side by side on a narrow page."""
    lines = [""]
    for word in name.replace("_", "_ ").split(" "):
        if lines[-1] and len(lines[-1]) + len(word) > _NAME_WIDTH:
            lines.append("")
        lines[-1] += word if word.endswith("_") else word + " "
    return "<br>".join(plain(line, 30) for line in lines)


def spread_chart(members: Sequence[Member], headline: Split = "test") -> go.Figure:
    """Return a point per completed run for each figure, with mean and standard deviation.

    Args:
        members: Members; those that were not trained to their end are left out.
        headline: The split whose accuracy becomes the title.
    """
    counted = [member for member in members if member.counts]
    spreads = _spreads(members)
    figure = go.Figure()
    for height, ((split, name), spread) in enumerate(spreads.items()):
        having = [member for member in counted if name in member.figures.get(split, {})]
        offsets = [0.3 * (place + 0.5) / len(having) - 0.3 for place in range(len(having))]
        figure.add_scatter(
            x=[member.figures[split][name] for member in having],
            y=[height + offset for offset in offsets],
            mode="markers",
            marker={"color": LINE, "size": 9},
            customdata=[[plain(member.label), member.run_id] for member in having],
            hovertemplate="%{customdata[0]}: %{x:.2%}<extra></extra>",
        )
        figure.add_trace(_mean_mark(height, spread))
    _style_spread(figure, [figure_name(f"{split}_{name}") for split, name in spreads])
    figure.update_layout(title_text=_spread_title(spreads, headline))
    return figure


def _spreads(members: Sequence[Member]) -> dict[tuple[Split, str], Spread]:
    found = summary(members)
    keys = ((split, name) for split, name in SPREAD_FIGURES if name in found[split])
    return {(split, name): found[split][name] for split, name in keys}


def spread_rows(members: Sequence[Member]) -> list[dict[str, Any]]:
    """Return the numbers of the chart: mean, deviation and ends of each figure."""
    return [
        {
            "figure": figure_name(f"{split}_{name}"),
            "mean": percent(spread.mean, 2),
            "standard deviation": deviation_text(spread, 2),
            "smallest": percent(spread.min, 2),
            "largest": percent(spread.max, 2),
            "runs": spread.n,
        }
        for (split, name), spread in _spreads(members).items()
    ]


def deviation_text(spread: Spread, digits: int = 1) -> str:
    """Return the standard deviation in percentage points; nothing for a single run."""
    deviation = spread.standard_deviation
    return "" if deviation is None else f"{100 * deviation:.{digits}f}"


def _mean_mark(height: int, spread: Spread) -> go.Scatter:
    deviation = spread.standard_deviation or 0.0
    return go.Scatter(
        x=[spread.mean],
        y=[height + _BELOW],
        mode="markers",
        marker={"symbol": "diamond", "color": SECOND_LINE, "size": 13},
        error_x={"array": [deviation], "color": SECOND_LINE, "thickness": 3, "width": 8},
        hovertemplate=f"mean %{{x:.2%}} ± {100 * deviation:.2f}<extra></extra>",
    )


def _spread_title(spreads: Mapping[tuple[Split, str], Spread], headline: Split) -> str:
    spread = spreads.get((headline, "accuracy"))
    if spread is None:
        return "No run has ended yet"
    around = f" ± {deviation_text(spread)}" if spread.n > 1 else ""
    accuracy = f"{headline.capitalize()} accuracy {percent(spread.mean)}{around}"
    return f"{accuracy} over {plural(spread.n, 'run')}"


def _style_spread(figure: go.Figure, names: Sequence[str]) -> None:
    figure.update_layout(
        **base_layout(120 + 56 * max(len(names), 1)),
        xaxis={
            "tickformat": ".1%",
            "fixedrange": True,
            "title": "Points: runs; diamond: mean ± standard deviation",
        },
        yaxis={
            "tickvals": list(range(len(names))),
            "ticktext": list(names),
            "range": [len(names) - 0.5, -0.5],
            "fixedrange": True,
            "showgrid": False,
            "zeroline": False,
        },
    )
