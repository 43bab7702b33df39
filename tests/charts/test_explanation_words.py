"""Tests of the bars of words that drive a class."""

import pytest

from textcls_core.charts.explanation_words import MAX_BARS, driving_words_chart
from textcls_core.explanation.driving_words import DrivingWord

WORDS = [DrivingWord("goal", 2.0, 1.5, 2.75, 40), DrivingWord("<b>", 0.5, -0.5, 1.5, 7)]


def test_bars_are_means_with_their_intervals():
    bars = driving_words_chart(WORDS, "sport").data[0]

    assert list(bars.x) == [2.0, 0.5]
    assert list(bars.error_x.array) == [0.75, 1.0]
    assert list(bars.error_x.arrayminus) == [0.5, 1.0]


def test_words_stand_with_their_rows_and_as_plain_text():
    layout = driving_words_chart(WORDS, "sport").layout

    assert layout.yaxis.ticktext == ("goal · 40", "&lt;b&gt; · 7")
    assert layout.xaxis.title.text == "added to the score (logit) of sport"


@pytest.mark.parametrize("is_dark", [False, True])
def test_the_open_word_has_an_edge(is_dark):
    bars = driving_words_chart(WORDS, "sport", selected="<b>", is_dark=is_dark).data[0]

    assert list(bars.marker.line.width) == [0, 2]


def test_the_first_words_are_drawn():
    words = [DrivingWord(f"w{n}", 1.0, 0.5, 1.5, 9) for n in range(40)]

    assert len(driving_words_chart(words, "sport").data[0].x) == MAX_BARS
