"""Tests of rules made from wishes: each wish reaches its own part of the rule, or is refused."""

import numpy as np
import pytest

from tests.cases import make_label_sets, make_predictions
from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.costs import uniform_costs
from textcls_core.evaluation.rule import DecisionRule
from textcls_core.evaluation.rule_figures import RuleResult
from textcls_core.evaluation.rule_tuning import RuleRequest, tune_rule

VALIDATION = make_predictions(
    [0, 1, 2, 0, 1, 2],
    [
        *([0.9, 0.05, 0.05], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]),
        *([0.6, 0.2, 0.2], [0.5, 0.4, 0.1], [0.3, 0.3, 0.4]),
    ],
)
TOPICS = make_label_sets([[1, 0, 0], [1, 1, 0]], [[0.9, 0.2, 0.1], [0.8, 0.4, 0.1]])


def test_no_wish_is_the_plain_rule():
    assert tune_rule(VALIDATION, RuleRequest()) == DecisionRule()


def test_wish_for_thresholds_is_tuned():
    enough = make_predictions(
        np.tile(VALIDATION.true_label_ids, 20), np.tile(VALIDATION.probabilities, (20, 1))
    )

    rule = tune_rule(enough, RuleRequest(kind="thresholds", abstain_below=0.3))

    assert RuleResult(VALIDATION, rule).macro_f1 == 1.0
    assert rule.abstain_below == 0.3


def test_wish_for_right_answers_finds_the_confidence():
    rule = tune_rule(VALIDATION, RuleRequest(accuracy=1.0))

    result = RuleResult(VALIDATION, rule)
    assert rule.abstain_below == pytest.approx(0.55)
    assert result.accuracy.value == 1.0
    assert result.answered.value == pytest.approx(4 / 6)


def test_confidence_that_was_asked_for_stays_the_least():
    rule = tune_rule(VALIDATION, RuleRequest(accuracy=1.0, abstain_below=0.85))

    assert rule.abstain_below == 0.85


def test_wish_for_costs_without_a_matrix_counts_mistakes():
    rule = tune_rule(VALIDATION, RuleRequest(kind="costs", abstain_cost=0.3))

    assert rule.costs == uniform_costs(3)
    assert rule.abstain_cost == 0.3


def test_wish_for_sets_is_calibrated():
    rule = tune_rule(VALIDATION, RuleRequest(coverage=0.5, method="aps"))

    assert rule.conformal.method == "aps"
    assert RuleResult(VALIDATION, rule).set_coverage.value >= 0.5


def test_wish_for_a_precision_of_labels_is_tuned():
    request = RuleRequest(kind="thresholds", target="precision", at_least=1.0)

    rule = tune_rule(TOPICS, request)

    assert len(rule.thresholds) == 3
    assert RuleResult(TOPICS, rule).accuracy.value == 1.0


def test_right_answers_that_no_confidence_reaches_are_refused():
    wrong = make_predictions([1, 1], [[0.9, 0.1, 0.0], [0.8, 0.1, 0.1]])

    with pytest.raises(InvalidArgumentError, match=r"right in 90\.0 % of the validation texts"):
        tune_rule(wrong, RuleRequest(accuracy=0.9))


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (RuleRequest(kind="costs"), "matrix of costs has one true class per row"),
        (RuleRequest(coverage=0.9), "Prediction sets hold the one true class"),
    ],
)
def test_wish_for_one_label_is_refused_for_several(request_, message):
    with pytest.raises(InvalidArgumentError, match=message):
        tune_rule(TOPICS, request_)


def test_wish_for_a_precision_of_one_label_is_refused():
    with pytest.raises(InvalidArgumentError, match="Thresholds for a precision are for models"):
        tune_rule(VALIDATION, RuleRequest(kind="thresholds", target="precision"))


def test_matrix_for_other_classes_is_refused():
    with pytest.raises(InvalidArgumentError, match="Expected 3 rows of 3 costs, got 2"):
        tune_rule(VALIDATION, RuleRequest(kind="costs", costs=uniform_costs(2)))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"kind": "best"}, "kind: Input should be 'argmax'"),
        ({"coverage": 1.0}, "coverage: Input should be less than 1"),
        ({"costs": [[0, -1], [1, 0]]}, r"costs\.0\.1: Input should be greater"),
        ({"accuracy": 0}, "accuracy: Input should be greater than 0"),
        ({"target": "recall"}, "target changes nothing without kind thresholds"),
        ({"kind": "thresholds", "at_least": 0.8}, "at_least changes nothing without target"),
        ({"costs": uniform_costs(2)}, "costs changes nothing without kind costs"),
        ({"kind": "argmax", "abstain_cost": 0.2}, "abstain_cost changes nothing without"),
        ({"method": "aps"}, "method changes nothing without coverage"),
    ],
)
def test_wish_that_cannot_be_granted_is_refused(values, message):
    with pytest.raises(InvalidArgumentError, match=message):
        RuleRequest.create(values)


def test_rule_is_found_again_on_shuffled_rows():
    order = np.random.default_rng(0).permutation(6)
    shuffled = make_predictions(VALIDATION.true_label_ids[order], VALIDATION.probabilities[order])
    request = RuleRequest(kind="thresholds", accuracy=1.0, coverage=0.5)

    assert tune_rule(shuffled, request) == tune_rule(VALIDATION, request)
