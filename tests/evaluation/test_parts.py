"""Tests of figures by part of the rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score

from tests.cases import decided, make_label_sets
from textcls_core.evaluation.parts import length_parts, part_figures, part_values

LENGTHS = st.lists(st.integers(0, 30), min_size=1, max_size=60)


@settings(max_examples=100, deadline=None)
@given(LENGTHS, st.integers(1, 8))
def test_length_parts_hold_every_row_within_their_bounds(lengths, most):
    lengths = np.array(lengths)

    parts = length_parts(lengths, most)

    low, high = np.array(parts.bounds).T
    assert (low[parts.part_of_row] <= lengths).all()
    assert (lengths <= high[parts.part_of_row]).all()
    assert (high[:-1] < low[1:]).all()
    assert 1 <= len(parts.bounds) <= most
    assert set(parts.part_of_row.tolist()) == set(range(len(parts.bounds)))


def test_length_parts_are_of_one_size_where_lengths_differ(generator):
    parts = length_parts(generator.permutation(800), 8)

    assert np.bincount(parts.part_of_row).tolist() == [100] * 8


def test_length_parts_of_equal_lengths_are_one():
    assert length_parts(np.full(9, 4)).bounds == ((4, 4),)


def answers(generator, num_rows=400):
    """Return decided rows of three classes, and a part of each."""
    true = generator.integers(0, 3, num_rows)
    predicted = np.where(generator.random(num_rows) < 0.7, true, generator.integers(0, 3, num_rows))
    return true, predicted, generator.integers(0, 4, num_rows)


def test_accuracy_by_part_equals_scikit_learn(generator):
    true, predicted, parts = answers(generator)

    figures = part_figures(decided(true, predicted), parts, 4, "accuracy")

    for part, one in enumerate(figures):
        rows = parts == part
        assert one.value == pytest.approx(accuracy_score(true[rows], predicted[rows]))
        assert one.num_rows == rows.sum()
        assert one.interval.low < one.value < one.interval.high


def test_macro_f1_by_part_equals_scikit_learn(generator):
    true, predicted, parts = answers(generator)

    figures = part_figures(decided(true, predicted), parts, 4, "macro_f1")

    for part, one in enumerate(figures):
        rows = parts == part
        expected = f1_score(true[rows], predicted[rows], average="macro")
        assert one.value == pytest.approx(expected)
        assert one.interval.low < one.value < one.interval.high


def test_figures_of_label_sets_equal_scikit_learn(generator):
    targets = generator.random((300, 3)) < 0.4
    given = targets ^ (generator.random((300, 3)) < 0.2)
    sets = make_label_sets(targets, np.where(given, 0.8, 0.1))
    parts = generator.integers(0, 2, 300)

    accuracy = part_figures(sets, parts, 2, "accuracy")
    macro_f1 = part_figures(sets, parts, 2, "macro_f1")

    for part in range(2):
        rows = parts == part
        assert accuracy[part].value == pytest.approx(accuracy_score(targets[rows], given[rows]))
        expected = f1_score(targets[rows], given[rows], average="macro")
        assert macro_f1[part].value == pytest.approx(expected)


def test_part_without_rows_has_no_figure():
    figures = part_figures(decided([0, 1], [0, 1]), np.array([0, 2]), 3, "accuracy")

    assert [one is None for one in figures] == [False, True, False]


def test_interval_of_a_part_without_mistakes_is_not_a_point():
    [one] = part_figures(decided([0] * 20, [0] * 20), np.zeros(20, dtype=int), 1, "accuracy")

    assert one.value == 1
    assert one.interval.low < 0.9
    assert one.interval.high == 1


def test_interval_is_narrower_with_more_rows(generator):
    true, predicted, _ = answers(generator, 2_000)
    parts = (np.arange(2_000) >= 200).astype(int)

    few, many = part_figures(decided(true, predicted), parts, 2, "accuracy")

    assert many.interval.high - many.interval.low < few.interval.high - few.interval.low


def test_macro_f1_counts_only_classes_that_occur_in_the_part():
    [one] = part_figures(decided([0, 0, 1], [0, 0, 1]), np.zeros(3, dtype=int), 1, "macro_f1")

    assert one.value == 1
    assert one.interval is None or one.interval.high == 1


@pytest.mark.parametrize("metric", ["accuracy", "macro_f1"])
def test_values_by_part_are_those_of_the_figures(generator, metric):
    predictions = decided(generator.integers(0, 3, 200), generator.integers(0, 3, 200))
    part_of_row = generator.integers(-1, 4, 200)
    part_of_row[part_of_row == 2] = -1

    values = part_values(predictions, part_of_row, 4, metric)

    figures = part_figures(predictions, part_of_row, 4, metric)
    assert values == [None if one is None else pytest.approx(one.value) for one in figures]
    assert values[2] is None
