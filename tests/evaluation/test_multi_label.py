"""Tests of predictions with any number of labels, and of their figures."""

import json
import math

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.metrics import (
    accuracy_score,
    f1_score,
    hamming_loss,
    log_loss,
    precision_recall_fscore_support,
    recall_score,
)

from tests.cases import make_label_sets
from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.multi_label import MultiLabelPredictions, evaluate_multi_label

EXACT = {"rel": 0, "abs": 1e-12}
many_cases = settings(max_examples=60)
MIXED = make_label_sets(
    [[1, 1, 0], [1, 0, 0], [0, 0, 0], [1, 1, 0]],
    [[0.9, 0.8, 0.1], [0.4, 0.5, 0.2], [0.1, 0.2, 0.3], [0.7, 0.6, 0.9]],
)
"""The second row has a wrong label instead of its own, the fourth one too many."""


@st.composite
def any_label_sets(draw):
    """Draw 1 to 20 rows of 2 to 6 labels; labels that never occur and empty rows are frequent."""
    shape = (draw(st.integers(1, 20)), draw(st.integers(2, 6)))
    targets = draw(arrays.arrays(np.bool_, shape))
    probabilities = draw(arrays.arrays(np.float64, shape, elements=st.floats(0, 1)))
    return make_label_sets(targets, probabilities, [f"label {c}" for c in range(shape[1])])


def sklearn_f1(predictions, average):
    return f1_score(predictions.targets, predictions.predicted, average=average, zero_division=0)


# Against scikit-learn


@many_cases
@given(any_label_sets())
def test_accuracy_equals_scikit_learn(predictions):
    expected = accuracy_score(predictions.targets, predictions.predicted)

    assert evaluate_multi_label(predictions).accuracy == pytest.approx(expected, **EXACT)


@many_cases
@given(any_label_sets())
def test_averages_of_f1_equal_scikit_learn(predictions):
    found = evaluate_multi_label(predictions)

    assert found.macro_f1 == pytest.approx(sklearn_f1(predictions, "macro"), **EXACT)
    assert found.micro_f1 == pytest.approx(sklearn_f1(predictions, "micro"), **EXACT)
    assert found.weighted_f1 == pytest.approx(sklearn_f1(predictions, "weighted"), **EXACT)


@many_cases
@given(any_label_sets())
def test_balanced_accuracy_equals_scikit_learns_recall_of_the_labels_that_occur(predictions):
    occurring = np.flatnonzero(predictions.targets.any(axis=0))
    expected = (
        recall_score(
            predictions.targets[:, occurring],
            predictions.predicted[:, occurring],
            labels=range(len(occurring)),
            average="macro",
            zero_division=0,
        )
        if len(occurring) > 1
        else predictions.predicted[predictions.targets].mean()
        if len(occurring)
        else 0
    )

    assert evaluate_multi_label(predictions).balanced_accuracy == pytest.approx(expected, **EXACT)


@many_cases
@given(any_label_sets())
def test_hamming_loss_equals_scikit_learn(predictions):
    expected = hamming_loss(predictions.targets, predictions.predicted)

    assert evaluate_multi_label(predictions).hamming_loss == pytest.approx(expected, **EXACT)


@many_cases
@given(any_label_sets())
def test_loss_equals_scikit_learns_mean_over_the_labels(predictions):
    columns = zip(predictions.targets.T, predictions.probabilities.T, strict=True)
    expected = np.mean([log_loss(*column, labels=[False, True]) for column in columns])

    assert evaluate_multi_label(predictions).loss == pytest.approx(expected, **EXACT)


@many_cases
@given(any_label_sets())
def test_class_figures_equal_scikit_learn(predictions):
    expected = precision_recall_fscore_support(
        predictions.targets, predictions.predicted, zero_division=0
    )

    result = evaluate_multi_label(predictions)

    found = [(c.precision, c.recall, c.f1, c.support) for c in result.per_class]
    np.testing.assert_allclose(np.transpose(found), expected, rtol=0, atol=1e-12)


@many_cases
@given(any_label_sets())
def test_majority_accuracy_is_reached_by_one_answer_and_not_surpassed(predictions):
    answers = np.unique(predictions.targets, axis=0)

    accuracies = [(predictions.targets == answer).all(axis=1).mean() for answer in answers]

    found = evaluate_multi_label(predictions).majority_accuracy
    assert found == pytest.approx(max(accuracies), **EXACT)


@many_cases
@given(any_label_sets())
def test_json_can_be_written(predictions):
    result = evaluate_multi_label(predictions).to_json()

    assert json.loads(json.dumps(result, allow_nan=False)) == result


# By hand


def test_figures_are_what_a_hand_computes():
    result = evaluate_multi_label(MIXED)

    assert result.num_examples == 4
    assert result.accuracy == pytest.approx(2 / 4)
    assert [c.f1 for c in result.per_class] == pytest.approx([4 / 5, 4 / 5, 0])
    assert [c.support for c in result.per_class] == [3, 2, 0]
    assert result.macro_f1 == pytest.approx((4 / 5 + 4 / 5) / 3)
    assert result.micro_f1 == pytest.approx(2 * 4 / (5 + 6))
    assert result.weighted_f1 == pytest.approx(4 / 5)
    assert result.balanced_accuracy == pytest.approx((2 / 3 + 1) / 2)
    assert result.hamming_loss == pytest.approx(3 / 12)
    assert result.majority_accuracy == pytest.approx(2 / 4)


def test_rows_without_any_label_can_be_evaluated():
    result = evaluate_multi_label(make_label_sets([[0, 0, 0]] * 2, [[0.1, 0.2, 0.3]] * 2))

    assert (result.accuracy, result.majority_accuracy, result.hamming_loss) == (1, 1, 0)
    assert (result.balanced_accuracy, result.macro_f1, result.micro_f1) == (0, 0, 0)


def test_one_label_can_be_evaluated():
    result = evaluate_multi_label(make_label_sets([[1], [0]], [[0.9], [0.7]], ["only"]))

    assert (result.accuracy, result.per_class[0].precision) == (0.5, 0.5)


def test_evaluation_of_no_rows_is_refused():
    with pytest.raises(InvalidArgumentError, match="Expected at least one prediction, got none"):
        evaluate_multi_label(make_label_sets([], []))


def test_json_has_the_fields_scripts_rely_on():
    result = evaluate_multi_label(MIXED).to_json()

    assert set(result) == {
        *("num_examples", "accuracy", "balanced_accuracy", "macro_f1", "micro_f1", "weighted_f1"),
        *("hamming_loss", "loss", "majority_accuracy", "per_class"),
    }
    assert set(result["per_class"][0]) == {"label", "precision", "recall", "f1", "support"}


# The predictions themselves


def test_a_label_is_given_from_one_half_on():
    predictions = make_label_sets([[1, 0, 0]], [[0.5, 0.4999, 1.0]])

    assert predictions.predicted.tolist() == [[True, False, True]]


def test_loss_is_the_mean_binary_cross_entropy_of_a_row():
    predictions = make_label_sets([[1, 0, 0]], [[0.25, 0.25, 0.0]])

    assert predictions.loss.tolist() == pytest.approx([(math.log(4) + math.log(4 / 3)) / 3])


def test_loss_of_an_impossible_label_is_finite():
    predictions = make_label_sets([[1, 0, 0]], [[0.0, 0.0, 1.0]])

    assert predictions.loss.tolist() == pytest.approx([2 * 36.04 / 3], rel=1e-3)


@pytest.mark.parametrize("dtype", [np.bool_, np.int64, np.float32])
def test_targets_may_be_any_kind_of_zeros_and_ones(dtype):
    predictions = MultiLabelPredictions(
        ("a",), np.array([[1, 0]], dtype), np.array([[0.9, 0.8]]), ("x", "y")
    )

    assert evaluate_multi_label(predictions).hamming_loss == 0.5


@pytest.mark.parametrize(
    ("targets", "probabilities", "message"),
    [
        ([[1, 0]], [[0.5]], r"Expected probabilities and targets of shape \(1, 2\), got \(1, 1\)"),
        ([[1]], [[0.5, 0.5]], r"of shape \(1, 2\), got \(1, 2\) and \(1, 1\)\."),
        ([[1, 2]], [[0.5, 0.5]], r"Expected 0 or 1 for every label of every row\."),
        ([[1, 0]], [[0.5, 1.1]], r"Expected probabilities from 0 to 1\."),
        ([[1, 0]], [[-0.1, 0.5]], r"Expected probabilities from 0 to 1\."),
        ([[1, 0]], [[math.nan, 0.5]], r"Expected probabilities from 0 to 1\."),
    ],
)
def test_arrays_that_do_not_belong_together_are_refused(targets, probabilities, message):
    with pytest.raises(InvalidArgumentError, match=message):
        MultiLabelPredictions(("a",), np.array(targets), np.array(probabilities), ("x", "y"))


@many_cases
@given(any_label_sets())
def test_saved_predictions_come_back_unchanged(tmp_path_factory, predictions):
    file = tmp_path_factory.mktemp("saved") / "predictions" / "test.parquet"

    predictions.save(file)

    loaded = MultiLabelPredictions.load(file)
    assert (loaded.row_ids, loaded.label_names) == (predictions.row_ids, predictions.label_names)
    np.testing.assert_array_equal(loaded.targets, predictions.targets)
    np.testing.assert_array_equal(loaded.probabilities, predictions.probabilities)
    np.testing.assert_array_equal(pq.read_table(file)["loss"], predictions.loss)


@pytest.mark.parametrize("name", ["p0", "t0", "row_id", '"', "<b>", ""])
def test_saved_predictions_keep_hostile_label_names(tmp_path, name):
    make_label_sets([[1, 0]], [[0.5, 0.5]], [name, "other"]).save(tmp_path / "test.parquet")

    loaded = MultiLabelPredictions.load(tmp_path / "test.parquet")

    assert loaded.label_names == (name, "other")
