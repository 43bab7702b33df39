"""What similar texts are labelled: leave-one-out, nearer ones count more, copies do not count."""

import numpy as np
import pytest

from textcls_core.mistakes.label_issues.neighbours import (
    Neighbourhood,
    disagreeing,
    neighbour_shares,
    without_same_text,
)

TARGETS = np.eye(2, dtype=np.float32)[[0, 0, 1, 1]]
NEAR = Neighbourhood(
    positions=np.array([[1, 2], [0, 2], [3, 0], [2, -1]]),
    cosines=np.array([[0.9, 0.5], [0.9, 0.9], [0.8, 0.8], [0.7, -np.inf]]),
)


def test_shares_sum_to_one_and_follow_the_nearer_neighbour() -> None:
    shares = neighbour_shares(NEAR, TARGETS)

    assert shares.sum(axis=1) == pytest.approx([1, 1, 1, 1])
    assert shares[0, 0] > 0.8
    assert shares[1, 0] == pytest.approx(0.5)
    assert shares[3, 1] > 0.8


def test_own_label_never_counts() -> None:
    other = TARGETS.copy()
    other[0] = [0, 1]

    before, after = neighbour_shares(NEAR, TARGETS), neighbour_shares(NEAR, other)

    prior = 0.5 * (TARGETS.mean(axis=0) - other.mean(axis=0))
    votes = np.exp(70.0 * np.array([0.0, -0.4])).sum()
    assert before[0] - after[0] == pytest.approx(prior / (votes + 0.5), abs=1e-6)


def test_disagreeing_neighbours_are_counted_by_hand() -> None:
    others, known = disagreeing(NEAR, TARGETS)

    assert others.tolist() == [1, 1, 1, 0]
    assert known.tolist() == [2, 2, 2, 1]


def test_copies_of_the_same_text_are_no_second_opinion() -> None:
    positions = np.array([[1, 2, 3], [0, 3, 2], [3, 1, 0], [2, 0, 1]])
    groups = np.array([7, 7, 8, 9])

    near = without_same_text(positions, np.tile([1, 0.6, 0.5], (4, 1)), groups, 2)

    assert near.positions.tolist() == [[2, 3], [3, 2], [3, 1], [2, 0]]
    assert near.cosines.tolist() == [[0.6, 0.5], [0.6, 0.5], [1, 0.6], [1, 0.6]]


def test_too_many_copies_leave_fewer_neighbours() -> None:
    positions, groups = np.array([[1, 2], [0, 2], [0, 1]]), np.array([7, 7, 8])

    near = without_same_text(positions, np.tile([1, 0.5], (3, 1)), groups, 2)

    assert near.positions.tolist() == [[2, -1], [2, -1], [0, 1]]


def test_row_whose_neighbours_are_all_copies_gets_the_class_shares() -> None:
    alone = Neighbourhood(np.full((4, 2), -1), np.ones((4, 2)))

    assert neighbour_shares(alone, TARGETS) == pytest.approx(np.full((4, 2), 0.5))
