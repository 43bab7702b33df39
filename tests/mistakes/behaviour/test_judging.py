"""Tests of verdicts: what passes each kind, and in how many words."""

import pytest

from textcls_core.mistakes.behaviour.judging import Said, judge, summary
from textcls_core.mistakes.behaviour.kinds import BehaviourTest


def said(*labels, **probabilities):
    return Said(labels, probabilities)


ANIMALS = said("animals", animals=0.7, food=0.3)
FOOD = said("food", animals=0.4, food=0.6)
NOTHING = said(animals=0.5, food=0.5)
BOTH = said("animals", "food", animals=0.9, food=0.8)


@pytest.mark.parametrize(
    ("found", "passes"), [(ANIMALS, True), (FOOD, False), (NOTHING, False), (BOTH, True)]
)
def test_the_label_must_be_in_the_answer(found, passes):
    verdict = judge(BehaviourTest("label", "a", label="animals"), found, None)

    assert verdict.passes is passes


@pytest.mark.parametrize(
    ("found", "original", "passes"),
    [(ANIMALS, ANIMALS, True), (ANIMALS, FOOD, False), (NOTHING, ANIMALS, False),
     (NOTHING, NOTHING, True), (BOTH, ANIMALS, False)],
)  # fmt: skip
def test_the_same_answer_is_the_same_set_of_labels(found, original, passes):
    assert judge(BehaviourTest("same", "a", "b"), found, original).passes is passes


@pytest.mark.parametrize(
    ("kind", "by", "found", "original", "passes"),
    [
        ("more", 0.0, ANIMALS, FOOD, True),
        ("more", 0.3, ANIMALS, FOOD, True),
        ("more", 0.31, ANIMALS, FOOD, False),
        ("more", 0.0, ANIMALS, ANIMALS, False),
        ("more", 0.0, FOOD, ANIMALS, False),
        ("less", 0.0, FOOD, ANIMALS, True),
        ("less", 0.0, ANIMALS, ANIMALS, False),
        ("less", 0.31, FOOD, ANIMALS, False),
    ],
)
def test_more_and_less_compare_probabilities(kind, by, found, original, passes):
    test = BehaviourTest(kind, "a", "b", "animals", by)

    assert judge(test, found, original).passes is passes


def test_a_class_that_the_model_does_not_have_fails():
    verdict = judge(BehaviourTest("less", "a", "b", "sport"), ANIMALS, FOOD)

    assert (verdict.passes, verdict.got) == (False, "no class sport")


def test_what_came_is_said_in_words():
    more = judge(BehaviourTest("more", "a", "b", "animals"), ANIMALS, FOOD)
    same = judge(BehaviourTest("same", "a", "b"), NOTHING, BOTH)

    assert more.got == "40.0 %, then 70.0 % (+30.0 points)"
    assert same.got == "animals 90.0 %, food 80.0 %, then no answer"


def test_the_summary_counts():
    passed = judge(BehaviourTest("label", "a", label="animals"), ANIMALS, None)
    failed = judge(BehaviourTest("label", "a", label="animals"), FOOD, None)

    assert summary([passed]) == "1 behavioural test passes."
    assert summary([passed, passed]) == "All of 2 behavioural tests pass."
    assert summary([passed, failed]) == "1 of 2 behavioural tests fails."
    assert summary([failed, failed]) == "2 of 2 behavioural tests fail."
