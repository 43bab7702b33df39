"""Tests of clicks on a grid of cells: which names they give back."""

import numpy as np
import pytest

from tests.cases import make_predictions
from textcls_core.charts.evaluation.grid import ALL, grid_chart, selected_cell
from textcls_core.charts.evaluation.matrix import confusion_grid
from textcls_core.evaluation.evaluation import evaluate

HOSTILE = ("<b>ham</b>", "a & b", "&lt;i&gt;")


def with_names(names):
    return make_predictions([0, 1, 2], np.eye(3), names)


def click(*names):
    return {"points": [{"customdata": list(names)}], "point_indices": [1]}


def test_selected_cell_is_true_and_predicted_class():
    assert selected_cell(click("ham", "spam", 1)) == ("ham", "spam")


@pytest.mark.parametrize("names", [("ham", ALL), (ALL, "spam")])
def test_selected_cell_of_a_total_has_an_empty_name(names):
    assert selected_cell(click(*names, 3)) == names


@pytest.mark.parametrize("position", range(9))
def test_selected_cell_gives_back_names_with_markup(position):
    cells = grid_chart(confusion_grid(evaluate(with_names(HOSTILE)), "counts")).data[0]

    true, predicted = selected_cell(click(*cells.customdata[position]))

    assert (true, predicted) == (HOSTILE[position // 3], HOSTILE[position % 3])


@pytest.mark.parametrize(
    "selection",
    [
        {},
        {"points": []},
        {"points": None},
        {"points": [{}]},
        {"points": [{"customdata": []}]},
        {"points": [{"customdata": ["ham"]}]},
        {"points": [{"customdata": None}]},
        {"points": [{"customdata": 7}]},
        {"points": [{"customdata": {"0": "ham", "1": "spam"}}]},
        {"points": ["ham"]},
        {"points": [None]},
    ],
)
def test_selected_cell_is_none_without_a_click_on_a_cell(selection):
    assert selected_cell(selection) is None


def test_selected_cell_turns_anything_into_names():
    assert selected_cell(click(None, ["x"], 1)) == ("None", "['x']")
