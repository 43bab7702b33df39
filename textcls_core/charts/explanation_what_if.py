"""Probabilities of a text and of its variant, side by side."""

from collections.abc import Mapping

import plotly.graph_objects as go

from textcls_core.charts.theme import GREY, base_layout, class_color, plain
from textcls_core.wording import points

MAX_CLASSES = 6
_ROW_HEIGHT = 36


def shown_classes(before: Mapping[str, float], after: Mapping[str, float]) -> list[str]:
    """Return the classes that are drawn: the most probable ones of either text, at most six.

    Example:
        >>> shown_classes({"a": 0.2, "b": 0.8}, {"a": 0.9, "b": 0.1})
        ['a', 'b']
    """
    return sorted(before, key=lambda name: -max(before[name], after[name]))[:MAX_CLASSES]


def compared_probabilities_chart(
    before: Mapping[str, float], after: Mapping[str, float]
) -> go.Figure:
    """Return two bars per class: grey for the text as it is, coloured for the variant.

    Args:
        before: Probability per class name of the text as it is, in the order of the label ids.
        after: The same of the variant.
    """
    ids = {name: label_id for label_id, name in enumerate(before)}
    names = shown_classes(before, after)
    places = list(range(len(names)))
    changes = [f"{100 * after[name]:.1f} % ({points(after[name], before[name])})" for name in names]
    shared = {"orientation": "h", "textposition": "outside", "cliponaxis": False, "width": 0.36}
    return go.Figure(
        [
            go.Bar(
                y=[place - 0.2 for place in places],
                x=[before[name] for name in names],
                marker={"color": GREY},
                text=[f"{100 * before[name]:.1f} %" for name in names],
                customdata=[plain(name, 80) for name in names],
                hovertemplate="%{customdata}, as it is: %{x:.2%}<extra></extra>",
                **shared,
            ),
            go.Bar(
                y=[place + 0.2 for place in places],
                x=[after[name] for name in names],
                marker={"color": [class_color(ids[name]) for name in names]},
                text=changes,
                customdata=[plain(name, 80) for name in names],
                hovertemplate="%{customdata}, variant: %{x:.2%}<extra></extra>",
                **shared,
            ),
        ],
        base_layout(30 + _ROW_HEIGHT * max(len(names), 2))
        | {
            "xaxis": {"range": [0, 1.45], "visible": False, "fixedrange": True},
            "yaxis": {
                "tickvals": places,
                "ticktext": [plain(name) for name in names],
                "range": [len(names) - 0.5, -0.5],
                "fixedrange": True,
                "showgrid": False,
                "zeroline": False,
            },
            "margin": {"l": 8, "r": 8, "t": 4, "b": 8},
        },
    )
