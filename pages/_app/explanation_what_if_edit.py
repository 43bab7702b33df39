"""The variant of a text: kept in the session step by step, in the URL while it is short."""

import hashlib
from typing import Any

import streamlit as st

from pages._app import state
from pages._app.explanation_text import MAX_CHARACTERS
from pages._app.explanation_what_if_cache import near_words, words_by_class
from pages._app.text import label
from pages._app.variant_text import VARIANT
from textcls_core.errors import TextclsError
from textcls_core.explanation.edits import edit_text
from textcls_core.runs.run import Run
from textcls_core.wording import shorten

PARAMETER = "what_if"
_STEPS, _PICKED, _FIELD, _SWAP = (
    *("what_if.steps", "what_if.picked", "what_if.text"),
    "what_if.swap",
)
_MAX_STEPS, _MAX_IN_URL, _DIGEST, _NUM_WORDS = 100, 500, 8, 12
_DROP, _PICK = "leaves it out", "picks it to swap"
_HINTS = {
    _DROP: "Click a word of the variant to leave it out. To swap words, switch what a click does.",
    _PICK: "Click a word of the variant; what it can be swapped for then appears here.",
}


def variant_of(text: str) -> str:
    """Return the variant of a text: the last step, what the URL says, or the text itself."""
    kept = st.session_state.get(_STEPS)
    if not kept or kept[0] != text:
        linked = _linked(text)
        st.session_state[_STEPS] = kept = [text, *([linked] if linked else [])]
        st.session_state[_PICKED] = None
        _write_url(kept)
    return str(kept[-1])


def set_variant(text: str, variant: str) -> None:
    """Make another step; nothing happens if it changes nothing."""
    kept = st.session_state.get(_STEPS) or [text]
    if variant.strip() and variant != kept[-1]:
        kept = [kept[0], *kept[1:], variant]
        st.session_state[_STEPS] = [kept[0], *kept[1:][-_MAX_STEPS:]]
        st.session_state[_PICKED] = None
        _write_url(kept)


def link_value(text: str, variant: str) -> str:
    """Return the variant as a URL holds it: with a digest of the text, so that it fits no other."""
    return f"{hashlib.sha256(text.encode()).hexdigest()[:_DIGEST]}-{variant}"


def _linked(text: str) -> str:
    """Return the variant in the URL if it belongs to this text."""
    given = state.parameter(PARAMETER)
    variant = given[_DIGEST + 1 :][:MAX_CHARACTERS]
    return variant if variant.strip() and given == link_value(text, variant) else ""


def _write_url(kept: list[str]) -> None:
    is_short = len(kept) > 1 and kept[-1] != kept[0] and len(kept[-1]) <= _MAX_IN_URL
    state.set_parameter(PARAMETER, link_value(kept[0], kept[-1]) if is_short else None)


def picked(read: Any) -> int | None:
    """Return the word of the variant that is picked to be swapped, if there is one."""
    position = st.session_state.get(_PICKED)
    return position if position is not None and position < len(read.words) else None


def take_click(text: str, variant: str, spans: list[tuple[int, int]]) -> None:
    """Leave the clicked word out, or pick it, as the switch beside the variant says."""
    clicked = st.session_state[VARIANT].clicked
    if clicked is None or clicked >= len(spans):
        return
    if st.session_state.get("what_if.click") == _PICK:
        is_again = st.session_state.get(_PICKED) == clicked
        st.session_state[_PICKED] = None if is_again else clicked
    else:
        set_variant(text, edit_text(variant, spans, {clicked: ""}))


def show_tools(text: str, variant: str) -> None:
    """Show what a click does, the way back, and a field to edit the variant freely."""
    steps = len(st.session_state[_STEPS]) - 1
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            "A click on a word", [_DROP, _PICK], default=_DROP, key="what_if.click", required=True
        )
        st.button(
            "Undo", icon=":material/undo:", disabled=not steps, key="what_if.undo", on_click=_undo
        )
        st.button(
            "Start again",
            icon=":material/restart_alt:",
            disabled=variant == text,
            key="what_if.restart",
            on_click=set_variant,
            args=(text, text),
        )
    st.session_state[_FIELD] = variant
    st.text_area(
        "Edit the variant freely",
        height=100,
        max_chars=MAX_CHARACTERS,
        key=_FIELD,
        on_change=_take_field,
        args=(text,),
    )


def _take_field(text: str) -> None:
    set_variant(text, str(st.session_state[_FIELD] or ""))


def _undo() -> None:
    kept = st.session_state.get(_STEPS) or []
    if len(kept) > 1:
        st.session_state[_STEPS] = kept[:-1]
        st.session_state[_PICKED] = None
        _write_url(kept[:-1])


def show_swap(run: Run, text: str, variant: str, read: Any) -> None:
    """Show what the picked word can be swapped for: a typed word, or a suggestion."""
    position = picked(read)
    if position is None:
        st.caption(_HINTS[st.session_state.get("what_if.click") or _DROP])
        return
    word, spans = read.words[position], list(read.spans)
    with st.container(border=True):
        st.text_input(
            f"Swap {label(word, 40)} for",
            key=_SWAP,
            max_chars=200,
            placeholder="a word of your own",
            on_change=_take_swap,
            args=(text, variant, spans, position),
        )
        _show_words("Near it in the model", near_words(run, word), text, read)
        by_class = _typical_words(run)
        if by_class:
            names = {name: shorten(name, 40) for name in by_class}
            chosen = state.choose(
                "what_if_words", "Words typical of", names, default=next(iter(names))
            )
            title = f"Typical of {label(chosen, 40)}"
            _show_words(title, by_class[chosen], text, read, label_visibility="collapsed")


def _typical_words(run: Run) -> dict[str, list[str]]:
    """Return words that set classes apart; none if the data set is gone."""
    try:
        found = words_by_class(run)
    except TextclsError:
        return {}
    return {name: words[:_NUM_WORDS] for name, words in found.items() if words}


def _show_words(title: str, words: list[str], text: str, read: Any, **arguments: Any) -> None:
    if not words:
        return
    key = f"what_if.words.{title}"
    st.pills(
        title,
        words,
        key=key,
        format_func=lambda word: label(word, 30),
        on_change=_take_word,
        args=(key, text, read.text, list(read.spans), st.session_state[_PICKED]),
        **arguments,
    )


def _take_word(
    key: str, text: str, variant: str, spans: list[tuple[int, int]], position: int
) -> None:
    word = st.session_state[key]
    st.session_state[key] = None
    if word:
        set_variant(text, edit_text(variant, spans, {position: str(word)}))


def _take_swap(text: str, variant: str, spans: list[tuple[int, int]], position: int) -> None:
    word = str(st.session_state[_SWAP] or "").strip()
    st.session_state[_SWAP] = ""
    if word:
        set_variant(text, edit_text(variant, spans, {position: word}))
