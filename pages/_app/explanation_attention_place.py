"""Which layer and heads are looked at: in the URL, shared by the looks at attention."""

from typing import Any, NamedTuple

import streamlit as st

from pages._app import state


class Place(NamedTuple):
    """Where in the model to look."""

    layer: int | None
    """From 0; None for the mean over layers."""
    heads: tuple[int, ...]
    """From 0; none for the mean over heads."""
    by_token: bool
    """Sub-tokens instead of words."""


def choose_place(explanation: Any) -> Place:
    """Return layer, heads and whether sub-tokens are shown, with widgets to change them."""
    layers = {"": "Mean of all"} | {str(i): str(i + 1) for i in range(explanation.num_layers)}
    heads = {str(i): str(i + 1) for i in range(explanation.num_heads)}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        layer = state.choose("layer", "Layer", layers, default="", width=150)
        chosen = state.choose_many(
            "head", "Heads", heads, noun="head", placeholder="Mean of all", width=340
        )
        by_token = st.toggle("Show sub-tokens", key="attention.tokens")
    return Place(int(layer) if layer else None, tuple(map(int, chosen)), by_token)


def name_of(place: Place) -> str:
    """Return what is looked at, for captions.

    Example:
        >>> name_of(Place(2, (), False)), name_of(Place(None, (0, 4), False))
        ('layer 3, mean of all heads', 'mean of all layers, heads 1 and 5')
    """
    layer = "mean of all layers" if place.layer is None else f"layer {place.layer + 1}"
    numbers = [str(head + 1) for head in place.heads]
    if not numbers:
        return f"{layer}, mean of all heads"
    if len(numbers) == 1:
        return f"{layer}, head {numbers[0]}"
    return f"{layer}, heads {', '.join(numbers[:-1])} and {numbers[-1]}"
