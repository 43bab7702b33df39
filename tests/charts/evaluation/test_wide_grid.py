"""Tests of the matrix of many classes: which cells it has, and what a click on them means."""

import json
import re

import numpy as np
import pytest

from tests.cases import make_predictions
from textcls_core.charts.evaluation.grid import ALL
from textcls_core.charts.evaluation.matrix import confusion_grid, difference_grid
from textcls_core.charts.evaluation.wide_grid import CELL, clicked_names, wide_grid_chart
from textcls_core.charts.theme import diverging_color, magnitude_color
from textcls_core.evaluation.confusion_difference import confusion_difference
from textcls_core.evaluation.evaluation import evaluate


def names(num_labels):
    return [f"class {n:03}" for n in range(num_labels)]


def many_classes(num_labels):
    """Return two right rows of every class, and one mistake: the last class taken for the first."""
    true = np.tile(np.arange(num_labels), 2)
    predicted = true.copy()
    predicted[-1] = 0
    return make_predictions(true, np.eye(num_labels)[predicted], names(num_labels))


def drawn(predictions, **options):
    """Return the rows behind the chart by the names of their cell."""
    chart = wide_grid_chart(confusion_grid(evaluate(predictions), "counts", **options))
    return {(row["row_name"], row["column_name"]): row for row in chart.data.to_pylist()}


def spec(predictions=None):
    shown = many_classes(30) if predictions is None else predictions
    return wide_grid_chart(confusion_grid(evaluate(shown), "counts")).to_dict()


@pytest.mark.parametrize("num_labels", [26, 77, 150, 200])
def test_wide_grid_leaves_empty_cells_out(num_labels):
    rows = drawn(many_classes(num_labels))

    totals = [cell for cell in rows if ALL in cell]
    assert len(totals) == 2 * num_labels
    assert len(rows) - len(totals) == num_labels + 1


def test_wide_grid_keeps_the_place_of_a_mistake():
    mistake = drawn(many_classes(77))["class 076", "class 000"]

    assert (mistake["row"], mistake["column"]) == (76, 0)
    assert mistake["note"].startswith("1 row: 50.0 % of the true class")


def test_wide_grid_totals_stand_behind_the_last_row_and_column():
    rows = drawn(many_classes(30))

    of_row, of_column = rows["class 029", ALL], rows[ALL, "class 000"]
    assert (of_row["row"], of_row["column"], of_row["note"]) == (29, 30, "2 in all")
    assert (of_column["row"], of_column["column"], of_column["note"]) == (30, 0, "3 in all")


def test_wide_grid_colours_by_the_square_root():
    true = np.repeat(np.arange(30), [100, *[1] * 29])
    rows = drawn(make_predictions(true, np.eye(30)[true], names(30)))

    assert rows["class 000", "class 000"]["color"] == magnitude_color(1.0)
    assert rows["class 001", "class 001"]["color"] == magnitude_color(0.28)


def test_wide_grid_of_a_difference_has_a_colour_for_each_sign():
    this, other = many_classes(30), many_classes(30)
    better = make_predictions(other.true_label_ids, np.eye(30)[other.true_label_ids], names(30))

    grid = difference_grid(confusion_difference(better, this), "counts")
    rows = {(r["row_name"], r["column_name"]): r for r in wide_grid_chart(grid).data.to_pylist()}

    assert rows["class 029", "class 000"]["color"] == diverging_color(-1.0)
    assert rows["class 029", "class 029"]["color"] == diverging_color(1.0)
    assert rows[ALL, "class 000"]["note"] == "-1 in all"


def test_wide_grid_names_every_class_beside_its_place():
    axis = spec()["encoding"]["y"]["axis"]

    listed = re.fullmatch(r"(\[.*\])\[datum\.value\]", axis["labelExpr"])
    assert json.loads(listed.group(1)) == [*names(30), "all"]
    assert spec()["encoding"]["x"]["scale"]["domain"] == list(range(31))


def test_wide_grid_takes_hostile_names_as_text():
    hostile = ['"]; alert(1); ["', "\\", *names(24)]
    predictions = make_predictions(np.arange(26), np.eye(26), hostile)

    expression = spec(predictions)["encoding"]["y"]["axis"]["labelExpr"]

    assert json.loads(expression.removesuffix("[datum.value]"))[:2] == ['"]; alert(1); ["', "\\"]


@pytest.mark.parametrize(("num_labels", "height"), [(26, 700), (100, 1_300), (200, 1_900)])
def test_wide_grid_has_a_fixed_height(num_labels, height):
    assert spec(many_classes(num_labels))["height"] == height


def test_wide_grid_is_the_same_whatever_is_selected():
    shown = evaluate(many_classes(30))

    plain, selected = (
        wide_grid_chart(confusion_grid(shown, "counts", selected=cell)).to_dict()
        for cell in (None, ("class 001", "class 001"))
    )

    assert selected == plain


@pytest.mark.parametrize(
    ("selection", "found"),
    [
        ({}, None),
        ({CELL: []}, None),
        ({CELL: [{"row_name": "a", "column_name": "b"}]}, ("a", "b")),
        ({CELL: [{"row_name": "a", "column_name": ""}]}, ("a", ALL)),
        ({CELL: ["nonsense"]}, None),
    ],
)
def test_wide_grid_click_names_row_and_column(selection, found):
    assert clicked_names(selection) == found
