"""Tests of the pictures of slices and groups."""

import numpy as np
import pytest

from textcls_core.charts.evaluation.slices import (
    MAX_DRAWN,
    clicked_slice,
    fairness_chart,
    slices_chart,
)
from textcls_core.charts.theme import GREY, LINE, OUTCOME_COLORS
from textcls_core.evaluation.fairness import measure_fairness
from textcls_core.evaluation.slices import Membership, measure_slices


def three_slices():
    """Return a weak slice, a good one and a small one."""
    right = np.ones(210, dtype=bool)
    right[:40] = False
    right[205:] = False
    codes = np.repeat([0, 1, 2], [100, 100, 10])
    return measure_slices(Membership.of_codes(codes, 3), right)


def test_slices_chart_draws_accuracy_with_its_interval():
    figures = three_slices()

    (dots,) = slices_chart(["weak", "good", "small"], figures, 0.8).data

    assert list(dots.x) == [0.6, 1.0, 0.5]
    low, high = figures[0].accuracy_interval
    assert dots.error_x.array[0] == pytest.approx(high - 0.6)
    assert dots.error_x.arrayminus[0] == pytest.approx(0.6 - low)


def test_slices_chart_tells_verdicts_by_colour_and_shape():
    (dots,) = slices_chart(["weak", "good", "small"], three_slices(), 0.8).data

    assert list(dots.marker.color) == [OUTCOME_COLORS["wrong and sure"], LINE, GREY]
    assert list(dots.marker.symbol) == ["diamond", "circle", "circle-open"]
    assert "weaker than the rest" in dots.customdata[0][1]
    assert "too few rows for a judgement" in dots.customdata[2][1]


def test_slices_chart_shows_the_accuracy_of_all_rows():
    chart = slices_chart(["weak", "good", "small"], three_slices(), 0.8)

    assert chart.layout.shapes[0].x0 == 0.8
    assert chart.layout.annotations[0].text == "all rows 80.0 %"


def test_slices_chart_shows_hostile_names_as_they_are():
    chart = slices_chart(["<b>x</b>", "b", "c"], three_slices(), 0.8)

    assert chart.layout.yaxis.ticktext[0] == "&lt;b&gt;x&lt;/b&gt;"
    assert chart.data[0].customdata[0][1].startswith("&lt;b&gt;x&lt;/b&gt;<br>")


def test_slices_chart_draws_a_limited_number():
    figures = three_slices() * 40

    chart = slices_chart([f"slice {n}" for n in range(120)], figures, 0.8)

    assert len(chart.data[0].x) == len(chart.layout.yaxis.ticktext) == MAX_DRAWN


def test_slices_chart_of_nothing_is_empty():
    assert len(slices_chart([], [], 0.8).data[0].x) == 0


@pytest.mark.parametrize(
    ("selection", "number"),
    [({}, None), ({"points": []}, None), ({"points": [{"customdata": [3, "x"]}]}, 3)],
)
def test_clicked_slice_is_its_number(selection, number):
    assert clicked_slice(selection) == number


def make_fairness():
    """Return the rates of two groups, the second one without rows of the class."""
    cells = np.repeat(np.arange(8), [40, 10, 10, 40, 5, 5, 0, 0])
    true, given = cells // 2 % 2 == 1, cells % 2 == 1
    return measure_fairness(true, given, cells // 4, ("<i>a</i>", "few"), positive="spam")


def test_fairness_chart_has_a_panel_per_rate():
    selection, positive, negative = fairness_chart(make_fairness()).data

    assert list(selection.x) == [0.5, 0.5]
    assert list(positive.x) == [0.8]
    assert list(negative.x) == [0.2, 0.5]


def test_fairness_chart_draws_small_groups_hollow():
    selection = fairness_chart(make_fairness()).data[0]

    assert list(selection.marker.symbol) == ["circle", "circle-open"]
    assert "too few rows" in selection.customdata[1][0]


def test_fairness_chart_shows_hostile_groups_as_they_are():
    chart = fairness_chart(make_fairness())

    assert chart.layout.yaxis.ticktext[0] == "&lt;i&gt;a&lt;/i&gt;"
    assert chart.data[0].customdata[0][0].startswith("&lt;i&gt;a")
