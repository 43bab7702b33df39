"""Tests of slices: membership, and figures against the rest."""

import numpy as np
import pytest
from scipy import stats

from tests.cases import NO_EXAMPLE
from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.by_task import right_rows
from textcls_core.evaluation.slices import MIN_ROWS, Membership, measure_slices


def test_membership_of_codes_leaves_out_rows_without_a_slice():
    membership = Membership.of_codes(np.array([1, -1, 0, 1]), 3)

    assert membership.counts().tolist() == [1, 2, 0]
    assert membership.mask(1, 4).tolist() == [True, False, False, True]


def test_membership_of_sets_lets_rows_be_in_several_slices():
    membership = Membership.of_sets(np.array([[1, 1], [0, 0], [0, 1]], dtype=bool))

    assert membership.counts().tolist() == [1, 2]


def test_membership_among_some_rows_counts_positions_anew():
    membership = Membership.of_codes(np.array([0, 1, 0, 1]), 2)

    some = membership.among(np.array([False, True, True, True]))

    assert some.mask(1, 3).tolist() == [True, False, True]
    assert some.counts(np.array([True, False, False])).tolist() == [0, 1]


def two_slices(wrong: int, other_wrong: int):
    """Return the figures of two slices of 100 rows each with so many wrong rows."""
    right = np.ones(200, dtype=bool)
    right[:wrong] = False
    right[100 : 100 + other_wrong] = False
    return measure_slices(Membership.of_codes(np.repeat([0, 1], 100), 2), right)


def test_measure_slices_compares_with_all_other_rows():
    weak, strong = two_slices(30, 5)

    assert (weak.num_rows, weak.num_rest) == (100, 100)
    assert (weak.accuracy, weak.rest_accuracy) == (0.7, 0.95)
    assert weak.difference == pytest.approx(-0.25)
    assert weak.difference_interval[0] < -0.25 < weak.difference_interval[1] < 0
    assert weak.accuracy_interval[0] < 0.7 < weak.accuracy_interval[1]
    assert weak.effect_size < 0 < strong.effect_size


def test_measure_slices_tests_one_side_and_adjusts():
    weak, strong = two_slices(30, 5)

    alone = stats.hypergeom.sf(29, 200, 35, 100)
    assert weak.p_value == pytest.approx(alone)
    assert weak.adjusted_p == pytest.approx(2 * alone)
    assert (weak.is_weaker, strong.is_weaker) == (True, False)
    assert strong.p_value > 0.99


def test_measure_slices_gives_no_verdict_on_few_rows():
    right = np.zeros(100, dtype=bool)
    right[MIN_ROWS - 1 :] = True
    codes = np.where(np.arange(100) < MIN_ROWS - 1, 0, 1)

    small, large = measure_slices(Membership.of_codes(codes, 2), right)

    assert small.p_value < 1e-10
    assert (small.is_small, small.adjusted_p, small.is_weaker) == (True, 1.0, False)
    assert large.adjusted_p == large.p_value


def test_measure_slices_of_all_rows_has_no_rest():
    (whole,) = measure_slices(Membership.of_codes(np.zeros(30, int), 1), np.arange(30) < 20)

    assert (whole.num_rest, whole.difference, whole.is_weaker) == (0, 0.0, False)
    assert whole.to_json()["rest_accuracy"] == whole.accuracy


def test_measure_slices_without_rows_is_refused():
    with pytest.raises(InvalidArgumentError, match="Expected at least one prediction, got none"):
        measure_slices(Membership.of_codes(np.zeros(0, int), 1), right_rows(NO_EXAMPLE))
