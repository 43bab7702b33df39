"""Tests of which rows to label first."""

import numpy as np
import pytest

from textcls_core.embeddings.neighbours import normalised
from textcls_core.errors import InvalidArgumentError
from textcls_core.mistakes.active_learning.ranking import (
    BATCH,
    parse_measure,
    parse_strategy,
    rank,
    uncertainty,
)

SURE, SPLIT, EVEN = [0.9, 0.05, 0.05], [0.5, 0.5, 0.0], [1 / 3, 1 / 3, 1 / 3]
EVERYWHERE = [i * np.pi / 180 for i in range(0, 90, 3)]


def rows_at(angles):
    """Return vectors of length 1 at some angles."""
    return normalised(np.stack([np.cos(angles), np.sin(angles)], axis=1))


def ranked(strategy, vectors, scores=None, distances=None, candidates=None, limit=500):
    count = len(vectors)
    return rank(
        strategy,
        np.ones(count) if scores is None else np.array(scores),
        vectors,
        np.ones(count) if distances is None else np.array(distances),
        np.ones(count, dtype=bool) if candidates is None else np.array(candidates),
        limit,
    ).tolist()


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        ("least_confidence", [0.1, 0.5, 2 / 3]),
        ("margin", [0.15, 1, 1]),
        ("entropy", [0.35899, np.log(2) / np.log(3), 1]),
    ],
)
def test_uncertainty_of_one_label_per_row(measure, expected):
    found = uncertainty(np.array([SURE, SPLIT, EVEN]), measure)

    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize(
    ("measure", "expected"),
    [("least_confidence", [0.5, 0.1]), ("margin", [1, 0.2]), ("entropy", [0.5, 0.469])],
)
def test_uncertainty_of_several_labels_looks_at_each(measure, expected):
    found = uncertainty(np.array([[0.5, 0.0], [0.1, 0.9]]), measure, "multi_label")

    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_one_class_is_never_uncertain():
    assert uncertainty(np.ones((2, 1))).tolist() == [0, 0]


def test_uncertain_rows_come_first_and_equal_ones_in_their_order():
    assert ranked("uncertainty", rows_at([0, 0, 0, 0]), [0.1, 0.9, 0.9, 0.5]) == [1, 2, 3, 0]


def test_diversity_takes_the_farthest_row_again_and_again():
    vectors = rows_at([0.0, 0.1, 1.5, 0.8])

    order = ranked("diversity", vectors, distances=[0.1, 0.2, 0.9, 0.5])

    assert order == [2, 3, 1, 0]  # 0.1 is farther from what is labelled than 0


def test_diversity_never_takes_a_row_twice_even_if_all_are_equal():
    assert sorted(ranked("diversity", rows_at([0, 0, 0]), distances=[0, 0, 0])) == [0, 1, 2]


def test_both_takes_uncertain_rows_that_differ():
    crowd, others = [0.0] * 300, EVERYWHERE
    scores = np.r_[np.full(300, 0.9), np.full(len(others), 0.8)]
    vectors = rows_at([*crowd, *others])

    first = ranked("both", vectors, scores, limit=BATCH)
    alone = ranked("uncertainty", vectors, scores, limit=BATCH)

    assert len(set(first)) == BATCH
    assert all(row < 300 for row in alone)
    assert all(scores[row] >= 0.8 for row in first)


def test_both_spreads_a_batch_over_groups(generator):
    angles = np.repeat([0.0, 0.5, 1.0, 1.5], 50) + generator.normal(0, 0.01, 200)

    batch = ranked("both", rows_at(angles), np.ones(200), limit=BATCH)

    assert np.bincount(np.array(batch) // 50, minlength=4).min() >= 2


def test_both_ranks_more_than_one_batch_and_every_row_once():
    order = ranked("both", rows_at(np.linspace(0, 1.5, 70)), np.linspace(0, 1, 70))

    assert sorted(order) == list(range(70))


def test_random_is_the_same_every_time_and_takes_only_candidates():
    candidates = [True, False, True, True]

    first = ranked("random", rows_at([0, 1, 2, 3]), candidates=candidates)

    assert first == ranked("random", rows_at([0, 1, 2, 3]), candidates=candidates)
    assert sorted(first) == [0, 2, 3]


@pytest.mark.parametrize("strategy", ["uncertainty", "diversity", "both", "random"])
def test_rank_keeps_to_candidates_and_limit(strategy):
    vectors, candidates = rows_at(np.linspace(0, 1.5, 50)), np.arange(50) % 2 == 0

    order = ranked(strategy, vectors, candidates=candidates, limit=7)

    assert len(set(order)) == 7
    assert all(candidates[row] for row in order)
    assert ranked(strategy, vectors, candidates=np.zeros(50, dtype=bool)) == []


def test_rank_refuses_a_limit_of_zero():
    with pytest.raises(InvalidArgumentError, match="Expected 1 row or more, got 0"):
        ranked("random", rows_at([0]), limit=0)


def test_unknown_names_are_refused():
    with pytest.raises(InvalidArgumentError, match=r'Expected a measure \(margin.*got "doubt"'):
        parse_measure("doubt")
    with pytest.raises(InvalidArgumentError, match=r'Expected a strategy \(both.*got "luck"'):
        parse_strategy("luck")
