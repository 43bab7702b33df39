"""Tests of decision rules: what each kind answers, when it does not, and what it refuses."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pydantic import ValidationError

from tests.cases import CASES
from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.conformal import Conformal
from textcls_core.evaluation.costs import uniform_costs
from textcls_core.evaluation.rule import NO_ANSWER, DecisionRule

ROWS = np.array([[0.5, 0.3, 0.2], [0.1, 0.45, 0.45], [0.05, 0.05, 0.9]])
WEIGHTS = arrays(np.float64, (6, 3), elements=st.floats(0.01, 1))


def shares(weights: np.ndarray) -> np.ndarray:
    return weights / weights.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("predictions", CASES.values(), ids=CASES.keys())
def test_default_rule_gives_the_predicted_classes(predictions):
    answers = DecisionRule().decide(predictions.probabilities, "single_label")

    assert answers.label_ids.tolist() == predictions.predicted_label_ids.tolist()
    assert np.array_equal(answers.confidence, predictions.confidence)
    assert not answers.abstained.any()
    assert answers.prediction_sets is None


@given(WEIGHTS)
def test_equal_thresholds_and_equal_costs_change_nothing(weights):
    probabilities = shares(weights)
    plain = probabilities.argmax(axis=1)
    is_clear = np.diff(np.sort(probabilities, axis=1)[:, -2:])[:, 0] > 1e-9

    equal = DecisionRule(kind="thresholds", thresholds=(0.5, 0.5, 0.5))
    costs = DecisionRule(kind="costs", costs=uniform_costs(3))

    for rule in (equal, costs):
        found = rule.decide(probabilities, "single_label").label_ids
        assert (found == plain)[is_clear].all()


def test_thresholds_take_the_largest_multiple():
    rule = DecisionRule(kind="thresholds", thresholds=(0.8, 0.4, 0.3))

    assert rule.decide(ROWS, "single_label").label_ids.tolist() == [1, 2, 2]


def test_two_thresholds_that_sum_to_one_are_the_usual_threshold():
    probabilities = np.array([[0.75, 0.25], [0.65, 0.35]])
    rule = DecisionRule(kind="thresholds", thresholds=(0.7, 0.3))

    assert rule.decide(probabilities, "single_label").label_ids.tolist() == [0, 1]


def test_costs_take_the_least_expected_one():
    rule = DecisionRule(kind="costs", costs=((0, 1, 1), (1, 0, 1), (9, 9, 0)))

    expected = ROWS @ np.array(rule.costs)

    assert rule.decide(ROWS, "single_label").label_ids.tolist() == [2, 2, 2]
    assert expected.argmin(axis=1).tolist() == [2, 2, 2]


@given(WEIGHTS, st.floats(0, 1))
def test_no_answer_at_uniform_costs_is_a_level_of_confidence(weights, price):
    probabilities = shares(weights)
    rule = DecisionRule(kind="costs", costs=uniform_costs(3), abstain_cost=price)

    answers = rule.decide(probabilities, "single_label")

    is_clear = np.abs(1 - probabilities.max(axis=1) - price) > 1e-9
    expected = 1 - probabilities.max(axis=1) > price
    assert (answers.abstained == expected)[is_clear].all()


def test_no_answer_below_a_confidence():
    answers = DecisionRule(abstain_below=0.5).decide(ROWS, "single_label")

    assert answers.label_ids.tolist() == [0, NO_ANSWER, 2]
    assert answers.chosen[1].tolist() == [False, True, False]
    assert not answers.label_sets[1].any()


def test_confidence_is_that_of_the_chosen_class():
    rule = DecisionRule(kind="thresholds", thresholds=(0.8, 0.4, 0.3))

    assert rule.decide(ROWS, "single_label").confidence.tolist() == [0.3, 0.45, 0.9]


def test_prediction_sets_come_with_the_answers():
    conformal = Conformal(method="lac", coverage=0.9, quantile=0.6)

    answers = DecisionRule(conformal=conformal).decide(ROWS, "single_label")

    assert answers.prediction_sets.tolist() == [
        [True, False, False],
        [False, True, True],
        [False, False, True],
    ]


def test_label_sets_follow_their_own_thresholds():
    probabilities = np.array([[0.6, 0.6], [0.4, 0.2]])
    rule = DecisionRule(kind="thresholds", thresholds=(0.3, 0.7))

    answers = rule.decide(probabilities, "multi_label")

    assert answers.chosen.tolist() == [[True, False], [True, False]]
    assert answers.confidence == pytest.approx([0.6 * 0.4, 0.4 * 0.8])


def test_label_sets_without_thresholds_are_cut_at_one_half():
    answers = DecisionRule(abstain_below=0.3).decide(np.array([[0.5, 0.4], [0.9, 0.1]]),
                                                     "multi_label")  # fmt: skip

    assert answers.chosen.tolist() == [[True, False], [True, False]]
    assert answers.label_sets.tolist() == [[True, False], [True, False]]
    assert not answers.abstained.any()


def test_label_set_that_is_unsure_gets_no_answer():
    answers = DecisionRule(abstain_below=0.4).decide(np.array([[0.5, 0.4]]), "multi_label")

    assert answers.abstained.tolist() == [True]
    assert not answers.label_sets.any()


def test_no_rows_give_no_answers():
    assert len(DecisionRule().decide(np.zeros((0, 3)), "single_label").label_ids) == 0


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"kind": "thresholds"}, "needs one threshold per class"),
        ({"kind": "costs"}, "needs a matrix of costs"),
        ({"kind": "costs", "costs": [[0, 1]]}, "as many columns as rows"),
        ({"abstain_cost": 1.0}, "belongs to a rule of the kind costs"),
        ({"kind": "thresholds", "thresholds": [0.0, 1.0]}, "greater than 0"),
        ({"kind": "costs", "costs": [[0, -1], [1, 0]]}, "greater than or equal to 0"),
        ({"abstain_below": 1.5}, "less than or equal to 1"),
        ({"kind": "best"}, "argmax"),
        ({"level": 0.5}, "Extra inputs"),
    ],
)
def test_rule_that_makes_no_sense_is_refused(values, message):
    with pytest.raises(ValidationError, match=message):
        DecisionRule.model_validate(values)


def test_rule_for_other_classes_is_refused():
    rule = DecisionRule(kind="thresholds", thresholds=(0.5, 0.5))

    with pytest.raises(InvalidArgumentError, match="Expected 3 thresholds, one per class of the"):
        rule.decide(ROWS, "single_label")


@pytest.mark.parametrize(
    "rule",
    [
        DecisionRule(kind="costs", costs=uniform_costs(3)),
        DecisionRule(conformal=Conformal(coverage=0.9, quantile=0.5)),
    ],
)
def test_rule_for_one_label_is_refused_for_several(rule):
    with pytest.raises(InvalidArgumentError, match="costs and prediction sets need exactly one"):
        rule.decide(ROWS, "multi_label")


def test_rule_survives_json():
    rule = DecisionRule(
        kind="costs",
        costs=uniform_costs(2),
        abstain_cost=0.25,
        conformal=Conformal(coverage=0.9, quantile=0.5),
    )

    assert DecisionRule.model_validate_json(rule.model_dump_json()) == rule
