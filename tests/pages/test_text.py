"""Tests of the only way text of data sets and users reaches Markdown."""

import re
import string
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from pages._app.text import badge_label, cells, escape, label, show_text
from tests.pages.conftest import HOSTILE_CLASSES, HOSTILE_TEXT, as_shown

PLAIN_TOKENS = {"paragraph_open", "inline", "paragraph_close", "text", "text_special"}
HOSTILE = [
    *HOSTILE_CLASSES,
    HOSTILE_TEXT,
    "# heading",
    "- item",
    "1. item",
    "1) item",
    "+ item",
    "> quote",
    "---",
    "| a | b |",
    "`code` ~~~ *a* __b__ ~~c~~",
    "[^1] [a]: http://x",
    "<https://x> <b>x</b> <!-- x -->",
    "&lt; &amp; &copy; &#33;",
    "a\\",
    "\\[x\\]",
    "{a} {{b}} ^c^ ==d==",
]
MARKDOWN = MarkdownIt("gfm-like", {"linkify": False})


def tokens(markdown):
    """Return the kinds of tokens that a Markdown parser finds."""
    blocks = MARKDOWN.parse(markdown)
    inline = [child for block in blocks for child in block.children or ()]
    return {token.type for token in (*blocks, *inline)}


def rendered(markdown):
    """Return the text that a Markdown parser shows."""
    inline = [child for block in MARKDOWN.parse(markdown) for child in block.children or ()]
    return "".join(child.content for child in inline).replace("\u2060", "")


@pytest.mark.parametrize("text", HOSTILE)
def test_escape_leaves_nothing_but_text(text):
    assert tokens(escape(text)) <= PLAIN_TOKENS


@pytest.mark.parametrize("text", HOSTILE)
def test_escape_shows_the_text_as_it_is(text):
    assert rendered(escape(text)) == text


@given(st.text(string.punctuation + "ab 1\n"))
def test_escape_leaves_nothing_but_text_whatever_the_signs(text):
    assert tokens(escape(text)) <= PLAIN_TOKENS


@given(st.text(string.punctuation + "ab 1\n"))
def test_escape_can_be_read_back(text):
    assert as_shown(escape(text)) == " ".join(text.split())


@pytest.mark.parametrize(
    "text",
    [
        ":material/home:",
        ":material_home:",
        ":streamlit:",
        "http://x.de",
        "HTTPS://x.de",
        "www.x.de",
        "WWW.x.de",
        "a@x.de",
        "a -> b",
        "a <- b",
        "a <-> b",
        "a -- b",
        "a >= b",
        "a <= b",
        "a ~= b",
        "->",
    ],
)
def test_escape_breaks_what_streamlit_replaces_in_plain_text(text):
    seen = re.sub(r"\\([\W_])", r"\1", escape(text))

    assert text not in seen
    assert "\u2060" in seen


@pytest.mark.parametrize(
    "text", ["--force-reinstall", "a->b", "C:\\data", "3.5 %", "don't", "a: b", "x=-1", "<->x"]
)
def test_escape_adds_nothing_where_nothing_is_replaced(text):
    assert "\u2060" not in escape(text)


def test_escape_makes_one_line():
    assert escape(" a\n\n\tb ") == "a b"


def test_label_is_cut_before_it_is_escaped():
    assert label("![a](b)", 4) == "\\!\\[a…"


def test_badge_label_leaves_square_brackets_to_the_badge():
    assert badge_label("![a](b)") == "\\![a]\\(b\\)"


@pytest.mark.parametrize("text", ["a]b", "[a]", "a\\]b", "\\\\[", "]](x)", ":red[a]"])
def test_badge_label_is_shown_as_it_is_inside_a_badge(text):
    body = badge_label(text).replace("[", "\\[").replace("]", "\\]")  # as `st.badge` does

    assert rendered(body) == text


def test_right_to_left_text_gets_its_direction_line_by_line(monkeypatch):
    shown = Mock()
    monkeypatch.setattr("pages._app.text.st.text", shown)

    show_text("مرحبا بالعالم.\n\nكيف الحال؟")

    text, settings = shown.call_args.args[0], shown.call_args.kwargs
    first, second, third = text.split("\n")
    assert (first[0], first[1:-1], first[-1]) == ("\u2067", "مرحبا بالعالم.", "\u2069")
    assert (second, third[0], third[-1]) == ("", "\u2067", "\u2069")
    assert settings == {"text_alignment": "right", "width": "stretch"}


@pytest.mark.parametrize("text", ["plain", "", "The word سلام means peace", "line\nline"])
def test_other_text_is_shown_as_it_is(text, monkeypatch):
    shown = Mock()
    monkeypatch.setattr("pages._app.text.st.text", shown)

    show_text(text)

    shown.assert_called_once_with(text)


def test_cells_of_right_to_left_texts_are_marked():
    assert cells(["plain", "iPhone هو هاتف ذكي", ""]) == ["plain", "\u061ciPhone هو هاتف ذكي", ""]
