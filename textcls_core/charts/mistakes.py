"""How sure the model is where it is right and where it is wrong."""

from collections.abc import Collection, Mapping

import plotly.graph_objects as go

from textcls_core.charts.theme import OUTCOME_COLORS, base_layout

_FADED = 0.35
_HEIGHT = 96


def outcomes_chart(counts: Mapping[str, int], kept: Collection[str]) -> go.Figure:
    """Return one bar cut into the four outcomes, with their counts; a click chooses one.

    Args:
        counts: Rows per outcome.
        kept: Outcomes that are shown below; the others are faint.
    """
    bars = [
        go.Bar(
            orientation="h",
            name=f"{outcome} ({count:,})",
            y=[""],
            x=[count],
            customdata=[outcome],
            marker={
                "color": OUTCOME_COLORS[outcome],
                "opacity": 1.0 if outcome in kept else _FADED,
            },
            hovertemplate=f"{outcome}: %{{x:,}} rows<extra></extra>",
        )
        for outcome, count in counts.items()
    ]
    hidden = {"visible": False, "fixedrange": True}
    legend = {"orientation": "h", "y": -0.05, "x": 0, "traceorder": "normal"}
    layout = base_layout(_HEIGHT) | {
        "barmode": "stack",
        "xaxis": hidden,
        "yaxis": hidden,
        "margin": {"l": 8, "r": 8, "t": 4, "b": 40},
        "showlegend": True,
        "legend": legend | {"itemclick": False, "itemdoubleclick": False},
    }
    return go.Figure(bars, layout)  # in one go: updates of a figure take several times as long
