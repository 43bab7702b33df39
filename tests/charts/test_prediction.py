"""Tests of the bars of class probabilities."""

import pytest

from textcls_core.charts.prediction import MAX_BARS, probabilities_chart
from textcls_core.charts.theme import class_color

THREE = {"ham": 0.2, "spam": 0.7, "news": 0.1}


def bars(probabilities):
    return probabilities_chart(probabilities).to_dict()["data"][0]


def y_axis(probabilities):
    return probabilities_chart(probabilities).to_dict()["layout"]["yaxis"]


def uniform(num_labels):
    return {f"class {n:03}": 1 / num_labels for n in range(num_labels)}


def test_probabilities_chart_starts_with_the_most_probable_class():
    assert bars(THREE)["x"] == [0.7, 0.2, 0.1]
    assert y_axis(THREE)["ticktext"] == ["spam", "ham", "news"]
    assert y_axis(THREE)["autorange"] == "reversed"


def test_probabilities_chart_keeps_the_colour_of_each_class():
    assert bars(THREE)["marker"]["color"] == [class_color(1), class_color(0), class_color(2)]


def test_probabilities_chart_writes_shares_beside_the_bars():
    assert bars(THREE)["text"] == ["70.0 %", "20.0 %", "10.0 %"]


@pytest.mark.parametrize(("num_labels", "shown"), [(2, 2), (5, 5), (77, 12), (150, 12)])
def test_probabilities_chart_shows_at_most_the_largest(num_labels, shown):
    assert len(bars(uniform(num_labels))["x"]) == shown


def test_probabilities_chart_keeps_the_order_of_equal_classes():
    assert y_axis(uniform(20))["ticktext"] == list(uniform(20))[:MAX_BARS]


def test_probabilities_chart_escapes_markup():
    hostile = {"<b>a</b> & b": 1.0}

    assert y_axis(hostile)["ticktext"] == ["&lt;b&gt;a&lt;/b&gt; &amp; b"]
    assert bars(hostile)["customdata"] == ["&lt;b&gt;a&lt;/b&gt; &amp; b"]


def test_probabilities_chart_cuts_long_names_and_keeps_them_for_the_hover():
    long = {"a" * 60: 1.0}

    assert y_axis(long)["ticktext"] == ["a" * 27 + "…"]
    assert bars(long)["customdata"] == ["a" * 60]
