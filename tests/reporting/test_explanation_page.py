"""Tests of a view as one HTML file: all of it is there, escaped, and nothing is fetched."""

import datetime as dt
import re

import plotly.graph_objects as go
import pytest

from tests.pages.conftest import HOSTILE_TEXT
from tests.reporting.cases import Document
from textcls_core.reporting.explanation_page import (
    ColouredWords,
    Drawing,
    Fact,
    Sentence,
    Table,
    explanation_page,
)

MOMENT = dt.datetime(2026, 3, 4, 5, 6, tzinfo=dt.UTC)
END = "</script><script>alert(1)</script>"


def page(*parts):
    return explanation_page("Attributions", parts, MOMENT)


def coloured(*words, **changes):
    settings = {
        "colors": ("rgba(190,74,20,0.500)",) * len(words),
        "titles": ("+0.123",) * len(words),
        "special": (False,) * len(words),
    }
    return ColouredWords(words=words, **(settings | changes))


def test_facts_stand_on_top_with_the_date():
    shown = Document(page(Sentence("Orange raises."), Fact("Run", "first run"))).text

    assert shown.index("first run") < shown.index("2026-03-04 05:06 UTC") < shown.index("Orange")


def test_words_have_colours_numbers_and_borders():
    content = page(coloured("[CLS]", "goal", special=(True, False), marked=frozenset({1})))

    assert '<span style="background-color: rgba(190,74,20,0.500)" title="+0.123"' in content
    assert 'class="special"><bdi>[CLS]</bdi>' in content
    assert 'class="marked"><bdi>goal</bdi>' in content


@pytest.mark.parametrize(
    ("word", "direction"), [("הקבוצה", "rtl"), ("الفريق", "rtl"), ("team", "ltr"), ("2026", "ltr")]
)
def test_a_text_runs_as_its_own_words_do(word, direction):
    content = page(coloured("[CLS]", word, "[SEP]", special=(True, False, True)))

    assert f'<div class="text" dir="{direction}">' in content


def test_a_page_without_charts_has_no_script():
    names = Document(page(coloured("a"), Fact("b", "c"))).names

    assert "script" not in names


def test_charts_bring_what_draws_them():
    content = page(Drawing(go.Figure(go.Bar(x=[1], y=[2])), "one bar"), Sentence("said"))

    assert len(content) > 3_000_000
    assert content.count("Plotly.newPlot(") >= 1
    assert "one bar" in content
    assert not re.search(r"<(script|link|img|iframe)[^>]+(src|href)=", content)


def test_tables_have_numbers_on_the_right():
    content = page(Table("Ranked words", [{"word": "goal", "mean": 1.23456, "rows": 7}]))

    assert '<td class="number"><bdi>7</bdi></td>' in content
    assert '<td class="number">1.235</td>' in content
    assert '<td class="words"><bdi>goal</bdi></td>' in content


def test_an_empty_table_says_so():
    assert "Ranked words: none." in Document(page(Table("Ranked words", []))).text


@pytest.mark.parametrize("text", [HOSTILE_TEXT, END, '" onmouseover="alert(1)', "\x00\ud800"])
def test_whatever_is_foreign_is_text(text):
    content = page(
        Fact(text, text),
        Sentence(text),
        coloured(text, titles=(text,)),
        Table(text, [{text: text}]),
    )

    document = Document(content)
    content.encode()
    assert {"script", "img"}.isdisjoint(document.names)
    assert not [name for name, _ in document.attributes if name.startswith("on")]


def test_a_hostile_word_ends_no_script():
    figure = go.Figure(go.Bar(x=[END], y=[1], customdata=[END]))

    content = page(Drawing(figure, END))

    assert END not in content
    assert "\\u003c\\u002fscript\\u003e" in content
