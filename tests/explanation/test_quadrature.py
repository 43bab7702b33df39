"""Tests of the rules of Gauss and Kronrod."""

import numpy as np
import pytest

from textcls_core.explanation.quadrature import gauss, kronrod


def _integral(rule, degree):
    return float(rule.weights @ rule.points**degree)


def _expected(degree):
    return 0.0 if degree % 2 else 2 / (degree + 1)


@pytest.mark.parametrize("num_points", [5, 7])
def test_both_rules_are_exact_up_to_their_degree_and_no_further(num_points):
    for rule, highest in (
        (gauss(num_points), 2 * num_points - 1),
        (kronrod(num_points), 3 * num_points + 2),  # an odd degree costs nothing by symmetry
    ):
        found = [_integral(rule, degree) for degree in range(highest + 2)]

        np.testing.assert_allclose(
            found[:-1], [_expected(k) for k in range(highest + 1)], atol=1e-13
        )
        assert abs(found[-1] - _expected(highest + 1)) > 1e-9


@pytest.mark.parametrize("num_points", [5, 7])
def test_the_points_of_gauss_come_first_and_the_others_lie_between_them(num_points):
    rule = kronrod(num_points)
    added = np.sort(rule.points[num_points:])

    np.testing.assert_array_equal(rule.points[:num_points], gauss(num_points).points)
    assert (
        np.searchsorted(np.sort(rule.points[:num_points]), added) == range(num_points + 1)
    ).all()
    assert (np.abs(rule.points) < 1).all()
    assert (rule.weights > 0).all()


def test_the_largest_point_of_fifteen_is_the_published_one():
    assert kronrod(7).points.max() == pytest.approx(0.991455371120812639206854697526329, abs=1e-14)
