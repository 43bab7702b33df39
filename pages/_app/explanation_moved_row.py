"""One row before and after training: where one head looked, and where it looks now."""

from functools import partial
from typing import Any

import streamlit as st

from pages._app import controls, explanation_cache, explanation_heads_cache, state
from pages._app.explanation_attention_place import choose_window
from pages._app.explanation_one_head import open_head
from pages._app.saving import caption, heading
from pages._app.text import escape
from pages._app.words_text import attention_text
from textcls_core.errors import ModelError
from textcls_core.explanation.head_report import Place
from textcls_core.runs.run import Run
from textcls_core.wording import shorten

_WORD = "moved.word"
"""Session state: the row and window whose word was clicked, and which word looks."""


def show_before_and_after(run: Run, row_id: str, place: Place) -> None:
    """Show where a head looks in a row under the pretrained model and under the run.

    Args:
        run: A finished run.
        row_id: Of its data set.
        place: Layer and head, from 0.
    """
    rows = state.dataset(run.config.dataset_fingerprint)
    [text] = rows.texts(rows.positions([row_id]))
    window = explanation_cache.chosen_window(run, text)
    try:
        before = explanation_heads_cache.base_attention(run, text, window)
    except ModelError as error:
        st.warning(escape(str(error)))
        return
    after = explanation_cache.attention(run, text, window)
    shown = f"{row_id}.{window}"
    word = _looking_word(shown, after)
    layer, head = place
    heading(f"Layer {layer + 1}, head {head + 1} on row {shorten(row_id, 40)}")
    who = "the mean of all tokens looks" if word is None else "the framed word looks"
    caption(f"Where {who}; click a word to look from it. Each side has a scale of its own.")
    choose_window(after.window)
    sides = (("Before training", before), ("After training", after))
    for number, (panel, (title, found)) in enumerate(zip(controls.panels(), sides, strict=True)):
        with panel:
            st.markdown(f"**{title}**")
            _show_words(found, place, word, shown, f"moved.text.{number}")
    if st.button("Open in Heads", key="moved.open", icon=":material/open_in_new:"):
        open_head(place, row_id, window)


def _looking_word(shown: str, after: Any) -> int | None:
    """Return the word that was clicked in this window of a row, or the classified one."""
    clicked_in, word = st.session_state.get(_WORD, ("", 0))
    return int(word) if clicked_in == shown else after.looks_from(by_token=False)


def _show_words(found: Any, place: Place, word: int | None, shown: str, key: str) -> None:
    weights = found.seen_from(found.word_matrix(*place), word).tolist()
    special = list(found.read.special(by_token=False))
    on_click = partial(_take_click, shown, key)
    attention_text(found.read.words, weights, special, word, on_click, key=key)


def _take_click(shown: str, key: str) -> None:
    clicked = st.session_state[key].clicked
    if clicked is not None:
        st.session_state[_WORD] = (shown, clicked)
