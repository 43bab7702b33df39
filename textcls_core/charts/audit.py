"""Picture of an audit: what every length keeps of the texts."""

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from textcls_core.charts.theme import LINE, SECOND_LINE, base_layout
from textcls_core.wording import percent

_TICKS = (8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192)


def cut_off_chart(
    lengths: Sequence[int], of_texts: Sequence[float], of_tokens: Sequence[float], usual: int
) -> go.Figure:
    """Return which share of texts and of tokens each `max_length` cuts off.

    Args:
        lengths: Tokens read of each text, upwards.
        of_texts: Share of the texts that lose their end, in [0, 1], for each length.
        of_tokens: Share of all tokens that are never read, in [0, 1], for each length.
        usual: The length to name in the title; one of `lengths` or near one.
    """
    figure = go.Figure()
    lines = (("texts", of_texts, LINE), ("tokens", of_tokens, SECOND_LINE))
    for name, shares, color in lines:
        figure.add_scatter(
            x=list(lengths),
            y=[100 * share for share in shares],
            name=name,
            mode="lines+markers",
            line={"color": color, "width": 2},
            marker={"size": 7, "symbol": "circle" if name == "texts" else "diamond"},
            hovertemplate=f"%{{x}} tokens: %{{y:.1f}} % of {name} cut off<extra></extra>",
        )
        figure.add_annotation(
            x=math.log10(lengths[0]), y=100 * shares[0], text=name, xanchor="left",
            yanchor="bottom", showarrow=False, xshift=8, font={"color": color},
        )  # fmt: skip
    figure.update_layout(
        **base_layout(),
        xaxis={
            "title": "max_length (tokens)",
            "type": "log",
            "tickvals": [tick for tick in _TICKS if lengths[0] <= tick <= lengths[-1]],
            "fixedrange": True,
        },
        yaxis={"title": "Cut off (%)", "fixedrange": True, "rangemode": "tozero"},
    )
    figure.update_layout(title_text=_title(lengths, of_texts, usual))
    return figure


def _title(lengths: Sequence[int], of_texts: Sequence[float], usual: int) -> str:
    """Return the finding: what the usual length cuts off, or which is enough."""
    place = max((i for i, length in enumerate(lengths) if length <= usual), default=0)
    if not of_texts[place]:
        enough = next(i for i, share in enumerate(of_texts) if not share)
        return f"{lengths[enough]} tokens keep every text whole"
    return f"{lengths[place]} tokens cut off {percent(of_texts[place])} of the texts"
