"""The only way text of data sets, models and users reaches the screen.

Streamlit renders labels, alerts and table cells of `st.table` as Markdown, which can fetch images
from other machines. `show_text` shows text as it is; `escape` makes it safe inside Markdown.
"""

import re

import streamlit as st

from textcls_core.wording import shorten

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!:$|<>~^=&])")


def show_text(text: str) -> None:
    """Show text exactly as it is, without Markdown, HTML or links; right-to-left where it is."""
    st.text(text)


def escape(text: str) -> str:
    """Return text that Markdown shows as it is."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def label(text: str, limit: int = 40) -> str:
    """Return a short label for places that read Markdown: captions, badges, buttons, alerts."""
    return escape(shorten(text, limit))
