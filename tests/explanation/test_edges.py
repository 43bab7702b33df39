"""Tests of the lines that are drawn: the strongest ones, and what they carry is said truly."""

import numpy as np
import pytest

from textcls_core.explanation.edges import MAX_EDGES, TextToText, most_per_row, strongest_edges


@pytest.fixture
def attention(generator):
    """Forty rows of sixty weights, each with the sum 1."""
    weights = generator.exponential(size=(40, 60)) ** 3
    return weights / weights.sum(axis=1, keepdims=True)


def row(edges, position):
    """Return the lines of one row: what is looked at, and how much."""
    part = slice(edges.starts[position], edges.starts[position + 1])
    return edges.keys[part].tolist(), edges.weights[part].tolist()


def test_edges_are_the_strongest_of_each_row():
    edges = strongest_edges(np.array([[0.1, 0.6, 0.3], [0.25, 0.25, 0.5]]), share=0.85)

    assert row(edges, 0) == ([1, 2], [0.6, 0.3])
    assert row(edges, 1) == ([2, 0, 1], [0.5, 0.25, 0.25])
    assert edges.share == pytest.approx((0.9 + 1.0) / 2)


def test_edges_of_each_row_carry_the_share_and_not_one_is_superfluous(attention):
    edges = strongest_edges(attention, share=0.9)

    carried = np.add.reduceat(edges.weights, edges.starts[:-1])
    weakest = edges.weights[edges.starts[1:] - 1]
    assert (carried >= 0.9 - 1e-12).all()
    assert (carried - weakest < 0.9).all()


def test_edges_say_what_part_of_all_attention_they_carry(attention):
    edges = strongest_edges(attention, most=3)

    assert np.diff(edges.starts).max() == 3
    strongest = np.sort(attention, axis=1)[:, -3:]
    assert edges.share == pytest.approx(strongest.sum() / 40)


def test_edges_of_a_masked_row_are_only_what_is_seen():
    edges = strongest_edges(np.array([[1.0, 0.0], [0.0, 0.0]]), share=1.0)

    assert edges.starts.tolist() == [0, 1, 1]
    assert edges.keys.tolist() == [0]


def test_edges_of_nothing_carry_all_of_it():
    assert strongest_edges(np.zeros((2, 2))).share == 1.0


@pytest.mark.parametrize(("rows", "heads"), [(20, 1), (128, 4), (512, 1), (512, 5)])
def test_pictures_stay_below_the_most_lines(rows, heads):
    assert rows * heads * most_per_row(rows, heads) <= MAX_EDGES


def test_strongest_lines_of_all_heads_leave_special_tokens_out():
    first = strongest_edges(np.array([[0.5, 0.4, 0.1], [0.2, 0.2, 0.6], [0.1, 0.7, 0.2]]), share=1)
    second = strongest_edges(np.array([[1.0, 0, 0], [0, 0.1, 0.9], [0, 0, 1.0]]), share=1)
    found = TextToText(("[CLS]", "a", "b"), (True, False, False), 0, False, (first, second))

    assert [tuple(record.values()) for record in found.strongest(["head 1", "head 2"], most=3)] == [
        ("head 2", "b", "b", 1.0),
        ("head 2", "a", "b", 0.9),
        ("head 1", "b", "a", 0.7),
    ]
