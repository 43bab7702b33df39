"""Confusion counts and their shares."""

from typing import Literal

import numpy as np

from textcls_core.arrays import Counts, LabelIds

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
    """Return (true id, predicted id, count) of the most frequent mistakes, largest first."""
    wrong = confusion.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(wrong, axis=None, kind="stable")[::-1][:limit]
    pairs = zip(*np.unravel_index(order, wrong.shape), strict=True)
    return [(int(i), int(j), int(wrong[i, j])) for i, j in pairs if wrong[i, j]]
