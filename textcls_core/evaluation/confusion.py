"""Confusion counts and their shares."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from textcls_core.arrays import Counts, LabelIds, Mask

Normalisation = Literal["counts", "row", "column"]


def confusion_counts(true_label_ids: LabelIds, predicted: LabelIds, num_labels: int) -> Counts:
    """Return `confusion[i, j]`, the number of rows of true class i predicted as j, shape (C, C).

    Args:
        true_label_ids: Class index per row, shape (N,).
        predicted: Predicted class index per row, shape (N,).
        num_labels: Number of classes, C.
    """
    flat = np.bincount(true_label_ids * num_labels + predicted, minlength=num_labels**2)
    return np.asarray(flat.reshape(num_labels, num_labels), dtype=np.int64)


def normalise(confusion: Counts, by: Normalisation) -> np.ndarray:
    """Return counts as they are, or as shares of their row or column, shape (C, C).

    A row share says where a true class went (its diagonal is recall); a column share says what a
    prediction is worth (its diagonal is precision). Empty rows and columns give zeros.
    """
    if by == "counts":
        return confusion.astype(np.float64)
    totals = confusion.sum(axis=1 if by == "row" else 0, keepdims=True)
    return np.asarray(confusion / np.maximum(totals, 1))


def top_confusions(confusion: Counts, limit: int = 5) -> list[tuple[int, int, int]]:
    """Return (true id, predicted id, count) of the most frequent mistakes, largest first.

    Of equally frequent ones those with the smaller ids come first.
    """
    wrong = confusion.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:limit]
    pairs = zip(*np.unravel_index(order, wrong.shape), strict=True)
    return [(int(i), int(j), int(wrong[i, j])) for i, j in pairs if wrong[i, j]]


def rows_in_cell(
    true_label_ids: LabelIds, predicted: LabelIds, true: int | None, predicted_id: int | None
) -> Mask:
    """Return whether each row lies in a cell of the matrix, shape (N,).

    Args:
        true_label_ids: Class index per row, shape (N,).
        predicted: Predicted class index per row, shape (N,).
        true: True class of the cell; None for all of them, that is, a whole column.
        predicted_id: Predicted class of the cell; None for a whole row.

    Example:
        >>> rows_in_cell(np.array([0, 0, 1]), np.array([0, 1, 1]), None, 1).tolist()
        [False, True, True]
    """
    mask = np.ones(len(true_label_ids), dtype=bool)
    if true is not None:
        mask &= true_label_ids == true
    if predicted_id is not None:
        mask &= predicted == predicted_id
    return mask


def pair_table(
    confusion: Counts, label_names: Sequence[str], pairs: Sequence[tuple[int, int]]
) -> list[dict[str, Any]]:
    """Return one record per pair of true and predicted class, with the rows and their share.

    The share is that of all rows of the true class, in [0, 1].

    Example:
        >>> pair_table(np.array([[3, 1], [0, 7]]), ("ham", "spam"), [(0, 1)])[0]["rows"]
        1
    """
    support = np.maximum(confusion.sum(axis=1), 1)
    return [
        {
            "true": label_names[i],
            "predicted": label_names[j],
            "rows": int(confusion[i, j]),
            "share": float(confusion[i, j] / support[i]),
        }
        for i, j in pairs
    ]


def cell_table(
    values: Counts, label_names: Sequence[str], label_ids: LabelIds
) -> list[dict[str, Any]]:
    """Return one record per class with its cells, for a table whose cells can be selected.

    Columns are called by class id, because names may be hostile or equal but for a space; `""`
    holds the name of the row. The totals, last column and last row, count all classes.

    Args:
        values: Counts, row = true class, column = predicted class, shape (C, C).
        label_names: C class names.
        label_ids: The classes to show, in this order.

    Example:
        >>> cell_table(np.array([[5, 1], [0, 7]]), ("ham", "spam"), np.array([1]))
        [{'': 'spam', '1': 7, 'all': 7}, {'': 'all', '1': 8, 'all': 13}]
    """
    ids = label_ids.tolist()
    in_rows, in_columns = values.sum(axis=1), values.sum(axis=0)
    rows = [
        {"": label_names[i], **{str(j): int(values[i, j]) for j in ids}, "all": int(in_rows[i])}
        for i in ids
    ]
    totals = {str(j): int(in_columns[j]) for j in ids}
    return [*rows, {"": "all", **totals, "all": int(values.sum())}]
