"""The rows behind a cell of the confusion matrix."""

import numpy as np

from textcls_core.arrays import Indices
from textcls_core.evaluation.confusion import rows_in_cell
from textcls_core.evaluation.predictions import Predictions


def cell_rows(predictions: Predictions, true: int | None, predicted: int | None) -> Indices:
    """Return the positions of the rows of a cell, the largest loss first, shape (M,).

    As many as the cell counts, because both come from the same comparison of class ids.

    Args:
        predictions: N rows.
        true: True class of the cell; None for all of them, that is, a whole column.
        predicted: Predicted class of the cell; None for a whole row.
    """
    ids, predicted_ids = predictions.true_label_ids, predictions.predicted_label_ids
    return _worst_first(predictions, rows_in_cell(ids, predicted_ids, true, predicted))


def mistake_rows(predictions: Predictions) -> Indices:
    """Return the positions of all mistakes, the largest loss first, shape (M,)."""
    return _worst_first(predictions, predictions.is_mistake)


def _worst_first(predictions: Predictions, mask: np.ndarray) -> Indices:
    rows = np.flatnonzero(mask)
    return np.asarray(rows[np.argsort(-predictions.loss[rows], kind="stable")])
