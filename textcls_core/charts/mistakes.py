"""How sure the model is where it is right and where it is wrong."""

from collections.abc import Collection, Mapping

import plotly.graph_objects as go

from textcls_core.charts.theme import OUTCOME_COLORS, base_layout

_FADED = 0.35


def outcomes_chart(counts: Mapping[str, int], kept: Collection[str]) -> go.Figure:
    """Return one bar cut into the four outcomes, with their counts; a click chooses one.

    Args:
        counts: Rows per outcome.
        kept: Outcomes that are shown below; the others are faint.
    """
    figure = go.Figure()
    for outcome, count in counts.items():
        figure.add_bar(
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
    figure.update_layout(
        **base_layout(96),
        barmode="stack",
        xaxis={"visible": False, "fixedrange": True},
        yaxis={"visible": False, "fixedrange": True},
    )
    figure.update_layout(
        margin_t=4,
        margin_b=40,
        showlegend=True,
        legend={
            "orientation": "h", "y": -0.05, "x": 0, "traceorder": "normal",
            "itemclick": False, "itemdoubleclick": False,
        },
    )  # fmt: skip
    return figure
