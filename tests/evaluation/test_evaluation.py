import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    f1_score,
    log_loss,
    precision_recall_fscore_support,
)

from tests.cases import (
    ALL_WRONG,
    CASES,
    CLASS_ABSENT,
    CLASS_NEVER_PREDICTED,
    CLASS_NEVER_TRUE,
    MIXED,
    NO_EXAMPLE,
    ONE_CLASS,
    ONE_EXAMPLE,
    PERFECT,
    TIES,
    make_predictions,
)
from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.evaluation import evaluate

EXACT = {"rel": 0, "abs": 1e-12}
every_case = pytest.mark.parametrize("predictions", CASES.values(), ids=CASES)
many_cases = settings(max_examples=60)


@st.composite
def any_predictions(draw):
    """Draw 1 to 30 rows of 1 to 6 classes; absent classes are frequent."""
    label_ids = st.integers(0, draw(st.integers(0, 5)))
    pairs = draw(st.lists(st.tuples(label_ids, label_ids), min_size=1, max_size=30))
    num_labels = 1 + max(map(max, pairs))
    probabilities = 0.5 * np.eye(num_labels)[[label_id for _, label_id in pairs]] + 0.5 / num_labels
    names = [f"class {c}" for c in range(num_labels)]
    return make_predictions([label_id for label_id, _ in pairs], probabilities, names)


def check_per_class(predictions) -> None:
    """Compare precision, recall, F1 and support of every class with scikit-learn."""
    expected = precision_recall_fscore_support(
        predictions.true_label_ids,
        predictions.predicted_label_ids,
        labels=range(len(predictions.label_names)),
        zero_division=0,
    )
    found = [(c.precision, c.recall, c.f1, c.support) for c in evaluate(predictions).per_class]
    np.testing.assert_allclose(np.transpose(found), expected, rtol=0, atol=1e-12)


def sklearn_f1(predictions, average: str) -> float:
    return f1_score(
        predictions.true_label_ids,
        predictions.predicted_label_ids,
        average=average,
        zero_division=0,
    )


# Against scikit-learn


@many_cases
@given(any_predictions())
def test_accuracy_equals_scikit_learn(predictions):
    expected = accuracy_score(predictions.true_label_ids, predictions.predicted_label_ids)

    assert evaluate(predictions).accuracy == pytest.approx(expected, **EXACT)


@many_cases
@given(any_predictions())
def test_macro_f1_equals_scikit_learn(predictions):
    expected = sklearn_f1(predictions, "macro")

    assert evaluate(predictions).macro_f1 == pytest.approx(expected, **EXACT)


@many_cases
@given(any_predictions())
def test_weighted_f1_equals_scikit_learn(predictions):
    expected = sklearn_f1(predictions, "weighted")

    assert evaluate(predictions).weighted_f1 == pytest.approx(expected, **EXACT)


@many_cases
@given(any_predictions())
def test_class_figures_equal_scikit_learn(predictions):
    check_per_class(predictions)


@pytest.mark.filterwarnings("ignore:A single label was found")  # scikit-learn, one class
@many_cases
@given(any_predictions())
def test_confusion_equals_scikit_learn(predictions):
    expected = confusion_matrix(
        predictions.true_label_ids,
        predictions.predicted_label_ids,
        labels=range(len(predictions.label_names)),
    )

    np.testing.assert_array_equal(evaluate(predictions).confusion, expected)


@every_case
def test_named_cases_equal_scikit_learn_in_every_class(predictions):
    check_per_class(predictions)


@every_case
@pytest.mark.parametrize("average", ["macro", "weighted"])
def test_named_cases_equal_scikit_learn_on_average(predictions, average):
    found = getattr(evaluate(predictions), f"{average}_f1")

    assert found == pytest.approx(sklearn_f1(predictions, average), **EXACT)


@pytest.mark.parametrize("predictions", [PERFECT, ALL_WRONG, MIXED, CLASS_ABSENT])
def test_loss_equals_scikit_learn(predictions):
    expected = log_loss(predictions.true_label_ids, predictions.probabilities, labels=range(3))

    assert evaluate(predictions).loss == pytest.approx(expected, **EXACT)


# By hand


def test_perfect_predictions_score_one():
    result = evaluate(PERFECT)

    assert (result.accuracy, result.macro_f1, result.weighted_f1) == (1, 1, 1)


def test_wrong_predictions_score_zero():
    result = evaluate(ALL_WRONG)

    assert (result.accuracy, result.macro_f1, result.weighted_f1) == (0, 0, 0)


def test_mixed_predictions_score_what_a_hand_computes():
    result = evaluate(MIXED)

    assert result.accuracy == pytest.approx(4 / 6)
    assert [figures.f1 for figures in result.per_class] == pytest.approx([4 / 5, 1 / 2, 2 / 3])
    assert result.macro_f1 == pytest.approx((4 / 5 + 1 / 2 + 2 / 3) / 3)
    assert result.weighted_f1 == pytest.approx((3 * 4 / 5 + 2 * 1 / 2 + 1 * 2 / 3) / 6)


def test_macro_f1_leaves_out_a_class_that_never_occurs():
    result = evaluate(CLASS_ABSENT)

    assert result.macro_f1 == pytest.approx((2 / 3 + 2 / 3) / 2)


def test_macro_f1_counts_a_class_that_was_only_predicted():
    result = evaluate(CLASS_NEVER_TRUE)

    assert result.macro_f1 == pytest.approx((1 + 2 / 3 + 0) / 3)


@pytest.mark.parametrize("predictions", [CLASS_ABSENT, CLASS_NEVER_PREDICTED, CLASS_NEVER_TRUE])
def test_undefined_figures_are_zero(predictions):
    last = evaluate(predictions).per_class[2]

    assert (last.precision, last.recall, last.f1) == (0, 0, 0)


def test_ties_count_for_the_first_class():
    assert evaluate(TIES).confusion.tolist() == [[1, 0, 0], [1, 0, 0], [0, 1, 0]]


def test_one_example_can_be_evaluated():
    assert evaluate(ONE_EXAMPLE).num_examples == 1


def test_one_class_can_be_evaluated():
    assert evaluate(ONE_CLASS).macro_f1 == 1


@pytest.mark.parametrize(
    ("predictions", "expected"), [(MIXED, 1 / 2), (TIES, 1 / 3), (PERFECT, 1 / 2)]
)
def test_majority_accuracy_is_that_of_the_most_frequent_class(predictions, expected):
    assert evaluate(predictions).majority_accuracy == pytest.approx(expected)


def test_loss_is_the_mean_cross_entropy():
    result = evaluate(make_predictions([0, 1], [[0.5, 0.5, 0], [0.75, 0.25, 0]]))

    assert result.loss == pytest.approx((math.log(2) + math.log(4)) / 2)


@every_case
def test_confusion_counts_every_row_once(predictions):
    assert evaluate(predictions).confusion.sum() == len(predictions)


@every_case
def test_support_is_the_row_sum_of_the_confusion(predictions):
    result = evaluate(predictions)

    assert [c.support for c in result.per_class] == result.confusion.sum(axis=1).tolist()


def test_evaluation_does_not_depend_on_the_order_of_rows():
    backwards = make_predictions(MIXED.true_label_ids[::-1], MIXED.probabilities[::-1])

    assert evaluate(backwards).per_class == evaluate(MIXED).per_class
    assert evaluate(backwards).loss == pytest.approx(evaluate(MIXED).loss, **EXACT)


def test_evaluation_of_no_rows_is_refused():
    with pytest.raises(
        InvalidArgumentError,
        match=r"Expected at least one prediction, got none\. Choose another split",
    ):
        evaluate(NO_EXAMPLE)


# The stable form


def test_json_has_the_fields_scripts_rely_on():
    result = evaluate(CLASS_ABSENT).to_json()

    assert {"num_examples", "accuracy", "macro_f1", "weighted_f1", "per_class", "confusion"} <= set(
        result
    )
    assert result["confusion"] == {
        "labels": ["ham", "spam", "news"],
        "counts": [[1, 1, 0], [0, 1, 0], [0, 0, 0]],
    }
    assert result["per_class"][0] == {
        "label": "ham",
        "precision": 1.0,
        "recall": 0.5,
        "f1": pytest.approx(2 / 3),
        "support": 2,
    }


@every_case
def test_json_can_be_written(predictions):
    result = evaluate(predictions).to_json()

    assert json.loads(json.dumps(result, allow_nan=False)) == result
