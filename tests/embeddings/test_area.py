"""Tests of areas drawn on a map: to a link and back, and what lies inside."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textcls_core.embeddings.area import MAX_CORNERS, Area, drawn_area, parse_area

SQUARE = Area((((0.0, 0.0), (2.0, 0.0), (2.0, 2.0), (0.0, 2.0)),))
NUMBERS = st.floats(-1e3, 1e3, allow_nan=False)
CORNERS = st.lists(st.tuples(NUMBERS, NUMBERS), min_size=3, max_size=60)


def test_area_contains_what_lies_inside():
    points = np.array([[1, 1], [3, 1], [1, -0.1], [1.99, 0.01], [-1, 1]])

    assert SQUARE.contains(points).tolist() == [True, False, False, True, False]


def test_area_that_is_not_convex_leaves_out_its_bay():
    bay = Area((((0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (2.0, 1.0), (0.0, 4.0)),))

    assert bay.contains(np.array([[2.0, 3.0], [2.0, 0.5], [0.5, 3.0]])).tolist() == [
        *(False, True, True)
    ]


def test_area_of_two_polygons_contains_what_lies_in_either():
    two = Area((*SQUARE.polygons, ((5.0, 5.0), (6.0, 5.0), (6.0, 6.0))))

    assert two.contains(np.array([[1, 1], [5.9, 5.5], [4, 4]])).tolist() == [True, True, False]


def test_area_of_no_point_is_empty():
    assert SQUARE.contains(np.zeros((0, 2))).shape == (0,)


@given(st.lists(CORNERS, min_size=1, max_size=3))
def test_area_survives_a_link(polygons):
    drawn = drawn_area(
        {"lasso": [{"x": [x for x, _ in p], "y": [y for _, y in p]} for p in polygons]}
    )

    found = parse_area(drawn.text)

    assert found.text == drawn.text
    assert len(found.polygons) == len(polygons)
    assert max(map(len, found.polygons)) <= MAX_CORNERS
    np.testing.assert_allclose(found.polygons[0], drawn.polygons[0], rtol=1e-3, atol=1e-9)


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "1,2;3,4", "1,2;3,4;5", "1,2,3;4,5,6;7,8,9", "nan,1;2,3;4,5", "inf,1;2,3;4,5"),
        *("../../etc", "1,2;3,4;5,6|<script>", "1,2;" * 5_000, "\ud800"),
    ],
    ids=range(11),
)
def test_link_without_a_usable_area_names_none(text):
    assert parse_area(text) is None


def test_drawn_box_becomes_four_corners():
    selection = {"points": [], "box": [{"x": [0, 2], "y": [2, 0]}], "lasso": []}

    area = drawn_area(selection)

    assert area.contains(np.array([[1, 1], [3, 1]])).tolist() == [True, False]


@pytest.mark.parametrize(
    "selection",
    [
        {},
        {"points": [{"customdata": [1]}], "box": [], "lasso": []},
        {"lasso": [{"x": [1, 2], "y": [1, 2]}]},
        {"box": [{"x": [1], "y": [1]}]},
        {"box": [{}], "lasso": [{}]},
    ],
    ids=["nothing", "a click", "a line", "half a box", "empty shapes"],
)
def test_nothing_drawn_is_no_area(selection):
    assert drawn_area(selection) is None
