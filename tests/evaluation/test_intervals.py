"""Tests of the intervals: they cover what is true as often as they say."""

import numpy as np
import pytest

from textcls_core.evaluation.bootstrap import Interval
from textcls_core.evaluation.intervals import bca_interval, resampled_sums, share_interval

OUTCOMES = np.array([[0.0, 1.0], [1.0, 1.0]])
"""What a wrong and a right row add to the number of right ones and of all."""


def share(sums):
    return sums[..., 0] / sums[..., 1]


def interval_of(is_right, groups=None, seed=0) -> Interval:
    sums = resampled_sums(is_right.astype(int), OUTCOMES, groups, seed=seed)
    return share_interval(sums, share)


def coverage(is_right_of_sample, truth, groups=None) -> float:
    """Return how often intervals of so many simulated test sets hold the true share."""
    intervals = [
        interval_of(is_right, groups, seed) for seed, is_right in enumerate(is_right_of_sample)
    ]
    return float(np.mean([interval.low <= truth <= interval.high for interval in intervals]))


# How often the truth is inside


@pytest.mark.parametrize(
    ("num_rows", "accuracy"),
    [(60, 0.75), (200, 0.97), (200, 0.9), (318, 0.98), (318, 0.9), (1_000, 0.95), (2_000, 0.6)],
)
def test_accuracy_interval_covers_the_true_accuracy(generator, num_rows, accuracy):
    simulated = generator.random((1_000, num_rows)) < accuracy

    assert 0.93 <= coverage(simulated, accuracy) <= 0.97


@pytest.mark.parametrize("accuracy", [0.9, 0.97])
def test_accuracy_interval_covers_the_true_accuracy_with_duplicates(generator, accuracy):
    copies = generator.integers(1, 4, 200)
    groups = np.repeat(np.arange(200), copies)
    simulated = (generator.random((1_000, 200)) < accuracy)[:, groups]

    assert 0.93 <= coverage(simulated, accuracy, groups) <= 0.97
    assert coverage(simulated[:300], accuracy) < 0.9  # were copies taken for further evidence


def test_mean_interval_covers_a_true_mean_of_skewed_losses(generator):
    num_rows, covered = 150, 0
    for seed in range(1_000):
        table = np.stack([generator.exponential(size=num_rows), np.ones(num_rows)], axis=1)
        sums = resampled_sums(np.arange(num_rows), table, seed=seed)
        interval = bca_interval(sums, share)
        covered += interval.low <= 1 <= interval.high

    assert 930 <= covered <= 970


# Corners


def test_interval_holds_the_figure():
    interval = interval_of(np.arange(100) < 90)

    assert 0.8 < interval.low < 0.9 < interval.high < 0.96


def test_the_same_seed_gives_the_same_interval():
    is_right = np.arange(100) < 90

    assert interval_of(is_right, seed=5) == interval_of(is_right, seed=5)
    assert interval_of(is_right, seed=5) != interval_of(is_right, seed=6)


@pytest.mark.parametrize(("is_right", "low", "high"), [(True, 0.9630, 1), (False, 0, 0.0370)])
def test_share_of_all_rows_or_none_has_an_interval(is_right, low, high):
    interval = interval_of(np.full(100, is_right))

    assert interval.to_json() == pytest.approx([low, high], abs=1e-4)


def test_share_of_all_rows_counts_groups():
    interval = interval_of(np.ones(100, dtype=bool), groups=np.arange(100) // 2)

    assert interval.low == pytest.approx(50 / (50 + 1.95996**2), abs=1e-5)


def test_share_of_rows_is_close_to_wilsons_interval():
    from scipy.stats import binomtest

    expected = binomtest(180, 200).proportion_ci(method="wilson")

    interval = interval_of(np.arange(200) < 180)

    assert interval.to_json() == pytest.approx([expected.low, expected.high], abs=0.004)


def test_groups_that_balance_one_another_do_not_make_more_rows_of_them():
    is_right = np.arange(100) % 2 == 0

    balanced = interval_of(is_right, groups=np.arange(100) // 2)

    assert balanced.to_json() == pytest.approx([0.3664, 0.6336], abs=1e-4)


def test_figure_that_never_varies_has_no_interval():
    sums = resampled_sums(np.ones(100, dtype=int), OUTCOMES)

    assert bca_interval(sums, share) is None


def test_single_group_has_no_interval():
    cells, groups = np.array([0, 1, 1]), np.zeros(3, dtype=int)

    assert bca_interval(resampled_sums(cells, OUTCOMES, groups), share) is None
    assert share_interval(resampled_sums(cells, OUTCOMES, groups), share).low < 0.2


def test_sums_are_those_of_the_rows():
    cells, groups = np.array([0, 1, 1, 1]), np.array([3, 3, 5, 6])

    sums = resampled_sums(cells, OUTCOMES, groups, num_samples=30)

    assert sums.total.tolist() == [3, 4]
    without = {
        (tuple(line), count)
        for line, count in zip(sums.without_one.tolist(), sums.num_groups.tolist(), strict=True)
    }
    assert without == {((2.0, 2.0), 1), ((2.0, 3.0), 2)}
    assert set(sums.samples[:, 1]) <= {3, 4, 5, 6}
    assert sums.effective_rows == pytest.approx(16 / 6)


def test_more_confidence_makes_a_wider_interval():
    sums = resampled_sums((np.arange(300) < 270).astype(int), OUTCOMES)

    narrow, wide = (bca_interval(sums, share, confidence) for confidence in (0.8, 0.99))

    assert wide.low < narrow.low < narrow.high < wide.high
