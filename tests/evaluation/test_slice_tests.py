"""Tests of the statistics of slices, against SciPy and against published figures."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from textcls_core.evaluation.slice_tests import (
    adjusted_p_values,
    effect_sizes,
    fisher_p_values,
)


@st.composite
def tables(draw):
    """Draw wrong rows of a slice, its rows, all wrong rows and all rows."""
    total = draw(st.integers(1, 400))
    all_wrong, rows = draw(st.integers(0, total)), draw(st.integers(0, total))
    least, most = max(0, rows - (total - all_wrong)), min(rows, all_wrong)
    return draw(st.integers(least, most)), rows, all_wrong, total


@given(st.lists(tables(), min_size=1, max_size=20))
def test_fisher_p_values_are_those_of_the_hypergeometric_distribution(cases):
    wrong, rows, all_wrong, total = np.array(cases).T

    found = fisher_p_values(wrong, rows, all_wrong, total)

    expected = stats.hypergeom.sf(wrong - 1, total, all_wrong, rows)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


def test_fisher_p_values_of_many_rows_are_exact():
    case = (np.array([700]), np.array([5_000]), np.array([10_000]), np.array([100_000]))

    found = fisher_p_values(*case)

    expected = stats.hypergeom.sf(699, 100_000, 10_000, 5_000)
    np.testing.assert_allclose(found, expected, rtol=1e-7)


def test_fisher_p_values_of_no_slices_are_none():
    nothing = np.zeros(0, dtype=np.int64)

    assert fisher_p_values(nothing, nothing, nothing, nothing).shape == (0,)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_adjusted_p_values_are_those_of_scipy(p_values):
    found = adjusted_p_values(np.array(p_values))

    np.testing.assert_allclose(found, stats.false_discovery_control(p_values), atol=1e-12)


def test_effect_sizes_weigh_differences_near_one_more():
    near_one, middle = effect_sizes(np.array([0.97, 0.58]), np.array([0.99, 0.6]))

    assert near_one == pytest.approx(2 * np.arcsin(0.97**0.5) - 2 * np.arcsin(0.99**0.5))
    assert near_one < middle < 0
