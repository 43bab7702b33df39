"""Which layer and heads are looked at: in the URL, shared by the looks at attention."""

from typing import Any, NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._app import state
from pages._app.saving import note
from textcls_core.reporting.explanation_page import Fact


class Place(NamedTuple):
    """Where in the model to look."""

    layer: int | None
    """From 0; None for the mean over layers."""
    heads: tuple[int, ...]
    """From 0; none for the mean over heads."""
    by_token: bool
    """Sub-tokens instead of words."""


def place_bar() -> DeltaGenerator:
    """Return the line in which layer and heads are chosen, and whatever else a look offers."""
    return st.container(horizontal=True, vertical_alignment="bottom")


def choose_place(explanation: Any, bar: DeltaGenerator) -> Place:
    """Return layer, heads and whether sub-tokens are shown, with widgets to change them."""
    layers = {"": "Mean of all"} | {str(i): str(i + 1) for i in range(explanation.num_layers)}
    heads = {str(i): str(i + 1) for i in range(explanation.num_heads)}
    with bar:
        layer = state.choose("layer", "Layer", layers, default="", width=140)
        chosen = state.choose_many(
            "head", "Heads", heads, noun="head", placeholder="Mean of all", width=300
        )
        choose_window(explanation.window)
        choose_part(explanation)
        by_token = st.toggle("Show sub-tokens", key="attention.tokens")
    return Place(int(layer) if layer else None, tuple(map(int, chosen)), by_token)


def choose_window(window: Any) -> None:
    """Offer the windows of a text that is read in several; the one in the URL is shown."""
    if window is not None:
        note(Fact("Window", window.title))
        titles = {str(number): title for number, title in enumerate(window.titles)}
        state.choose("window", "Window of the text", titles, default="0", width=300)


def choose_part(explanation: Any) -> None:
    """Offer the parts of a long text; the one in the URL is shown."""
    if explanation.part is None:
        return
    parts = {
        str(part): f"{part + 1} of {explanation.part.count}"
        for part in range(explanation.part.count)
    }
    state.choose("part", "Part of the text", parts, default="0", width=140)


def part_note(explanation: Any) -> str:
    """Return what is shown of a long text, and how; nothing about a text that is shown whole."""
    if explanation.part is None:
        return ""
    read = "text" if explanation.window is None else "window"
    return (
        f" The {read} has {explanation.num_tokens:,} tokens: this part of it is shown by itself, "
        "and what stands before and behind it as one line each."
    )


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
