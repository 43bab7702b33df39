"""Attention: where the model looks, in several looks at the same weights."""

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._app import explanation_cache, state
from pages._app.explanation_attention_all import show_all_heads
from pages._app.explanation_attention_matrix import show_matrix
from pages._app.explanation_attention_text import show_text_to_text
from pages._app.explanation_flow import show_flow
from pages._app.explanation_prediction import show_prediction
from pages._app.explanation_split import show_split
from pages._app.saving import note
from textcls_core.explanation.looked_at import LookedAt
from textcls_core.reporting.explanation_page import Sentence
from textcls_core.runs.run import Run

NOTE = (
    "Attention shows where the model looks, not why it decides: other weights can give the same "
    "answer, so do not read it as an explanation."
)
LOOKS: dict[str, Callable[[Run, str], None]] = {
    "Text to text": show_text_to_text,
    "Matrix": show_matrix,
    "All heads": show_all_heads,
    "Flow": show_flow,
    "Over the split": show_split,
}
"""What draws each look, from a finished run and the text it reads; the first one is the default."""


def show_attention(run: Run, text: str, place: DeltaGenerator) -> None:
    """Show the prediction, and the weights in the chosen look.

    Args:
        run: A finished run.
        text: What it reads.
        place: Where the prediction stands.
    """
    note(Sentence(NOTE))
    st.info(NOTE, icon=":material/info:")  # at once, because the weights take a while
    look = state.choose(
        "look", "Look", list(LOOKS), default=next(iter(LOOKS)),
        draw=st.segmented_control, label_visibility="collapsed",
    )  # fmt: skip
    explanation = explanation_cache.attention_part(run, text)
    shares = dict(zip(explanation.label_names, explanation.probabilities.tolist(), strict=True))
    with place:
        sizes = explanation.num_tokens, explanation.read.num_cut
        show_prediction(run, text, shares, LookedAt(*sizes, run.config, explanation.window))
    LOOKS[look](run, text)
