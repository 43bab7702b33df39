"""Tests of fitting a temperature: against SciPy, at the edges, and what it must never change."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, logsumexp

from tests.cases import (
    NO_EXAMPLE,
    ONE_CLASS,
    PERFECT,
    TIES,
    make_label_sets,
    make_predictions,
)
from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.by_task import figures_of, with_temperature
from textcls_core.evaluation.calibration import expected_calibration_error
from textcls_core.evaluation.temperature import (
    HIGHEST,
    LOWEST,
    NOTES,
    fit_temperature,
    optimal_temperature,
)
from textcls_core.models.probabilities import sigmoid, softmax

NUM_ROWS, NUM_CLASSES = 30, 4
LOGITS = arrays(np.float64, (NUM_ROWS, NUM_CLASSES), elements=st.floats(-12, 12))
TRUE = arrays(np.int64, NUM_ROWS, elements=st.integers(0, NUM_CLASSES - 1))
TARGETS = arrays(np.bool_, (NUM_ROWS, NUM_CLASSES))
TEMPERATURES = st.floats(LOWEST, HIGHEST)


def log_loss(logits, true, temperature):
    scaled = logits / temperature
    return (logsumexp(scaled, axis=1) - scaled[np.arange(len(true)), true]).mean()


def best_by_scipy(logits, true):
    """Return the log loss that SciPy's bounded search finds, in the logarithm of temperature."""
    return minimize_scalar(
        lambda place: log_loss(logits, true, np.exp(place)),
        bounds=(np.log(LOWEST), np.log(HIGHEST)),
        method="bounded",
        options={"xatol": 1e-10},
    ).fun


def sharpened(generator, factor, num_rows=2_000):
    """Return predictions of a model whose true temperature is `factor`, with its logits."""
    logits = generator.normal(0, 2, (num_rows, 5))
    true = (logits + generator.gumbel(size=logits.shape)).argmax(axis=1)
    return make_predictions(true, softmax(logits * factor), list("abcde"))


@given(LOGITS, TRUE)
def test_optimum_has_the_smallest_log_loss_within_the_bounds(logits, true):
    found = optimal_temperature(logits, true)

    assert LOWEST <= found <= HIGHEST
    assert log_loss(logits, true, found) <= best_by_scipy(logits, true) + 1e-9


@given(LOGITS.map(np.round), TRUE)  # differences below 1e-15 are lost in probabilities
def test_optimum_is_the_same_from_logits_and_from_probabilities(logits, true):
    found = optimal_temperature(log_softmax(logits, axis=1), true)

    assert found == pytest.approx(optimal_temperature(logits, true), rel=1e-6)


@pytest.mark.parametrize("factor", [0.5, 1.5, 3.0])
def test_true_temperature_is_found_again(generator, factor):
    found = fit_temperature(sharpened(generator, factor))

    assert found.optimum == pytest.approx(factor, rel=0.1)
    assert found.temperature == found.optimum
    assert found.ending == "fitted"
    assert found.loss_after < found.loss_before
    assert found.error_after < found.error_before


def test_figures_before_and_after_are_those_of_the_predictions(generator):
    predictions = sharpened(generator, 3.0, num_rows=200)

    found = fit_temperature(predictions)

    after = with_temperature(predictions, found.temperature)
    assert found.num_examples == 200
    assert found.loss_before == figures_of(predictions).loss
    assert found.loss_after == figures_of(after).loss
    assert found.error_before == expected_calibration_error(predictions)
    assert found.error_after == expected_calibration_error(after)


def test_one_temperature_serves_all_labels(generator):
    logits = generator.normal(0, 2, (1_000, 3))
    targets = generator.random((1_000, 3)) < sigmoid(logits)

    found = fit_temperature(make_label_sets(targets, sigmoid(2 * logits)))

    assert found.optimum == pytest.approx(2, rel=0.15)
    assert found.ending == "fitted"


@given(LOGITS, TARGETS)
def test_optimum_of_labels_has_the_smallest_log_loss(logits, targets):
    found = fit_temperature(make_label_sets(targets, sigmoid(logits), list("abcd")))

    pairs = np.stack([np.zeros(logits.size), logits.ravel()], axis=1)
    smallest = best_by_scipy(pairs, targets.ravel().astype(int))
    assert found.loss_after <= smallest + 1e-7


@given(LOGITS, TRUE, TEMPERATURES)
def test_no_temperature_changes_an_answer(logits, true, temperature):
    predictions = make_predictions(true, softmax(logits), list("abcd"))

    changed = with_temperature(predictions, temperature)

    assert (changed.predicted_label_ids == predictions.predicted_label_ids).all()
    assert figures_of(changed).accuracy == figures_of(predictions).accuracy


@given(LOGITS, TARGETS, TEMPERATURES)
def test_no_temperature_changes_a_label_that_is_given(logits, targets, temperature):
    predictions = make_label_sets(targets, sigmoid(logits), list("abcd"))

    changed = with_temperature(predictions, temperature)

    assert (changed.predicted == predictions.predicted).all()


@pytest.mark.parametrize("temperature", [LOWEST, 0.7, 3.0, HIGHEST])
def test_neighbouring_numbers_stay_in_their_order(temperature):
    half = np.nextafter(0.5, 0)
    near = make_predictions([1], [[half, 0.5]], ["a", "b"])
    labels = make_label_sets([[1, 0, 1]], [[half, 0.5, np.nextafter(0.5, 1)]])

    found = [with_temperature(one, temperature) for one in (near, labels)]

    assert found[0].predicted_label_ids.tolist() == [1]
    assert found[1].predicted.tolist() == [[False, True, True]]


@pytest.mark.parametrize("temperature", [LOWEST, 3.0, HIGHEST])
def test_ties_stay_ties(temperature):
    found = with_temperature(TIES, temperature)

    assert found.predicted_label_ids.tolist() == TIES.predicted_label_ids.tolist()
    assert found.probabilities[0, 0] == found.probabilities[0, 1]


@given(LOGITS, TRUE)
def test_calibration_error_on_validation_is_never_larger(logits, true):
    predictions = make_predictions(true, softmax(logits), list("abcd"))

    used = with_temperature(predictions, fit_temperature(predictions).temperature)

    assert expected_calibration_error(used) <= expected_calibration_error(predictions)


@given(LOGITS, TARGETS)
def test_calibration_error_of_labels_on_validation_is_never_larger(logits, targets):
    predictions = make_label_sets(targets, sigmoid(logits), list("abcd"))

    used = with_temperature(predictions, fit_temperature(predictions).temperature)

    assert expected_calibration_error(used) <= expected_calibration_error(predictions)


def test_temperature_that_makes_calibration_worse_is_not_used():
    true = [0] * 950 + [1] * 50 + [0] * 180 + [1] * 20
    rows = [[0.95, 0.05]] * 1_000 + [[0.6, 0.4]] * 200  # the first right, the others too modest

    found = fit_temperature(make_predictions(true, rows, ["a", "b"]))

    assert found.loss_after < found.loss_before
    assert found.error_after > found.error_before == pytest.approx(0.05)
    assert found.optimum == pytest.approx(0.95, abs=0.01)
    assert (found.temperature, found.ending) == (1, "worse")
    assert "would make the calibration error of the validation rows larger" in found.note


def test_rows_that_are_all_right_give_the_bound_and_a_note():
    found = fit_temperature(PERFECT)

    assert found.optimum == LOWEST
    assert found.temperature == 1
    assert found.ending == "all right"
    assert found.note.startswith("Every validation answer is right")


def test_labels_that_are_all_right_give_the_bound_and_a_note():
    found = fit_temperature(make_label_sets([[1, 0, 1]], [[0.9, 0.1, 0.7]]))

    assert (found.optimum, found.temperature, found.ending) == (LOWEST, 1, "all right")


def test_certain_rows_that_are_all_right_are_no_trouble():
    found = fit_temperature(make_predictions([0, 1, 2], np.eye(3)))

    assert (found.optimum, found.temperature, found.loss_after) == (LOWEST, 1, 0)


def test_certain_rows_of_which_one_is_wrong_are_no_trouble():
    found = fit_temperature(make_predictions([0, 1, 1], np.eye(3)))

    assert np.isfinite(found.optimum)
    assert found.ending in NOTES


def test_probabilities_that_are_worse_than_none_are_left_alone():
    found = fit_temperature(make_predictions([1, 1, 0], [[0.9, 0.1]] * 3, ["a", "b"]))

    assert (found.optimum, found.temperature, found.ending) == (HIGHEST, 1, "beyond")
    assert "from 0.05 to 20" in found.note


def test_probabilities_that_hardly_differ_are_left_alone():
    rows = [[0.5001, 0.4999]] * 9 + [[0.5001, 0.4999]]

    found = fit_temperature(make_predictions([0] * 9 + [1], rows, ["a", "b"]))

    assert (found.optimum, found.temperature, found.ending) == (LOWEST, 1, "beyond")


@pytest.mark.parametrize(
    "predictions",
    [ONE_CLASS, make_predictions([0, 1], [[0.5, 0.5]] * 2, ["a", "b"])],
    ids=["one class", "all alike"],
)
def test_where_no_temperature_changes_anything_it_stays_one(predictions):
    found = fit_temperature(predictions)

    assert (found.optimum, found.temperature) == (1, 1)


def test_json_says_what_to_use_and_why(generator):
    found = fit_temperature(sharpened(generator, 2.0, num_rows=300)).to_json()

    assert found["temperature"] == found["optimum"] != 1
    assert found["ending"] == "fitted"
    assert found["note"] == NOTES["fitted"]
    assert found["num_examples"] == 300


def test_no_row_is_refused():
    with pytest.raises(InvalidArgumentError, match="Expected at least one prediction, got none"):
        fit_temperature(NO_EXAMPLE)
