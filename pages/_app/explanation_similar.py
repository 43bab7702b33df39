"""Below the text that is explained: the training rows most similar to it."""

import streamlit as st

from pages._app import state
from pages._app.explanation_what_if_cache import said
from pages._app.mistakes_similar import (
    show_similar,
    show_similar_to_text,
    similar_rows_place,
)
from textcls_core.runs.run import Run


def show_similar_rows(run: Run, text: str, variant: str, row: tuple[str, str] | None) -> None:
    """Show the training rows most similar to a text; they are looked up only when asked for.

    Args:
        run: A finished run.
        text: What is explained.
        variant: The text after the edits that were made to it; the same without any.
        row: Split and id of the row that the text is, if it is one.
    """
    place = similar_rows_place()
    if not place.open:
        return
    with place:
        chosen = text if variant == text else _choose_text(text, variant)
        if row is not None and chosen == text:
            show_similar(run, *row, _look_at)
        elif chosen.strip():
            answer = ", ".join(said(run, chosen).labels)
            show_similar_to_text(run, chosen, answer, _look_at)


def _choose_text(text: str, variant: str) -> str:
    """Return the text or its variant, with a switch."""
    names = {"text": "Of the text", "variant": "Of the variant"}
    chosen = state.choose(
        "similar_to", "Rows similar to", names, default="text",
        draw=st.segmented_control, label_visibility="collapsed",
    )  # fmt: skip
    return variant if chosen == "variant" else text


def _look_at(row_id: str) -> None:
    """Look at a training row in place of the text."""
    state.set_parameter("row", row_id)
    st.rerun()
