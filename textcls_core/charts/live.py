"""Parts of charts that grow while runs train: axes, colours by run, names at the ends of lines.

Streamlit redraws a chart, and loses its zoom, when anything but its data changes. So whatever is
true only now stands in the data, never in a title, and `ZOOM` is the selection the page keeps.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import altair as alt
import pandas  # noqa: F401 - Altair breaks where another thread has only begun to import it
import pyarrow as pa

from textcls_core.charts.theme import CLASS_COLORS, INK, PAPER, TICKS, spaced
from textcls_core.runs.history import History
from textcls_core.wording import shorten

ZOOM = "zoom"
"""Selection that holds which part of the axes is shown."""
MAX_POINTS = 1_000
"""A curve is thinned to this many points before it is sent to the browser."""
MAX_RUNS = 6
"""Runs that can be told apart in one chart."""
TEXT, NUMBER = pa.string(), pa.float64()
LABEL_WIDTH, LOSS_WIDTH, NUMBER_WIDTH, NO_WIDTH = 130, 90, 56, 8
"""Pixels at the right of a chart for names, for which loss it is, for a figure, or for nothing."""
_LABEL_HEIGHT, _FRAME_HEIGHT = 14, 85
"""Pixels a name takes, and those of a chart that title and axis take."""
_ROOM_AT_END = 1.015
"""How far the axis of steps goes beyond the last step, so that its points are seen whole."""
_LIFT = 9 / _LABEL_HEIGHT
"""How far above its line the middle of a name is that stands on the line."""
_LABEL_LENGTH = 20
_IS_IN_VIEW = "inrange(datum.step, domain('x')) && inrange(datum.label_at, domain('y'))"
_LABELS = pa.schema({"label": TEXT, "step": NUMBER, "label_at": NUMBER})

Histories = Mapping[str, History]
"""Rows by the name of their run; the first run is the one that is looked at."""


@dataclass(frozen=True, slots=True)
class View:
    """How the charts are drawn."""

    num_steps: int | None
    """Steps of the longest run, for a fixed axis; None while unknown."""
    smoothing: float = 0.9
    """Share of the past in the bold lines, in [0, 1)."""
    log_scale: bool = False
    """Whether losses stand on a logarithmic axis."""
    theme: Literal["light", "dark"] = "light"
    """Decides the colour of words inside a chart."""


@dataclass(frozen=True, slots=True)
class End:
    """Where a line ends now, and its name."""

    name: str
    step: float
    value: float


def layered(
    layers: Sequence[alt.Chart],
    height: int,
    title: str,
    view: View,
    label_width: int = LABEL_WIDTH,
) -> alt.LayerChart:
    """Return layers as one chart of fixed height whose axes can be moved and zoomed."""
    zoom = alt.selection_interval(name=ZOOM, bind="scales")
    padding = {"left": 4, "right": label_width, "top": 4, "bottom": 4}
    layers = [layers[0].add_params(zoom), *layers[1:]]
    chart = alt.LayerChart(layer=layers, height=height, title=title, padding=padding)
    drawn: alt.LayerChart = chart.configure_axis(labelColor=TICKS[view.theme])
    return drawn


def chart_of(schema: pa.Schema, rows: Sequence[dict[str, Any]]) -> alt.Chart:
    """Return an empty chart of rows.

    As an Arrow table they skip Altair's check of every value, and travel as columns. The schema
    keeps the columns when there are no rows yet, so that the chart stays the same when they come.
    """
    return alt.Chart(pa.Table.from_pylist(list(rows), schema=schema))


def thinned(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return at most `MAX_POINTS` rows, evenly spaced, always with the last one."""
    if len(rows) <= MAX_POINTS:
        return list(rows)
    return [rows[position] for position in spaced(len(rows) - 1, MAX_POINTS - 1)] + [rows[-1]]


def step_axis(view: View) -> alt.X:
    """Return the axis of steps, which spans the whole run from its start on."""
    steps = view.num_steps
    scale = alt.Scale(domain=[0, steps * _ROOM_AT_END], nice=False) if steps else alt.Scale()
    axis = alt.Axis(format=",d", tickCount=6, grid=False, tickMinStep=1)
    return alt.X("step:Q", title=None, scale=scale, axis=axis)


def run_colors(histories: Histories) -> alt.Color:
    """Return a colour per run, in their order."""
    names = list(histories)
    scale = alt.Scale(domain=names, range=list(CLASS_COLORS[: len(names)]))
    return alt.Color("run:N", scale=scale, legend=None)


def tips(histories: Histories, column: str, title: str, number_format: str) -> list[alt.Tooltip]:
    """Return what appears under the pointer; a single run needs no name."""
    run = [alt.Tooltip("run:N", title="Run")] if len(histories) > 1 else []
    step = alt.Tooltip("step:Q", title="Step", format=",d")
    return [*run, step, alt.Tooltip(f"{column}:Q", title=title, format=number_format)]


def end_labels(ends: Sequence[End], places: Sequence[float], view: View) -> list[alt.Chart]:
    """Return names at the right of the ends of lines, readable across other lines.

    Args:
        ends: Lines that are named.
        places: Height of each name on the axis, from `places_for_labels`.
        view: How to draw.
    """
    rows = [
        {"label": shorten(end.name, _LABEL_LENGTH), "step": end.step, "label_at": place}
        for end, place in zip(ends, places, strict=True)
    ]
    base = chart_of(_LABELS, rows).encode(x=step_axis(view), y="label_at:Q", text="label:N")
    # Not clipped, because names stand beside the axes; hidden when the zoom leaves them behind.
    visible = alt.condition(_IS_IN_VIEW, alt.value(1), alt.value(0))
    named = base.encode(opacity=visible)
    return words(named, view, align="left", dx=10, limit=LABEL_WIDTH - 12, clip=False)


def words(base: alt.Chart, view: View, **options: Any) -> list[alt.Chart]:
    """Return the text marks of a chart, with a halo in the colour of the page."""
    paper, ink = PAPER[view.theme], INK[view.theme]
    halo = base.mark_text(**options, color=paper, stroke=paper, strokeWidth=4)
    return [halo, base.mark_text(**options, color=ink)]


def places_for_labels(
    values: Sequence[float],
    drawn: Sequence[float],
    height: int,
    *,
    on_lines: Sequence[float] = (),
    log_scale: bool = False,
) -> list[float]:
    """Return where on the axis names stand so that they do not touch.

    Args:
        values: Where names belong that stand beside something.
        drawn: Values that the axis spans.
        height: Height of the chart in pixels.
        on_lines: Lines whose names stand on them; their places come last.
        log_scale: Whether the axis is logarithmic.
    """
    if not drawn:
        return [*values, *on_lines]
    to, back = (math.log, math.exp) if log_scale else (float, float)
    extent = to(max(drawn)) - to(min(drawn))
    label = extent * _LABEL_HEIGHT / (height - _FRAME_HEIGHT)
    lifts = [0.0] * len(values) + [_LIFT * label] * len(on_lines)
    wanted = [to(value) + lift for value, lift in zip([*values, *on_lines], lifts, strict=True)]
    places = moved_apart(wanted, label)
    return [back(place - lift) for place, lift in zip(places, lifts, strict=True)]


def moved_apart(values: Sequence[float], gap: float) -> list[float]:
    """Return values that differ by at least `gap`, each as little higher as possible.

    Example:
        >>> moved_apart([5.0, 1.0, 1.5], 1.0)
        [5.0, 1.0, 2.0]
    """
    places = list(values)
    order = sorted(range(len(values)), key=values.__getitem__)
    for below, position in itertools.pairwise(order):
        places[position] = max(places[position], places[below] + gap)
    return places
