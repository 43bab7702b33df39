"""Tests of seriation: similar things become neighbours, always in the same way."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textcls_core.evaluation.seriation import seriate


@st.composite
def similarities(draw):
    """Draw a symmetric table of small numbers, many of them equal or 0."""
    size = draw(st.integers(1, 9))
    upper = draw(st.lists(st.integers(0, 3), min_size=size * size, max_size=size * size))
    table = np.triu(np.array(upper, dtype=float).reshape(size, size), 1)
    return table + table.T


def touching(similarity, order):
    """Return how similar neighbours are, summed up."""
    return sum(similarity[a, b] for a, b in itertools.pairwise(order))


def test_seriate_puts_scattered_groups_together():
    groups = np.array([0, 1, 2, 0, 1, 2, 0, 1, 2])
    similarity = (groups[:, None] == groups[None, :]).astype(float)

    order = seriate(similarity)

    assert groups[order].tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]


def test_seriate_recovers_a_chain_that_was_shuffled(generator):
    shuffled = generator.permutation(12)
    similarity = np.maximum(0, 3 - np.abs(shuffled[:, None] - shuffled[None, :])).astype(float)

    steps = np.diff(shuffled[seriate(similarity)])

    assert np.abs(steps).max() <= 2
    assert touching(similarity, seriate(similarity)) >= 11


def test_seriate_puts_things_without_anything_in_common_last():
    similarity = np.zeros((4, 4))
    similarity[1, 3] = similarity[3, 1] = 1

    assert seriate(similarity).tolist() == [1, 3, 0, 2]


@pytest.mark.parametrize("size", [0, 1, 2, 5])
def test_seriate_of_nothing_similar_keeps_the_order(size):
    assert seriate(np.zeros((size, size))).tolist() == list(range(size))


@settings(max_examples=100, deadline=None)
@given(similarities())
def test_seriate_names_everything_once_and_repeats_itself(similarity):
    order = seriate(similarity)

    assert sorted(order.tolist()) == list(range(len(similarity)))
    assert seriate(similarity).tolist() == order.tolist()


@settings(max_examples=100, deadline=None)
@given(similarities())
def test_seriate_does_not_read_the_diagonal_or_change_its_argument(similarity):
    marked = similarity + 7 * np.eye(len(similarity))
    before = marked.copy()

    assert seriate(marked).tolist() == seriate(similarity).tolist()
    assert (marked == before).all()
