"""Attention from text to text: lines from each word to what it looks at."""

import streamlit as st

from pages._app import explanation_cache
from pages._app.explanation_attention_place import (
    choose_place,
    name_of,
    part_note,
    place_bar,
)
from pages._app.head_view import head_view
from pages._app.saving import note
from textcls_core.reporting.explanation_page import Fact, Table
from textcls_core.runs.run import Run
from textcls_core.wording import percent

_HOW = (
    "Point at a word to see where it looks, or at one on the right to see who looks at it; arrow "
    "keys do the same. A click keeps it."
)
_CAUSAL = "This model reads in one direction: hatched words are out of sight."
_AVERAGES = "This model classifies the mean over all tokens, so no single one decides."


def show_text_to_text(run: Run, text: str) -> None:
    """Show the text twice, with lines between the words.

    Args:
        run: A finished run.
        text: What it reads.
    """
    explanation = explanation_cache.attention_part(run, text)
    bar = place_bar()
    place = choose_place(explanation, bar)
    hide_special = bar.toggle("Leave out special tokens", key="attention.hide_special")
    found = explanation_cache.text_to_text(run, text, *place)
    notes = [_CAUSAL] * found.is_causal + [_AVERAGES] * explanation.averages
    st.caption(
        " ".join([f"{name_of(place).capitalize()}.", _HOW, *notes])
        + f" Drawn are the strongest lines, {percent(found.share, 0)} of all attention."
        + part_note(explanation)
    )
    names = [f"head {head + 1}" for head in place.heads] or ["mean of all heads"]
    note(
        Fact("Heads", name_of(place)),
        Table(f"Strongest lines, {name_of(place)}", found.strongest(names)),
    )
    head_view(found, names, hide_special=hide_special)
