"""Attention as a matrix: the weights on the text, and who looks at whom."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st

from pages._app import explanation_cache
from pages._app.explanation_attention_place import (
    choose_place,
    name_of,
    part_note,
    place_bar,
)
from pages._app.saving import chart
from pages._app.text import label
from pages._app.words_text import attention_text
from textcls_core.charts.explanation import attention_chart
from textcls_core.runs.run import Run

_SEVERAL = ", their mean"


def show_matrix(run: Run, text: str) -> None:
    """Show the weights on the text, and who looks at whom.

    Args:
        run: A finished run.
        text: What it reads.
    """
    explanation = explanation_cache.attention_part(run, text)
    place = choose_place(explanation, place_bar())
    matrix = explanation.weights(place.layer, place.heads, by_token=place.by_token)
    several = _SEVERAL if len(place.heads) > 1 else ""
    st.caption(f"{name_of(place).capitalize()}{several}.{part_note(explanation)}")
    _show_row(run, explanation, matrix, place.by_token)
    st.subheader("Who looks at whom", anchor=False)
    if explanation.is_causal:
        st.caption("Grey is out of sight: this model reads in one direction.")
    names = explanation.read.tokens if place.by_token else explanation.read.words
    chart(
        attention_chart(
            matrix,
            names,
            explanation.read.special(by_token=place.by_token),
            is_causal=explanation.is_causal,
        ),
        alt="Attention weights; every row sums to 1",
    )


def _take_click(view: str) -> None:
    """Look from the clicked word; a second click on it looks from the deciding token again."""
    clicked = st.session_state["attention.text"].clicked
    if clicked is not None:
        wanted = {"view": view, "position": clicked}
        is_again = st.session_state.get("attention.from") == wanted
        st.session_state["attention.from"] = None if is_again else wanted


def _clicked_position(view: str) -> int | None:
    """Return the word that was clicked in this text and mode."""
    wanted = st.session_state.get("attention.from")
    return wanted["position"] if wanted and wanted["view"] == view else None


def _show_row(run: Run, explanation: Any, matrix: Any, by_token: bool) -> None:
    """Show what the classified token, or the clicked one, looks at."""
    names = explanation.read.tokens if by_token else explanation.read.words
    deciding = explanation.looks_from(by_token=by_token)
    part = explanation.part.number if explanation.part else ""
    window = explanation.window.number if explanation.window else ""
    view = f"{run.run_id} {window} {part} {by_token} {explanation.read.text}"
    clicked = _clicked_position(view)
    looks_from = deciding if clicked is None else clicked
    st.subheader("Weights on the text", anchor=False)
    st.caption(
        f"Seen from {_source(names, deciding, looks_from)}. Click a word to look from it. "
        "A stronger colour means more attention; special tokens are left out of the scale."
    )
    weights = explanation.seen_from(matrix, looks_from, by_token=by_token).tolist()
    special = explanation.read.special(by_token=by_token)
    attention_text(names, weights, special, looks_from, partial(_take_click, view))


def _source(names: Sequence[str], deciding: int | None, looks_from: int | None) -> str:
    if looks_from is None:
        return "all tokens, whose mean is classified"
    source = "the token that is classified" if looks_from == deciding else "the clicked word"
    return f"{source} ({label(names[looks_from], 20)})"
