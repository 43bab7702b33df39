"""Attention as a token-by-token matrix, and attributions as signed bars."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from textcls_core.charts.theme import (
    GREY,
    base_layout,
    diverging_color,
    magnitude_scale,
    plain,
    rows_height,
    spaced,
)

_MAX_TICKS, _MAX_BARS = 60, 15
_BAR = 0.8
"""Where on the scale of signed amounts bars stand, whose length says how much."""
_INVISIBLE = "\u200b"


def attention_chart(
    matrix: np.ndarray, names: Sequence[str], special: Sequence[bool], *, is_causal: bool = False
) -> go.Figure:
    """Return who looks at whom: each row is a token or word that looks, and sums to 1.

    The scale ends at the largest weight an ordinary word receives; special tokens, which often
    take most of the attention, share the darkest colour.

    Args:
        matrix: Attention weights, shape (Q, K) with Q = K.
        names: One token or word per row.
        special: Whether it is a special token of the model.
        is_causal: Whether a word sees only itself and those before it; the others are grey then.
    """
    size = len(names)
    ticks = spaced(size, _MAX_TICKS)
    words = _distinct([plain(name, 80) for name in names])
    axis = {
        "type": "category",
        "tickvals": [words[tick] for tick in ticks],
        "ticktext": [plain(names[tick], 14) for tick in ticks],
        "fixedrange": False,
        "showgrid": False,
        "zeroline": False,
    }
    figure = go.Figure(
        go.Heatmap(
            x=words,
            y=words,
            z=matrix.astype(np.float32),
            zmin=0,
            zmax=_largest_ordinary(matrix, special),
            colorscale=magnitude_scale(),
            colorbar={"title": "weight", "thickness": 12},
            hovertemplate="%{y} looks at %{x}: %{z:.4f}<extra></extra>",
        )
    )
    if is_causal:
        figure.add_trace(_out_of_sight(words))
    figure.update_layout(
        **base_layout(max(360, min(900, 150 + 16 * size))),
        xaxis={**axis, "title": "is looked at", "tickangle": -60},
        yaxis={**axis, "title": "looks", "autorange": "reversed"},
    )
    figure.update_layout(margin_t=8)
    return figure


def _out_of_sight(words: Sequence[str]) -> go.Heatmap:
    """Return grey cells where a causal model cannot look: behind the word that looks."""
    hidden = np.triu(np.ones((len(words), len(words)), dtype=np.float32), 1)
    return go.Heatmap(
        x=words,
        y=words,
        z=np.where(hidden > 0, hidden, np.nan),
        colorscale=[[0, f"{GREY}55"], [1, f"{GREY}55"]],
        showscale=False,
        hovertemplate="%{y} cannot see %{x}<extra></extra>",
    )


def attribution_chart(
    records: Sequence[Mapping[str, Any]], label: str, against: str | None = None
) -> go.Figure:
    """Return the strongest words as bars: to the right what raises the score of a class.

    Args:
        records: `word` and `score` of each word, the strongest first.
        label: The class whose score is explained.
        against: The class whose score is taken away, if there is one.
    """
    top = records[:_MAX_BARS]
    values = [float(record["score"]) for record in top]
    low, high = min(0.0, *values), max(0.0, *values)
    room = 0.15 * ((high - low) or 1.0)
    what = plain(label, 40) + (f" minus that of {plain(against, 40)}" if against else "")
    figure = go.Figure(
        go.Bar(
            orientation="h",
            y=list(range(len(top))),
            x=values,
            marker={"color": [diverging_color(_BAR if value > 0 else -_BAR) for value in values]},
            text=[f"{value:+.2f}" for value in values],
            textposition="outside",
            cliponaxis=False,
            customdata=[plain(record["word"], 80) for record in top],
            hovertemplate="%{customdata}: %{x:+.4f}<extra></extra>",
        )
    )
    figure.update_layout(
        **base_layout(rows_height(len(top), least=150) + 60),
        xaxis={
            "title": f"change of the score (logit) of {what}",
            "range": [low - room * (low < 0), high + room],
            "fixedrange": True,
        },
        yaxis={
            "tickvals": list(range(len(top))),
            "ticktext": [plain(record["word"], 24) for record in top],
            "autorange": "reversed",
            "fixedrange": True,
            "showgrid": False,
        },
    )
    figure.update_layout(margin_t=8)
    return figure


def _distinct(words: Sequence[str]) -> list[str]:
    """Return the words as categories: a repeated one gets characters without width.

    Categories carry the words once; a table of pairs for the hover would be a hundred times larger.
    """
    seen: Counter[str] = Counter()
    result: dict[str, None] = {}
    for word in words:
        category = word + _INVISIBLE * seen[word]
        while category in result:  # a word of the text may end with such a character too
            category += _INVISIBLE
        seen[word] += 1
        result[category] = None
    return list(result)


def _largest_ordinary(matrix: np.ndarray, special: Sequence[bool]) -> float:
    ordinary = matrix[:, ~np.asarray(special)]
    return float(ordinary.max()) if ordinary.size else 1.0
