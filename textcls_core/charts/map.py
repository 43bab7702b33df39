"""A map of texts: one point each, near means similar."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from textcls_core.arrays import Indices, Mask
from textcls_core.charts.theme import (
    GREY,
    INK,
    OUTCOME_COLORS,
    base_layout,
    class_color,
    lasso_layout,
    literal,
    plain,
)
from textcls_core.embeddings.area import Area
from textcls_core.embeddings.colouring import Amounts, Categories, Colouring
from textcls_core.embeddings.projection import Layout

MAX_POINTS = 4_000
"""Points drawn at most; with their hovers they stay below a megabyte."""
HEIGHT = 620
_HOVER_BYTES = 760_000
_MARGIN, _LEAST_MARGIN = 0.1, 1e-3
"""Around an area that is zoomed to: of its size, and in the units of the map."""
_MIN_HOVER, _MAX_HOVER, _LINE = 12, 240, 60
"""Characters of a text that its hover shows, and of a line of it."""
_AMOUNT_SCALE = [[0.0, "#F2D57E"], [0.5, "#C8663F"], [1.0, "#5B1E6E"]]
_FIRST_STRONG, _END = "\u2068", "\u2069"
"""A line between these runs in the direction of its own first letter."""


@dataclass(frozen=True, slots=True)
class Hover:
    """What the hover of a point says."""

    head: str
    """A short line, for example the class."""
    body: str
    """The beginning of the text on a few lines."""


def map_chart(
    layout: Layout,
    hovers: Sequence[Hover],
    colouring: Colouring,
    *,
    area: Area | None = None,
    ringed: Sequence[int] | Indices = (),
    is_dark: bool = False,
) -> go.Figure:
    """Return the points of a map; a lasso or a box can be drawn on it.

    Args:
        layout: The P places to draw.
        hovers: Of the same P texts, from `make_hovers`.
        colouring: Of the same P texts, too.
        area: Drawn as an outline; points outside of it are pale.
        ringed: Embedded rows that get a ring, for example those similar to a text.
        is_dark: Whether the page behind is dark.
    """
    shown = np.ones(len(hovers), dtype=bool) if area is None else area.contains(layout.points)
    theme = "dark" if is_dark else "light"
    figure = go.Figure()
    for name, marker, rows in _groups(colouring):
        figure.add_trace(_points(layout, hovers, rows, shown, name=name, marker=marker))
    rings = np.flatnonzero(np.isin(layout.rows, np.asarray(ringed, dtype=np.int64)))
    if len(rings):
        ring = {"symbol": "circle-open", "size": 15, "color": INK[theme], "line": {"width": 2.5}}
        everything = np.ones(len(hovers), dtype=bool)
        figure.add_trace(_points(layout, hovers, rings, everything, name="similar", marker=ring))
    for polygon in area.polygons if area is not None else ():
        figure.add_shape(
            type="path",
            path="M" + "L".join(f"{x},{y}" for x, y in polygon) + "Z",
            line={"dash": "dot", "width": 2, "color": INK[theme]},
        )
    _style(figure, layout, theme, has_legend=isinstance(colouring, Categories))
    return figure


def zoom_to(figure: go.Figure, area: Area) -> None:
    """Show an area of a map and a little around it.

    A zoom by mouse is lost with every change of the chart; this one is part of it.
    """
    across, up = map(_around, area.bounds)
    figure.update_layout(xaxis_range=across, yaxis_range=up)


def _around(bounds: tuple[float, float]) -> list[float]:
    """Return a range a little wider than some bounds, however close these are."""
    low, high = bounds
    margin = max(_MARGIN * (high - low), _LEAST_MARGIN)
    return [low - margin, high + margin]


def _groups(colouring: Colouring) -> Iterator[tuple[str, dict[str, Any], Indices]]:
    """Yield name, marker and members of what has one colour; what is grey comes first, below."""
    if isinstance(colouring, Amounts):
        yield _of_amounts(colouring)
        return
    colors = np.array([_color(colouring, code) for code in range(len(colouring.names))])
    present = np.unique(colouring.codes)
    grey = [code for code in present if colors[code] == GREY]
    if grey:
        name = colouring.names[grey[0]] if len(grey) == 1 else f"{len(grey):,} further"
        rows = np.flatnonzero(np.isin(colouring.codes, grey))
        yield plain(name, 24), {"color": GREY}, rows
    for code in present:
        if colors[code] != GREY:
            rows = np.flatnonzero(colouring.codes == code)
            yield plain(colouring.names[code], 24), {"color": str(colors[code])}, rows


def _color(colouring: Categories, code: int) -> str:
    if colouring.palette == "outcomes":
        return OUTCOME_COLORS.get(colouring.names[code], GREY)
    return class_color(code) if code < colouring.num_coloured else GREY


def _of_amounts(colouring: Amounts) -> tuple[str, dict[str, Any], Indices]:
    """Return all points with a scale that the largest hundredth does not stretch."""
    known = colouring.values[np.isfinite(colouring.values)]
    low, high = np.quantile(known, [0.01, 0.99]) if len(known) else (0.0, 1.0)
    marker = {
        "color": np.clip(np.nan_to_num(colouring.values, nan=low), low, high).astype(np.float32),
        "colorscale": _AMOUNT_SCALE,
        "cmin": float(low),
        "cmax": float(max(high, low + 1e-9)),
        "colorbar": {"title": plain(colouring.title), "thickness": 12, "outlinewidth": 0},
    }
    return plain(colouring.title), marker, np.arange(len(colouring.values))


def _points(
    layout: Layout,
    hovers: Sequence[Hover],
    rows: Indices,
    shown: Mask,
    *,
    name: str,
    marker: dict[str, Any],
) -> go.Scattergl:
    places = layout.points[rows].astype(np.float32)
    usual = {"size": 6 if len(layout.rows) <= 2_000 else 5, "opacity": 0.8}
    trace = go.Scattergl(
        mode="markers",
        name=name,
        x=places[:, 0],
        y=places[:, 1],
        marker={**usual, **marker},
        customdata=[[int(layout.rows[row]), hovers[row].head] for row in rows.tolist()],
        text=[hovers[row].body for row in rows.tolist()],
        hovertemplate="<b>%{customdata[1]}</b><br>%{text}<extra></extra>",
        unselected={"marker": {"opacity": 0.12}},
    )
    if not shown.all():
        trace.selectedpoints = np.flatnonzero(shown[rows]).tolist()
    return trace


def _style(figure: go.Figure, layout: Layout, theme: str, *, has_legend: bool) -> None:
    titles = ["", ""]
    if layout.method == "pca":
        titles = [
            f"{which} principal component ({100 * share:.1f} % of the spread)"
            for which, share in zip(("First", "Second"), layout.explained, strict=True)
        ]
    axis = {"showticklabels": False, "zeroline": False, "showgrid": False, "showline": False}
    figure.update_layout(
        **base_layout(HEIGHT) | lasso_layout(theme),
        legend={
            **{"itemclick": False, "itemdoubleclick": False, "itemsizing": "constant"},
            # below: at the side it would take half of a narrow screen from the points
            **{"orientation": "h", "x": 0, "y": -0.07, "traceorder": "normal"},
        },
        xaxis={**axis, "title": titles[0]},
        yaxis={**axis, "title": titles[1], "scaleanchor": "x"},
    )
    figure.update_layout(showlegend=has_legend, margin_t=44)  # a margin for the toolbar


def make_hovers(texts: Sequence[str], heads: Sequence[str]) -> list[Hover]:
    """Return what the hover of each point says.

    The beginning of a text is as long as a budget of bytes allows for all points together; scripts
    that take more bytes get fewer characters. Everything is escaped: Plotly reads HTML in hovers.

    Args:
        texts: P texts.
        heads: P short lines.
    """
    starts = [" ".join(text[: 2 * _MAX_HOVER].split()) for text in texts]  # spaces count little
    shown = [plain(head, 40) for head in heads]
    count = max(len(starts), 1)
    per_character = _json_size(starts) / max(sum(map(len, starts)), 1)
    limit = int((_HOVER_BYTES / count - _json_size(shown) / count) / max(per_character, 1.0))
    limit = max(min(limit, _MAX_HOVER), _MIN_HOVER)
    return [
        Hover(head, _lines(start, limit) + ("…" if len(start) > limit else ""))
        for head, start in zip(shown, starts, strict=True)
    ]


def _lines(text: str, limit: int) -> str:
    """Return the first characters of a text on lines of about equal length."""
    lines, line = [], ""
    for word in text[:limit].split(" "):
        if line and len(line) + len(word) >= _LINE:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
        while len(line) > _LINE:
            lines.append(line[:_LINE])
            line = line[_LINE:]
    lines.append(line)
    return "<br>".join(literal(part) if part.isascii() else _isolated(part) for part in lines)


def _isolated(line: str) -> str:
    return f"{_FIRST_STRONG}{literal(line)}{_END}"


def _json_size(texts: Sequence[str]) -> int:
    """Return the bytes of texts in the JSON of a chart, where Plotly writes slashes as codes."""
    escaped = json.dumps([literal(text) for text in texts])
    return len(escaped) + 5 * escaped.count("/")
