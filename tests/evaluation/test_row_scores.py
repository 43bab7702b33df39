"""Tests of what the probabilities of each row are worth, against scikit-learn and by hand."""

import numpy as np
import pytest
from hypothesis import given
from sklearn.metrics import (
    brier_score_loss,
    label_ranking_average_precision_score,
    top_k_accuracy_score,
)

from tests.cases import CASES, TIES, make_label_sets, make_predictions
from tests.evaluation.strategies import EXACT, many_cases, tied_label_sets, tied_predictions
from textcls_core.evaluation import row_scores


@many_cases
@given(tied_predictions())
def test_brier_equals_scikit_learn(predictions):
    size = len(predictions.label_names)
    expected = (
        brier_score_loss(predictions.true_label_ids, predictions.probabilities, labels=range(size))
        if size > 1
        else 0  # scikit-learn refuses a single class
    )

    assert row_scores.brier(predictions).mean() == pytest.approx(expected, **EXACT)


@many_cases
@given(tied_label_sets())
def test_brier_of_labels_equals_scikit_learns_of_every_label(predictions):
    columns = zip(predictions.targets.T, predictions.probabilities.T, strict=True)
    expected = [brier_score_loss(*column, labels=[False, True]) for column in columns]

    by_class = row_scores.class_brier(predictions.targets, predictions.probabilities)

    np.testing.assert_allclose(by_class, expected, rtol=0, atol=1e-12)
    assert row_scores.label_brier(predictions).mean() == pytest.approx(np.mean(expected), **EXACT)


@many_cases
@given(tied_predictions())
def test_top_k_equals_scikit_learn_with_the_classes_in_reverse_order(predictions):
    size = len(predictions.label_names)
    for k in range(1, size):
        expected = top_k_accuracy_score(
            size - 1 - predictions.true_label_ids,
            predictions.probabilities[:, ::-1] if size > 2 else predictions.probabilities[:, 0],
            k=k,
            labels=range(size),
        )
        is_tie_of_two = size == 2 and (predictions.probabilities[:, 0] == 0.5).any()
        if not is_tie_of_two:  # scikit-learn decides binary ties by a threshold
            assert row_scores.in_top(predictions, k).mean() == pytest.approx(expected, **EXACT)


@pytest.mark.parametrize("predictions", CASES.values(), ids=CASES)
def test_the_first_of_all_is_the_predicted_class(predictions):
    np.testing.assert_array_equal(row_scores.in_top(predictions, 1), ~predictions.is_mistake)
    assert row_scores.in_top(predictions, len(predictions.label_names)).all()


def test_of_equally_probable_classes_the_first_goes_before():
    assert row_scores.in_top(TIES, 1).tolist() == [True, False, False]
    assert row_scores.in_top(TIES, 2).tolist() == [True, True, True]


@pytest.mark.filterwarnings("ignore:A single label was found")
@many_cases
@given(tied_label_sets())
def test_label_ranking_equals_scikit_learn(predictions):
    expected = label_ranking_average_precision_score(predictions.targets, predictions.probabilities)

    assert row_scores.label_ranking(predictions).mean() == pytest.approx(expected, **EXACT)


def test_label_ranking_is_what_a_hand_computes():
    predictions = make_label_sets(
        [[1, 0, 1], [0, 0, 0], [1, 0, 0]], [[0.9, 0.8, 0.1], [0.1, 0.2, 0.3], [0.5, 0.5, 0.5]]
    )

    assert row_scores.label_ranking(predictions).tolist() == pytest.approx(
        [(1 + 2 / 3) / 2, 1, 1 / 3]
    )


def test_brier_is_what_a_hand_computes():
    three = make_predictions([0], [[0.5, 0.25, 0.25]])
    two = make_predictions([0], [[0.75, 0.25]], ["no", "yes"])

    assert row_scores.brier(three).tolist() == [0.25 + 2 * 0.0625]
    assert row_scores.brier(two).tolist() == [0.0625]
