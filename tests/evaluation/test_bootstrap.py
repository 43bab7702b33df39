"""Tests of the bootstrap: what is drawn, in which proportion, and which rows stay together."""

import numpy as np
import pytest

from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.bootstrap import Interval, percentile_interval, resampled_cells

CELLS = np.array([0, 0, 0, 0, 0, 0, 2, 2, 2, 3])
PAIRS = np.array([7, 7, 1, 2, 3, 4, 5, 6, 9, 9])
"""The first two rows are one text, and so are the last two, which have different cells."""


def test_samples_hold_as_many_rows_as_there_are():
    counts = resampled_cells(CELLS, 5, num_samples=50)

    assert counts.shape == (50, 5)
    assert (counts.sum(axis=1) == 10).all()


def test_cells_without_rows_are_never_drawn():
    counts = resampled_cells(CELLS, 5, num_samples=50)

    assert (counts[:, [1, 4]] == 0).all()


def test_cells_are_drawn_as_often_as_they_occur():
    counts = resampled_cells(CELLS, 4, num_samples=40_000)

    np.testing.assert_allclose(counts.mean(axis=0), [6, 0, 3, 1], atol=0.05)
    np.testing.assert_allclose(counts.var(axis=0), [2.4, 0, 2.1, 0.9], atol=0.06)


def test_the_same_seed_gives_the_same_samples():
    first, second = (resampled_cells(CELLS, 4, PAIRS, num_samples=20, seed=3) for _ in range(2))

    np.testing.assert_array_equal(first, second)
    assert (first != resampled_cells(CELLS, 4, PAIRS, num_samples=20, seed=4)).any()


def test_rows_of_one_group_are_drawn_together():
    counts = resampled_cells(np.array([0, 1, 2]), 3, np.array([5, 5, 8]), num_samples=200)

    np.testing.assert_array_equal(counts[:, 0], counts[:, 1])
    assert set(counts.sum(axis=1)) == {2, 3, 4}


def test_groups_are_drawn_as_often_as_rows_of_their_own():
    counts = resampled_cells(CELLS, 4, PAIRS, num_samples=40_000)

    # Eight groups: one with two rows of cell 0, four of cell 0, two of cell 2, one of 2 and 3.
    np.testing.assert_allclose(counts.mean(axis=0), [6, 0, 3, 1], atol=0.05)
    variance = [(4 * 1 + 4) - 6**2 / 8, 0, 3 - 3**2 / 8, 1 - 1 / 8]
    np.testing.assert_allclose(counts.var(axis=0), variance, atol=0.1)


def test_groups_of_one_row_are_drawn_like_rows(generator):
    cells = generator.integers(0, 3, 200)

    grouped = resampled_cells(cells, 3, np.arange(200)[::-1], num_samples=300, seed=1)

    np.testing.assert_array_equal(grouped, resampled_cells(cells, 3, num_samples=300, seed=1))


@pytest.mark.parametrize("num_rows", [60, 6_000], ids=["drawn one by one", "drawn as counts"])
def test_both_ways_of_drawing_vary_alike(generator, num_rows):
    cells = np.repeat([0, 1, 2], num_rows // 3)

    counts = resampled_cells(cells, 3, num_samples=4_000)

    np.testing.assert_allclose(counts.mean(axis=0), num_rows / 3, rtol=0.02)
    np.testing.assert_allclose(counts.var(axis=0), num_rows * 2 / 9, rtol=0.1)


def test_every_row_may_have_a_cell_of_its_own():
    counts = resampled_cells(np.arange(300), 300, num_samples=100)

    assert (counts.sum(axis=1) == 300).all()
    assert (counts > 0).mean() == pytest.approx(1 - np.exp(-1), abs=0.01)


@pytest.mark.parametrize(
    ("cells", "num_cells", "groups", "message"),
    [
        ([], 2, None, r"Expected at least one row to draw from, got none\."),
        ([0, 2], 2, None, r"Expected cells from 0 to 1, got 0 to 2\."),
        ([-1, 0], 2, None, r"Expected cells from 0 to 1, got -1 to 0\."),
        ([0, 1], 2, [0], r"Expected a group for each of 2 rows, got 1\."),
    ],
)
def test_what_does_not_fit_is_refused(cells, num_cells, groups, message):
    groups = None if groups is None else np.array(groups)

    with pytest.raises(InvalidArgumentError, match=message):
        resampled_cells(np.array(cells, dtype=np.int64), num_cells, groups)


def test_percentile_interval_holds_the_middle_of_the_samples(generator):
    values = generator.permutation(np.arange(1_001.0))

    assert percentile_interval(values).to_json() == pytest.approx([25, 975])
    assert percentile_interval(values, confidence=0.5).to_json() == pytest.approx([250, 750])


def test_interval_becomes_a_list():
    assert Interval(0.25, 0.5).to_json() == [0.25, 0.5]
