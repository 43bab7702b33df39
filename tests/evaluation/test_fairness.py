"""Tests of rates and gaps between groups."""

import numpy as np
import pytest

from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.fairness import RATES, measure_fairness

GROUPS = ("north", "south")


def grouped(*counts):
    """Return truth, answer and group of rows from their counts: not/no, not/yes, is/no, is/yes."""
    cells = np.repeat(np.arange(4 * len(counts)), np.concatenate(counts))
    return cells // 2 % 2 == 1, cells % 2 == 1, cells // 4


def measure(*counts, names=GROUPS, repeats=None):
    return measure_fairness(*grouped(*counts), names, positive="spam", repeats=repeats)


def test_fairness_gives_the_three_rates_of_each_group():
    north, south = measure([60, 20, 5, 15], [80, 0, 10, 10]).groups

    assert [north.rates[name].value for name in RATES] == [0.35, 0.75, 0.25]
    assert [south.rates[name].value for name in RATES] == [0.1, 0.5, 0.0]
    assert [north.rates[name].num_rows for name in RATES] == [100, 20, 80]


def test_fairness_compares_a_group_with_all_others():
    result = measure([0, 0, 0, 40], [0, 0, 20, 20], [0, 0, 30, 10], names=("a", "b", "c"))

    rate = result.groups[0].rates["true_positive_rate"]
    assert rate.gap == pytest.approx(1 - 30 / 80)
    assert rate.gap_interval[0] < rate.gap < rate.gap_interval[1]


def test_fairness_gap_is_between_the_extreme_groups():
    result = measure([0, 0, 0, 40], [0, 0, 20, 20], [0, 0, 30, 10], names=("a", "b", "c"))

    gap = next(gap for gap in result.gaps if gap.rate == "true_positive_rate")
    assert (gap.highest, gap.lowest, gap.value) == ("a", "c", 0.75)
    assert gap.interval[0] < 0.75 < gap.interval[1]
    assert gap.is_beyond_chance


def test_fairness_gap_of_equal_groups_is_explained_by_chance(generator):
    beyond = []
    for _ in range(100):
        true, group = generator.random(400) < 0.5, generator.integers(0, 4, 400)
        given = true ^ (generator.random(400) < 0.2)
        result = measure_fairness(true, given, group, ("a", "b", "c", "d"), positive="spam")
        beyond += [gap.is_beyond_chance for gap in result.gaps]

    assert len(beyond) == 300
    assert np.mean(beyond) <= 0.07


def test_fairness_leaves_small_groups_out_of_the_gap():
    result = measure([50, 0, 0, 50], [40, 0, 10, 40], [0, 0, 19, 0], names=("a", "b", "few"))

    gap = next(gap for gap in result.gaps if gap.rate == "true_positive_rate")
    assert (gap.lowest, gap.value) == ("b", pytest.approx(0.2))
    assert result.groups[2].rates["true_positive_rate"].is_small


def test_fairness_without_rows_of_a_kind_has_no_rate():
    north, south = measure([50, 0, 0, 0], [0, 0, 10, 30]).groups

    assert north.rates["true_positive_rate"].value is None
    assert north.rates["true_positive_rate"].interval is None
    assert south.rates["false_positive_rate"].gap is None


def test_fairness_with_one_large_group_has_no_gap():
    result = measure([50, 10, 10, 50], [1, 1, 1, 1])

    assert result.gaps == ()


def test_fairness_draws_repeats_together():
    counts = [100, 20, 20, 100], [100, 20, 40, 80]
    repeats = np.arange(480) // 8

    alone, together = measure(*counts).gaps[0], measure(*counts, repeats=repeats).gaps[0]

    assert together.value == alone.value
    assert np.ptp(together.interval) > 1.5 * np.ptp(alone.interval)


def test_fairness_is_repeatable():
    assert measure([60, 20, 5, 15], [80, 0, 10, 10]) == measure([60, 20, 5, 15], [80, 0, 10, 10])


def test_fairness_in_json_names_groups_and_gaps():
    found = measure([60, 20, 5, 25], [70, 0, 10, 20]).to_json()

    assert found["positive"] == "spam"
    assert found["groups"][0]["true_positive_rate"]["value"] == pytest.approx(25 / 30)
    assert [gap["rate"] for gap in found["gaps"]] == list(RATES)
    assert found["gaps"][0]["is_beyond_chance"] is True


@pytest.mark.parametrize(("counts", "names"), [([[5, 5, 5, 5]], ("one",)), ([[0] * 4] * 2, GROUPS)])
def test_fairness_needs_rows_of_two_groups(counts, names):
    with pytest.raises(InvalidArgumentError, match="Expected rows of at least two groups, got"):
        measure(*counts, names=names)
