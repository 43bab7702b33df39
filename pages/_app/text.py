"""The only way text of data sets, models and users reaches the screen.

Streamlit renders labels, alerts and table cells of `st.table` as Markdown, which can fetch images
from other machines. `show_text` shows text as it is; `escape` makes it safe inside Markdown.
Options of `st.selectbox` and cells of `st.dataframe` are plain text and need neither; `cells` gives
them their direction.
"""

import re
from collections.abc import Sequence

import streamlit as st

from textcls_core.dataset.languages import is_right_to_left
from textcls_core.wording import shorten

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!:$|<>~^=&])")
_WORD_JOINER = "\u2060"
"""Invisible, and no place to break a line."""
_ARABIC_LETTER_MARK, _RIGHT_TO_LEFT, _END = "\u061c", "\u2067", "\u2069"
"""Invisible: a letter that is written from right to left; a run of such, and its end."""
_REPLACED = re.compile(
    r"(?<=:)(?=material[/_]|streamlit:|//)"  # icons, the logo, web addresses
    r"|(?<=www)(?=\.)|(?<=@)"  # web and mail addresses
    r"|(?<=[-<>~])(?=[->=](?:\s|$))",  # arrows, dashes and relations
    re.IGNORECASE,
)
"""Where Streamlit puts icons, links and signs into text although it is escaped."""


def show_text(text: str) -> None:
    """Show text exactly as it is, without Markdown, HTML or links; right-to-left where it is.

    `st.text` runs from left to right whatever the text, which puts the full stop of an Arabic
    sentence at its beginning. Such text gets invisible marks, line by line, and stands right.
    """
    if not is_right_to_left([text])[0]:
        st.text(text)
        return
    lines = (f"{_RIGHT_TO_LEFT}{line}{_END}" if line else "" for line in text.splitlines())
    st.text("\n".join(lines), text_alignment="right", width="stretch")


def cells(texts: Sequence[str]) -> list[str]:
    """Return texts for one column of a table, the right-to-left ones marked as such.

    A table takes the direction of a cell from its first letter; a text that is mostly Arabic may
    begin with a Latin name.
    """
    flags = is_right_to_left(texts)
    return [
        _ARABIC_LETTER_MARK + text if flag else text
        for text, flag in zip(texts, flags, strict=True)
    ]


def escape(text: str) -> str:
    """Return text that Markdown shows as it is."""
    return _SPECIAL.sub(r"\\\1", _REPLACED.sub(_WORD_JOINER, " ".join(text.split())))


def label(text: str, limit: int = 40) -> str:
    """Return a short label for places that read Markdown: captions, buttons, alerts."""
    return escape(shorten(text, limit))


def badge_label(text: str, limit: int = 40) -> str:
    """Return a short label for `st.badge`, which escapes square brackets itself."""
    return re.sub(r"\\([\[\]])", r"\1", label(text, limit))
