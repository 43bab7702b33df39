"""Tests of driving words: intervals that hold what they promise, rare words."""

import numpy as np
import pytest

from textcls_core.errors import InvalidArgumentError
from textcls_core.explanation.driving_questions import Choice, Question
from textcls_core.explanation.driving_words import (
    Answer,
    chosen_answers,
    driving_words,
    rows_with,
)


def answers_of(*rows, label="food"):
    """Return an answer per row, given as a word with its number, or several of them."""
    return [
        Answer(Question(f"r{n}", label), tuple(row), np.array(list(row.values()), dtype=float))
        for n, row in enumerate(rows)
    ]


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
    assert len(found.driving) == 1


@pytest.mark.parametrize(("num_idle", "is_beyond"), [(10, True), (70, False)])
def test_as_many_words_above_zero_as_by_chance_are_told(num_idle, is_beyond):
    idle = {f"w{n}": 0.0 for n in range(num_idle)}
    found = driving_words(answers_of(*[{"soup": 2.0, "old": -1.0, **idle}] * 5))

    assert (len(found.driving), found.is_beyond_chance) == (1, is_beyond)
    assert [word.word for word in found.leaning] == ["soup"]


def test_only_rows_of_the_class_count():
    answers = answers_of(*[{"soup": 1.0}] * 3) + answers_of(*[{"soup": 9.0}] * 3, label="animals")

    (word,) = driving_words(chosen_answers(answers, Choice("food")), min_rows=3).words

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

    assert len(found.driving) == pytest.approx(found.num_by_chance, abs=20)


def test_rows_of_a_word_begin_with_the_strongest():
    answers = answers_of({"soup": 1.0, "the": 0.1}, {"Soup": 3.0}, {"rain": 7.0}, {"soup": 2.0})

    found = rows_with(answers, "soup")

    assert [answer.question.row_id for answer in found] == ["r1", "r3", "r0"]
    assert found[0].places("soup") == [0]
    assert rows_with(answers, "soup", lowers=True) == found[::-1]


def test_words_that_lower_a_score_are_ranked_by_what_is_sure():
    rows = [{"no": -2.0 + 0.01 * n, "soup": 3.0, "maybe": -4.0 * (n % 2)} for n in range(8)]

    found = driving_words(answers_of(*rows), lowers=True)

    assert [word.word for word in found.words] == ["no", "maybe", "soup"]
    assert [word.word for word in found.leaning] == ["no", "maybe"]
    assert [word.word for word in found.driving][:1] == ["no"]
    assert all(word.high < 0 for word in found.driving)


def test_answers_are_chosen_by_class_and_true_class():
    questions = [Question("r0", "food", "rain"), Question("r1", "food", "sun"), Question("r2", "x")]
    answers = [Answer(question, (), np.zeros(0)) for question in questions]

    def rows(choice):
        return [answer.question.row_id for answer in chosen_answers(answers, choice)]

    assert rows(Choice()) == ["r0", "r1", "r2"]
    assert rows(Choice("food")) == ["r0", "r1"]
    assert rows(Choice("food", "sun")) == rows(Choice(against="sun")) == ["r1"]


def test_words_of_any_script_are_counted():
    found = driving_words(answers_of(*[{"مرحبا": 1.0, "好": 2.0, "STRASSE": 3.0}] * 5))

    assert [word.word for word in found.words] == ["strasse", "好", "مرحبا"]
