"""Tests of the finder of weak slices: it finds what is there, and little that is not."""

import numpy as np
import pytest
from scipy import stats

from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.slices import SIGNIFICANT, Membership
from textcls_core.evaluation.weak_slices import find_weak_slices

SIZES = (5, 4, 3, 5, 2, 4)
"""Values of each of six columns."""
SIMULATIONS = 200


def draw_columns(generator, num_rows):
    """Return the values of six independent columns as flags, shape (N, 23)."""
    return np.concatenate(
        [np.eye(size, dtype=bool)[generator.integers(0, size, num_rows)] for size in SIZES], axis=1
    )


def find(flags, right, **settings):
    return find_weak_slices(Membership.of_sets(flags), right, **settings)


@pytest.mark.parametrize("accuracy", [0.9, 0.7])
def test_weak_slices_where_there_are_none_are_found_in_at_most_five_percent(generator, accuracy):
    found = [
        find(draw_columns(generator, 1_000), generator.random(1_000) < accuracy).num_weak > 0
        for _ in range(SIMULATIONS)
    ]

    assert np.mean(found) <= SIGNIFICANT


def test_weak_slices_beside_a_true_one_are_false_in_at_most_five_percent(generator):
    shares = []
    for _ in range(SIMULATIONS):
        flags = draw_columns(generator, 1_000)
        accuracy = np.where(flags[:, 0], 0.6, 0.9)
        weak = find(flags, generator.random(1_000) < accuracy)
        is_false = [0 not in one.conditions or len(one.conditions) > 1 for one in weak.found]
        shares.append(np.mean(is_false) if is_false else 0.0)

    assert np.mean(shares) <= SIGNIFICANT


def test_weak_slices_find_a_planted_condition(generator):
    flags = draw_columns(generator, 2_000)

    weak = find(flags, generator.random(2_000) < np.where(flags[:, 7], 0.7, 0.92))

    assert weak.found[0].conditions == (7,)
    assert weak.found[0].figures.num_rows == flags[:, 7].sum()


def test_weak_slices_find_a_planted_pair(generator):
    flags = draw_columns(generator, 3_000)
    both = flags[:, 1] & flags[:, 6]

    weak = find(flags, generator.random(3_000) < np.where(both, 0.4, 0.95))

    assert weak.found[0].conditions == (1, 6)
    assert weak.found[0].figures.num_rows == both.sum()


def test_weak_slices_leave_out_pairs_that_add_nothing(generator):
    flags = draw_columns(generator, 5_000)

    weak = find(flags, generator.random(5_000) < np.where(flags[:, 2], 0.3, 0.95))

    assert [one.conditions for one in weak.found] == [(2,)]


def test_weak_slices_count_what_was_tried():
    flags = np.zeros((200, 3), dtype=bool)
    flags[:100, 0] = True
    flags[50:150, 1] = True
    flags[:19, 2] = True

    weak = find(flags, np.arange(200) % 5 > 0)

    assert (weak.num_single, weak.num_pairs, weak.num_tried) == (2, 1, 3)


def test_weak_slices_adjust_for_everything_that_was_tried():
    flags = np.zeros((400, 4), dtype=bool)
    for number in range(4):
        flags[100 * number : 100 * number + 100, number] = True
    right = np.ones(400, dtype=bool)
    right[:30] = False

    (one,) = find(flags, right).found

    assert one.figures.p_value == pytest.approx(stats.hypergeom.sf(29, 400, 30, 100))
    assert one.figures.adjusted_p == pytest.approx(4 * one.figures.p_value)


def test_weak_slices_with_nearly_the_same_rows_are_one():
    flags = np.zeros((400, 2), dtype=bool)
    flags[:100, 0] = True
    flags[5:100, 1] = True
    right = np.ones(400, dtype=bool)
    right[:60] = False

    weak = find(flags, right)

    assert len(weak.found) == 1
    assert (weak.num_weak, weak.found[0].num_similar) == (2, 1)


def test_weak_slices_put_the_surest_difference_first(generator):
    flags = np.zeros((2_000, 2), dtype=bool)
    flags[:500, 0] = True
    flags[500:540, 1] = True
    right = np.ones(2_000, dtype=bool)
    right[:250] = False
    right[500:525] = False

    weak = find(flags, right)

    assert [one.conditions for one in weak.found] == [(0,), (1,)]
    assert weak.found[1].figures.accuracy < weak.found[0].figures.accuracy


def test_weak_slices_are_listed_up_to_a_limit():
    flags = np.eye(4, dtype=bool)[np.repeat(np.arange(4), 100)]
    right = np.repeat([False, False, True, True], 100)

    weak = find(flags, right, limit=1)

    assert (len(weak.found), weak.num_weak) == (1, 2)


def test_weak_slices_count_the_same_in_blocks(generator, monkeypatch):
    flags = draw_columns(generator, 1_000)
    right = generator.random(1_000) < np.where(flags[:, 0] & flags[:, 5], 0.3, 0.95)
    whole = find(flags, right)
    monkeypatch.setattr("textcls_core.evaluation.weak_slices._ROWS_AT_ONCE", 37)

    assert find(flags, right) == whole
    assert whole.found[0].conditions == (0, 5)


def test_weak_slices_without_conditions_are_none():
    weak = find(np.zeros((50, 0), dtype=bool), np.arange(50) > 10)

    assert (weak.found, weak.num_tried) == ((), 0)


def test_weak_slices_without_rows_are_refused():
    with pytest.raises(InvalidArgumentError, match="Expected at least one prediction, got none"):
        find(np.zeros((0, 2), dtype=bool), np.zeros(0, dtype=bool))
