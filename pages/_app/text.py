"""The only way text of data sets, models and users reaches the screen.

Streamlit renders labels, alerts and table cells of `st.table` as Markdown, which can fetch images
from other machines. `show_text` shows text as it is; `escape` makes it safe inside Markdown.
Options of `st.selectbox` and cells of `st.dataframe` are plain text and need neither.
"""

import re

import streamlit as st

from textcls_core.wording import shorten

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!:$|<>~^=&])")
_WORD_JOINER = "\u2060"
"""Invisible, and no place to break a line."""
_REPLACED = re.compile(
    r"(?<=:)(?=material[/_]|streamlit:|//)"  # icons, the logo, web addresses
    r"|(?<=www)(?=\.)|(?<=@)"  # web and mail addresses
    r"|(?<=[-<>~])(?=[->=](?:\s|$))",  # arrows, dashes and relations
    re.IGNORECASE,
)
"""Where Streamlit puts icons, links and signs into text although it is escaped."""


def show_text(text: str) -> None:
    """Show text exactly as it is, without Markdown, HTML or links; right-to-left where it is."""
    st.text(text)


def escape(text: str) -> str:
    """Return text that Markdown shows as it is."""
    return _SPECIAL.sub(r"\\\1", _REPLACED.sub(_WORD_JOINER, " ".join(text.split())))


def label(text: str, limit: int = 40) -> str:
    """Return a short label for places that read Markdown: captions, buttons, alerts."""
    return escape(shorten(text, limit))


def badge_label(text: str, limit: int = 40) -> str:
    """Return a short label for `st.badge`, which escapes square brackets itself."""
    return re.sub(r"\\([\[\]])", r"\1", label(text, limit))
