"""Tests of the calibration of a split, as a whole and class by class."""

import json

import numpy as np
import pytest

from tests.cases import (
    CASES,
    CLASS_NEVER_PREDICTED,
    NO_EXAMPLE,
    make_label_sets,
    make_predictions,
)
from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.calibration import (
    claims_of,
    expected_calibration_error,
    reliability,
)
from textcls_core.evaluation.calibration_figures import ClassCalibration, calibration_of


def sure_and_wrong(num_rows, num_right):
    """Return rows that all get the first of two classes with 0.9; so many of them have it."""
    true = [0] * num_right + [1] * (num_rows - num_right)
    return make_predictions(true, [[0.9, 0.1]] * num_rows, ["yes", "no"])


def test_whole_split_is_measured_in_both_kinds_of_bins():
    predictions = sure_and_wrong(40, 20)

    found = calibration_of(predictions)

    assert found.by_width_or_mass("equal_width").expected_error == pytest.approx(0.4)
    assert found.by_width_or_mass("equal_mass").expected_error == pytest.approx(
        expected_calibration_error(predictions, binning="equal_mass")
    )
    assert found.loss == pytest.approx(-(np.log(0.9) + np.log(0.1)) / 2)


def test_class_is_measured_against_the_rest_and_where_it_is_given():
    one, other = calibration_of(sure_and_wrong(40, 20)).per_class

    assert (one.label, one.support, one.num_given) == ("yes", 20, 40)
    assert one.error == pytest.approx(0.4)
    assert (one.confidence, one.precision) == (pytest.approx(0.9), 0.5)
    assert one.gap == pytest.approx(0.4)
    assert one.verdict == "over-confident by 40.0 points"
    assert (other.label, other.support, other.error) == ("no", 20, pytest.approx(0.4))


def test_answers_are_the_predicted_class_of_every_row():
    found = calibration_of(sure_and_wrong(40, 20))

    assert found.given == found.equal_width
    assert found.to_json()["confidence_gap"] == pytest.approx(0.4)


def test_answers_are_the_labels_that_are_given():
    several = make_label_sets([[1, 0, 1], [0, 0, 1]], [[0.9, 0.1, 0.4], [0.5, 0.3, 0.8]])

    given = calibration_of(several).given

    assert given.num_claims == 3
    assert given.confidence == pytest.approx((0.9 + 0.5 + 0.8) / 3)
    assert given.accuracy == pytest.approx(2 / 3)


def test_no_label_given_is_no_answer():
    found = calibration_of(make_label_sets([[1, 0, 1]], [[0.4, 0.1, 0.4]]))

    assert found.given is None
    assert found.to_json()["confidence_gap"] is None


def test_a_class_that_is_never_given_has_no_verdict_but_an_error():
    last = calibration_of(CLASS_NEVER_PREDICTED).per_class[2]

    assert (last.num_given, last.confidence, last.precision, last.gap) == (0, None, None, None)
    assert last.verdict == "never given"
    assert last.error > 0


def test_gap_that_chance_may_explain_is_no_clear_gap():
    assert calibration_of(sure_and_wrong(10, 8)).per_class[0].verdict == "no clear gap"


def test_gap_below_is_under_confident():
    one = ClassCalibration("a", 100, 0.1, 100, 0.8, 0.95, (0.9, 0.98))

    assert one.verdict == "under-confident by 15.0 points"


def test_classwise_error_is_the_mean_over_the_classes():
    found = calibration_of(CLASS_NEVER_PREDICTED)

    errors = [
        reliability(claims_of(CLASS_NEVER_PREDICTED, label_id)).expected_error
        for label_id in range(3)
    ]
    assert found.classwise_error == pytest.approx(np.mean(errors))


def test_labels_are_given_from_one_half():
    several = make_label_sets([[1, 0, 1], [0, 0, 1]], [[0.9, 0.1, 0.4], [0.5, 0.3, 0.8]])

    first, second, third = calibration_of(several).per_class

    assert [one.num_given for one in (first, second, third)] == [2, 0, 1]
    assert (first.confidence, first.precision) == (pytest.approx(0.7), 0.5)
    assert (third.support, third.precision) == (2, 1.0)


@pytest.mark.parametrize("predictions", CASES.values(), ids=CASES)
def test_every_case_can_be_written_as_json(predictions):
    found = calibration_of(predictions).to_json()

    assert json.loads(json.dumps(found, allow_nan=False)) == json.loads(json.dumps(found))
    assert found["expected_calibration_error"] == expected_calibration_error(predictions)
    assert [one["label"] for one in found["per_class"]] == list(predictions.label_names)


def test_no_row_is_refused():
    with pytest.raises(InvalidArgumentError, match="Expected at least one prediction, got none"):
        calibration_of(NO_EXAMPLE)
