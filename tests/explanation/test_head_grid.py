"""Tests of all heads at a glance: pictures of the weights, and orders that find a planted head."""

import numpy as np
import pytest

from textcls_core.explanation.attention import AttentionExplanation, explain_attention
from textcls_core.explanation.attention import load_explainable as load
from textcls_core.explanation.head_grid import MOST_CELLS, head_grid
from textcls_core.explanation.parts import Part
from textcls_core.explanation.words import ReadText

SIZE = 6


def explained(heads, special_at=(0, -1)):
    """Return heads of one layer over single-token words, some of which are special."""
    size = len(heads[0])
    special = {position % size for position in special_at}
    read = ReadText(
        text=" ".join("w" for _ in range(size)),
        input_ids=np.arange(size),
        tokens=tuple(f"w{position}" for position in range(size)),
        words=tuple(f"w{position}" for position in range(size)),
        word_of=np.arange(size),
        spans=tuple((0, 0) if p in special else (2 * p, 2 * p + 1) for p in range(size)),
        num_cut=0,
    )
    attention = np.array([heads], dtype=np.float32)
    return AttentionExplanation(read, attention, ("x", "y"), np.array([0.3, 0.7]), False)


@pytest.fixture
def planted():
    """Three heads: one looks everywhere, one at itself, one at the first special token."""
    everywhere = np.full((SIZE, SIZE), 1 / SIZE)
    resting = np.eye(SIZE)[np.zeros(SIZE, dtype=int)]
    return head_grid(explained([everywhere, np.eye(SIZE), resting]))


def test_picture_is_the_weights_in_shares_of_the_largest_between_words(planted):
    assert planted.pictures.shape == (1, 3, SIZE, SIZE)
    assert planted.pictures.dtype == np.uint8
    np.testing.assert_array_equal(planted.pictures[0, 0], 255)
    np.testing.assert_array_equal(planted.pictures[0, 1], 255 * np.eye(SIZE))
    assert planted.words_per_cell == 1


def test_head_without_attention_between_words_is_drawn(planted):
    np.testing.assert_array_equal(planted.pictures[0, 2, :, 0], 255)
    assert planted.pictures[0, 2, :, 1:].max() == 0


@pytest.mark.parametrize(
    ("order", "heads"),
    [
        ({}, [0, 1, 2]),
        ({"by": "entropy"}, [0, 1, 2]),
        ({"by": "on_itself"}, [1, 0, 2]),
        ({"by": "on_separators"}, [2, 0, 1]),
        ({"by": "on_separators", "descending": False}, [1, 0, 2]),
        ({"by": "on_itself", "without_resting": True}, [1, 0]),
    ],
)
def test_order_finds_the_planted_heads(planted, order, heads):
    assert planted.order(**order) == [(0, head) for head in heads]


def test_records_count_from_one_and_hold_the_statistics(planted):
    record = planted.records([(0, 1)])[0]

    assert (record["layer"], record["head"]) == (1, 2)
    assert record["on_itself"] == 1.0
    assert record["entropy"] == 0.0


def test_picture_of_many_words_keeps_the_strongest_of_each_cell(generator):
    size = 100
    weights = generator.random((size, size)) / 100
    weights[41, 77] = 0.9

    grid = head_grid(explained([weights]))

    rows = np.arange(MOST_CELLS) * size // MOST_CELLS
    row, column = (int(np.searchsorted(rows, place, side="right")) - 1 for place in (41, 77))
    assert grid.pictures.shape == (1, 1, MOST_CELLS, MOST_CELLS)
    assert np.unravel_index(grid.pictures[0, 0].argmax(), (MOST_CELLS, MOST_CELLS)) == (row, column)
    assert grid.words_per_cell == size / MOST_CELLS


def test_grid_of_a_part_leaves_out_what_is_around_it():
    heads = [np.full((SIZE, SIZE), 1 / SIZE)]
    found = explained(heads, special_at=(0, 1, -1))
    groups = np.array([0, 1, 1, 1, 2, 3, 4, 5])
    part = AttentionExplanation(
        found.read, found.attention, ("x", "y"), found.probabilities, False,
        part=Part(found.read, groups, 0, 2),
    )  # fmt: skip

    grid = head_grid(part)

    assert grid.pictures.shape == (1, 1, SIZE - 1, SIZE - 1)
    assert grid.statistics.on_itself[0, 0] == pytest.approx(1 / (SIZE - 1))


@pytest.mark.parametrize("family", ["distilbert", "roberta", "gpt2"])
def test_grid_of_every_family(saved, family):
    grid = head_grid(explain_attention(load(saved[family]), "The old cat was here."))

    assert grid.pictures.shape[:2] == (2, 2)
    assert grid.pictures.max() == 255
    assert len(grid.order("distance")) == 4
