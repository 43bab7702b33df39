"""All heads of a model as a grid, and how attention flows through the layers."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from textcls_core.charts.evaluation.grid import cell_bars, cell_text_color
from textcls_core.charts.theme import INK, base_layout, magnitude_scale, plain, spaced

_MAX_NUMBERS = 16
"""Heads in a row whose cells have room for numbers."""
_CELL_HEIGHT = 34
_MAX_WORDS = 60


def head_map(
    values: np.ndarray,
    title: str,
    text: Callable[[float], str],
    *,
    selected: tuple[int, int] | None = None,
    is_dark: bool = False,
) -> go.Figure:
    """Return one number per head: a row is a layer, the first one on top.

    A click returns layer and head, from 0. The scale begins at 0 and ends at the largest number.

    Args:
        values: Shape (L, H), none below 0.
        title: What the numbers are.
        text: Writes a number.
        selected: Layer and head with a frame, from 0.
        is_dark: Whether the page behind is dark.
    """
    layers, heads = values.shape
    places = np.argwhere(np.ones_like(values, dtype=bool)).tolist()
    shares = (values / (float(values.max()) or 1.0)).ravel()
    written = [text(value) for value in values.ravel().tolist()]
    colors = [cell_text_color(share, is_dark) for share in shares.tolist()]
    figure = go.Figure(
        go.Bar(
            **cell_bars([row for row, _ in places], [column for _, column in places]),
            marker={
                **{"color": shares.round(4), "cmin": 0, "cmax": 1},
                **{"colorscale": magnitude_scale(), "line": {"width": 0}},
            },
            text=written if heads <= _MAX_NUMBERS else None,
            insidetextfont={"color": colors, "size": 11},
            customdata=[
                [row, column, row + 1, column + 1, value]
                for (row, column), value in zip(places, written, strict=True)
            ],
            unselected={"marker": {"opacity": 1}},
            hovertemplate="layer %{customdata[2]}, head %{customdata[3]}: "
            "%{customdata[4]}<extra></extra>",
        )
    )
    _style(figure, layers, heads, title)
    if selected is not None:
        _frame(figure, selected, is_dark=is_dark)
    return figure


def clicked_head(point: Mapping[str, Any] | None) -> tuple[int, int] | None:
    """Return layer and head of a clicked cell, from 0; None without a click.

    Args:
        point: Of the `selection` of the event that `st.plotly_chart` returns.
    """
    place = point.get("customdata") if isinstance(point, Mapping) else None
    if not isinstance(place, Sequence) or len(place) < 2:
        return None
    return int(place[0]), int(place[1])


def flow_chart(by_layer: np.ndarray, words: Sequence[str], special: Sequence[bool]) -> go.Figure:
    """Return the share of each word in what is classified, layer by layer from the top.

    Special tokens, which often hold most of it, stay empty: the scale is that of ordinary words.

    Args:
        by_layer: Shape (L, W); rows sum to 1.
        words: W words.
        special: Whether it is a special token of the model.
    """
    layers, size = by_layer.shape
    ticks = spaced(size, _MAX_WORDS)
    drawn = np.where(np.asarray(special), np.nan, by_layer)
    names = [plain(word, 60) for word in words]
    figure = go.Figure(
        go.Heatmap(
            x=list(range(size)),
            y=list(range(1, layers + 1)),
            z=drawn.astype(np.float32),
            zmin=0,
            zmax=float(np.nanmax(drawn)) if not all(special) else 1.0,
            colorscale=magnitude_scale(),
            colorbar={"title": "share", "thickness": 12, "tickformat": ".1%"},
            customdata=[names] * layers,
            hovertemplate="%{customdata} after layer %{y}: %{z:.1%}<extra></extra>",
        )
    )
    figure.update_layout(
        **base_layout(max(240, 130 + 24 * layers)),
        xaxis={
            "tickvals": ticks,
            "ticktext": [plain(words[tick], 14) for tick in ticks],
            **{"tickangle": -60, "showgrid": False, "zeroline": False},
        },
        yaxis={
            "title": "after layer",
            "dtick": max(1, layers // 12),
            **{"autorange": "reversed", "showgrid": False, "zeroline": False},
        },
    )
    figure.update_layout(margin_t=8)
    return figure


def _style(figure: go.Figure, layers: int, heads: int, title: str) -> None:
    shared = {"fixedrange": True, "showgrid": False, "zeroline": False}
    step = 1 if heads <= _MAX_NUMBERS else 4
    figure.update_layout(
        **base_layout(110 + _CELL_HEIGHT * max(layers, 2)),
        barmode="overlay",
        bargap=0,
        xaxis={
            **shared,
            "title": f"head ({title})",
            "tickvals": list(range(0, heads, step)),
            "ticktext": [str(head + 1) for head in range(0, heads, step)],
            "range": [-0.55, heads - 0.45],
        },
        yaxis={
            **shared,
            "title": "layer",
            "tickvals": list(range(layers)),
            "ticktext": [str(layer + 1) for layer in range(layers)],
            "range": [layers - 0.45, -0.55],
        },
    )
    figure.update_layout(margin_t=8)


def _frame(figure: go.Figure, selected: tuple[int, int], *, is_dark: bool) -> None:
    layer, head = selected
    figure.add_shape(
        type="rect",
        **{"x0": head - 0.5, "x1": head + 0.5, "y0": layer - 0.5, "y1": layer + 0.5},
        line={"width": 2.5, "color": INK["dark" if is_dark else "light"]},
    )
