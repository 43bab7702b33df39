"""Tests of outcomes: few kinds of rows that add up to the counts of all of them."""

import numpy as np
import pytest

from textcls_core.evaluation.agreement import decision_table
from textcls_core.evaluation.outcomes import Outcomes

NUM_CLASSES = 4


def draw_ids(generator, num_rows):
    """Return true classes and the answers of two models."""
    return list(generator.integers(0, NUM_CLASSES, (3, num_rows)))


def draw_sets(generator, num_rows):
    """Return true label sets and the answers of two models."""
    return list(generator.random((3, num_rows, NUM_CLASSES)) < 0.4)


@pytest.mark.parametrize("draw", [draw_ids, draw_sets], ids=["single", "multi"])
def test_outcomes_add_up_to_any_sample_of_rows(generator, draw):
    columns = draw(generator, 40)
    rows = generator.integers(0, 40, 40)
    outcomes = Outcomes.of(NUM_CLASSES, *columns)

    sums = outcomes.table[outcomes.cells[rows]].sum(axis=0)

    sets = [c if c.ndim == 2 else np.eye(NUM_CLASSES, dtype=bool)[c] for c in columns]
    expected = [decision_table(sets[0], answer)[rows].sum(axis=0) for answer in sets[1:]]
    assert sums.tolist() == np.concatenate(expected).tolist()


@pytest.mark.parametrize("draw", [draw_ids, draw_sets], ids=["single", "multi"])
def test_outcomes_are_no_more_than_the_different_rows(generator, draw):
    columns = draw(generator, 400)

    outcomes = Outcomes.of(NUM_CLASSES, *columns)

    together = np.column_stack(columns)
    assert len(outcomes.table) == len(np.unique(together, axis=0))
    assert np.unique(outcomes.cells).tolist() == list(range(len(outcomes.table)))
