"""Tests of prediction sets: scores, quantile, sets, and the coverage they promise."""

import numpy as np
import pytest

from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.conformal import (
    Conformal,
    calibrate,
    conformity_scores,
    prediction_sets,
    set_figures,
)
from textcls_core.evaluation.decision import tempered
from textcls_core.models.probabilities import softmax

NUM_SIMULATIONS, NUM_CALIBRATION, NUM_TEST, NUM_CLASSES = 200, 400, 400, 5


def simulate(generator: np.random.Generator, temperature: float) -> tuple[np.ndarray, np.ndarray]:
    """Return probabilities of a model that is far too sure, and true classes."""
    size = NUM_CALIBRATION + NUM_TEST
    logits = generator.normal(size=(size, NUM_CLASSES))
    noise = generator.gumbel(size=logits.shape)
    truth = (1.5 * logits + noise).argmax(axis=1)  # drawn from softmax(1.5 logits)
    return tempered(softmax(4.0 * logits), temperature, "single_label"), truth


def simulated_coverages(coverage: float, method: str, temperature: float) -> np.ndarray:
    """Return the share of covered test rows of each simulation."""
    generator, found = np.random.default_rng(0), []
    for _ in range(NUM_SIMULATIONS):
        probabilities, truth = simulate(generator, temperature)
        first, rest = slice(None, NUM_CALIBRATION), slice(NUM_CALIBRATION, None)
        conformal = calibrate(probabilities[first], truth[first], coverage, method)
        sets = prediction_sets(probabilities[rest], conformal)
        found.append(set_figures(sets, truth[rest]).coverage)
    return np.array(found)


@pytest.mark.parametrize("temperature", [1.0, 2.5])
@pytest.mark.parametrize("method", ["lac", "aps"])
@pytest.mark.parametrize("coverage", [0.8, 0.9, 0.95])
def test_sets_hold_the_true_class_as_often_as_chosen(coverage, method, temperature):
    found = simulated_coverages(coverage, method, temperature)

    assert abs(found.mean() - coverage) <= 0.015


def test_sets_from_the_rows_of_the_wrong_split_would_not_pass():
    generator, found = np.random.default_rng(0), []
    for _ in range(NUM_SIMULATIONS):
        probabilities, truth = simulate(generator, 1.0)
        naive = Conformal(method="lac", coverage=0.9, quantile=0.9)  # believes the model
        found.append(set_figures(prediction_sets(probabilities, naive), truth).coverage)

    assert abs(np.mean(found) - 0.9) > 0.015


def test_lac_scores_are_one_minus_the_probability():
    scores = conformity_scores(np.array([[0.7, 0.2, 0.1]]), "lac")

    assert np.allclose(scores, [[0.3, 0.8, 0.9]])


def test_aps_scores_add_all_more_probable_classes_whatever_their_order():
    scores = conformity_scores(np.array([[0.1, 0.7, 0.2]]), "aps")

    assert np.allclose(scores, [[1.0, 0.7, 0.9]])


def test_aps_scores_never_exceed_one():
    scores = conformity_scores(np.full((1, 10), 0.1 + 1e-9), "aps")

    assert scores.max() == 1.0


@pytest.mark.parametrize(("coverage", "rank"), [(0.5, 5), (0.8, 8), (0.9, 9), (0.85, 9)])
def test_quantile_has_the_finite_sample_rank(coverage, rank):
    truth = np.zeros(9, dtype=np.int64)
    scores = np.arange(1, 10) / 10
    probabilities = np.stack([1 - scores, scores], axis=1)

    assert calibrate(probabilities, truth, coverage).quantile == pytest.approx(scores[rank - 1])


def test_too_few_rows_for_a_coverage_let_every_class_in():
    probabilities, truth = np.array([[0.9, 0.1]] * 5), np.zeros(5, dtype=np.int64)

    conformal = calibrate(probabilities, truth, 0.95)

    assert conformal.quantile == 1.0
    assert prediction_sets(np.array([[1.0, 0.0]]), conformal).all()


def test_lac_set_is_empty_where_no_class_fits():
    conformal = Conformal(method="lac", coverage=0.8, quantile=0.2)

    sets = prediction_sets(np.array([[0.9, 0.1], [0.5, 0.5]]), conformal)

    assert sets.tolist() == [[True, False], [False, False]]


def test_set_figures_count_rows_by_class_and_size():
    sets = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 0], [0, 1, 0]], dtype=bool)

    figures = set_figures(sets, np.array([0, 1, 1, 0]))

    assert figures.coverage == 0.5
    assert figures.mean_size == 1.0
    assert figures.size_counts.tolist() == [1, 2, 1, 0]
    assert figures.class_coverage[:2].tolist() == [0.5, 0.5]
    assert np.isnan(figures.class_coverage[2])


@pytest.mark.parametrize("coverage", [0.0, 1.0, -0.5, 1.5])
def test_coverage_out_of_range_is_refused(coverage):
    with pytest.raises(InvalidArgumentError, match="Expected a coverage between 0 and 1, got"):
        calibrate(np.array([[0.5, 0.5]]), np.array([0]), coverage)


def test_calibration_without_rows_is_refused():
    with pytest.raises(InvalidArgumentError, match="Expected validation rows to calibrate on"):
        calibrate(np.zeros((0, 2)), np.zeros(0, dtype=np.int64), 0.9)


def test_sets_of_no_rows_are_refused():
    with pytest.raises(InvalidArgumentError, match="Expected rows to measure prediction sets on"):
        set_figures(np.zeros((0, 2), dtype=bool), np.zeros(0, dtype=np.int64))
