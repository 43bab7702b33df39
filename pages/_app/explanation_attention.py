"""Attention: where the model looks, layer by layer and head by head."""

from functools import partial
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._app import explanation_cache, state
from pages._app.explanation_prediction import show_prediction
from pages._app.saving import chart, note
from pages._app.text import label
from pages._app.words_text import attention_text
from textcls_core.charts.explanation import attention_chart
from textcls_core.reporting.explanation_page import Sentence
from textcls_core.runs.run import Run

NOTE = (
    "Attention shows where the model looks, not why it decides: other weights can give the same "
    "answer, so do not read it as an explanation."
)


def show_attention(run: Run, text: str, place: DeltaGenerator) -> None:
    """Show the prediction, the weights on the text, and the matrix.

    Args:
        run: A finished run.
        text: What it reads.
        place: Where the prediction stands.
    """
    note(Sentence(NOTE))
    st.info(NOTE, icon=":material/info:")  # at once, because the weights take a while
    explanation = explanation_cache.attention(run, text)
    shares = dict(zip(explanation.label_names, explanation.probabilities.tolist(), strict=True))
    with place:
        show_prediction(shares, len(explanation.read.tokens), explanation.read.num_cut)
    _show_weights(explanation)


def _choose_view(explanation: Any) -> tuple[int | None, int | None, bool]:
    """Return layer, head (None means the mean) and whether sub-tokens are shown."""
    mean = {"": "mean"}
    layers = mean | {str(i): str(i + 1) for i in range(explanation.num_layers)}
    heads = mean | {str(i): str(i + 1) for i in range(explanation.num_heads)}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        layer = state.choose("layer", "Layer", layers, default="")
        head = state.choose("head", "Head", heads, default="")
        tokens = st.toggle("Show sub-tokens", key="attention.tokens")
    return int(layer) if layer else None, int(head) if head else None, tokens


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


def _show_weights(explanation: Any) -> None:
    layer, head, by_token = _choose_view(explanation)
    if by_token:
        names, matrix = explanation.read.tokens, explanation.matrix(layer, head)
    else:
        names, matrix = explanation.read.words, explanation.word_matrix(layer, head)
    deciding = explanation.deciding_position(by_token=by_token)
    view = f"{by_token} {explanation.read.text}"
    clicked = _clicked_position(view)
    looks_from = deciding if clicked is None else clicked
    st.subheader("Weights on the text", anchor=False)
    source = "the token that is classified" if looks_from == deciding else "the clicked word"
    st.caption(
        f"Seen from {source} ({label(names[looks_from], 20)}). Click a word to look from it. "
        "Darker means more attention; special tokens are left out of the scale."
    )
    weights = matrix[looks_from].tolist()
    special = explanation.read.special(by_token=by_token)
    attention_text(names, weights, special, looks_from, partial(_take_click, view))
    st.subheader("Who looks at whom", anchor=False)
    chart(attention_chart(matrix, names, special), alt="Attention weights; every row sums to 1")
