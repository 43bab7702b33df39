"""Tests of intervals of shares, against SciPy and against published figures."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from textcls_core.evaluation.share_intervals import difference_interval, wilson_intervals


@given(st.integers(1, 500), st.data())
def test_wilson_intervals_are_those_of_scipy(rows, data):
    right = data.draw(st.integers(0, rows))

    low, high = wilson_intervals(np.array([right]), np.array([rows]))

    expected = stats.binomtest(right, rows).proportion_ci(0.95, method="wilson")
    np.testing.assert_allclose([low[0], high[0]], [expected.low, expected.high], atol=1e-9)


def test_wilson_intervals_without_rows_is_everything():
    low, high = wilson_intervals(np.array([0]), np.array([0]))

    assert (low[0], high[0]) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("right", "rows", "other_right", "other_rows", "low", "high"),
    [
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (10, 10, 0, 10, 0.6075, 1.0000),
        (5, 56, 0, 29, -0.0381, 0.1926),
    ],
)
def test_difference_interval_gives_the_figures_of_newcombe(
    right, rows, other_right, other_rows, low, high
):
    found = difference_interval(*(np.array([n]) for n in (right, rows, other_right, other_rows)))

    np.testing.assert_allclose([found[0][0], found[1][0]], [low, high], atol=5e-5)
