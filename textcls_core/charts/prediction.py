"""Class probabilities of one text as bars."""

from collections.abc import Mapping

import plotly.graph_objects as go

from textcls_core.charts.theme import base_layout, class_color, plain, rows_height

MAX_BARS = 12


def probabilities_chart(probabilities: Mapping[str, float]) -> go.Figure:
    """Return the most probable classes, largest on top, with their shares.

    Args:
        probabilities: Probability per class name, in the order of the label ids.
    """
    ids = {name: label_id for label_id, name in enumerate(probabilities)}
    top = sorted(probabilities, key=probabilities.__getitem__, reverse=True)[:MAX_BARS]
    bars = go.Bar(
        orientation="h",
        y=list(range(len(top))),
        x=[probabilities[name] for name in top],
        marker={"color": [class_color(ids[name]) for name in top]},
        text=[f"{100 * probabilities[name]:.1f} %" for name in top],
        textposition="outside",
        cliponaxis=False,
        customdata=[plain(name, 80) for name in top],
        hovertemplate="%{customdata}: %{x:.2%}<extra></extra>",
    )
    layout = base_layout(rows_height(len(top), least=110)) | {
        "xaxis": {"range": [0, 1.2], "visible": False, "fixedrange": True},
        "yaxis": {
            "tickvals": list(range(len(top))),
            "ticktext": [plain(name) for name in top],
            "autorange": "reversed",
            "fixedrange": True,
        },
        "margin": {"l": 8, "r": 8, "t": 4, "b": 8},
    }
    return go.Figure(bars, layout)  # in one go: updates of a figure take several times as long
