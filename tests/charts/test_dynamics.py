"""The data map: variability across, confidence up, colour by how often the label was predicted."""

import numpy as np
import pytest

from textcls_core.charts.dynamics import HEIGHT, DrawnRows, cartography_chart
from textcls_core.charts.map import make_hovers
from textcls_core.embeddings.area import parse_area

POINTS = np.array([[0.0, 0.1], [0.4, 0.5], [0.1, 0.9]])


def rows(points=POINTS, heads=("food", "animals", "food")):
    count = len(points)
    hovers = make_hovers(["a <b>text</b>"] * count, list(heads)[:count])
    return DrawnRows(points, np.linspace(0, 1, count), np.arange(count) + 7, hovers)


def test_points_lie_where_the_dynamics_say_and_can_be_found_again():
    figure = cartography_chart(rows(), "3 rows")

    (trace,) = figure.data
    assert trace.x == pytest.approx(POINTS[:, 0])
    assert trace.y == pytest.approx(POINTS[:, 1])
    assert trace.marker.color == pytest.approx([0, 0.5, 1])
    assert [list(item) for item in trace.customdata] == [[7, "food"], [8, "animals"], [9, "food"]]
    assert (figure.layout.title.text, figure.layout.height) == ("3 rows", HEIGHT)
    assert "Variability" in figure.layout.xaxis.title.text
    assert "confidence" in figure.layout.yaxis.title.text


def test_an_area_is_an_outline_and_what_is_outside_is_pale():
    figure = cartography_chart(rows(), "", area=parse_area("-1,0;1,0;1,0.6;-1,0.6"), is_dark=True)

    assert list(figure.data[0].selectedpoints) == [0, 1]
    assert figure.layout.shapes[0].path == "M-1.0,0.0L1.0,0.0L1.0,0.6L-1.0,0.6Z"


def test_texts_and_labels_are_drawn_as_they_are():
    figure = cartography_chart(rows(heads=["<i>x</i>"] * 3), "")

    assert figure.data[0].customdata[0][1] == "&lt;i&gt;x&lt;/i&gt;"
    assert figure.data[0].text[0] == "a &lt;b&gt;text&lt;/b&gt;"


def test_no_row_is_an_empty_chart():
    figure = cartography_chart(rows(np.zeros((0, 2)), []), "")

    assert len(figure.data[0].x) == 0


def test_axes_show_everything_when_nothing_varies():
    figure = cartography_chart(rows(np.array([[0.0, 0.5]])), "")

    low, high = figure.layout.xaxis.range
    assert low < 0 < high
