"""Words that drive a class, as bars with the intervals of their means."""

from collections.abc import Sequence

import plotly.graph_objects as go

from textcls_core.charts.theme import GREY, INK, base_layout, diverging_color, plain, rows_height
from textcls_core.explanation.driving_words import DrivingWord

MAX_BARS = 15
_BAR = 0.8
"""Where on the scale of signed amounts bars stand, whose length says how much."""


def driving_words_chart(
    words: Sequence[DrivingWord], what: str, *, selected: str = "", is_dark: bool = False
) -> go.Figure:
    """Return a bar per word with its interval, those that most surely have an effect on top.

    Args:
        words: Ranked, at least one; the first `MAX_BARS` are drawn. `customdata` holds each word.
        what: Whose score it is, for the axis.
        selected: The word that is open, drawn with an edge.
        is_dark: Whether the page behind is dark.
    """
    top = words[:MAX_BARS]
    ink = INK["dark" if is_dark else "light"]
    figure = go.Figure(_bars(top, [2 * (word.word == selected) for word in top], ink))
    figure.update_layout(
        **base_layout(rows_height(len(top), least=150) + 40),
        xaxis={
            "title": f"added to the score (logit) of {plain(what, 60)}",
            "zeroline": True,
            "zerolinecolor": GREY,
            "fixedrange": True,
        },
        yaxis={
            "tickvals": list(range(len(top))),
            "ticktext": [f"{plain(word.word, 24)} · {word.num_rows:,}" for word in top],
            "autorange": "reversed",
            "fixedrange": True,
            "showgrid": False,
        },
    )
    figure.update_layout(margin_t=8)
    return figure


def _bars(top: Sequence[DrivingWord], edges: list[int], ink: str) -> go.Bar:
    """Return the means with their intervals; a click on a bar dims no other one."""
    return go.Bar(
        orientation="h",
        y=list(range(len(top))),
        x=[word.mean for word in top],
        marker={
            "color": [diverging_color(_BAR if word.mean > 0 else -_BAR) for word in top],
            "line": {"color": ink, "width": edges},
        },
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [word.high - word.mean for word in top],
            "arrayminus": [word.mean - word.low for word in top],
            "color": GREY,
            "thickness": 1.5,
            "width": 3,
        },
        customdata=[[plain(word.word, 80), word.low, word.high, word.num_rows] for word in top],
        hovertemplate="%{customdata[0]}: %{x:+.3f} (%{customdata[1]:+.3f} to "
        "%{customdata[2]:+.3f})<br>%{customdata[3]:,} rows have it<extra></extra>",
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
    )
