"""Tests of the choice of validation rows to look at."""

from dataclasses import replace

import numpy as np
import pytest

from tests.cases import make_label_sets
from textcls_core.errors import NotFoundError
from textcls_core.evaluation.predictions import Predictions
from textcls_core.training.samples import SAMPLE_KINDS, choose_samples, sample_rows


def predictions(chosen, row_ids=None):
    """Return rows of the first of two classes with these probabilities for it."""
    first = np.array(chosen, dtype=float)
    ids = tuple(row_ids or (f"row{n}" for n in range(len(first))))
    both = np.stack([first, 1 - first], axis=1)
    return Predictions(ids, np.zeros(len(first), dtype=np.int64), both, ("yes", "no"))


FOUR = predictions([0.9, 0.1, 0.6, 0.3])


@pytest.mark.parametrize(
    ("kind", "positions"), [("worst", [1, 3]), ("best", [0, 2])], ids=["worst", "best"]
)
def test_samples_are_ordered_by_loss(kind, positions):
    assert choose_samples(FOUR, kind, 2) == positions


def test_samples_with_equal_loss_keep_their_order():
    assert choose_samples(predictions([0.5] * 4), "worst", 3) == [0, 1, 2]


@pytest.mark.parametrize("kind", SAMPLE_KINDS)
def test_samples_are_no_more_than_there_are_rows(kind):
    assert sorted(choose_samples(FOUR, kind, 10)) == [0, 1, 2, 3]


@pytest.mark.parametrize("kind", SAMPLE_KINDS)
def test_samples_of_nothing_are_none(kind):
    assert choose_samples(predictions([]), kind, 3) == []


def test_random_samples_stay_the_same_while_the_model_learns():
    before, after = predictions([0.5] * 100), predictions(np.linspace(0, 1, 100))

    assert choose_samples(before, "random", 5, seed=7) == choose_samples(after, "random", 5, seed=7)


def test_random_samples_follow_the_seed():
    rows = predictions([0.5] * 100)

    assert choose_samples(rows, "random", 5, seed=1) != choose_samples(rows, "random", 5, seed=2)


def test_sample_rows_carry_text_classes_and_loss(toy_dataset):
    row_id = toy_dataset.row_ids()[3]

    rows = sample_rows(predictions([0.2], [row_id]), toy_dataset, [0])

    assert rows == [
        {
            "row_id": row_id,
            "text": toy_dataset.texts()[3],
            "true": "yes",
            "predicted": "no",
            "loss": pytest.approx(-np.log(0.2)),
        }
    ]


def test_sample_rows_of_nothing_are_none(toy_dataset):
    assert sample_rows(FOUR, toy_dataset, []) == []


def test_sample_rows_of_another_data_set_are_an_error(toy_dataset):
    with pytest.raises(NotFoundError, match='Row "row0" is not in this data set'):
        sample_rows(FOUR, toy_dataset, [0])


SETS = make_label_sets(
    [[1, 1, 0], [0, 0, 0], [0, 1, 1]], [[0.9, 0.8, 0.1], [0.4, 0.3, 0.2], [0.9, 0.1, 0.2]]
)
"""Right, right without any label, wrong in every label."""


@pytest.mark.parametrize(
    ("kind", "positions"), [("worst", [2, 1, 0]), ("best", [0, 1, 2])], ids=["worst", "best"]
)
def test_samples_of_label_sets_are_ordered_by_their_mean_loss(kind, positions):
    assert choose_samples(SETS, kind, 3) == positions


def test_random_samples_of_label_sets_follow_the_seed_alone():
    before = make_label_sets([[0, 1, 0]] * 50, [[0.5, 0.5, 0.5]] * 50)
    after = make_label_sets([[0, 1, 0]] * 50, np.linspace(0, 1, 150))

    assert choose_samples(before, "random", 5) == choose_samples(after, "random", 5)


def test_sample_rows_of_label_sets_carry_both_sets(topics_dataset):
    row_ids = topics_dataset.row_ids()[:3]
    sets = replace(SETS, row_ids=tuple(row_ids))

    rows = sample_rows(sets, topics_dataset, [0, 1, 2])

    assert [row["text"] for row in rows] == topics_dataset.texts()[:3]
    assert [row["true"] for row in rows] == ["ham, spam", "no label", "spam, news"]
    assert [row["predicted"] for row in rows] == ["ham, spam", "no label", "ham"]
    assert rows[0]["loss"] == pytest.approx(-np.log([0.9, 0.8, 0.9]).mean())
