"""Tests of the difference of two confusion matrices: counts, rows behind them, refusals."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cases import decided, make_predictions
from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.confusion_difference import confusion_difference

THIS = decided([0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 2, 2])
OTHER = decided([0, 0, 0, 1, 1, 2], [0, 1, 1, 1, 1, 0])
ANSWERS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=40
)


def reordered(predictions, order):
    """Return the same predictions with the rows in another order."""
    return replace(
        predictions,
        row_ids=tuple(predictions.row_ids[place] for place in order),
        true_label_ids=predictions.true_label_ids[order],
        probabilities=predictions.probabilities[order],
    )


def test_difference_is_this_run_minus_the_other():
    difference = confusion_difference(THIS, OTHER)

    assert difference.counts.tolist() == [[1, -1, 0], [0, -1, 1], [-1, 0, 1]]


def test_difference_of_shares_is_in_shares_of_row_or_column():
    difference = confusion_difference(THIS, OTHER)

    assert difference.shown("counts").tolist() == difference.counts.tolist()
    assert difference.shown("row")[0] == pytest.approx([1 / 3, -1 / 3, 0])
    assert difference.shown("column")[:, 2] == pytest.approx([0, 1 / 2, 1 / 2])


def test_difference_of_a_run_to_itself_is_nothing():
    difference = confusion_difference(THIS, THIS)

    assert not difference.counts.any()
    assert not len(difference.changed_rows)
    assert difference.changed_confusions(5) == []


def test_difference_does_not_depend_on_the_order_of_rows():
    order = np.array([5, 3, 1, 0, 2, 4])

    difference = confusion_difference(THIS, reordered(OTHER, order))

    assert difference.counts.tolist() == confusion_difference(THIS, OTHER).counts.tolist()
    assert difference.changed_rows.tolist() == [1, 4, 5]


def test_difference_does_not_depend_on_the_order_of_classes():
    turned = make_predictions(
        2 - OTHER.true_label_ids, OTHER.probabilities[:, ::-1], OTHER.label_names[::-1]
    )

    difference = confusion_difference(THIS, turned)

    assert difference.label_names == THIS.label_names
    assert difference.counts.tolist() == confusion_difference(THIS, OTHER).counts.tolist()


def test_changed_confusions_leave_out_what_is_right():
    difference = confusion_difference(THIS, OTHER)

    assert difference.changed_confusions(9) == [(0, 1, 1, 2), (1, 2, 1, 0), (2, 0, 0, 1)]
    assert difference.changed_confusions(1) == [(0, 1, 1, 2)]


def test_table_names_the_classes_and_both_counts():
    [record] = confusion_difference(THIS, OTHER).table([(0, 1)])

    assert record == {
        **{"true": "ham", "predicted": "spam", "rows in this run": 1, "in the other run": 2},
        "difference": -1,
    }


@settings(max_examples=80, deadline=None)
@given(ANSWERS)
def test_rows_of_every_cell_are_as_many_as_both_runs_count(rows):
    true, first, second = zip(*rows, strict=True)
    difference = confusion_difference(decided(true, first), decided(true, second))

    changes = {(i, j): difference.cell(i, j) for i in range(3) for j in range(3)}

    for (i, j), change in changes.items():
        here, there = len(change.only_this), len(change.only_other)
        assert len(change.in_both) + here == difference.confusion[i, j]
        assert len(change.in_both) + there == difference.other_confusion[i, j]
        assert here - there == difference.counts[i, j]


def test_rows_of_a_total_are_those_of_both_runs():
    change = confusion_difference(THIS, OTHER).cell(None, 1)

    assert change.in_both.tolist() == [2, 3]
    assert change.only_this.tolist() == []
    assert change.only_other.tolist() == [1, 4]


def test_difference_of_other_classes_is_refused():
    other = make_predictions([0, 1], np.eye(2), ["ham", "eggs"])

    with pytest.raises(
        InvalidArgumentError,
        match=r'the same classes, got 3 and 2; only one of them knows "eggs"\. Choose a run',
    ):
        confusion_difference(THIS, other)


def test_difference_on_other_rows_is_refused():
    other = replace(OTHER, row_ids=("x", *OTHER.row_ids[1:]))

    with pytest.raises(InvalidArgumentError, match=r"their rows are not the same: .*5 in both"):
        confusion_difference(THIS, other)


def test_difference_on_other_labels_is_refused():
    other = decided([1, 0, 0, 1, 1, 2], [0, 0, 1, 1, 2, 2])

    with pytest.raises(InvalidArgumentError, match=r"1 of the 6 rows differ in the true label"):
        confusion_difference(THIS, other)
