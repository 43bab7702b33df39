"""How sure the model is where it is right and where it is wrong."""

import numpy as np
import plotly.graph_objects as go

from textcls_core.charts.theme import OUTCOME_COLORS, SURE, base_layout
from textcls_core.evaluation.predictions import Predictions


def outcome_counts(predictions: Predictions) -> dict[str, int]:
    """Return the number of rows per outcome; sure means a confidence of at least `SURE`."""
    wrong, sure = predictions.is_mistake, predictions.confidence >= SURE
    masks = (~wrong & sure, ~wrong & ~sure, wrong & ~sure, wrong & sure)
    counts = [int(np.count_nonzero(mask)) for mask in masks]
    return dict(zip(OUTCOME_COLORS, counts, strict=True))


def outcomes_chart(predictions: Predictions) -> go.Figure:
    """Return one bar cut into the four outcomes, with their counts."""
    figure = go.Figure()
    for outcome, count in outcome_counts(predictions).items():
        figure.add_bar(
            orientation="h",
            name=f"{outcome} ({count:,})",
            y=[""],
            x=[count],
            marker={"color": OUTCOME_COLORS[outcome]},
            hovertemplate=f"{outcome}: %{{x:,}} rows<extra></extra>",
        )
    figure.update_layout(
        **base_layout(118),
        barmode="stack",
        xaxis={"visible": False, "fixedrange": True},
        yaxis={"visible": False, "fixedrange": True},
    )
    figure.update_layout(
        margin_t=4,
        margin_b=40,
        showlegend=True,
        legend={"orientation": "h", "y": -0.05, "x": 0, "traceorder": "normal"},
    )
    return figure
