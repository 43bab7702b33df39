"""Tests of errors in label sets: every cell counts the rows behind it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import multilabel_confusion_matrix

from tests.cases import make_label_sets
from textcls_core.evaluation.label_errors import (
    ERROR_PAIRS,
    OUTCOMES,
    error_pairs,
    label_order,
    outcome_counts,
    outcome_rows,
    outcome_table,
    pair_rows,
    top_pairs,
    wrong_rows,
)

SETS = make_label_sets(
    [[1, 0, 0], [1, 0, 0], [0, 1, 1], [0, 0, 0]],
    [[0.9, 0.1, 0.1], [0.2, 0.7, 0.1], [0.1, 0.3, 0.1], [0.1, 0.8, 0.6]],
)
"""Right; ham missed for spam; spam and news missed; spam and news wrongly given."""


@st.composite
def label_sets(draw):
    """Draw up to 30 rows of three labels."""
    size = draw(st.integers(1, 30))
    bits = st.lists(
        st.lists(st.integers(0, 1), min_size=3, max_size=3), min_size=size, max_size=size
    )
    shares = st.lists(st.floats(0, 1), min_size=3, max_size=3)
    return make_label_sets(draw(bits), draw(st.lists(shares, min_size=size, max_size=size)))


@settings(max_examples=60, deadline=None)
@given(label_sets())
def test_outcome_counts_equal_scikit_learn(sets):
    counts = outcome_counts(sets)

    expected = multilabel_confusion_matrix(sets.targets, sets.predicted)
    cells = expected[:, [1, 1, 0, 0], [1, 0, 1, 0]]
    assert counts.tolist() == cells.tolist()
    assert (counts.sum(axis=1) == len(sets)).all()


@settings(max_examples=60, deadline=None)
@given(label_sets())
def test_rows_of_every_outcome_are_as_many_as_it_counts(sets):
    counts = outcome_counts(sets)

    found = [[len(outcome_rows(sets, i, outcome)) for outcome in OUTCOMES] for i in range(3)]

    assert found == counts.tolist()


@settings(max_examples=60, deadline=None)
@given(label_sets(), st.sampled_from(list(ERROR_PAIRS)))
def test_rows_of_every_pair_of_errors_are_as_many_as_it_counts(sets, pair):
    counts = error_pairs(sets, pair)

    found = [[len(pair_rows(sets, pair, i, j)) for j in range(3)] for i in range(3)]

    assert found == counts.tolist()


@settings(max_examples=60, deadline=None)
@given(label_sets())
def test_wrong_rows_are_those_that_are_not_right_in_every_label(sets):
    right = (sets.targets == sets.predicted).all(axis=1)

    assert sorted(wrong_rows(sets)) == np.flatnonzero(~right).tolist()


@pytest.mark.parametrize(
    ("pair", "counts"),
    [
        ("missed and given", [[0, 1, 0], [0, 0, 0], [0, 0, 0]]),
        ("missed together", [[1, 0, 0], [0, 1, 1], [0, 1, 1]]),
        ("given together", [[0, 0, 0], [0, 2, 1], [0, 1, 1]]),
    ],
)
def test_error_pairs_count_rows(pair, counts):
    assert error_pairs(SETS, pair).tolist() == counts


def test_outcome_rows_come_with_the_surest_error_first():
    sets = make_label_sets([[1, 0, 0]] * 3, [[0.4, 0, 0], [0.1, 0, 0], [0.3, 0, 0]])

    assert outcome_rows(sets, 0, "false negative").tolist() == [1, 2, 0]


def test_pair_rows_come_with_the_largest_loss_in_both_labels_first():
    sets = make_label_sets([[0, 0, 1]] * 2, [[0.6, 0.6, 0.0], [0.9, 0.9, 0.9]])

    assert pair_rows(sets, "given together", 0, 1).tolist() == [1, 0]


def test_outcome_table_has_a_record_per_label_in_the_wanted_order():
    records = outcome_table(outcome_counts(SETS), SETS.label_names, [2, 0])

    assert [record["label"] for record in records] == ["news", "ham"]
    assert records[1] == {
        **{"label": "ham", "true positive": 1, "false negative": 1},
        **{"false positive": 0, "true negative": 2},
    }


@pytest.mark.parametrize(
    ("by", "order"), [("label", [0, 1, 2]), ("errors", [1, 2, 0]), ("size", [0, 1, 2])]
)
def test_label_order(by, order):
    assert label_order(outcome_counts(SETS), by).tolist() == order


def test_top_pairs_list_each_two_labels_once():
    assert top_pairs(error_pairs(SETS, "missed together"), "missed together", 9) == [(1, 2)]


def test_top_pairs_of_missed_and_given_keep_the_direction():
    assert top_pairs(error_pairs(SETS, "missed and given"), "missed and given", 9) == [(0, 1)]
