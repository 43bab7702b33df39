"""Predictions of two runs are matched by row id and class name, or refused with the reason."""

import numpy as np
import pytest

from tests.cases import MIXED, decided, make_label_sets, make_predictions
from textcls_core.evaluation.alignment import Mismatch, pair_up
from textcls_core.evaluation.multi_label import MultiLabelPredictions
from textcls_core.evaluation.predictions import Predictions

NAMES = ("ham", "spam", "news")
SETS = make_label_sets([[1, 0, 1], [0, 0, 0]], [[0.9, 0.2, 0.1], [0.1, 0.6, 0.2]])


def turned(predictions: Predictions) -> Predictions:
    """Return the same predictions with rows and classes from back to front."""
    size = len(predictions.label_names)
    return Predictions(
        predictions.row_ids[::-1],
        size - 1 - predictions.true_label_ids[::-1],
        predictions.probabilities[::-1, ::-1],
        predictions.label_names[::-1],
    )


def test_pair_up_keeps_what_is_in_order():
    other = decided([0, 0, 0, 1, 1, 2], [0] * 6)

    assert pair_up(MIXED, other) == (MIXED, other)


def test_pair_up_matches_rows_by_id_and_classes_by_name():
    first, second = pair_up(MIXED, turned(MIXED))

    assert second.row_ids == first.row_ids
    assert second.label_names == NAMES
    assert second.true_label_ids.tolist() == first.true_label_ids.tolist()
    assert np.array_equal(second.probabilities, first.probabilities)


def test_pair_up_of_label_sets_matches_rows_and_labels():
    other = MultiLabelPredictions(
        SETS.row_ids[::-1], SETS.targets[::-1, ::-1], SETS.probabilities[::-1, ::-1], NAMES[::-1]
    )

    first, second = pair_up(SETS, other)

    assert np.array_equal(second.targets, first.targets)
    assert np.array_equal(second.probabilities, first.probabilities)


def test_pair_up_gives_classes_of_the_other_run_probability_zero():
    two = make_predictions([0, 1], [[0.9, 0.1], [0.2, 0.8]], ["ham", "spam"])
    three = make_predictions([1, 2], [[0.2, 0.5, 0.3], [0.1, 0.3, 0.6]], ["news", "ham", "spam"])

    first, second = pair_up(two, three)

    assert first.label_names == second.label_names == ("ham", "spam", "news")
    assert first.probabilities.tolist() == [[0.9, 0.1, 0.0], [0.2, 0.8, 0.0]]
    assert second.probabilities.tolist() == [[0.5, 0.3, 0.2], [0.3, 0.6, 0.1]]


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (
            decided([0, 0, 0], [0, 0, 0]),
            "3 rows only in the first, 0 only in the second, 3 in both",
        ),
        (
            decided([0, 0, 0, 1, 1, 2, 2], [0] * 7),
            "0 rows only in the first, 1 only in the second, 6 in both",
        ),
        (
            decided([0, 1, 0], [0, 0, 0]),
            "3 rows only in the first, 0 only in the second, 3 in both, where 1 true label differs",
        ),
        (
            decided([0, 1, 1, 1, 1, 2], [0] * 6),
            "labels were changed in between: 2 of the 6 rows",
        ),
        (SETS, "one gives exactly one label per text, the other one any number"),
    ],
)
def test_pair_up_says_why_runs_do_not_fit(other, reason):
    mismatch = pair_up(MIXED, other)

    assert isinstance(mismatch, Mismatch)
    assert reason in mismatch.reason


def test_pair_up_refuses_label_sets_over_other_labels():
    other = make_label_sets([[1, 0], [0, 0]], [[0.9, 0.2], [0.1, 0.6]], ["ham", "spam"])

    mismatch = pair_up(SETS, other)

    assert isinstance(mismatch, Mismatch)
    assert mismatch.reason == 'only one of them knows 1 label ("news")'


def test_pair_up_finds_changed_label_sets():
    other = make_label_sets([[1, 0, 0], [0, 0, 0]], SETS.probabilities)

    mismatch = pair_up(SETS, other)

    assert isinstance(mismatch, Mismatch)
    assert mismatch.relabelled == 1
