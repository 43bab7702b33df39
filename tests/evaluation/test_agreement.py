"""Tests of the figures of decisions, against scikit-learn and by hand."""

import numpy as np
import pytest
from hypothesis import given
from sklearn.metrics import (
    balanced_accuracy_score,
    cohen_kappa_score,
    f1_score,
    hamming_loss,
    matthews_corrcoef,
)

from tests.cases import CASES, ONE_CLASS, PERFECT
from tests.evaluation.strategies import EXACT, many_cases, tied_label_sets, tied_predictions
from textcls_core.evaluation import agreement
from textcls_core.evaluation.agreement import Tally, decision_table

every_case = pytest.mark.parametrize("predictions", CASES.values(), ids=CASES)


def tally_of(predictions) -> Tally:
    eye = np.eye(len(predictions.label_names), dtype=bool)
    table = decision_table(eye[predictions.true_label_ids], eye[predictions.predicted_label_ids])
    return Tally.of_sums(table.sum(axis=0))


def tally_of_sets(predictions) -> Tally:
    return Tally.of_sums(decision_table(predictions.targets, predictions.predicted).sum(axis=0))


@pytest.mark.filterwarnings("ignore:A single label was found")  # scikit-learn, one class
@many_cases
@given(tied_predictions())
def test_matthews_equals_scikit_learn(predictions):
    expected = matthews_corrcoef(predictions.true_label_ids, predictions.predicted_label_ids)

    assert agreement.matthews(tally_of(predictions)) == pytest.approx(expected, **EXACT)


@pytest.mark.filterwarnings("ignore:A single label was found")  # scikit-learn, one class
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
@many_cases
@given(tied_predictions())
def test_kappa_equals_scikit_learn_and_is_zero_where_that_is_undefined(predictions):
    expected = cohen_kappa_score(
        predictions.true_label_ids, predictions.predicted_label_ids, replace_undefined_by=0.0
    )

    assert agreement.cohen_kappa(tally_of(predictions)) == pytest.approx(expected, **EXACT)


@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")  # scikit-learn
@pytest.mark.filterwarnings("ignore:A single label was found")
@many_cases
@given(tied_predictions())
def test_balanced_accuracy_equals_scikit_learn(predictions):
    expected = balanced_accuracy_score(predictions.true_label_ids, predictions.predicted_label_ids)

    assert agreement.balanced_accuracy(tally_of(predictions)) == pytest.approx(expected, **EXACT)


@many_cases
@given(tied_predictions())
def test_micro_f1_of_one_label_is_the_accuracy(predictions):
    tally = tally_of(predictions)
    expected = f1_score(
        predictions.true_label_ids, predictions.predicted_label_ids, average="micro"
    )

    assert agreement.micro_f1(tally) == pytest.approx(expected, **EXACT)
    assert agreement.micro_f1(tally) == pytest.approx(agreement.accuracy(tally), **EXACT)


@pytest.mark.filterwarnings("ignore:A single label was found")
@many_cases
@given(tied_label_sets())
def test_hamming_loss_of_label_sets_equals_scikit_learn(predictions):
    expected = hamming_loss(predictions.targets, predictions.predicted)

    assert agreement.hamming_loss(tally_of_sets(predictions)) == pytest.approx(expected, **EXACT)


@every_case
def test_many_samples_at_once_give_what_each_gives_alone(predictions):
    eye = np.eye(len(predictions.label_names), dtype=bool)
    table = decision_table(eye[predictions.true_label_ids], eye[predictions.predicted_label_ids])
    sums = np.stack([table.sum(axis=0), table[:1].sum(axis=0)])
    figures = [
        *(agreement.accuracy, agreement.balanced_accuracy, agreement.macro_f1, agreement.micro_f1),
        *(agreement.weighted_f1, agreement.matthews, agreement.cohen_kappa),
    ]

    for figure in figures:
        together = figure(Tally.of_sums(sums))
        alone = [float(figure(Tally.of_sums(line))) for line in sums]
        assert together.tolist() == pytest.approx(alone, **EXACT)


def test_perfect_predictions_agree_entirely():
    tally = tally_of(PERFECT)

    assert (agreement.matthews(tally), agreement.cohen_kappa(tally)) == (1, 1)


def test_one_class_says_nothing_beyond_chance():
    tally = tally_of(ONE_CLASS)

    assert (agreement.matthews(tally), agreement.cohen_kappa(tally)) == (0, 0)


def test_matthews_of_many_rows_does_not_overflow():
    half = np.array([2_000_000_000, 2_000_000_000])
    tally = Tally(half, half, half, half.sum(), half.sum())

    assert agreement.matthews(tally) == pytest.approx(1)
