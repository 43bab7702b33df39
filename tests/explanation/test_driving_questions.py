"""Tests of what rows are asked to find driving words: which rows, which classes, which sample."""

import numpy as np
import pytest

from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.multi_label import MultiLabelPredictions
from textcls_core.evaluation.predictions import Predictions
from textcls_core.explanation.driving_questions import (
    Choice,
    Question,
    choices_of,
    count_labels,
    count_true,
    questions_of,
)

NAMES = ("animals", "food")
THREE = ("animals", "food", "weather")


@pytest.fixture
def predictions():
    """Ten rows, of which 0, 1 and 2 are animals that were taken for food."""
    true = np.array([0] * 5 + [1] * 5)
    given = np.where(np.arange(10) < 3, 1, true)
    probabilities = np.where(np.eye(2)[given] == 1, 0.9, 0.1)
    return Predictions(tuple(f"r{n}" for n in range(10)), true, probabilities, NAMES)


@pytest.fixture
def label_sets():
    """Rows with both labels, none, a wrong one, and one that was missed."""
    targets = np.array([[1, 1], [0, 0], [1, 0], [0, 1]])
    probabilities = np.array([[0.9, 0.9], [0.1, 0.1], [0.9, 0.9], [0.1, 0.1]])
    return MultiLabelPredictions(("both", "none", "wrong", "missed"), targets, probabilities, NAMES)


@pytest.fixture
def confused(generator):
    """Ninety rows of three classes, answered by chance."""
    true = generator.integers(0, 3, 90)
    probabilities = generator.dirichlet(np.ones(3), 90)
    return Predictions(tuple(f"r{n}" for n in range(90)), true, probabilities, THREE)


def test_classes_are_asked_as_the_model_gave_them(predictions):
    asked = questions_of(predictions, "classes")

    assert sorted(question.row_id for question in asked) == sorted(predictions.row_ids)
    assert Question("r0", "food") in asked
    assert Question("r4", "animals") in asked


def test_mistakes_are_asked_against_the_true_class(predictions):
    asked = questions_of(predictions, "mistakes")

    assert sorted(asked, key=lambda one: one.row_id) == [
        Question(f"r{n}", "food", "animals") for n in range(3)
    ]


def test_a_larger_sample_begins_with_a_smaller_one(predictions):
    small, large = (questions_of(predictions, "classes", size, seed=3) for size in (4, 9))

    assert large[:4] == small
    assert len({question.row_id for question in large}) == 9
    assert questions_of(predictions, "classes", 9, seed=4) != large


def test_every_label_of_a_text_is_asked_for(label_sets):
    asked = questions_of(label_sets, "classes")

    expected = [("both", "animals"), ("both", "food"), ("wrong", "animals"), ("wrong", "food")]
    assert sorted((question.row_id, question.label) for question in asked) == expected


def test_a_label_given_wrongly_is_asked_for_by_itself(label_sets):
    assert questions_of(label_sets, "mistakes") == [Question("wrong", "food", None)]


def test_no_mistake_is_a_message(predictions):
    right = Predictions(
        predictions.row_ids, predictions.predicted_label_ids, predictions.probabilities, NAMES
    )

    with pytest.raises(InvalidArgumentError, match="there is no mistake to explain"):
        questions_of(right, "mistakes")


def test_a_label_that_is_true_and_was_not_given_is_missed(label_sets):
    assert questions_of(label_sets, "missed") == [Question("missed", "food", None)]


def test_missed_labels_need_several_labels_per_text(predictions):
    with pytest.raises(InvalidArgumentError, match="a row that misses its class was given another"):
        questions_of(predictions, "missed")


def test_no_missed_label_is_a_message(label_sets):
    perfect = MultiLabelPredictions(
        label_sets.row_ids, label_sets.targets, label_sets.targets * 0.9, NAMES
    )

    with pytest.raises(InvalidArgumentError, match="every true label was given"):
        questions_of(perfect, "missed")


@pytest.mark.parametrize(
    "choice", [Choice("food"), Choice("food", "weather"), Choice(None, "food")]
)
def test_the_sample_of_a_choice_goes_on_with_its_rows_of_the_whole_sample(confused, choice):
    everything = questions_of(confused, "mistakes", 20)
    chosen = questions_of(confused, "mistakes", 20, choice=choice)

    known = [question for question in everything if choice.takes(question)]
    assert known
    assert chosen[: len(known)] == known
    assert len(known) < len(chosen) <= 20
    assert all(choice.takes(question) for question in chosen)


def test_only_the_chosen_label_of_a_text_is_asked_for(label_sets):
    asked = questions_of(label_sets, "classes", choice=Choice("food"))

    assert sorted((question.row_id, question.label) for question in asked) == [
        ("both", "food"), ("wrong", "food")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("about", "choice", "sentence"),
    [
        ("mistakes", Choice("animals"), 'rows that were given "animals" wrongly, got none'),
        ("mistakes", Choice("food", "food"), 'given "food" wrongly and are "food", got none'),
        ("mistakes", Choice(None, "food"), 'given a class wrongly and are "food", got none'),
        ("mistakes", Choice("fod"), '"fod" is not a class of this run. Known: "animals"'),
        ("mistakes", Choice(None, "fod"), '"fod" is not a class of this run'),
        ("classes", Choice(None, "food"), 'Expected no true class here, got "food"'),
    ],
)
def test_a_choice_without_rows_is_a_message(predictions, about, choice, sentence):
    with pytest.raises(InvalidArgumentError, match=sentence):
        questions_of(predictions, about, choice=choice)


@pytest.mark.parametrize(
    ("about", "choice", "sentence"),
    [
        ("missed", Choice("animals"), 'rows that miss "animals", got none'),
        ("mistakes", Choice("food", "animals"), 'Expected no true class here, got "animals"'),
    ],
)
def test_a_choice_of_labels_without_rows_is_a_message(label_sets, about, choice, sentence):
    with pytest.raises(InvalidArgumentError, match=sentence):
        questions_of(label_sets, about, choice=choice)


def test_classes_are_counted_among_the_rows_of_the_other_one(confused):
    asked = questions_of(confused, "mistakes", 90)
    true, given = confused.true_label_ids, confused.predicted_label_ids

    for place, name in enumerate(THREE):
        taken = count_labels(asked, against=name)
        assert taken == {
            other: int(((true == place) & (given == number)).sum())
            for number, other in enumerate(THREE)
            if number != place
        }
        assert count_true(asked, name) == {
            question: count_labels(asked, question)[name] for question in THREE if question != name
        }
    assert count_labels(asked).total() == count_true(asked).total() == (true != given).sum()


def test_confusions_are_listed_the_most_frequent_first(confused):
    asked = questions_of(confused, "mistakes", 90)

    counts = [count_labels(asked, one.against)[one.label] for one in choices_of(asked)]
    assert len(counts) == 6
    assert counts == sorted(counts, reverse=True)
