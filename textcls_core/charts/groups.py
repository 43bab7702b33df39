"""Picture of a search: settings against the figure they led to."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from textcls_core.charts.baselines import BaselineLine, levels_of
from textcls_core.charts.theme import GREY, MAGNITUDE_RGB, SECOND_LINE, base_layout, plain
from textcls_core.evaluation.metric_names import metric_of
from textcls_core.runs.group import GroupPlan
from textcls_core.runs.group_figures import Member, best_member
from textcls_core.runs.search_space import Axis, Choices
from textcls_core.wording import figure_name, percent, plural

_HEIGHT = 400
_NUM_TICKS = 5
_NAME_WIDTH = 15
_FAINTEST = 0.45
"""Opacity of the worst line; fainter ones would vanish on one of the two backgrounds."""
_FARTHEST = 1.0
"""How far below the worst run a baseline may stretch the axis, in spans of the runs."""


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
    plan: GroupPlan,
    members: Sequence[Member],
    baselines: Sequence[BaselineLine] = (),
    *,
    is_dark: bool = False,
) -> go.Figure:
    """Return one line per run through its settings to its validation figure, best at the top.

    Lines rather than Plotly's own `Parcoords`: these show every value on hover, need no WebGL, and
    stay legible on a dark page. A point carries the run id as its `customdata`. Baselines are marks
    on the last axis, but for those far worse than every run, whose place would squash the runs;
    `baseline_words` names them all.

    Args:
        plan: What the group varies.
        members: Members; those without a figure yet are left out.
        baselines: Simple models on the same validation rows.
        is_dark: Whether the page behind is dark.
    """
    drawn = [member for member in members if member.score is not None]
    scales = [_setting_scale(name, axis) for name, axis in plan.space.items()]
    scores = [member.score or 0.0 for member in drawn]
    near, _ = _score_levels(plan, drawn, baselines)
    scales.append(_score_scale(plan.metric, [*scores, *near.values()]))
    best = best_member(drawn, plan.metric)
    figure = go.Figure()
    for member in sorted(drawn, key=lambda one: one is best):  # the best one lies on top
        figure.add_trace(_line(plan, scales, member, is_best=member is best))
    _style_parallel(figure, scales, is_dark=is_dark)
    if near:
        figure.add_trace(_baseline_marks(plan.metric, len(scales) - 1, scales[-1], near))
    figure.update_layout(title_text=_parallel_title(plan, drawn, best))
    return figure


def _parallel_title(plan: GroupPlan, drawn: Sequence[Member], best: Member | None) -> str:
    if best is None or best.score is None:
        return f"{plural(len(drawn), 'run')} validated so far, none ended"
    found = f"{figure_name(plan.metric)} {_score_text(plan.metric, best.score)}"
    return f"Best of {plural(len(drawn), 'run')}: {plain(best.label)}, {found}"


def parallel_rows(
    plan: GroupPlan, members: Sequence[Member], baselines: Sequence[BaselineLine] = ()
) -> list[dict[str, Any]]:
    """Return the numbers of the chart, best first, baselines among the runs."""
    name, sign = figure_name(plan.metric), metric_of(plan.metric).sign
    rows: list[tuple[float, dict[str, Any]]] = [
        (member.score, {"run": member.label, **member.settings, name: member.score})
        for member in members
        if member.score is not None
    ]
    levels = levels_of(baselines, plan.metric)
    rows += [(level, {"run": title, name: level}) for title, level in levels.items()]
    return [row for _, row in sorted(rows, key=lambda scored: sign * scored[0])]


def _score_levels(
    plan: GroupPlan, members: Sequence[Member], baselines: Sequence[BaselineLine]
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the baselines that fit on the axis of some runs, and those far worse than all."""
    sign = metric_of(plan.metric).sign  # positive for an error: lower is better
    costs = [sign * member.score for member in members if member.score is not None]
    worst = max(costs, default=math.inf)
    limit = worst + _FARTHEST * (worst - min(costs)) if costs else worst
    levels = levels_of(baselines, plan.metric)
    near = {title: level for title, level in levels.items() if sign * level <= limit}
    return near, {title: level for title, level in levels.items() if title not in near}


def baseline_words(
    plan: GroupPlan, members: Sequence[Member], baselines: Sequence[BaselineLine]
) -> str:
    """Return a sentence that names the marks on the last axis, and what is far below it."""
    said = ("Grey marks on the last axis", "Far below the axis")
    found = _score_levels(plan, members, baselines)
    named = [", ".join(_named(*item, plan.metric) for item in levels.items()) for levels in found]
    return " ".join(f"{where}: {names}." for where, names in zip(said, named, strict=True) if names)


def _named(title: str, level: float, metric: str) -> str:
    return f"{title} {_score_text(metric, level)}"


def _baseline_marks(
    metric: str, last: int, scale: Scale, levels: Mapping[str, float]
) -> go.Scatter:
    """Return short lines that end at the last axis; each tells its name under the pointer."""
    marks = [
        (scale.place(level), plain(_named(title, level, metric), 60))
        for title, level in levels.items()
    ]
    return go.Scatter(
        x=[last - 0.14, last, None] * len(marks),
        y=[y for height, _ in marks for y in (height, height, None)],
        mode="lines",
        line={"color": GREY, "width": 3},
        name="baselines",
        text=[name for _, name in marks for _ in range(3)],
        hovertemplate="%{text}<extra></extra>",
    )


def _line(plan: GroupPlan, scales: Sequence[Scale], member: Member, *, is_best: bool) -> go.Scatter:
    values = [*(member.settings.get(name) for name in plan.space), member.score]
    heights = [scale.place(value) for scale, value in zip(scales, values, strict=True)]
    strength = _FAINTEST + (1 - _FAINTEST) * heights[-1]
    red, green, blue = MAGNITUDE_RGB
    color = SECOND_LINE if is_best else f"rgba({red},{green},{blue},{strength:.3f})"
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
        hovertemplate="<br>".join([f"<b>{plain(member.label)}</b> {member.state}", *details, score])
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
