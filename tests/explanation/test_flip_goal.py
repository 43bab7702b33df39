"""Tests of goals: which answers are another one under each decision rule."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.rule import DecisionRule
from textcls_core.explanation.flip_goal import Goal
from textcls_core.models.probabilities import sigmoid, softmax

LABELS = ("animals", "food", "weather")
ARGMAX = DecisionRule()
LOGITS = st.lists(st.floats(-4, 4), min_size=3, max_size=3).map(np.array)
RULES = st.sampled_from([ARGMAX, DecisionRule(kind="thresholds", thresholds=(0.2, 0.5, 0.8))])


def goal(probabilities, label=None, rule=ARGMAX, task="single_label"):
    return Goal.of(rule, task, np.array(probabilities), LABELS, label)


def test_any_other_class_reaches_the_goal():
    reached = goal([0.6, 0.3, 0.1]).reached(np.array([[0.5, 0.4, 0.1], [0.1, 0.2, 0.7]]))

    assert reached.tolist() == [False, True]


def test_the_class_asked_for_reaches_the_goal():
    reached = goal([0.6, 0.3, 0.1], "food").reached(np.array([[0.1, 0.2, 0.7], [0.1, 0.7, 0.2]]))

    assert reached.tolist() == [False, True]


def test_no_answer_is_not_another_answer():
    rule = DecisionRule(abstain_below=0.6)

    reached = goal([0.7, 0.2, 0.1], rule=rule).reached(np.array([[0.3, 0.5, 0.2], [0.2, 0.7, 0.1]]))

    assert reached.tolist() == [False, True]


@pytest.mark.parametrize(
    ("label", "expected"), [(None, [True, True, False]), ("animals", [True, False, False])]
)
def test_any_answer_is_another_one_where_there_was_none(label, expected):
    rule = DecisionRule(abstain_below=0.6)
    rows = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.5, 0.3, 0.2]])
    made = goal([0.5, 0.3, 0.2], label, rule=rule)

    assert made.reached(rows).tolist() == expected
    assert made.direction(np.log([0.5, 0.3, 0.2])).tolist() == [1, -1, 0]


def test_label_set_without_any_label_is_an_answer():
    rule = DecisionRule(abstain_below=0.6)
    unsure, without = [0.6, 0.2, 0.2], np.array([[0.1, 0.1, 0.1]])

    assert goal(unsure, rule=rule, task="multi_label").reached(without).tolist() == [True]
    assert goal([0.1, 0.1, 0.1], task="multi_label").reached(without).tolist() == [False]


def test_the_cheapest_class_is_the_answer():
    rule = DecisionRule(kind="costs", costs=((0, 1, 1), (9, 0, 9), (1, 1, 0)))

    assert goal([0.6, 0.3, 0.1], rule=rule).before.tolist() == [False, True, False]


def test_a_label_of_several_comes_in_or_goes_out():
    rows = np.array([[0.6, 0.9, 0.1], [0.4, 0.1, 0.1], [0.9, 0.1, 0.8]])
    before = [0.9, 0.1, 0.1]

    def reached(label):
        return goal(before, label, task="multi_label").reached(rows).tolist()

    assert reached("animals") == [False, True, False]
    assert reached("weather") == [False, False, True]
    assert reached(None) == [True, True, True]


@given(RULES, st.sampled_from(["single_label", "multi_label"]), LOGITS, LOGITS, st.booleans())
def test_closeness_is_positive_where_the_goal_is_reached(rule, task, before, after, is_free):
    probability = softmax if task == "single_label" else sigmoid
    start = probability(before[None])[0]
    answer = rule.decide(start[None], task).chosen[0]
    label = None if is_free else LABELS[int((~answer).argmax())]
    made = goal(start, label if not answer.all() else "food", rule, task)

    closeness = made.closeness(after[None])[0]
    reached = made.reached(probability(after[None]))[0]
    assert abs(closeness) < 1e-9 or (closeness > 0) == reached


@given(LOGITS, LOGITS)
def test_direction_is_the_slope_of_closeness(before, after):
    made = goal(softmax(before[None])[0])
    step = 1e-6
    moved = after + step * np.eye(3)

    slope = (made.closeness(moved) - made.closeness(after[None])) / step
    if len({round(value, 3) for value in after}) == 3:  # at a tie there is no slope
        np.testing.assert_allclose(slope, made.direction(after), atol=1e-3)


@pytest.mark.parametrize(
    ("label", "sentence"),
    [
        ("fod", '"fod" is not a class of this run. Known: "animals", "food"'),
        ("animals", 'Expected another class than the answer, got "animals"'),
    ],
)
def test_bad_labels_are_refused(label, sentence):
    with pytest.raises(InvalidArgumentError, match=sentence):
        goal([0.6, 0.3, 0.1], label)
