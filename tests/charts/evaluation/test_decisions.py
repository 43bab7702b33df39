"""Tests of the pictures of decisions: what they show, say and leave out."""

import numpy as np
import pytest

from tests.cases import MIXED, make_predictions
from textcls_core.charts.evaluation.decisions import (
    MAX_CLASSES,
    class_coverage_chart,
    class_coverage_rows,
    cost_rows,
    costs_chart,
    risk_coverage_chart,
    risk_coverage_rows,
    set_sizes_chart,
    thresholds_chart,
)
from textcls_core.evaluation.conformal import set_figures
from textcls_core.evaluation.costs import compare_costs, uniform_costs
from textcls_core.evaluation.rule import DecisionRule
from textcls_core.evaluation.rule_figures import RuleResult

NAMES = ("ham", "spam", "news")
HOSTILE = "<b>ham</b>"
SURE = make_predictions(
    [0, 0, 1, 2], [[0.9, 0.1, 0.0], [0.4, 0.6, 0.0], [0.2, 0.5, 0.3], [0.5, 0.1, 0.4]]
)


def many(size):
    """Return predictions of rows with so many different confidences."""
    first = np.linspace(0.51, 0.99, size)
    return make_predictions(np.arange(size) % 2, np.stack([first, 1 - first], axis=1), ("a", "b"))


def some_sets(num_classes=3, size=30):
    truth = np.arange(size) % num_classes
    sets = np.eye(num_classes, dtype=bool)[truth]
    sets[truth == 0] = False
    return set_figures(sets, truth)


def title(figure):
    return figure.layout.title.text


def test_risk_falls_with_the_texts_left_out():
    rows = np.repeat(np.arange(4), 10)
    often = make_predictions(SURE.true_label_ids[rows], SURE.probabilities[rows])

    figure = risk_coverage_chart(RuleResult(often, DecisionRule(abstain_below=0.55)))

    line, point = figure.data
    assert line.x.tolist() == [25.0, 50.0, 100.0]
    assert line.y.tolist() == pytest.approx([0.0, 50.0, 50.0])
    assert (point.x[0], point.y[0]) == (50.0, pytest.approx(50.0))
    assert point.error_y.array[0] > 0
    assert title(figure) == "50.0 % of the answers are wrong, as when every text gets one"


def test_risk_that_falls_is_the_title():
    figure = risk_coverage_chart(RuleResult(SURE, DecisionRule(abstain_below=0.7)))

    assert title(figure) == "0.0 % of the answers are wrong instead of 50.0 %"


def test_risk_of_a_rule_that_always_answers_says_so():
    figure = risk_coverage_chart(RuleResult(MIXED, DecisionRule()))

    assert title(figure) == "33.3 % of the answers are wrong when every text gets one"


def test_risk_of_a_rule_that_never_answers_has_no_point():
    figure = risk_coverage_chart(RuleResult(MIXED, DecisionRule(abstain_below=0.9)))

    assert len(figure.data) == 1
    assert title(figure).endswith("this rule gives none")


def test_risk_curve_begins_where_one_mistake_is_no_spike():
    figure = risk_coverage_chart(RuleResult(many(100), DecisionRule()))

    assert figure.data[0].x[0] == 10
    assert figure.data[0].x[-1] == 100


def test_risk_curve_of_few_rows_is_a_point():
    assert len(risk_coverage_chart(RuleResult(SURE, DecisionRule())).data[0].x) == 1


def test_risk_curve_of_many_rows_keeps_its_end():
    figure = risk_coverage_chart(RuleResult(many(5_000), DecisionRule()))

    assert len(figure.data[0].x) <= 1_001
    assert figure.data[0].x[-1] == 100


def test_risk_as_a_table_goes_down_from_all_texts():
    rows = risk_coverage_rows(RuleResult(many(100), DecisionRule()))

    assert [row["texts answered (%)"] for row in rows] == list(range(100, 0, -5))
    assert rows[0]["wrong answers (%)"] == 50.0


def test_thresholds_of_one_label_say_how_many_are_easier():
    figure = thresholds_chart((0.7, 0.3, 0.5), NAMES, is_relative=True)

    assert figure.data[0].x == (0.3, 0.5, 0.7)
    assert figure.layout.yaxis.ticktext == ("spam", "news", "ham")
    assert title(figure) == "1 class answered more readily, 1 less"


def test_equal_thresholds_say_that_others_would_not_help():
    figure = thresholds_chart((0.5, 0.5, 0.5), NAMES, is_relative=True)

    assert title(figure) == "All thresholds are equal: others would not help"


def test_thresholds_of_labels_are_probabilities():
    figure = thresholds_chart((0.2, 0.3, 0.9), NAMES, is_relative=False)

    assert figure.layout.xaxis.title.text == "Given from this probability on"
    assert figure.layout.xaxis.range == (0, 1.0)
    assert title(figure) == "2 labels given more readily than at 0.5, 1 less"


def test_thresholds_of_many_classes_show_those_that_differ_most():
    thresholds = [0.5] * 70 + [0.9] * 7

    figure = thresholds_chart(thresholds, [f"c{n}" for n in range(77)], is_relative=True)

    assert len(figure.data[0].x) == MAX_CLASSES
    assert figure.data[0].x.count(0.9) == 7


def test_thresholds_draw_hostile_names_as_they_are():
    figure = thresholds_chart((0.7, 0.3), (HOSTILE, "b"), is_relative=True)

    assert "&lt;b&gt;ham&lt;/b&gt;" in figure.layout.yaxis.ticktext
    assert "&lt;b&gt;ham&lt;/b&gt;" in figure.data[0].customdata


def test_costs_stand_with_their_intervals():
    rules = {"argmax": DecisionRule(), "costs": DecisionRule(kind="costs", costs=uniform_costs(3))}
    costs = compare_costs(MIXED, rules, uniform_costs(3))

    figure, rows = costs_chart(costs), cost_rows(costs)

    bars = figure.data[0]
    assert bars.x == (pytest.approx(1 / 3), pytest.approx(1 / 3))
    assert bars.error_x.array[0] > 0
    assert title(figure) == "All rules cost the same here: 0.333"
    assert [row["rule"] for row in rows] == ["argmax", "costs"]
    assert rows[1]["saved"] == 0.0


def test_cheapest_rule_is_named():
    rules = {"argmax": DecisionRule(), "never": DecisionRule(abstain_below=1.0)}
    costs = compare_costs(MIXED, rules, uniform_costs(3), 0.1)

    assert title(costs_chart(costs)) == "Cheapest: never, 0.1"


def test_costs_of_nothing_are_drawn():
    costs = compare_costs(MIXED, {"argmax": DecisionRule()}, ((0.0,) * 3,) * 3)

    assert costs_chart(costs).layout.xaxis.range == (0, 1.0)


def test_set_sizes_count_texts():
    figure = set_sizes_chart(some_sets())

    assert figure.data[0].x == ("0", "1")
    assert figure.data[0].y == (10, 20)
    assert title(figure) == "66.7 % of the texts have one class in their set"


def test_large_sets_are_counted_together():
    sets = np.ones((2, 40), dtype=bool)
    sets[0, 15:] = False

    figure = set_sizes_chart(set_figures(sets, np.array([0, 1])))

    assert figure.data[0].x[-1] == "12+"
    assert figure.data[0].y[-1] == 2


def test_class_coverage_shows_the_worst_on_top_with_intervals():
    figure = class_coverage_chart(some_sets(), NAMES, 0.9)

    dots = figure.data[0]
    assert dots.x[0] == 0.0
    assert figure.layout.yaxis.ticktext[0] == "ham · 10"
    assert dots.error_x.array[0] > 0
    assert title(figure) == "1 of 3 classes below the chosen 90 %"


def test_class_coverage_leaves_out_classes_without_rows():
    sets = set_figures(np.eye(3, dtype=bool)[:2], np.array([0, 1]))

    figure = class_coverage_chart(sets, NAMES, 0.9)

    assert len(figure.data[0].x) == 2
    assert title(figure) == "0 of 2 classes below the chosen 90 %"


def test_class_coverage_of_many_classes_shows_the_worst():
    figure = class_coverage_chart(some_sets(77, 770), [f"c{n}" for n in range(77)], 0.9)

    assert len(figure.data[0].x) == MAX_CLASSES
    assert min(figure.data[0].x) == 0.0


def test_class_coverage_as_a_table_has_every_class():
    sets = set_figures(np.eye(3, dtype=bool)[:2], np.array([0, 1]))

    rows = class_coverage_rows(sets, NAMES)

    assert [row["covered (%)"] for row in rows] == [100.0, 100.0, None]
    assert [row["rows"] for row in rows] == [1, 1, 0]
