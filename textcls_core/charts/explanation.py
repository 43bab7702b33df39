"""Attention as a token-by-token matrix."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from textcls_core.charts.theme import base_layout, magnitude_scale, plain, spaced

_MAX_TICKS = 60


def attention_chart(matrix: np.ndarray, names: Sequence[str], special: Sequence[bool]) -> go.Figure:
    """Return who looks at whom: each row is a token or word that looks, and sums to 1.

    The scale ends at the largest weight an ordinary word receives; special tokens, which often
    take most of the attention, share the darkest colour.

    Args:
        matrix: Attention weights, shape (Q, K) with Q = K.
        names: One token or word per row.
        special: Whether it is a special token of the model.
    """
    size = len(names)
    labels = [plain(name, 14) for name in names]
    ticks = spaced(size, _MAX_TICKS)
    axis = {
        "tickvals": ticks,
        "ticktext": [labels[tick] for tick in ticks],
        "fixedrange": False,
        "showgrid": False,
        "zeroline": False,
    }
    full = [plain(name, 80) for name in names]
    hover = [[[query, key] for key in full] for query in full]
    figure = go.Figure(
        go.Heatmap(
            z=matrix,
            zmin=0,
            zmax=_largest_ordinary(matrix, special),
            customdata=hover,
            colorscale=magnitude_scale(),
            colorbar={"title": "weight", "thickness": 12},
            hovertemplate="%{customdata[0]} looks at %{customdata[1]}: %{z:.4f}<extra></extra>",
        )
    )
    figure.update_layout(
        **base_layout(max(360, min(900, 150 + 16 * size))),
        xaxis={**axis, "title": "is looked at", "tickangle": -60},
        yaxis={**axis, "title": "looks", "autorange": "reversed"},
    )
    figure.update_layout(margin_t=8)
    return figure


def _largest_ordinary(matrix: np.ndarray, special: Sequence[bool]) -> float:
    ordinary = matrix[:, ~np.asarray(special)]
    return float(ordinary.max()) if ordinary.size else 1.0
