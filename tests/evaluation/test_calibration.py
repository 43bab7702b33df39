"""Tests of reliability bins and calibration errors: by hand, against scikit-learn and SciPy."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.calibration import calibration_curve

from tests.cases import CASES, NO_EXAMPLE, TIES, make_label_sets, make_predictions
from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.calibration import (
    Claims,
    claims_of,
    expected_calibration_error,
    maximum_calibration_error,
    reliability,
)

BY_HAND = Claims(
    confidence=np.array([0.95, 0.91, 0.97, 0.93, 0.55, 0.58, 0.15]),
    is_true=np.array([True, True, True, False, False, True, False]),
)
"""In ten bins: four at 0.94 of which 3 are true, two at 0.565 (1 true), one at 0.15 (none)."""
SHARES = st.floats(0, 1) | st.sampled_from([0.0, 0.2, 0.5, 0.8, 1.0])
SIZES = st.integers(1, 60)


@st.composite
def drawn_claims(draw):
    size = draw(SIZES)
    confidence = draw(st.lists(SHARES, min_size=size, max_size=size))
    is_true = draw(st.lists(st.booleans(), min_size=size, max_size=size))
    return Claims(np.array(confidence), np.array(is_true))


def error_by_loop(claims, edges):
    """Return the expected calibration error as its formula reads, bin by bin."""
    total, missed = len(claims.confidence), 0.0
    for number, (low, high) in enumerate(itertools.pairwise(edges)):
        inside = (claims.confidence > low) & (claims.confidence <= high)
        if number == 0:
            inside |= claims.confidence == low
        if inside.any():
            gap = abs(claims.is_true[inside].mean() - claims.confidence[inside].mean())
            missed += inside.sum() / total * gap
    return missed


def test_bins_are_those_of_a_table_made_by_hand():
    bins = reliability(BY_HAND, num_bins=10).bins

    assert [one.count for one in bins] == [1, 2, 4]
    assert [one.confidence for one in bins] == pytest.approx([0.15, 0.565, 0.94])
    assert [one.accuracy for one in bins] == pytest.approx([0, 0.5, 0.75])
    assert [one.gap for one in bins] == pytest.approx([0.15, 0.065, 0.19])
    assert [(round(one.lower, 9), round(one.upper, 9)) for one in bins] == [
        (0.1, 0.2),
        (0.5, 0.6),
        (0.9, 1.0),
    ]


def test_figures_are_those_of_a_table_made_by_hand():
    found = reliability(BY_HAND, num_bins=10)

    assert found.num_claims == 7
    assert found.confidence == pytest.approx(5.04 / 7)
    assert found.accuracy == pytest.approx(4 / 7)
    assert found.gap == pytest.approx(1.04 / 7)
    assert found.expected_error == pytest.approx((0.15 + 2 * 0.065 + 4 * 0.19) / 7)
    assert found.maximum_error == pytest.approx(0.19)
    assert found.telling_bin.count == 4


@given(drawn_claims(), st.integers(1, 20))
def test_equal_width_bins_are_those_of_scikit_learn(claims, num_bins):
    found = reliability(claims, num_bins=num_bins).bins

    true, said = calibration_curve(claims.is_true, claims.confidence, n_bins=num_bins)
    assert [one.accuracy for one in found] == pytest.approx(true, abs=1e-12)
    assert [one.confidence for one in found] == pytest.approx(said, abs=1e-12)


@given(drawn_claims(), st.integers(1, 20))
def test_equal_mass_bins_are_those_of_scikit_learn(claims, num_bins):
    found = reliability(claims, num_bins=num_bins, binning="equal_mass").bins

    true, said = calibration_curve(
        claims.is_true, claims.confidence, n_bins=num_bins, strategy="quantile"
    )
    assert [one.accuracy for one in found] == pytest.approx(true, abs=1e-12)
    assert [one.confidence for one in found] == pytest.approx(said, abs=1e-12)


@given(drawn_claims(), st.integers(1, 20))
def test_expected_error_is_its_formula(claims, num_bins):
    found = reliability(claims, num_bins=num_bins).expected_error

    assert found == pytest.approx(error_by_loop(claims, np.linspace(0, 1, num_bins + 1)), abs=1e-12)


@given(drawn_claims(), st.sampled_from(["equal_width", "equal_mass"]))
def test_no_claim_is_lost_and_figures_are_shares(claims, binning):
    found = reliability(claims, binning=binning)

    assert found.num_claims == len(claims.confidence)
    assert found.accuracy == pytest.approx(claims.is_true.mean())
    assert 0 <= found.expected_error <= found.maximum_error + 1e-12 <= 1 + 1e-9
    assert abs(found.gap) <= found.expected_error + 1e-12


@given(drawn_claims(), st.randoms(use_true_random=False))
def test_equal_mass_bins_do_not_depend_on_the_order_of_rows(claims, random):
    order = np.array(random.sample(range(len(claims.confidence)), len(claims.confidence)))
    shuffled = Claims(claims.confidence[order], claims.is_true[order])

    first, second = (reliability(one, binning="equal_mass") for one in (claims, shuffled))

    assert [one.count for one in first.bins] == [one.count for one in second.bins]
    assert first.expected_error == pytest.approx(second.expected_error, abs=1e-12)


def test_equal_mass_bins_hold_as_many_claims_each(generator):
    claims = Claims(generator.random(1_500), np.ones(1_500, dtype=bool))

    counts = [one.count for one in reliability(claims, binning="equal_mass").bins]

    assert len(counts) == 15
    assert max(counts) - min(counts) <= 1


def test_equal_mass_bins_keep_equal_claims_together():
    claims = Claims(np.array([0.9] * 8 + [0.2, 0.3]), np.array([True] * 10))

    bins = reliability(claims, num_bins=5, binning="equal_mass").bins

    assert 8 in [one.count for one in bins]
    assert sum(one.count for one in bins) == 10


@pytest.mark.parametrize(("share", "edge"), [(1.0, 1.0), (0.0, 0.0)])
def test_certainty_lies_in_the_outermost_bin(share, edge):
    [one] = reliability(Claims(np.array([share]), np.array([True]))).bins

    assert edge in (one.lower, one.upper)
    assert one.confidence == share


def test_a_probability_that_rounding_put_above_one_counts_as_one():
    above = make_predictions([0], [[1.0 + 1e-9, 0.0, 0.0]])

    assert claims_of(above).confidence.tolist() == [1.0]
    assert expected_calibration_error(above) == 0


@pytest.mark.parametrize("binning", ["equal_width", "equal_mass"])
def test_fewer_rows_than_bins_are_fewer_bins(binning):
    claims = Claims(np.array([0.4, 0.9]), np.array([False, True]))

    found = reliability(claims, num_bins=15, binning=binning)

    assert [one.count for one in found.bins] == [1, 1]
    assert found.expected_error == pytest.approx((0.4 + 0.1) / 2)


@given(st.integers(1, 500), st.data())
def test_interval_of_a_bin_is_that_of_wilson(count, data):
    hits = data.draw(st.integers(0, count))

    [one] = reliability(Claims(np.full(count, 0.7), np.arange(count) < hits)).bins

    expected = stats.binomtest(hits, count).proportion_ci(0.95, method="wilson")
    assert (one.low, one.high) == pytest.approx((expected.low, expected.high), abs=1e-12)


@given(st.integers(1, 300), st.floats(1e-9, 1) | st.just(0.0))
def test_chance_error_of_one_bin_is_the_mean_deviation_of_the_binomial(count, share):
    claims = Claims(np.full(count, share), np.zeros(count, dtype=bool))

    found = reliability(claims, num_bins=1).chance_error

    hits = np.arange(count + 1)
    chances = stats.binom.pmf(hits, count, claims.confidence.sum() / count)
    assert found == pytest.approx((chances * abs(hits / count - share)).sum(), rel=1e-6, abs=1e-12)


def test_chance_error_is_what_calibrated_models_show_on_average(generator):
    confidence = generator.beta(8, 2, size=400)
    draws = generator.random((300, 400)) < confidence
    found = [reliability(Claims(confidence, one)) for one in draws]

    mean = np.mean([one.expected_error for one in found])

    assert found[0].chance_error == pytest.approx(mean, rel=0.05)


def test_claims_are_the_confidence_of_every_row():
    found = claims_of(TIES)

    assert found.confidence.tolist() == [0.5, 0.5, 0.5]
    assert found.is_true.tolist() == [True, False, False]


def test_claims_of_a_class_are_its_probability_in_every_row():
    found = claims_of(TIES, 1)

    assert found.confidence.tolist() == [0.5, 0.5, 0.5]
    assert found.is_true.tolist() == [False, True, False]


def test_claims_of_several_labels_are_those_of_every_label_of_every_row():
    several = make_label_sets([[1, 0, 1], [0, 0, 1]], [[0.9, 0.1, 0.4], [0.2, 0.3, 0.8]])

    whole, one = claims_of(several), claims_of(several, 2)

    assert whole.confidence.tolist() == [0.9, 0.1, 0.4, 0.2, 0.3, 0.8]
    assert whole.is_true.tolist() == [True, False, True, False, False, True]
    assert one.confidence.tolist() == [0.4, 0.8]
    assert one.is_true.tolist() == [True, True]


def test_errors_of_several_labels_count_every_label():
    several = make_label_sets([[1, 0, 1]], [[0.9, 0.1, 0.4]])

    assert expected_calibration_error(several) == pytest.approx((0.1 + 0.1 + 0.6) / 3)
    assert maximum_calibration_error(several) == pytest.approx(0.6)


@pytest.mark.parametrize("predictions", CASES.values(), ids=CASES)
@pytest.mark.parametrize("binning", ["equal_width", "equal_mass"])
def test_every_case_has_an_error(predictions, binning):
    assert 0 <= expected_calibration_error(predictions, binning=binning) <= 1


def test_no_row_is_refused():
    with pytest.raises(InvalidArgumentError, match="Expected at least one prediction, got none"):
        expected_calibration_error(NO_EXAMPLE)


def test_no_bin_is_refused():
    with pytest.raises(InvalidArgumentError, match="Expected at least 1 bin, got 0"):
        maximum_calibration_error(TIES, num_bins=0)


def test_json_has_figures_and_bins():
    found = reliability(BY_HAND, num_bins=10).to_json()

    assert found["num_claims"] == 7
    assert found["expected_error"] == pytest.approx(1.04 / 7)
    assert [one["count"] for one in found["bins"]] == [1, 2, 4]
