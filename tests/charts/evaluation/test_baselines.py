"""Tests of baselines in the charts of one run: grey, named, the same style everywhere."""

import numpy as np
import plotly.graph_objects as go
import pytest

from tests.cases import MIXED
from textcls_core.charts.evaluation.baselines import (
    add_baseline_bins,
    add_baseline_curves,
    add_baseline_levels,
    add_baseline_parts,
    add_baseline_risks,
)
from textcls_core.charts.evaluation.calibration import reliability_chart
from textcls_core.charts.evaluation.curves import (
    class_size_chart,
    length_chart,
    precision_recall_chart,
    roc_chart,
    truncation_chart,
)
from textcls_core.charts.evaluation.decisions import risk_coverage_chart
from textcls_core.charts.evaluation.slices import slices_chart
from textcls_core.charts.theme import GREY, base_layout
from textcls_core.evaluation.calibration import claims_of, reliability
from textcls_core.evaluation.curves import Point, curves_of
from textcls_core.evaluation.evaluation import evaluate
from textcls_core.evaluation.parts import PartFigure
from textcls_core.evaluation.rule import DecisionRule
from textcls_core.evaluation.rule_figures import RuleResult
from textcls_core.evaluation.selective import risk_coverage
from textcls_core.evaluation.slices import Membership, measure_slices

RISK = risk_coverage(MIXED.confidence, MIXED.is_mistake)
FOUND = curves_of(MIXED)
BINS = reliability(claims_of(MIXED))
CURVES = {"Majority": FOUND.macro_roc, "<b>SVM</b>": Point(0.1, 0.8), "Frozen": FOUND.macro_roc}
PARTS = [PartFigure(40, 0.9, None), PartFigure(30, 0.7, None)]
VALUES = {"Majority": [0.3, None], "SVM": [0.8, 0.6]}
(SLICE,) = measure_slices(Membership.of_codes(MIXED.true_label_ids * 0, 1), ~MIXED.is_mistake)


def empty():
    return go.Figure(go.Scatter(x=[0], y=[0], name="own"), layout=base_layout())


def baselines_of(figure):
    """Return what was drawn of baselines: traces that the legend lists last."""
    return [trace for trace in figure.to_dict()["data"] if trace.get("legendrank") == 3_000]


CHARTS = {
    "ROC": lambda known: roc_chart([], None, (), CURVES if known else {}),
    "precision": lambda known: precision_recall_chart([], None, (), CURVES if known else {}),
    "lengths": lambda known: length_chart(
        [(1, 4), (5, 9)], PARTS, ("Length", "Accuracy"), VALUES if known else {}
    ),
    "truncation": lambda known: truncation_chart(PARTS, "Accuracy", VALUES if known else {}),
    "slices": lambda known: slices_chart(["all"], [SLICE], 0.8, {"SVM": [0.7]} if known else {}),
    "risk": lambda known: risk_coverage_chart(
        RuleResult(MIXED, DecisionRule()), {"A": RISK} if known else {}
    ),
    "reliability": lambda known: reliability_chart(BINS, BINS, "", {"A": BINS} if known else {}),
}


@pytest.mark.parametrize("chart", CHARTS.values(), ids=CHARTS)
def test_every_chart_draws_baselines_in_grey_and_names_them(chart):
    with_them, without = chart(True), chart(False)

    drawn = baselines_of(with_them)
    assert drawn
    assert baselines_of(without) == []
    assert len(with_them.data) == len(without.data) + len(drawn)
    assert with_them.layout.showlegend
    colors = {
        trace.get(part, {}).get("color", GREY) for trace in drawn for part in ("line", "marker")
    }
    assert colors == {GREY}


def test_curves_name_the_area_or_say_that_there_are_answers_only():
    figure = empty()

    add_baseline_curves(figure, CURVES, "AUC", "linear")

    area = f"AUC {FOUND.macro_roc.area:.3f}"
    names = [trace["name"] for trace in baselines_of(figure)]
    assert names == [
        f"Majority · {area}", "&lt;b&gt;SVM&lt;/b&gt; · answers only", f"Frozen · {area}"
    ]  # fmt: skip
    assert baselines_of(figure)[1]["mode"] == "markers"


def test_parts_leave_a_gap_where_nothing_is_known():
    figure = empty()

    add_baseline_parts(figure, VALUES)

    majority, machine = baselines_of(figure)
    assert (majority["x"], majority["y"]) == ([0, 1], [0.3, None])
    assert machine["line"]["dash"] != majority["line"]["dash"]


def test_marks_stand_behind_the_points_of_the_run():
    figure = slices_chart(["all"], [SLICE], 0.8, {"SVM": [0.7]})

    assert [trace.name for trace in figure.data] == ["SVM", None]
    assert figure.data[0].x == (0.7,)


def test_levels_are_lines_with_their_value():
    figure = class_size_chart(evaluate(MIXED).per_class, {"SVM": 0.876})

    (line,) = figure.layout.shapes
    assert (line.y0, line.y1, line.name) == (0.876, 0.876, "SVM · 87.6 %")


def test_bins_of_few_and_baselines_without_probabilities_are_left_out():
    figure, small = empty(), empty()

    add_baseline_bins(figure, {"SVM": None, "Frozen": BINS}, few=1)
    add_baseline_bins(small, {"Frozen": BINS}, few=10_000)

    (frozen,) = baselines_of(figure)
    assert list(frozen["x"]) == [100 * one.confidence for one in BINS.bins]
    assert frozen["name"] == f"Frozen · error {100 * BINS.expected_error:.1f} %"
    assert list(baselines_of(small)[0]["x"]) == []


@pytest.mark.parametrize("missing", [{}, {"SVM": None}])
def test_style_belongs_to_the_place_among_all(missing):
    figure = empty()

    add_baseline_bins(figure, {"Majority": BINS, **missing, "Frozen": BINS}, few=1)

    symbol = baselines_of(figure)[-1]["marker"]["symbol"]
    assert symbol == ("triangle-up-open" if missing else "x-thin-open")


def test_without_baselines_a_chart_stays_as_it_is():
    figure = empty()

    add_baseline_parts(figure, {})
    add_baseline_levels(figure, {})

    assert figure == empty()


@pytest.mark.parametrize(("limit", "drawn"), [(1.0, True), (0.1, False)])
def test_risks_far_above_the_run_are_only_named(limit, drawn):
    curve = risk_coverage(np.array([0.9, 0.8, 0.7]), np.array([False, False, True]))
    figure = empty()

    add_baseline_risks(figure, {"SVM": curve}, limit)

    (line,) = baselines_of(figure)
    assert line["name"] == "SVM · 33.3 % wrong" + ("" if drawn else ", above")
    assert list(line["y"]) == ([0.0, 0.0, pytest.approx(100 / 3)] if drawn else [None])


def test_risk_of_one_confidence_is_a_mark():
    figure = empty()

    add_baseline_risks(figure, {"SVM": risk_coverage(np.ones(4), np.zeros(4, bool))}, 1.0)

    (mark,) = baselines_of(figure)
    assert (mark["mode"], list(mark["x"]), list(mark["y"])) == ("markers", [100.0], [0.0])
