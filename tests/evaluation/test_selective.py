"""Tests of answering only when sure: the risk-coverage curve, its area, and levels to choose."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.selective import level_for_accuracy, risk_coverage

CONFIDENCE = arrays(np.float64, 10, elements=st.integers(1, 10).map(lambda tenth: tenth / 10))
WRONG = arrays(np.bool_, 10)


@given(CONFIDENCE, WRONG)
def test_every_point_is_what_answering_from_there_on_gives(confidence, is_wrong):
    curve = risk_coverage(confidence, is_wrong)

    for level, coverage, risk in zip(curve.levels, curve.coverage, curve.risk, strict=True):
        answered = confidence >= level
        assert coverage == pytest.approx(answered.mean())
        assert risk == pytest.approx(is_wrong[answered].mean())
    assert curve.coverage[-1] == 1
    assert curve.risk[-1] == pytest.approx(is_wrong.mean())


@given(CONFIDENCE, WRONG)
def test_area_is_the_mean_risk_over_the_texts(confidence, is_wrong):
    risks = [is_wrong[confidence >= level].mean() for level in confidence]

    assert risk_coverage(confidence, is_wrong).aurc == pytest.approx(np.mean(risks))


def test_area_of_a_confidence_that_says_nothing_is_the_error_rate():
    curve = risk_coverage(np.full(4, 0.7), np.array([True, False, False, False]))

    assert curve.aurc == 0.25


def test_curve_is_read_at_a_level_between_its_points():
    curve = risk_coverage(np.array([0.9, 0.6, 0.3]), np.array([False, True, False]))

    assert curve.at(0.5) == (pytest.approx(2 / 3), 0.5)
    assert curve.at(0.6) == (pytest.approx(2 / 3), 0.5)
    assert curve.at(0.0) == (1.0, pytest.approx(1 / 3))
    assert curve.at(0.95) == (0.0, 0.0)


@given(CONFIDENCE, WRONG, st.sampled_from([0.5, 0.8, 1.0]))
def test_level_is_the_smallest_that_reaches_the_accuracy(confidence, is_wrong, accuracy):
    reached = [
        (confidence >= level).sum()
        for level in np.unique(confidence)
        if is_wrong[confidence >= level].mean() <= 1 - accuracy + 1e-12
    ]
    if not reached:
        with pytest.raises(InvalidArgumentError, match="Not even the surest answers are right"):
            level_for_accuracy(confidence, is_wrong, accuracy)
        return

    level = level_for_accuracy(confidence, is_wrong, accuracy)

    assert (confidence >= level).sum() == max(reached)


def test_level_of_a_model_that_is_right_enough_is_zero():
    assert level_for_accuracy(np.array([0.9, 0.6]), np.array([False, False]), 0.99) == 0.0


@pytest.mark.parametrize("accuracy", [0.0, 1.2])
def test_accuracy_out_of_range_is_refused(accuracy):
    with pytest.raises(InvalidArgumentError, match="Expected a share of right answers above 0"):
        level_for_accuracy(np.array([0.9]), np.array([False]), accuracy)


def test_curve_of_no_rows_is_refused():
    with pytest.raises(InvalidArgumentError, match="Expected at least one prediction"):
        risk_coverage(np.zeros(0), np.zeros(0, dtype=bool))
