"""McNemar's test and Holm's correction against values computed by hand and by scipy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, chi2

from textcls_core.evaluation.paired_tests import EXACT_BELOW, holm, mcnemar


@pytest.mark.parametrize(
    ("fixed", "broken", "p_value"),
    [(0, 0, 1.0), (1, 0, 1.0), (5, 0, 2 / 32), (5, 1, 14 / 64), (3, 3, 1.0), (10, 2, 158 / 4096)],
)
def test_mcnemar_of_few_rows_is_the_fair_coin(fixed, broken, p_value):
    assert mcnemar(fixed, broken).p_value == pytest.approx(p_value, abs=1e-15)


@given(st.integers(0, 24).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))))
def test_mcnemar_below_the_limit_equals_the_exact_binomial_test(counts):
    total, fixed = counts

    test = mcnemar(fixed, total - fixed)

    expected = binomtest(fixed, total).pvalue if total else 1.0
    assert test.is_exact
    assert test.p_value == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("fixed", "broken", "statistic"),
    [(20, 5, 14**2 / 25), (5, 20, 14**2 / 25), (121, 59, 61**2 / 180), (15, 15, 1 / 30)],
)
def test_mcnemar_of_many_rows_is_chi_square_with_continuity_correction(fixed, broken, statistic):
    test = mcnemar(fixed, broken)

    assert not test.is_exact
    assert test.p_value == pytest.approx(chi2.sf(statistic, 1), abs=1e-12)


def test_mcnemar_of_the_textbook_table():
    """Agresti, Categorical Data Analysis (2002), section 10.1: 150 and 86 opinions that changed."""
    assert mcnemar(150, 86).p_value == pytest.approx(4.115e-05, rel=1e-3)


def test_mcnemar_turns_exact_below_the_limit():
    assert mcnemar(EXACT_BELOW - 1, 0).is_exact
    assert not mcnemar(EXACT_BELOW, 0).is_exact


def test_mcnemar_net_counts_what_was_won():
    assert mcnemar(3, 5).net == -2


def test_holm_multiplies_the_smallest_by_their_number():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_holm_keeps_order_and_stays_below_one():
    assert holm([0.9, 0.5, 0.4]) == pytest.approx([1.0, 1.0, 1.0])


def test_holm_of_one_changes_nothing():
    assert holm([0.03]) == [0.03]


def test_holm_of_none_is_empty():
    assert holm([]) == []
