"""Markup that cannot be broken by what is put into it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reporting.cases import Document
from textcls_core.reporting.markup import Safe, definitions, element, foreign, table, text

HOSTILE = "</td><script>alert(1)</script><img src=\"http://x/y.png\" onerror='a'>&amp;"


def test_element_escapes_what_is_no_markup():
    assert element("p", "<b>&") == "<p>&lt;b&gt;&amp;</p>"


def test_element_keeps_markup():
    assert element("p", element("b", "x")) == "<p><b>x</b></p>"


def test_element_escapes_attributes():
    made = element("th", "x", title='" onclick="alert(1)')

    assert Document(made).attributes == [("title", '" onclick="alert(1)')]


@pytest.mark.parametrize(
    "make",
    [
        foreign,
        text,
        lambda value: element("p", value, title=value),
        lambda value: table([value], [[value]]),
        lambda value: definitions([(value, value)]),
    ],
)
def test_markup_shows_hostile_text_as_text(make):
    document = Document(make(HOSTILE))

    assert "script" not in document.names
    assert "img" not in document.names
    assert HOSTILE in document.text


@given(st.text(max_size=200))
def test_markup_shows_any_text(value):
    document = Document(element("p", value))

    assert document.names == ["p"]
    assert len(document.text.strip("\n\r")) <= len(value)


@pytest.mark.parametrize("character", ["\x00", "\x08", "\x7f", "\x85", "\ud800", "\uffff"])
def test_markup_replaces_what_no_document_may_hold(character):
    assert text(f"a{character}b") == "a\ufffdb"


def test_text_leaves_markup_alone():
    made = Safe("<b>x</b>")

    assert text(made) is made


def test_table_puts_numbers_on_the_right():
    attributes = Document(table(["a", "b"], [["x", "1"]], numbers=(1,))).attributes

    assert attributes.count(("class", "number")) == 2
