"""Tests of the reliability diagram and of the tables beside it."""

import numpy as np
import pytest

from tests.cases import CLASS_NEVER_PREDICTED, MIXED, make_label_sets, make_predictions
from textcls_core.charts.evaluation.calibration import (
    AS_TRAINED,
    FIGURES,
    SHARES,
    TEMPERED,
    class_rows,
    figure_cells,
    reliability_chart,
    reliability_rows,
)
from textcls_core.charts.theme import GREY, INK, LINE
from textcls_core.evaluation.by_task import with_temperature
from textcls_core.evaluation.calibration import Claims, reliability
from textcls_core.evaluation.calibration_figures import calibration_of

CLAIMS = Claims(np.array([0.9, 0.95, 0.92, 0.3] * 6), np.array([True, True, False, False] * 6))
FOUND = reliability(CLAIMS, num_bins=5)
"""Six claims at 30 %, none of them true, and eighteen at 92 %, twelve of them true."""


def drawn(**options):
    """Return the traces: diagonal, bins of few claims, of enough, bars; and the layout."""
    figure = reliability_chart(FOUND, FOUND, "As trained", **options).to_dict()
    return (*figure["data"], figure["layout"])


def test_points_stand_where_the_bins_say_and_what_happens():
    _, few, enough, *_ = drawn()

    assert [*few["x"], *enough["x"]] == pytest.approx([30, 277 / 3])
    assert [*few["y"], *enough["y"]] == pytest.approx([0, 200 / 3])


def test_bins_of_few_claims_are_small_and_grey():
    _, few, enough, *_ = drawn()

    assert (few["marker"]["color"], enough["marker"]["color"]) == (GREY, LINE)
    assert few["marker"]["size"] < enough["marker"]["size"]


def test_intervals_reach_from_low_to_high():
    _, _, enough, *_ = drawn()

    [share], one = enough["y"], FOUND.bins[1]
    assert share - enough["error_y"]["arrayminus"][0] == pytest.approx(100 * one.low)
    assert share + enough["error_y"]["array"][0] == pytest.approx(100 * one.high)


def test_bars_count_the_claims_over_their_bins():
    *_, bars, layout = drawn()

    assert list(bars["y"]) == [6, 18]
    assert bars["x"] == pytest.approx([30, 90])
    assert layout["yaxis2"]["rangemode"] == "tozero"


def test_diagonal_goes_from_corner_to_corner():
    diagonal, *_ = drawn()

    assert (list(diagonal["x"]), list(diagonal["y"])) == ([0, 100], [0, 100])


def test_hover_says_what_happens_with_its_interval():
    _, _, enough, *_ = drawn()

    one = FOUND.bins[1]
    interval = f"66.7 % ({100 * one.low:.1f}\u2013{100 * one.high:.1f})"
    assert list(enough["customdata"][0]) == ["92.3 %", interval, "18 rows"]


def test_labels_are_called_labels():
    *_, bars, layout = drawn(noun="label")

    assert layout["yaxis2"]["title"]["text"] == "Labels"
    assert bars["customdata"][0][2] == "6 labels"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_follow_the_theme(theme):
    *_, layout = drawn(theme=theme)

    assert [one["text"] for one in layout["annotations"]] == ["under-confident", "over-confident"]
    assert {one["font"]["color"] for one in layout["annotations"]} == {INK[theme]}


def test_title_is_drawn_as_it_is():
    figure = reliability_chart(FOUND, FOUND, "<b>x</b>")

    assert figure.layout.title.text == "&lt;b&gt;x&lt;/b&gt;"


def test_rows_are_the_numbers_of_the_diagram():
    first, second = reliability_rows(FOUND)

    assert (first["from"], first["to"], first["rows"], first["says"]) == (
        *("20.0 %", "40.0 %", 6),
        "30.0 %",
    )
    assert first["gap"] == "+30.0 points"
    assert second["happens"].startswith("66.7 % (")


def test_every_figure_has_a_name():
    cells = figure_cells(calibration_of(MIXED))

    assert len(cells) == len(FIGURES)
    assert (cells[0], cells[3]) == ("13.3 %", "+13.3")
    assert cells[-1] == f"{MIXED.loss.mean():.3f}"


def test_no_label_given_has_no_gap():
    assert (
        figure_cells(calibration_of(make_label_sets([[1, 0, 1]], [[0.1] * 3])))[3] == "none given"
    )


def test_classes_stand_with_the_largest_clear_gap_first():
    wrong = [[0.9, 0.1, 0.0]] * 20 + [[0.2, 0.8, 0.0]] * 20 + [[0.0, 0.1, 0.9]] * 2
    predictions = make_predictions([1] * 20 + [1] * 14 + [0] * 6 + [2, 0], wrong)
    before = calibration_of(predictions)
    after = calibration_of(with_temperature(predictions, 1.1))

    rows = class_rows(before, after)

    assert [row["class"] for row in rows] == ["ham", "spam", "news"]
    assert rows[0]["verdict"].startswith("over-confident by 8")
    assert {row["verdict"] for row in rows[1:]} == {"no clear gap"}
    assert rows[0][AS_TRAINED] == pytest.approx(100 * before.per_class[0].error)
    assert rows[0][TEMPERED] == pytest.approx(100 * after.per_class[0].error)


def test_a_class_that_is_never_given_says_nothing():
    found = calibration_of(CLASS_NEVER_PREDICTED)

    news = next(row for row in class_rows(found, found) if row["class"] == "news")

    assert (news["rows"], news["given"], news["says"], news["right"]) == (1, 0, None, None)
    assert set(SHARES) < set(news)
