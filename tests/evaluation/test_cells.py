"""The count in a cell equals the rows behind it, whatever the classes are called."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cases import MIXED, make_predictions
from textcls_core.evaluation.cells import cell_rows, mistake_rows
from textcls_core.evaluation.evaluation import evaluate

NEAR_EQUAL = (
    "spam",
    "spam ",
    "Spam",
    "spa\u0301m",
    "sp\u00e1m",
    "<b>spam</b>",
    "&lt;b&gt;spam",
    "all",
)


@st.composite
def answers(draw):
    """Draw predictions over hostile and nearly equal classes, some of them without rows."""
    names = NEAR_EQUAL[: draw(st.integers(2, len(NEAR_EQUAL)))]
    ids = st.integers(0, len(names) - 1)
    pairs = draw(st.lists(st.tuples(ids, ids, st.floats(0, 0.3)), min_size=1, max_size=40))
    probabilities = np.zeros((len(pairs), len(names)))
    for row, (_, predicted, rest) in enumerate(pairs):
        probabilities[row] = rest / (len(names) - 1)
        probabilities[row, predicted] = 1 - rest
    return make_predictions([true for true, *_ in pairs], probabilities, names)


@settings(max_examples=80, deadline=None)
@given(answers())
def test_rows_of_every_cell_are_as_many_as_it_counts(predictions):
    counts = evaluate(predictions).confusion

    size = len(predictions.label_names)
    found = [[len(cell_rows(predictions, i, j)) for j in range(size)] for i in range(size)]

    assert found == counts.tolist()


@settings(max_examples=80, deadline=None)
@given(answers())
def test_rows_of_every_total_are_as_many_as_it_counts(predictions):
    counts = evaluate(predictions).confusion

    ids = range(len(predictions.label_names))

    assert [len(cell_rows(predictions, i, None)) for i in ids] == counts.sum(axis=1).tolist()
    assert [len(cell_rows(predictions, None, j)) for j in ids] == counts.sum(axis=0).tolist()
    assert len(cell_rows(predictions, None, None)) == len(predictions)


@settings(max_examples=80, deadline=None)
@given(answers())
def test_mistakes_are_the_rows_off_the_diagonal(predictions):
    counts = evaluate(predictions).confusion

    assert len(mistake_rows(predictions)) == counts.sum() - np.trace(counts)


def test_rows_of_a_cell_have_its_classes():
    rows = cell_rows(MIXED, 0, 0)

    assert rows.tolist() == [0, 1]


def test_rows_of_a_cell_come_with_the_largest_loss_first():
    predictions = make_predictions([0, 0, 0], [[0.4, 0.6, 0], [0.1, 0.9, 0], [0.3, 0.7, 0]])

    assert cell_rows(predictions, 0, 1).tolist() == [1, 2, 0]
    assert mistake_rows(predictions).tolist() == [1, 2, 0]
