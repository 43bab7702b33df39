import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix

from textcls_core.evaluation.confusion import confusion_counts, normalise, top_confusions

COUNTS = np.array([[5, 2, 0], [1, 0, 0], [0, 0, 0]])


def as_ids(*label_ids: int) -> np.ndarray:
    return np.array(label_ids, dtype=np.int64)


def test_confusion_rows_are_true_labels():
    counts = confusion_counts(as_ids(0, 0, 1), as_ids(0, 1, 1), 2)

    assert counts.tolist() == [[1, 1], [0, 1]]


def test_confusion_has_a_row_for_every_class():
    counts = confusion_counts(as_ids(0), as_ids(0), 3)

    assert counts.tolist() == [[1, 0, 0], [0, 0, 0], [0, 0, 0]]


def test_confusion_of_no_rows_is_zero():
    counts = confusion_counts(as_ids(), as_ids(), 2)

    assert counts.tolist() == [[0, 0], [0, 0]]


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=60))
def test_confusion_equals_scikit_learn(pairs):
    true, predicted = (as_ids(*ids) for ids in zip(*pairs, strict=True))

    counts = confusion_counts(true, predicted, 5)

    assert counts.tolist() == confusion_matrix(true, predicted, labels=range(5)).tolist()


def test_normalise_by_row_gives_recall_on_the_diagonal():
    shares = normalise(COUNTS, "row")

    assert shares.tolist() == [[5 / 7, 2 / 7, 0], [1, 0, 0], [0, 0, 0]]


def test_normalise_by_column_gives_precision_on_the_diagonal():
    shares = normalise(COUNTS, "column")

    assert shares.tolist() == [[5 / 6, 1, 0], [1 / 6, 0, 0], [0, 0, 0]]


def test_normalise_by_counts_changes_nothing():
    assert normalise(COUNTS, "counts").tolist() == COUNTS.tolist()


@pytest.mark.parametrize("by", ["counts", "row", "column"])
def test_normalise_leaves_its_argument_alone(by):
    before = COUNTS.copy()

    normalise(COUNTS, by)

    assert (before == COUNTS).all()


def test_top_confusions_come_largest_first():
    assert top_confusions(COUNTS) == [(0, 1, 2), (1, 0, 1)]


def test_top_confusions_stop_at_the_limit():
    assert top_confusions(COUNTS, limit=1) == [(0, 1, 2)]


def test_top_confusions_leave_out_what_is_right():
    assert top_confusions(np.diag([3, 4])) == []


def test_top_confusions_leave_their_argument_alone():
    before = COUNTS.copy()

    top_confusions(COUNTS)

    assert (before == COUNTS).all()
