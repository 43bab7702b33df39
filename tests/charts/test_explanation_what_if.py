"""Tests of the chart of a text beside its variant."""

from textcls_core.charts.explanation_what_if import MAX_CLASSES, compared_probabilities_chart
from textcls_core.charts.theme import GREY, class_color

BEFORE = {"food": 0.7, "<b>sport</b>": 0.2, "tech": 0.1}
AFTER = {"food": 0.25, "<b>sport</b>": 0.6, "tech": 0.15}


def test_every_class_has_two_bars_with_the_difference():
    old, new = compared_probabilities_chart(BEFORE, AFTER).data

    assert list(old.x) == [0.7, 0.2, 0.1]
    assert list(new.x) == [0.25, 0.6, 0.15]
    assert list(new.text) == [
        "25.0 % (-45.0 points)",
        "60.0 % (+40.0 points)",
        "15.0 % (+5.0 points)",
    ]
    assert old.marker.color == GREY
    assert list(new.marker.color) == [class_color(label_id) for label_id in range(3)]


def test_names_are_drawn_as_they_are():
    figure = compared_probabilities_chart(BEFORE, AFTER)

    assert figure.layout.yaxis.ticktext[1] == "&lt;b&gt;sport&lt;/b&gt;"
    assert figure.data[1].customdata[1] == "&lt;b&gt;sport&lt;/b&gt;"


def test_a_class_that_becomes_likely_is_among_the_few_that_are_drawn():
    before = {f"class {number}": 1 / 150 for number in range(150)}
    after = before | {"class 149": 0.9}

    figure = compared_probabilities_chart(before, after)

    assert len(figure.data[0].x) == MAX_CLASSES
    assert figure.layout.yaxis.ticktext[0] == "class 149"
