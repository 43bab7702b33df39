"""The chart of changes by class: what it draws, in which order, and what it says."""

import pytest

from textcls_core.charts.evaluation.compare import (
    MAX_CLASSES,
    change_chart,
    change_rows,
    drawn_classes,
)
from textcls_core.charts.theme import GREY, LINE, SECOND_LINE
from textcls_core.evaluation.bootstrap import Interval
from textcls_core.evaluation.comparison import Change, ClassChange


def class_change(label, difference, half_width=0.05, support=10):
    """Return a class whose three figures change by as much."""
    interval = Interval(difference - half_width, difference + half_width)
    changes = {
        name: Change(name, 0.5, 0.5 + difference, interval)
        for name in ("precision", "recall", "f1")
    }
    return ClassChange(label, support, **changes)


CLASSES = (class_change("same", 0.01), class_change("lost", -0.2), class_change("won", 0.3))


def drawn(classes=CLASSES, figure="f1"):
    """Return the points and the layout of the chart."""
    chart = change_chart(classes, figure).to_dict()
    return chart["data"][0], chart["layout"]


def test_change_chart_puts_the_largest_rise_on_top():
    points, layout = drawn()

    assert layout["yaxis"]["ticktext"] == ["won", "same", "lost"]
    assert list(points["x"]) == pytest.approx([30, 1, -20])
    assert layout["yaxis"]["range"][0] > layout["yaxis"]["range"][1]


def test_change_chart_says_by_colour_and_shape_what_is_shown():
    points, _ = drawn()

    assert list(points["marker"]["color"]) == [LINE, GREY, SECOND_LINE]
    assert list(points["marker"]["symbol"]) == ["triangle-right", "circle-open", "triangle-left"]


def test_change_chart_draws_intervals():
    bars = drawn()[0]["error_x"]

    assert list(bars["array"]) == pytest.approx([5, 5, 5])
    assert list(bars["arrayminus"]) == pytest.approx([5, 5, 5])


@pytest.mark.parametrize(("figure", "name"), [("f1", "F1"), ("recall", "Recall")])
def test_change_chart_title_is_the_finding(figure, name):
    layout = drawn(figure=figure)[1]

    assert layout["title"]["text"] == f"{name} rose in 1 class, fell in 1; no change shown in 1"
    assert layout["xaxis"]["title"]["text"].startswith(f"Change of {name} in percentage points")


def test_change_chart_marks_no_change():
    layout = drawn()[1]

    assert (layout["shapes"][0]["x0"], layout["shapes"][0]["x1"]) == (0, 0)


def test_change_chart_of_many_classes_draws_those_that_changed_most():
    many = [class_change(f"class {n}", n / 200) for n in range(77)]

    points, layout = drawn(many)

    assert len(points["x"]) == MAX_CLASSES
    assert layout["yaxis"]["ticktext"][0] == "class 76"
    assert layout["title"]["text"] == "F1 rose in 66 classes, fell in 0; no change shown in 11"


def test_drawn_classes_of_none_are_none():
    assert drawn_classes((), "f1") == []


def test_change_chart_escapes_names():
    points, layout = drawn([class_change("<b>x</b>", 0.1)])

    assert layout["yaxis"]["ticktext"] == ["&lt;b&gt;x&lt;/b&gt;"]
    assert "<b>&lt;b&gt;x&lt;/b&gt;</b>" in points["customdata"][0]


def test_change_rows_hold_all_numbers_in_percent():
    rows = change_rows(CLASSES, "f1")

    assert [row["class"] for row in rows] == ["same", "lost", "won"]
    assert rows[2] == pytest.approx(
        {
            "class": "won",
            "this run": 50.0,
            "other run": 80.0,
            "difference": 30.0,
            "low": 25.0,
            "high": 35.0,
            "rows": 10,
        }
    )
