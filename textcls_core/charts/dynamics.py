"""Data map: how a run learned each row, one point each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from textcls_core.arrays import Indices, Losses, Points
from textcls_core.charts.map import Hover
from textcls_core.charts.theme import INK, OUTCOME_COLORS, base_layout, lasso_layout
from textcls_core.embeddings.area import Area

MAX_POINTS = 5_000
HEIGHT = 420
_SCALE = [
    [0.0, OUTCOME_COLORS["wrong and sure"]],
    [0.33, OUTCOME_COLORS["wrong but unsure"]],
    [0.67, OUTCOME_COLORS["right but unsure"]],
    [1.0, OUTCOME_COLORS["right and sure"]],
]


@dataclass(frozen=True, slots=True)
class DrawnRows:
    """M rows, one point each."""

    points: Points
    """Variability and confidence, shape (M, 2)."""
    correctness: Losses
    """Share of the epochs in which the label was predicted, shape (M,)."""
    places: Indices
    """What a selected point gives as the first value of its `customdata`, shape (M,)."""
    hovers: Sequence[Hover]
    """Of the same rows, from `make_hovers`."""


def cartography_chart(
    rows: DrawnRows, title: str, *, area: Area | None = None, is_dark: bool = False
) -> go.Figure:
    """Return rows by variability and confidence; a lasso or a box can be drawn on it.

    Args:
        rows: What is drawn.
        title: What the chart says.
        area: Drawn as an outline; points outside of it are pale.
        is_dark: Whether the page behind is dark.
    """
    theme = "dark" if is_dark else "light"
    points = rows.points
    figure = go.Figure(_trace(rows))
    if area is not None:
        figure.data[0].selectedpoints = np.flatnonzero(area.contains(points)).tolist()
    for polygon in area.polygons if area is not None else ():
        figure.add_shape(
            type="path",
            path="M" + "L".join(f"{x},{y}" for x, y in polygon) + "Z",
            line={"dash": "dot", "width": 2, "color": INK[theme]},
        )
    widest = max(float(points[:, 0].max(initial=0.0)), 0.05)
    figure.update_layout(
        **base_layout(HEIGHT) | lasso_layout(theme),
        xaxis={"title": "Variability over the epochs", "range": [-0.02 * widest, 1.05 * widest]},
        yaxis={"title": "Mean confidence in the label", "range": [-0.04, 1.04]},
    )
    figure.update_layout(title_text=title)
    return figure


def _trace(rows: DrawnRows) -> go.Scattergl:
    points = rows.points
    return go.Scattergl(
        mode="markers",
        x=points[:, 0].astype(np.float32),
        y=points[:, 1].astype(np.float32),
        marker={
            "size": 6 if len(points) <= 2_000 else 5,
            "opacity": 0.8,
            "color": rows.correctness.astype(np.float32),
            "colorscale": _SCALE,
            "cmin": 0.0,
            "cmax": 1.0,
            "colorbar": {
                "title": "Epochs right",
                "thickness": 12,
                "outlinewidth": 0,
                "tickformat": ".0%",
            },
        },
        customdata=[
            [place, hover.head]
            for place, hover in zip(rows.places.tolist(), rows.hovers, strict=True)
        ],
        text=[hover.body for hover in rows.hovers],
        hovertemplate="<b>%{customdata[1]}</b>: %{y:.1%} ± %{x:.1%}, right in "
        "%{marker.color:.0%} of the epochs<br>%{text}<extra></extra>",
        unselected={"marker": {"opacity": 0.12}},
    )
