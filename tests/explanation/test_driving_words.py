"""Tests of driving words: what is asked, intervals that hold what they promise, rare words."""

import numpy as np
import pytest

from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.multi_label import MultiLabelPredictions
from textcls_core.evaluation.predictions import Predictions
from textcls_core.explanation.driving_words import (
    Answer,
    Question,
    driving_words,
    questions_of,
    rows_with,
)

NAMES = ("animals", "food")


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


def answers_of(*rows, label="food"):
    """Return an answer per row, given as a word with its number, or several of them."""
    return [
        Answer(Question(f"r{n}", label), tuple(row), np.array(list(row.values()), dtype=float))
        for n, row in enumerate(rows)
    ]


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


def test_a_word_has_its_mean_over_the_rows_that_have_it():
    found = driving_words(answers_of({"soup": 1.0}, {"Soup": 3.0}, {"rain": 7.0}), min_rows=2)

    assert [(word.word, word.mean, word.num_rows) for word in found.words] == [("soup", 2.0, 2)]
    assert (found.num_rows, found.num_rare) == (3, 1)


def test_a_word_that_a_row_has_twice_counts_once_with_both_places():
    twice = Answer(Question("r0", "food"), ("soup", "Soup"), np.array([1.0, 2.0]))
    once = Answer(Question("r1", "food"), ("soup",), np.array([5.0]))

    (word,) = driving_words([twice, once], min_rows=2).words

    assert (word.mean, word.num_rows) == (4.0, 2)


def test_a_row_that_was_asked_for_two_labels_is_one_observation():
    both = [
        Answer(Question("r0", label), ("soup",), np.array([number]))
        for label, number in (("food", 4.0), ("animals", 0.0))
    ]
    other = Answer(Question("r1", "food"), ("soup",), np.array([4.0]))

    (word,) = driving_words([*both, other], min_rows=2).words

    assert (word.mean, word.num_rows) == (3.0, 2)


def test_words_are_ranked_by_what_is_sure():
    steady = [{"steady": 1.0 + 0.01 * n} for n in range(8)]
    erratic = [{"erratic": number} for number in (20.0, -15.0, 18.0, -12.0, 15.0, -9.0)]

    found = driving_words(answers_of(*steady, *erratic))

    assert [word.word for word in found.words] == ["steady", "erratic"]
    assert found.words[0].mean < found.words[1].mean
    assert found.num_driving == 1


@pytest.mark.parametrize(("num_idle", "is_beyond"), [(10, True), (70, False)])
def test_as_many_words_above_zero_as_by_chance_are_told(num_idle, is_beyond):
    idle = {f"w{n}": 0.0 for n in range(num_idle)}
    found = driving_words(answers_of(*[{"soup": 2.0, "old": -1.0, **idle}] * 5))

    assert (found.num_driving, found.is_beyond_chance) == (1, is_beyond)
    assert [word.word for word in found.raising] == ["soup"]


def test_only_rows_of_the_class_count():
    answers = answers_of(*[{"soup": 1.0}] * 3) + answers_of(*[{"soup": 9.0}] * 3, label="animals")

    (word,) = driving_words(answers, "food", min_rows=3).words

    assert (word.mean, word.num_rows) == (1.0, 3)


@pytest.mark.parametrize(("num_rows", "is_ranked"), [(4, False), (5, True)])
def test_a_word_in_too_few_rows_is_not_ranked(num_rows, is_ranked):
    found = driving_words(answers_of(*[{"soup": 1.0}] * num_rows))

    assert bool(found.words) == is_ranked
    assert found.num_rare == (not is_ranked)


def test_one_row_has_no_interval():
    with pytest.raises(InvalidArgumentError, match="in at least 2 rows, got 1"):
        driving_words(answers_of({"soup": 1.0}), min_rows=1)


@pytest.mark.parametrize("answers", [[], answers_of({}, {})])
def test_rows_without_words_drive_nothing(answers):
    found = driving_words(answers)

    assert found.words == ()
    assert found.num_by_chance == 0


@pytest.mark.parametrize(
    ("draw", "low", "high"),
    [
        (lambda generator, size: generator.normal(0.7, 1.0, size), 0.935, 0.965),
        (lambda generator, size: generator.uniform(-1.0, 2.4, size), 0.925, 0.965),
        (lambda generator, size: generator.exponential(0.7, size), 0.85, 0.96),
    ],
    ids=["normal", "uniform", "skewed"],
)
def test_intervals_hold_the_true_mean_as_often_as_they_say(generator, draw, low, high):
    """2,000 words of ten rows each, whose numbers have the mean 0.7."""
    numbers = draw(generator, (10, 2_000))
    words = tuple(f"w{n}" for n in range(2_000))
    answers = [Answer(Question(str(n), "food"), words, row) for n, row in enumerate(numbers)]

    found = driving_words(answers)

    held = [word.low <= 0.7 <= word.high for word in found.words]
    assert low <= np.mean(held) <= high
    assert found.num_by_chance == pytest.approx(50)


def test_words_without_effect_stand_above_zero_as_often_as_is_said(generator):
    numbers = generator.normal(0.0, 1.0, (8, 2_000))
    words = tuple(f"w{n}" for n in range(2_000))
    answers = [Answer(Question(str(n), "food"), words, row) for n, row in enumerate(numbers)]

    found = driving_words(answers)

    assert found.num_driving == pytest.approx(found.num_by_chance, abs=20)


def test_rows_of_a_word_begin_with_the_strongest():
    answers = answers_of({"soup": 1.0, "the": 0.1}, {"Soup": 3.0}, {"rain": 7.0}, {"soup": 2.0})

    found = rows_with(answers, "soup", "food")

    assert [answer.question.row_id for answer in found] == ["r1", "r3", "r0"]
    assert found[0].places("soup") == [0]
    assert rows_with(answers, "soup", "animals") == []


def test_words_of_any_script_are_counted():
    found = driving_words(answers_of(*[{"مرحبا": 1.0, "好": 2.0, "STRASSE": 3.0}] * 5))

    assert [word.word for word in found.words] == ["strasse", "好", "مرحبا"]
