"""Tests of the matrix of attention weights, and of attributions as bars."""

import numpy as np
import pytest

from textcls_core.charts.explanation import attention_chart, attribution_chart
from textcls_core.charts.theme import diverging_color

NAMES = ["[CLS]", "the", "cat", "[SEP]"]
SPECIAL = [True, False, False, True]
MATRIX = np.array(
    [
        [0.1, 0.2, 0.3, 0.4],
        [0.7, 0.1, 0.1, 0.1],
        [0.1, 0.1, 0.2, 0.6],
        [0.25, 0.25, 0.25, 0.25],
    ]
)


def figure(matrix=MATRIX, names=NAMES, special=SPECIAL):
    return attention_chart(matrix, names, special).to_dict()


def uniform(size):
    names = [f"word{n}" for n in range(size)]
    return figure(np.full((size, size), 1 / size), names, [False] * size)


def test_attention_chart_rows_are_the_words_that_look():
    trace = attention_chart(MATRIX, NAMES, SPECIAL).data[0]

    np.testing.assert_array_equal(trace.z, MATRIX.astype(np.float32))
    assert "%{y} looks at %{x}" in trace.hovertemplate


def test_attention_chart_starts_at_the_top_left():
    layout = figure()["layout"]

    assert layout["yaxis"]["autorange"] == "reversed"
    assert layout["yaxis"]["ticktext"] == layout["xaxis"]["ticktext"] == NAMES


def test_attention_chart_scale_ends_at_the_largest_weight_of_an_ordinary_word():
    trace = figure()["data"][0]

    assert trace["zmin"] == 0
    assert trace["zmax"] == pytest.approx(0.3)


def test_attention_chart_of_special_tokens_alone_uses_the_whole_scale():
    trace = figure(np.full((2, 2), 0.5), ["[CLS]", "[SEP]"], [True, True])["data"][0]

    assert trace["zmax"] == 1.0


@pytest.mark.parametrize(("size", "labels"), [(4, 4), (60, 60), (61, 31), (512, 57)])
def test_attention_chart_labels_as_many_words_as_fit(size, labels):
    layout = uniform(size)["layout"]

    assert len(layout["xaxis"]["ticktext"]) == labels
    assert layout["xaxis"]["tickvals"] == layout["yaxis"]["tickvals"]


@pytest.mark.parametrize(("size", "height"), [(4, 360), (20, 470), (512, 900)])
def test_attention_chart_height_grows_between_its_limits(size, height):
    assert uniform(size)["layout"]["height"] == height


def test_attention_chart_escapes_markup():
    chart = figure(np.full((1, 1), 1.0), ["<b>x</b>"], [False])

    assert chart["layout"]["xaxis"]["ticktext"] == ["&lt;b&gt;x&lt;/b&gt;"]
    assert list(chart["data"][0]["x"]) == ["&lt;b&gt;x&lt;/b&gt;"]


def test_attention_chart_cuts_long_words_but_not_in_the_hover():
    chart = figure(np.full((1, 1), 1.0), ["a" * 30], [False])

    assert chart["layout"]["xaxis"]["ticktext"] == ["a" * 13 + "…"]
    assert list(chart["data"][0]["x"]) == ["a" * 30]


def test_attention_chart_keeps_a_repeated_word_in_its_own_row():
    chart = figure(np.full((2, 2), 0.5), ["the", "the"], [False, False])

    assert chart["data"][0]["x"][0] != chart["data"][0]["x"][1]
    assert chart["layout"]["xaxis"]["ticktext"] == ["the", "the"]


@pytest.mark.parametrize(
    "names",
    [
        ["the", "cat", "the", "the"],
        ["a", "a", "a\u200b", "a"],
        ["1", "2", "10", "1"],
        ["a" * 90 + "b", "a" * 90 + "c", "a" * 90],
    ],
    ids=["repeated", "invisible", "numbers", "equal when cut"],
)
def test_attention_chart_gives_every_word_its_own_row(names):
    chart = figure(np.eye(len(names)), names, [False] * len(names))

    assert len(set(chart["data"][0]["x"])) == len(names)
    assert chart["layout"]["xaxis"]["type"] == "category"
    assert chart["layout"]["xaxis"]["tickvals"] == list(chart["data"][0]["x"])


def scored(*scores):
    return [{"word": f"<b>{n}</b>", "score": score} for n, score in enumerate(scores)]


def test_attribution_chart_draws_the_strongest_words():
    figure = attribution_chart(scored(*[1.0 / n for n in range(1, 30)]), "food")

    assert len(figure.data[0].x) == 15
    assert figure.layout.yaxis.ticktext[0] == "&lt;b&gt;0&lt;/b&gt;"
    assert figure.layout.xaxis.title.text == "change of the score (logit) of food"


def test_attribution_chart_has_a_colour_for_each_sign():
    figure = attribution_chart(scored(2.0, -1.0), "food", "<i>animals</i>")

    assert list(figure.data[0].marker.color) == [diverging_color(0.8), diverging_color(-0.8)]
    assert list(figure.data[0].text) == ["+2.00", "-1.00"]
    assert figure.layout.xaxis.title.text.endswith("food minus that of &lt;i&gt;animals&lt;/i&gt;")


@pytest.mark.parametrize(
    ("scores", "span"),
    [((2.0, 1.0), (0.0, 2.3)), ((-2.0, 1.0), (-2.45, 1.45)), ((-2.0,), (-2.3, 0.3))],
)
def test_attribution_chart_leaves_room_for_the_numbers(scores, span):
    figure = attribution_chart(scored(*scores), "food")

    assert tuple(figure.layout.xaxis.range) == pytest.approx(span)


def test_attention_chart_of_a_causal_model_greys_what_is_out_of_sight():
    one, grey = attention_chart(MATRIX, NAMES, SPECIAL, is_causal=True).data

    hidden = np.triu(np.ones(MATRIX.shape), 1) > 0
    np.testing.assert_array_equal(np.isfinite(grey.z), hidden)
    assert grey.x == one.x
    assert grey.hovertemplate.startswith("%{y} cannot see %{x}")
