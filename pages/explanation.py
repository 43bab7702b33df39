"""Attention: where the model looks while it reads one text, and which words speak for an answer."""

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._app import controls, frame
from pages._app.explanation_attention import show_attention
from pages._app.explanation_attributions import show_attributions
from pages._app.explanation_text import choose_text
from pages._app.explanation_trust import show_trust
from pages._app.text import show_text
from textcls_core.runs.run import Run

frame.require()

VIEWS: dict[str, Callable[[Run, str, DeltaGenerator], None]] = {
    "Heads": show_attention,
    "Attributions": show_attributions,
    "Trust": show_trust,
}

with controls.header("Attention", "Where the model looks, and which words speak for its answer."):
    chosen = controls.choose_run()
if chosen is None:
    controls.no_finished_run("see which words a model attends to, layer by layer and head by head")
else:
    text_column, bars = controls.panels()
    with text_column:
        typed = choose_text(chosen)
    if not typed.strip():
        show_text("Type or paste a text to look at.")
        st.stop()
    panel = controls.choose_view("explanation", list(VIEWS))
    VIEWS[panel](chosen, typed, bars)
