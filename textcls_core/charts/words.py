"""Pictures of words: those that set a class apart, and how similar classes are by their words."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from textcls_core.charts.theme import (
    GREY,
    base_layout,
    class_color,
    magnitude_scale,
    plain,
    rows_height,
    spaced,
)
from textcls_core.dataset.class_words import ClassWord, Similarity
from textcls_core.wording import percent

_MAX_NUMBERS = 12
"""Classes up to which the cells have room for their numbers."""
_MAX_NAMES = 40
_ISOLATE, _END = "\u2068", "\u2069"
"""What is between them keeps its direction to itself: an Arabic word does not turn a title."""


def class_words_chart(words: Sequence[ClassWord], label_name: str, label_id: int) -> go.Figure:
    """Return two bars per word: the share of the class that has it, and of all other rows.

    Args:
        words: Words of the class, the heaviest first; at least one.
        label_name: Name of the class.
        label_id: Its id, for the colour.
    """
    places = list(range(len(words)))
    figure = go.Figure()
    bars = (
        (label_name, [word.share for word in words], class_color(label_id), -0.2, 0.44),
        ("other classes", [word.share_elsewhere for word in words], GREY, 0.22, 0.26),
    )
    for name, shares, color, shift, width in bars:
        figure.add_bar(
            orientation="h",
            name=plain(name),
            y=[place + shift for place in places],
            x=shares,
            width=width,
            marker={"color": color},
            customdata=[[_isolated(word.word), word.num_rows] for word in words],
            hovertemplate="%{customdata[0]}: %{x:.1%} of "
            + plain(name)
            + "<br>%{customdata[1]:,} rows of the class have it<extra></extra>",
        )
    figure.update_layout(
        **base_layout(rows_height(len(words))),
        barmode="overlay",
        xaxis={
            "title": "Share of rows with the word; in grey, of the other classes",
            "tickformat": ".0%",
            "rangemode": "tozero",
            "fixedrange": True,
        },
        yaxis={
            "tickvals": places,
            "ticktext": [plain(word.word) for word in words],
            "range": [len(words) - 0.5, -0.6],
            "fixedrange": True,
            "showgrid": False,
        },
    )
    figure.update_layout(title_text=_title(words[0], label_name))
    return figure


def class_similarity_chart(
    similarity: Similarity, label_names: Sequence[str], *, is_dark: bool = False
) -> go.Figure:
    """Return the similarity of every two classes as a coloured square; the diagonal is left out.

    Args:
        similarity: Cosine of every two classes, shape (C, C), C at least 2.
        label_names: C class names.
        is_dark: Whether the page behind is dark.
    """
    size = len(label_names)
    shown = np.where(np.eye(size, dtype=bool), np.nan, similarity)
    ticks = spaced(size, _MAX_NAMES)
    names = [plain(name, 18) for name in label_names]
    axis = {
        "tickvals": ticks,
        "ticktext": [names[tick] for tick in ticks],
        "tickfont": {"size": 12 if size <= _MAX_NUMBERS else 9},
        "fixedrange": True,
        "showgrid": False,
        "zeroline": False,
    }
    full = [plain(name, 80) for name in label_names]
    figure = go.Figure(
        go.Heatmap(
            z=shown,
            zmin=0,
            zmax=1,
            colorscale=magnitude_scale(),
            showscale=size > _MAX_NUMBERS,
            colorbar={"thickness": 10, "outlinewidth": 0, "tickvals": [0, 0.5, 1]},
            xgap=1,
            ygap=1,
            texttemplate="%{z:.2f}" if size <= _MAX_NUMBERS else "",
            textfont={"color": "#FFFFFF" if is_dark else "#000000"},
            customdata=[[f"{row} and {column}" for column in full] for row in full],
            hovertemplate="%{customdata}: %{z:.2f}<extra></extra>",
            hoverongaps=False,
        )
    )
    figure.update_layout(
        **base_layout(max(300, min(680, 150 + 34 * size))),
        xaxis={**axis, "tickangle": -35, "showgrid": False},
        yaxis={**axis, "autorange": "reversed"},
    )
    figure.update_layout(title_text=_similarity_title(similarity, full))
    return figure


def _title(word: ClassWord, label_name: str) -> str:
    return (
        f"{percent(word.share, 0)} of {plain(label_name, 24)} have “{_isolated(word.word)}”, "
        f"{percent(word.share_elsewhere, 0)} of the others"
    )


def _similarity_title(similarity: Similarity, names: Sequence[str]) -> str:
    first, second = np.triu_indices(len(names), k=1)
    best = int(np.argmax(similarity[first, second]))
    pair = f"{names[first[best]][:24]} and {names[second[best]][:24]}"
    value = similarity[first[best], second[best]]
    if len(names) == 2:
        return f"The words of {pair} are alike to {value:.2f}"
    return f"The words of {pair} are the most alike: {value:.2f}"


def _isolated(word: str) -> str:
    return _ISOLATE + plain(word) + _END
