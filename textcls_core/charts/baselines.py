"""Lines of baselines in the charts of runs: what simple models reach on the validation rows."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

import altair as alt
import pyarrow as pa

from textcls_core.charts.live import NUMBER, TEXT, View, chart_of, words
from textcls_core.charts.theme import GREY

_LINES = pa.schema({"baseline": TEXT, "level": NUMBER, "name_at": NUMBER})
_FAR = pa.schema({"far": TEXT})
_ROOM = pa.schema({"room": NUMBER})
_MIDDLE = alt.value(alt.expr("width / 2"))
"""Of a chart: away from where curves begin and end."""
_STRETCH = 0.5
"""By how much of what a run spans the axis may grow for a baseline that is worse than all of it:
more would squash the curves into less than two thirds of the chart."""
_LEAST_SPAN = 0.05
"""What the figures of a run span at least: else the first of them would leave room for nothing."""


@dataclass(frozen=True, slots=True)
class BaselineLine:
    """What a simple model reaches on the validation rows: a line to beat."""

    title: str
    figures: Mapping[str, float]
    """By the columns of a run's validations: shares in [0, 1], and `validation_loss` in nats if the
    model gives probabilities."""


def levels_of(baselines: Sequence[BaselineLine], column: str) -> dict[str, float]:
    """Return what each simple model reaches in a figure, by title; without those that lack it."""
    return {line.title: line.figures[column] for line in baselines if column in line.figures}


def split_far(
    levels: Mapping[str, float], losses: Sequence[float]
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the levels that fit on the axis of some losses, and those far above it.

    Example:
        >>> split_far({"majority": 3.0, "frozen": 0.4}, [0.7, 0.2])
        ({'frozen': 0.4}, {'majority': 3.0})
    """
    return _split(levels, best=0.0, worst=max(losses, default=float("inf")))


def split_far_scores(
    levels: Mapping[str, float], scores: Sequence[float], sign: int
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the levels that fit on the axis of a run's scores, and those far worse than all.

    Args:
        levels: What simple models reach, by title.
        scores: What the run reached.
        sign: 1 if less is better, else -1.

    Example:
        >>> split_far_scores({"majority": 0.1, "frozen": 0.96}, [0.95, 0.98], -1)
        ({'frozen': 0.96}, {'majority': 0.1})
    """
    if not scores:
        return dict(levels), {}
    losses = [sign * value for value in scores]
    best = min(*losses, *(sign * level for level in levels.values()), max(losses) - _LEAST_SPAN)
    near, _ = _split({title: sign * level for title, level in levels.items()}, best, max(losses))
    return _parted(levels, near)


def _split(
    levels: Mapping[str, float], best: float, worst: float
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the levels up to a little above the worst, and those above."""
    limit = worst + _STRETCH * (worst - best)
    return _parted(levels, {title for title, level in levels.items() if level <= limit})


def _parted(
    levels: Mapping[str, float], near: Container[str]
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the levels that are near, and the others."""
    return (
        {title: level for title, level in levels.items() if title in near},
        {title: level for title, level in levels.items() if title not in near},
    )


def line_layers(
    levels: Mapping[str, float], names: Sequence[str], places: Sequence[float], view: View
) -> list[alt.Chart]:
    """Return a line with its name for every simple model; the same layers without any.

    Args:
        levels: Where the lines are.
        names: What stands on each.
        places: Height of each name on the axis.
        view: How to draw.
    """
    rows = [
        {"baseline": name, "level": level, "name_at": place}
        for name, level, place in zip(names, levels.values(), places, strict=True)
    ]
    base = chart_of(_LINES, rows)
    rules = base.mark_rule(color=GREY, strokeDash=[2, 3], clip=True).encode(y="level:Q")
    named = base.encode(x=_MIDDLE, y="name_at:Q", text="baseline:N")
    return [rules, *words(named, view, align="center", baseline="bottom", dy=-2, clip=True)]


def far_layers(names: Sequence[str], view: View, *, above: bool = True) -> list[alt.Chart]:
    """Return the names of the simple models that the axis does not reach, at its end.

    Args:
        names: What is written.
        view: How to draw.
        above: Whether they are above the axis and not below.
    """
    where, baseline = ("above", "top") if above else ("below", "bottom")
    end, shift = (alt.value(0), 2) if above else (alt.value(alt.expr("height")), -2)
    rows = [{"far": f"{where}: {', '.join(names)}"}] if names else []
    named = chart_of(_FAR, rows).encode(x=_MIDDLE, y=end, text="far:N")
    return words(named, view, align="center", baseline=baseline, dy=shift)


def room_layer(places: Sequence[float]) -> alt.Chart:
    """Return a layer that shows nothing, and stretches the axis to some places."""
    base = chart_of(_ROOM, [{"room": place} for place in places])
    stretched: alt.Chart = base.mark_point(opacity=0, clip=True).encode(y="room:Q")
    return stretched
