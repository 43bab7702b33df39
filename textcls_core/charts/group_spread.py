"""Picture of repeated runs: how far their figures lie apart, and what baselines reach."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from textcls_core.charts.baselines import BaselineLine, levels_of
from textcls_core.charts.theme import GREY, LINE, SECOND_LINE, base_layout, plain
from textcls_core.dataset.text_dataset import Split
from textcls_core.runs.group_figures import Member, Spread, summary
from textcls_core.wording import figure_name, percent, plural

SPREAD_FIGURES: tuple[tuple[Split, str], ...] = (
    ("validation", "accuracy"),
    ("validation", "macro_f1"),
    ("test", "accuracy"),
    ("test", "macro_f1"),
)
_ROW_HEIGHT, _NAME_HEIGHT, _MARGIN = 56, 15, 10
"""Pixels of a figure, of the name of a baseline below it, and above its points."""
_POINTS_HEIGHT, _MEAN_AT = 18, 38
"""Pixels the points of a figure are spread over, and where the mean stands: it covers none."""
_FARTHEST = 3.0
"""How far from all runs a baseline may stretch the axis, in spans of the runs."""
_NARROWEST, _SPACE = 0.01, 0.06
"""Span of the axis at least, and what is left free at its ends, as a share of the span."""


def spread_chart(
    members: Sequence[Member], headline: Split = "test", baselines: Sequence[BaselineLine] = ()
) -> go.Figure:
    """Return a point per completed run for each figure, with mean and standard deviation.

    Below the points of a figure every baseline has a line of its own for its name. One far from
    all runs is named at the end of the axis, which would squash the runs to reach it.

    Args:
        members: Members; those that were not trained to their end are left out.
        headline: The split whose accuracy becomes the title.
        baselines: Simple models, by columns as `test_accuracy`.
    """
    counted = [member for member in members if member.counts]
    spreads = _spreads(members)
    levels = {key: levels_of(baselines, "_".join(key)) for key in spreads}
    ends = _ends(spreads, levels)
    row = _ROW_HEIGHT + _NAME_HEIGHT * max(map(len, levels.values()), default=0)
    figure = go.Figure()
    for place, (key, spread) in enumerate(spreads.items()):
        _add_points(figure, counted, key, top=place * row)
        figure.add_trace(_mean_mark(place * row + _MEAN_AT, spread))
        _add_baselines(figure, levels[key], place * row, ends)
    _style(figure, [figure_name("_".join(key)) for key in spreads], row, ends)
    figure.update_layout(title_text=_title(spreads, headline))
    return figure


def _add_points(
    figure: go.Figure, members: Sequence[Member], key: tuple[Split, str], *, top: float
) -> None:
    """Draw a point for every run that has a figure."""
    split, name = key
    having = [member for member in members if name in member.figures.get(split, {})]
    step = _POINTS_HEIGHT / len(having)
    figure.add_scatter(
        x=[member.figures[split][name] for member in having],
        y=[top + _MARGIN + step * (position + 0.5) for position in range(len(having))],
        mode="markers",
        marker={"color": LINE, "size": 9},
        customdata=[[plain(member.label), member.run_id] for member in having],
        hovertemplate="%{customdata[0]}: %{x:.2%}<extra></extra>",
    )


def _ends(
    spreads: Mapping[tuple[Split, str], Spread],
    levels: Mapping[tuple[Split, str], Mapping[str, float]],
) -> tuple[float, float]:
    """Return the ends of the axis: all runs, and the baselines that are not far from them."""
    drawn = [value for spread in spreads.values() for value in _extent(spread)] or [0.0, 1.0]
    low, high = min(drawn), max(drawn)
    reach = _FARTHEST * max(high - low, _NARROWEST)
    every = [level for found in levels.values() for level in found.values()]
    near = [level for level in every if low - reach <= level <= high + reach]
    low, high = min([low, *near]), max([high, *near])
    space = _SPACE * max(high - low, _NARROWEST)
    return low - space, high + space


def _extent(spread: Spread) -> tuple[float, float]:
    """Return the ends of what is drawn of a figure: its points, and the bar around its mean."""
    deviation = spread.standard_deviation or 0.0
    return min(spread.min, spread.mean - deviation), max(spread.max, spread.mean + deviation)


def _add_baselines(
    figure: go.Figure, levels: Mapping[str, float], top: float, ends: tuple[float, float]
) -> None:
    """Draw lines with names, from the middle outwards, so that few lines cross a name."""
    low, high = ends
    middle = (low + high) / 2
    ordered = sorted(levels.items(), key=lambda item: (item[1] <= middle, abs(item[1] - middle)))
    for position, (title, level) in enumerate(ordered):
        name, height = (
            f"{plain(title)} {percent(level)}",
            top + _ROW_HEIGHT + _NAME_HEIGHT * position,
        )
        is_right = level > middle
        if low <= level <= high:
            figure.add_scatter(
                x=[level, level],
                y=[top + _MARGIN / 2, height],
                mode="lines",
                line={"color": GREY, "width": 2, "dash": "dot"},
                hovertemplate=f"{plain(title)}: %{{x:.2%}}<extra></extra>",
            )
        else:
            name = f"{name} →" if is_right else f"← {name}"
        figure.add_annotation(
            x=min(max(level, low), high),
            y=height,
            text=name,
            font={"size": 11},
            showarrow=False,
            xanchor="right" if is_right else "left",
            xshift=-4 if is_right else 4,
        )


def _spreads(members: Sequence[Member]) -> dict[tuple[Split, str], Spread]:
    found = summary(members)
    keys = ((split, name) for split, name in SPREAD_FIGURES if name in found[split])
    return {(split, name): found[split][name] for split, name in keys}


def spread_rows(
    members: Sequence[Member], baselines: Sequence[BaselineLine] = ()
) -> list[dict[str, Any]]:
    """Return the numbers of the chart: mean, deviation and ends of each figure, and baselines."""
    return [
        {
            "figure": figure_name(f"{split}_{name}"),
            "mean": percent(spread.mean, 2),
            "standard deviation": deviation_text(spread, 2),
            "smallest": percent(spread.min, 2),
            "largest": percent(spread.max, 2),
            "runs": spread.n,
            **{
                title: percent(level, 2)
                for title, level in levels_of(baselines, f"{split}_{name}").items()
            },
        }
        for (split, name), spread in _spreads(members).items()
    ]


def deviation_text(spread: Spread, digits: int = 1) -> str:
    """Return the standard deviation in percentage points; nothing for a single run."""
    deviation = spread.standard_deviation
    return "" if deviation is None else f"{100 * deviation:.{digits}f}"


def _mean_mark(height: float, spread: Spread) -> go.Scatter:
    deviation = spread.standard_deviation or 0.0
    return go.Scatter(
        x=[spread.mean],
        y=[height],
        mode="markers",
        marker={"symbol": "diamond", "color": SECOND_LINE, "size": 13},
        error_x={"array": [deviation], "color": SECOND_LINE, "thickness": 3, "width": 8},
        hovertemplate=f"mean %{{x:.2%}} ± {100 * deviation:.2f}<extra></extra>",
    )


def _title(spreads: Mapping[tuple[Split, str], Spread], headline: Split) -> str:
    spread = spreads.get((headline, "accuracy"))
    if spread is None:
        return "No run has ended yet"
    around = f" ± {deviation_text(spread)}" if spread.n > 1 else ""
    accuracy = f"{headline.capitalize()} accuracy {percent(spread.mean)}{around}"
    return f"{accuracy} over {plural(spread.n, 'run')}"


def _style(figure: go.Figure, names: Sequence[str], row: float, ends: tuple[float, float]) -> None:
    """Set the axes; a unit of the upright one is a pixel."""
    height = row * max(len(names), 1)
    figure.update_layout(
        **base_layout(int(120 + height)),
        xaxis={
            "tickformat": ".1%",
            "fixedrange": True,
            "range": list(ends),
            "title": "Points: runs; diamond: mean ± standard deviation",
        },
        yaxis={
            "tickvals": [row * place + _ROW_HEIGHT / 2 for place in range(len(names))],
            "ticktext": list(names),
            "range": [height, 0],
            "fixedrange": True,
            "showgrid": False,
            "zeroline": False,
        },
    )
