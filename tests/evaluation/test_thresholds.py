"""Tests of tuned thresholds, against scikit-learn and against trying everything."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import f1_score, precision_recall_curve

from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.rule import DecisionRule
from textcls_core.evaluation.thresholds import (
    NEVER,
    climb_class_thresholds,
    tune_class_thresholds,
    tune_label_thresholds,
)

SHARES = st.integers(1, 19).map(lambda twentieth: twentieth / 20)
COLUMN = arrays(np.float64, 12, elements=SHARES)
TRUTH = arrays(np.bool_, 12)


def answers(probabilities: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    rule = DecisionRule(kind="thresholds", thresholds=tuple(thresholds.tolist()))
    return rule.decide(probabilities, "single_label").label_ids


def macro_f1(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Return the mean F1 of the classes that have rows; scikit-learn's takes 30 times as long."""
    hits = {c: ((truth == c) & (predicted == c)).sum() for c in np.unique(truth)}
    return float(np.mean([2 * h / ((truth == c).sum() + (predicted == c).sum())
                          for c, h in hits.items()]))  # fmt: skip


def drawn(seed: int, size: int = 60, num_classes: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Return probabilities and true classes of a model that neglects the last class."""
    generator = np.random.default_rng(seed)
    truth = generator.choice(num_classes, size, p=[0.4, 0.3, 0.2, 0.1])
    logits = generator.normal(size=(size, num_classes)) + 1.2 * np.eye(num_classes)[truth]
    logits[:, -1] -= 1.0
    powers = np.exp(logits)
    return powers / powers.sum(axis=1, keepdims=True), truth


@given(COLUMN, TRUTH.filter(np.any))
def test_label_threshold_reaches_the_best_f1_there_is(probabilities, truth):
    threshold = tune_label_thresholds(probabilities[:, None], truth[:, None])[0]

    given_labels = probabilities >= threshold
    precision, recall, _ = precision_recall_curve(truth, probabilities)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    assert f1_score(truth, given_labels) == pytest.approx(f1.max())


@given(COLUMN, TRUTH, SHARES)
def test_label_threshold_for_a_precision_keeps_it_and_gives_most(probabilities, truth, wanted):
    threshold = tune_label_thresholds(probabilities[:, None], truth[:, None], "precision", wanted)

    given_labels = probabilities >= threshold[0]
    cuts = [probabilities >= cut for cut in np.unique(probabilities)]
    passing = [(cut & truth).sum() for cut in cuts if (cut & truth).sum() >= wanted * cut.sum()]
    if truth.any():
        assert (given_labels & truth).sum() == max(passing, default=0)
        assert (given_labels & truth).sum() >= wanted * given_labels.sum() - 1e-9


@given(COLUMN, TRUTH, SHARES)
def test_label_threshold_for_a_recall_keeps_it(probabilities, truth, wanted):
    threshold = tune_label_thresholds(probabilities[:, None], truth[:, None], "recall", wanted)

    found = (probabilities >= threshold[0]) & truth
    assert found.sum() >= wanted * truth.sum() - 1e-9 or not truth.any()


def test_label_threshold_lies_half_way_and_nearest_to_one_half():
    probabilities = np.array([[0.9], [0.8], [0.4], [0.1]])
    targets = np.array([[1], [1], [0], [0]], dtype=bool)

    assert tune_label_thresholds(probabilities, targets) == pytest.approx([0.6])


def test_label_without_rows_keeps_one_half():
    probabilities, targets = np.array([[0.9], [0.2]]), np.zeros((2, 1), dtype=bool)

    assert tune_label_thresholds(probabilities, targets).tolist() == [0.5]


def test_label_that_cannot_reach_the_precision_is_given_at_certainty_only():
    probabilities, targets = np.array([[0.9], [0.2]]), np.array([[False], [True]])

    assert tune_label_thresholds(probabilities, targets, "precision", 0.9).tolist() == [NEVER]


@pytest.mark.parametrize("seed", range(5))
def test_class_thresholds_never_lower_macro_f1_where_they_are_tuned(seed):
    probabilities, truth = drawn(seed)

    tuned = answers(probabilities, climb_class_thresholds(probabilities, truth))

    assert macro_f1(truth, tuned) >= macro_f1(truth, probabilities.argmax(axis=1))


def test_class_thresholds_help_a_neglected_class():
    probabilities, truth = drawn(1, size=2_000)

    thresholds = climb_class_thresholds(probabilities, truth)

    gain = macro_f1(truth, answers(probabilities, thresholds)) - macro_f1(
        truth, probabilities.argmax(axis=1)
    )
    assert gain > 0.02
    assert thresholds.argmin() == 3


@pytest.mark.parametrize("seed", range(3))
def test_no_other_single_threshold_gives_a_better_macro_f1(seed):
    probabilities, truth = drawn(seed, size=40)
    thresholds = climb_class_thresholds(probabilities, truth)
    reached = macro_f1(truth, answers(probabilities, thresholds))

    others = [
        macro_f1(truth, answers(probabilities, np.where(np.arange(4) == c, t, thresholds)))
        for c in range(4)
        for t in thresholds[c] * np.geomspace(0.2, 5, 40)
    ]

    assert max(others) <= reached + 1e-9


@given(COLUMN, TRUTH)
def test_two_class_thresholds_are_the_best_of_all(first, truth):
    probabilities = np.stack([1 - first, first], axis=1)
    cuts = np.concatenate([np.unique(first) - 0.01, [0.96]])
    expected = max(macro_f1(truth.astype(int), (first >= cut).astype(int)) for cut in cuts)

    thresholds = climb_class_thresholds(probabilities, truth.astype(np.int64))

    assert thresholds.sum() == pytest.approx(1)
    assert macro_f1(truth, answers(probabilities, thresholds)) == pytest.approx(expected)


def test_class_thresholds_of_a_perfect_model_change_nothing():
    probabilities = np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]])

    thresholds = climb_class_thresholds(probabilities, np.array([0, 1, 2]))

    assert thresholds.tolist() == [0.5, 0.5, 0.5]


def test_class_thresholds_survive_a_probability_of_zero():
    probabilities = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])

    thresholds = climb_class_thresholds(probabilities, np.array([0, 1, 1]))

    assert np.isfinite(thresholds).all()


def test_class_without_rows_keeps_its_threshold():
    probabilities, truth = drawn(2)
    known = truth[truth < 3]

    thresholds = climb_class_thresholds(probabilities[truth < 3], known)

    assert np.isfinite(thresholds).all()
    assert np.median(thresholds) == pytest.approx(0.5)


@pytest.mark.parametrize("at_least", [0.0, 1.5])
def test_share_to_reach_out_of_range_is_refused(at_least):
    with pytest.raises(InvalidArgumentError, match="Expected a share above 0 and at most 1"):
        tune_label_thresholds(np.array([[0.5]]), np.array([[True]]), "precision", at_least)


def test_label_thresholds_without_rows_are_refused():
    with pytest.raises(InvalidArgumentError, match="Expected validation rows to tune"):
        tune_label_thresholds(np.zeros((0, 2)), np.zeros((0, 2), dtype=bool))


def test_class_thresholds_without_rows_are_refused():
    with pytest.raises(InvalidArgumentError, match="Expected validation rows to tune"):
        climb_class_thresholds(np.zeros((0, 2)), np.zeros(0, dtype=np.int64))


@pytest.mark.parametrize("seed", range(4))
def test_tuned_thresholds_do_no_harm_where_classes_have_few_rows(seed):
    generator = np.random.default_rng(seed)
    truth = generator.integers(0, 40, 2_400)
    logits = generator.normal(size=(2_400, 40)) + 4.0 * np.eye(40)[truth]
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    seen, new = slice(0, 400), slice(400, None)

    tuned = answers(shares[new], tune_class_thresholds(shares[seen], truth[seen]))
    climbed = answers(shares[new], climb_class_thresholds(shares[seen], truth[seen]))

    plain = macro_f1(truth[new], shares[new].argmax(axis=1))
    assert macro_f1(truth[new], climbed) < plain - 0.01
    assert macro_f1(truth[new], tuned) > plain - 0.01


def test_tuned_thresholds_help_a_neglected_class_on_new_rows():
    probabilities, truth = drawn(1, size=4_000)
    seen, new = slice(0, 2_000), slice(2_000, None)

    tuned = answers(probabilities[new], tune_class_thresholds(probabilities[seen], truth[seen]))

    plain = macro_f1(truth[new], probabilities[new].argmax(axis=1))
    assert macro_f1(truth[new], tuned) > plain + 0.005


def test_tuned_thresholds_do_not_depend_on_the_order_of_the_rows():
    probabilities, truth = drawn(3, size=300)
    order = np.random.default_rng(0).permutation(300)

    there, here = (
        tune_class_thresholds(probabilities, truth),
        tune_class_thresholds(probabilities[order], truth[order]),
    )

    assert here == pytest.approx(there)


def test_too_few_rows_to_leave_some_out_change_nothing():
    thresholds = tune_class_thresholds(np.array([[0.6, 0.4], [0.7, 0.3]]), np.array([1, 0]))

    assert thresholds.tolist() == [0.5, 0.5]


def test_tuned_thresholds_without_rows_are_refused():
    with pytest.raises(InvalidArgumentError, match="Expected validation rows to tune"):
        tune_class_thresholds(np.zeros((0, 2)), np.zeros(0, dtype=np.int64))
