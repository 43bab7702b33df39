"""Slices and groups as dots with their intervals."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from textcls_core.charts.evaluation.baselines import NO_BASELINES, add_baseline_parts
from textcls_core.charts.theme import (
    GREY,
    INK,
    LINE,
    OUTCOME_COLORS,
    base_layout,
    literal,
    plain,
    rows_height,
    spaced,
)
from textcls_core.evaluation.fairness import RATES, Fairness, GroupRates, RateName
from textcls_core.evaluation.slices import SliceFigures
from textcls_core.wording import percent, plural

MAX_DRAWN = 60
"""Slices drawn at most; the table has the others."""
_WEAK = OUTCOME_COLORS["wrong and sure"]
_LABEL_LENGTH = 38


def slices_chart(
    titles: Sequence[str],
    figures: Sequence[SliceFigures],
    overall: float,
    baselines: Mapping[str, Sequence[float | None]] = NO_BASELINES,
    *,
    is_dark: bool = False,
) -> go.Figure:
    """Return the accuracy of each slice with its 95 % interval, and that of all rows as a line.

    A click returns the number of the slice.

    Args:
        titles: What each of S slices is.
        figures: Of each slice.
        overall: Accuracy of all rows, in [0, 1].
        baselines: Accuracy of each baseline in each slice, by title; those further to the left than
            the axis reaches are not drawn.
        is_dark: Whether the page behind is dark.
    """
    shown = range(min(len(figures), MAX_DRAWN))
    some = [figures[n] for n in shown]
    figure = go.Figure(
        go.Scatter(
            mode="markers",
            cliponaxis=False,
            x=[found.accuracy for found in some],
            y=list(shown),
            error_x=_whiskers(
                [found.accuracy for found in some], [f.accuracy_interval for f in some]
            ),
            marker={
                "size": 11,
                "color": [_color(found) for found in some],
                "symbol": [_symbol(found) for found in some],
                "line": {"width": 1.5, "color": [_color(found) for found in some]},
            },
            customdata=[[n, _hover(titles[n], figures[n])] for n in shown],
            hovertemplate="%{customdata[1]}<extra></extra>",
        )
    )
    figure.add_vline(x=overall, line={"dash": "dash", "width": 1.5, "color": GREY})
    figure.add_annotation(
        x=overall, y=1, yref="paper", yanchor="bottom", showarrow=False,
        text=f"all rows {percent(overall)}", font={"color": INK["dark" if is_dark else "light"]},
    )  # fmt: skip
    lowest = min([overall, *(found.accuracy_interval[0] for found in some if found.num_rows)])
    figure.update_layout(
        **base_layout(rows_height(len(some), least=180)),
        xaxis=_shares(lowest - 0.02, "Accuracy, with 95 % interval"),
        yaxis=_names(titles[: len(some)]),
    )
    figure.update_layout(title_text=_finding(figures), margin_t=64)
    drawn = {title: values[: len(some)] for title, values in baselines.items()}
    add_baseline_parts(figure, drawn, is_flat=True)
    return figure


def _finding(figures: Sequence[SliceFigures]) -> str:
    count = sum(found.is_weaker for found in figures)
    if not count:
        return "No slice is weaker beyond chance"
    if count == len(figures):
        return f"{plural(count, 'slice')} weaker than the rest"
    return f"{count} of {plural(len(figures), 'slice')} weaker than the rest"


def clicked_slice(selection: Mapping[str, Any]) -> int | None:
    """Return the number of the slice of a click, or None without one.

    Args:
        selection: The `selection` of the event that `st.plotly_chart` returns.
    """
    point = next(iter(selection.get("points") or ()), None)
    found = point.get("customdata") if isinstance(point, Mapping) else None
    return int(found[0]) if isinstance(found, Sequence) and found else None


def fairness_chart(result: Fairness) -> go.Figure:
    """Return three panels side by side: one rate each, a dot with its interval per group."""
    groups = result.groups[:MAX_DRAWN]
    figure = make_subplots(
        rows=1, cols=len(RATES), shared_yaxes=True, horizontal_spacing=0.08,
        subplot_titles=list(RATES.values()),
    )  # fmt: skip
    for column, name in enumerate(RATES, start=1):
        figure.add_trace(_rate_dots(groups, name), row=1, col=column)
    layout = base_layout(rows_height(len(groups), least=150))
    figure.update_layout(**layout)
    figure.update_annotations(font_size=13)  # titles of panels, no larger than that of a chart
    figure.update_xaxes(**_shares(-0.02, ""))
    figure.update_yaxes(**_names([group.group for group in groups]))
    return figure


def _rate_dots(groups: Sequence[GroupRates], name: RateName) -> go.Scatter:
    known = [(n, group, group.rates[name]) for n, group in enumerate(groups)]
    some = [
        (n, g, r, r.value, r.interval) for n, g, r in known if r.value is not None and r.interval
    ]
    colors = [GREY if rate.is_small else LINE for _, _, rate, *_ in some]
    return go.Scatter(
        mode="markers",
        cliponaxis=False,
        x=[value for *_, value, _ in some],
        y=[n for n, *_ in some],
        error_x=_whiskers([value for *_, value, _ in some], [ends for *_, ends in some]),
        marker={
            "size": 10,
            "color": colors,
            "symbol": ["circle-open" if rate.is_small else "circle" for _, _, rate, *_ in some],
            "line": {"width": 1.5, "color": colors},
        },
        customdata=[
            [
                f"{plain(group.group, 60)}<br>{RATES[name]} {percent(value)} "
                f"({percent(ends[0])} to {percent(ends[1])})<br>of {plural(rate.num_rows, 'row')}"
                + ("<br>too few rows for a judgement" if rate.is_small else "")
            ]
            for _, group, rate, value, ends in some
        ],
        hovertemplate="%{customdata[0]}<extra></extra>",
    )


def _whiskers(values: Sequence[float], ends: Sequence[tuple[float, float]]) -> dict[str, Any]:
    """Return error bars that reach from a value to both ends of its interval."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [high - value for value, (_, high) in zip(values, ends, strict=True)],
        "arrayminus": [value - low for value, (low, _) in zip(values, ends, strict=True)],
        "thickness": 1.5,
        "width": 4,
        "color": GREY,
    }


def _color(found: SliceFigures) -> str:
    if found.is_small:
        return GREY
    return _WEAK if found.is_weaker else LINE


def _symbol(found: SliceFigures) -> str:
    if found.is_small:
        return "circle-open"
    return "diamond" if found.is_weaker else "circle"


def _hover(title: str, found: SliceFigures) -> str:
    low, high = found.accuracy_interval
    verdict = "too few rows for a judgement" if found.is_small else ""
    verdict = "weaker than the rest" if found.is_weaker else verdict
    lines = [
        literal(title),
        f"accuracy {percent(found.accuracy)} ({percent(low)} to {percent(high)})",
        plural(found.num_rows, "row"),
        verdict,
    ]
    return "<br>".join(filter(None, lines))


def _shares(low: float, title: str) -> dict[str, Any]:
    return {
        "title": title,
        "tickformat": ".0%",
        "range": [low, 1.02],
        "fixedrange": True,
        "zeroline": False,
        "gridcolor": "rgba(128,136,152,0.2)",
    }


def _names(titles: Sequence[str]) -> dict[str, Any]:
    ticks = spaced(len(titles), MAX_DRAWN)
    return {
        "tickvals": ticks,
        "ticktext": [plain(titles[tick], _LABEL_LENGTH) for tick in ticks],
        "range": [len(titles) - 0.4, -0.6],
        "fixedrange": True,
        "showgrid": False,
        "zeroline": False,
    }
