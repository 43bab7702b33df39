"""Tests of the charts of curves, class sizes and text lengths."""

import itertools
import math

import numpy as np
import pytest

from tests.cases import MIXED, make_predictions
from textcls_core.charts.evaluation.curves import (
    class_size_chart,
    length_chart,
    precision_recall_chart,
    roc_chart,
    truncation_chart,
)
from textcls_core.charts.theme import INK, class_color
from textcls_core.evaluation.bootstrap import Interval
from textcls_core.evaluation.curves import curves_of
from textcls_core.evaluation.evaluation import evaluate
from textcls_core.evaluation.figures import ClassFigures
from textcls_core.evaluation.parts import PartFigure

FOUND = curves_of(MIXED)
PARTS = [PartFigure(40, 0.9, Interval(0.8, 0.95)), None, PartFigure(1, 1.0, None)]
BOUNDS = [(1, 4), (5, 5), (6, 1_200)]


def test_roc_chart_names_every_class_with_its_area():
    figure = roc_chart(FOUND.classes, FOUND.macro_roc, MIXED.label_names).to_dict()

    named = [line for line in figure["data"] if line.get("name")]
    expected = [f"{MIXED.label_names[c.label_id]} · AUC {c.roc.area:.3f}" for c in FOUND.classes]
    assert [line["name"] for line in named[1:]] == expected
    assert named[0]["name"] == f"Mean of all classes · AUC {FOUND.macro_roc.area:.3f}"
    assert [line["line"]["color"] for line in named[1:]] == [class_color(i) for i in range(3)]


def test_roc_chart_has_the_line_of_guessing():
    guessing = roc_chart([], None, ()).to_dict()["data"][0]

    assert (guessing["x"], guessing["y"]) == ([0, 1], [0, 1])
    assert guessing["showlegend"] is False


@pytest.mark.parametrize(("is_dark", "theme"), [(True, "dark"), (False, "light")])
def test_mean_is_dashed_in_the_colour_of_words(is_dark, theme):
    macro = FOUND.macro_precision_recall
    line = precision_recall_chart([], macro, (), is_dark=is_dark).to_dict()["data"][0]["line"]

    assert (line["dash"], line["color"]) == ("dash", INK[theme])


def test_precision_recall_chart_draws_steps():
    figure = precision_recall_chart(FOUND.classes, None, MIXED.label_names).to_dict()

    assert {line["line"]["shape"] for line in figure["data"]} == {"vh"}
    assert figure["data"][0]["name"].startswith("ham · AP ")


def test_curves_of_some_of_many_classes_have_different_colours():
    names = [f"class {n}" for n in range(40)]
    found = curves_of(make_predictions([30, 35, 38], np.eye(40)[[30, 35, 38]], names))

    lines = precision_recall_chart(found.classes, None, names).to_dict()["data"]

    assert [line["line"]["color"] for line in lines] == [class_color(place) for place in range(3)]


def test_curve_names_with_markup_are_drawn_as_they_are():
    predictions = make_predictions([0, 1], np.eye(2), ["<b>a</b>", "b"])
    found = curves_of(predictions)

    figure = roc_chart(found.classes, None, predictions.label_names).to_dict()

    assert figure["data"][1]["name"].startswith("&lt;b&gt;a&lt;/b&gt;")
    assert "<b>a" not in figure["data"][1]["hovertemplate"]


def test_class_size_chart_places_classes_by_size_and_f1():
    per_class = evaluate(MIXED).per_class

    figure = class_size_chart(per_class).to_dict()

    assert figure["data"][0]["x"] == [one.support for one in per_class]
    assert figure["data"][0]["y"] == [one.f1 for one in per_class]
    assert figure["layout"]["xaxis"]["type"] == "log"


@pytest.mark.parametrize(
    ("sizes", "ticks"), [([52, 60, 76], ["52", "76"]), ([40, 40], ["40"]), ([], ["1"])]
)
def test_class_size_chart_of_near_sizes_still_has_numbers(sizes, ticks):
    per_class = [ClassFigures(f"class {n}", 1, 1, 1, size) for n, size in enumerate(sizes)]

    axis = class_size_chart(per_class).to_dict()["layout"]["xaxis"]

    assert list(axis["ticktext"]) == ticks
    low, high = (10**end for end in axis["range"])
    assert low < min(sizes, default=1) <= max(sizes, default=1) < high


def test_class_size_chart_leaves_out_classes_without_rows():
    per_class = [ClassFigures("a", 0, 0, 0, 0), ClassFigures("b", 1, 1, 1, 4)]

    [points] = class_size_chart(per_class).to_dict()["data"]

    assert points["x"] == [4]
    assert points["marker"]["color"] == [class_color(1)]


def test_class_size_chart_of_many_classes_names_the_worst():
    per_class = [ClassFigures(f"class {n}", 0, 0, n / 40, 5) for n in range(40)]

    figure = class_size_chart(per_class).to_dict()

    named = [name["text"] for name in figure["layout"]["annotations"]]
    assert named == [f"class {n}" for n in range(5)]
    assert len(figure["data"][0]["x"]) == 40


@pytest.mark.parametrize("lowest", [0.1, 0.8])
def test_names_of_classes_of_equal_size_stand_apart(lowest):
    per_class = [ClassFigures(f"class {n}", 0, 0, lowest + n / 1_000, 40) for n in range(12)]

    names = class_size_chart(per_class).to_dict()["layout"]["annotations"]

    heights = [name["ay"] for name in names]  # pixels downwards, from points that rise
    assert all(low - high >= 11 for low, high in itertools.pairwise(heights))
    assert {name["x"] for name in names} == {math.log10(40)}
    assert (heights[0] > 0) == (lowest > 0.5)


def test_length_chart_says_rows_and_interval_of_each_part():
    figure = length_chart(BOUNDS, PARTS, ("Length in words", "Accuracy")).to_dict()

    [points] = figure["data"]
    assert points["y"] == [0.9, 1.0]
    assert points["error_y"]["array"] == pytest.approx([0.05, 0])
    assert points["error_y"]["arrayminus"] == pytest.approx([0.1, 0])
    assert points["customdata"][0] == ["1\u20134", "(80.0 % to 95.0 %) on 40 rows"]
    assert points["customdata"][1] == ["6\u20131,200", "on 1 row, interval unknown"]
    assert figure["layout"]["xaxis"]["ticktext"][1] == "5<br>0 rows"


@pytest.mark.parametrize(("limit", "places"), [(None, []), (5, [1.5]), (100, [2]), (2_000, [])])
def test_length_chart_marks_where_texts_are_cut_off(limit, places):
    figure = length_chart(BOUNDS, PARTS, ("Length in tokens", "Accuracy"), limit=limit)

    assert [shape.x0 for shape in figure.layout.shapes] == places


def test_truncation_chart_has_both_kinds_of_texts():
    figure = truncation_chart([PARTS[0], None], "Macro-F1").to_dict()

    ticks = ["read as a whole<br>40 rows", "cut off<br>0 rows"]
    assert figure["layout"]["yaxis"]["ticktext"] == ticks
    assert figure["layout"]["xaxis"]["title"]["text"] == "Macro-F1"
