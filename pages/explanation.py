"""Attention: where the model looks while it reads one text, and which words speak for an answer."""

from collections.abc import Callable

import streamlit as st

from pages._app import controls, frame
from pages._app.explanation_attention import show_attention
from pages._app.explanation_attributions import show_attributions
from pages._app.explanation_compare import show_compare
from pages._app.explanation_text import of_text
from pages._app.explanation_trust import show_trust
from pages._app.explanation_what_if import show_what_if
from pages._app.explanation_what_if_edit import variant_of
from pages._app.explanation_words import show_words
from pages._app.saving import saved_view
from textcls_core.runs.run import Run

frame.require()

# A view of one text is wrapped in `of_text`, which asks for it; the others need none.
VIEWS: dict[str, Callable[[Run], None]] = {
    "Heads": of_text(show_attention),
    "Attributions": of_text(show_attributions),
    "Trust": show_trust,
    "What if": of_text(show_what_if, variant_of),
    "Compare": show_compare,
    "Words": show_words,
}
with controls.header("Attention", "Where the model looks, and which words speak for its answer."):
    chosen = controls.choose_run()
if chosen is None:
    controls.no_finished_run("see which words a model attends to, layer by layer and head by head")
else:
    with st.container(horizontal=True, vertical_alignment="center"):
        panel = controls.choose_view("explanation", list(VIEWS))
        beside = st.container(width="content")
    with saved_view(chosen, panel, beside):
        VIEWS[panel](chosen)
