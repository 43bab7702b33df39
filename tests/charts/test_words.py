"""Tests of the charts of class words and class similarity."""

import numpy as np
import pytest

from textcls_core.charts.theme import GREY, class_color
from textcls_core.charts.words import class_similarity_chart, class_words_chart
from textcls_core.dataset.class_words import ClassWord

WORDS = [ClassWord("goal", 1.2, 40, 0.4, 0.01), ClassWord("برنامج", 0.9, 30, 0.3, 0.02)]
SIMILARITY = np.array([[1.0, 0.2, 0.7], [0.2, 1.0, 0.4], [0.7, 0.4, 1.0]])


def similarity_of(num_labels, **arguments):
    names = [f"class {n:03}" for n in range(num_labels)]
    values = np.full((num_labels, num_labels), 0.5)
    return class_similarity_chart(values, names, **arguments).to_dict()


def test_words_have_a_bar_for_their_class_and_one_for_the_others():
    own, others = class_words_chart(WORDS, "sports", 2).to_dict()["data"]

    assert list(own["x"]) == [0.4, 0.3]
    assert list(others["x"]) == [0.01, 0.02]
    assert (own["marker"]["color"], others["marker"]["color"]) == (class_color(2), GREY)


def test_heaviest_word_stands_on_top():
    axis = class_words_chart(WORDS, "sports", 2).to_dict()["layout"]["yaxis"]

    assert axis["ticktext"] == ["goal", "برنامج"]
    assert axis["range"][0] > axis["range"][1]


def test_bars_of_one_word_do_not_overlap():
    own, others = class_words_chart(WORDS, "sports", 2).data

    assert own.y[0] + own.width / 2 <= others.y[0] - others.width / 2
    assert others.y[0] + others.width / 2 < own.y[1] - own.width / 2


def test_title_gives_the_shares_of_the_first_word():
    title = class_words_chart(WORDS, "sports", 2).layout.title.text

    assert title == "40 % of sports have “\u2068goal\u2069”, 1 % of the others"


def test_markup_in_words_and_names_is_escaped():
    words = [ClassWord("<b>x</b>", 1, 10, 0.5, 0)]

    shown = str(class_words_chart(words, "<i>y</i>", 0).to_dict())

    assert "<b>" not in shown
    assert "<i>" not in shown


def test_similarity_leaves_out_the_diagonal():
    values = np.array(class_similarity_chart(SIMILARITY, ["a", "b", "c"]).data[0].z)

    assert np.isnan(np.diag(values)).all()
    assert values[0, 2] == 0.7


def test_similarity_of_two_classes_is_no_contest():
    figure = class_similarity_chart(np.array([[1.0, 0.4], [0.4, 1.0]]), ["a", "b"])

    assert figure.layout.title.text == "The words of a and b are alike to 0.40"


def test_similarity_title_names_the_closest_pair():
    figure = class_similarity_chart(SIMILARITY, ["a", "b", "<i>c"])

    assert figure.layout.title.text == "The words of a and &lt;i&gt;c are the most alike: 0.70"


@pytest.mark.parametrize(
    ("num_labels", "has_numbers", "names"),
    [(2, True, 2), (12, True, 12), (77, False, 39), (150, False, 38)],
)
def test_similarity_of_many_classes_has_fewer_labels_and_no_numbers(num_labels, has_numbers, names):
    figure = similarity_of(num_labels)

    assert bool(figure["data"][0]["texttemplate"]) == has_numbers
    assert len(figure["layout"]["xaxis"]["ticktext"]) == names
    assert figure["layout"]["height"] <= 680


@pytest.mark.parametrize(("is_dark", "color"), [(False, "#000000"), (True, "#FFFFFF")])
def test_numbers_stand_out_from_their_cells(is_dark, color):
    assert similarity_of(3, is_dark=is_dark)["data"][0]["textfont"]["color"] == color
