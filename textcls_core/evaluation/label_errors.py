"""Errors in label sets: each label by itself, and which errors come together."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np
from jaxtyping import Int

from textcls_core.arrays import Counts, Indices, LabelIds, LabelSets
from textcls_core.evaluation.confusion import top_confusions
from textcls_core.evaluation.multi_label import MultiLabelPredictions

LabelOutcome = Literal["true positive", "false negative", "false positive", "true negative"]
OUTCOMES: dict[LabelOutcome, str] = {
    "true positive": "given, and right",
    "false negative": "missed",
    "false positive": "given, but wrong",
    "true negative": "not given, and right",
}
"""What can become of a label in a row, in the order of the columns of `outcome_counts`."""
ErrorPair = Literal["missed and given", "missed together", "given together"]
ERROR_PAIRS: dict[ErrorPair, tuple[LabelOutcome, LabelOutcome]] = {
    "missed and given": ("false negative", "false positive"),
    "missed together": ("false negative", "false negative"),
    "given together": ("false positive", "false positive"),
}
"""What happens to the label of the row and to that of the column in `error_pairs`."""
LabelOrder = Literal["errors", "size", "label"]
ORDERS: dict[LabelOrder, str] = {
    "errors": "Most errors first",
    "size": "Size, largest first",
    "label": "Data set",
}
_SMALLEST = np.finfo(np.float64).eps


def has_outcome(predictions: MultiLabelPredictions, outcome: LabelOutcome) -> LabelSets:
    """Return whether this happened to each label of each row, shape (N, C)."""
    true, given = predictions.targets == 1, predictions.predicted
    masks = {
        "true positive": true & given,
        "false negative": true & ~given,
        "false positive": ~true & given,
        "true negative": ~true & ~given,
    }
    return np.asarray(masks[outcome])


def outcome_counts(predictions: MultiLabelPredictions) -> Int[np.ndarray, "C 4"]:
    """Return the rows of each label by outcome, in the order of `OUTCOMES`, shape (C, 4).

    They are the four cells of scikit-learn's `multilabel_confusion_matrix`; each row of the result
    adds up to N.
    """
    return np.stack([has_outcome(predictions, outcome).sum(0) for outcome in OUTCOMES], axis=1)


def label_order(counts: Int[np.ndarray, "C 4"], by: LabelOrder) -> LabelIds:
    """Return the ids of all labels in the order they are shown in, shape (C,).

    Args:
        counts: From `outcome_counts`.
        by: `errors` for the label with most missed and wrongly given rows first, `size` for the
            one with most rows, `label` for the order of the data set. Ties keep the order of ids.
    """
    if by == "label":
        return np.arange(len(counts))
    key = counts[:, 1] + counts[:, 2] if by == "errors" else counts[:, 0] + counts[:, 1]
    return np.argsort(-key, kind="stable")


def outcome_table(
    counts: Int[np.ndarray, "C 4"], label_names: Sequence[str], label_ids: Iterable[int]
) -> list[dict[str, Any]]:
    """Return one record per label with its rows by outcome, for a table with cells to select."""
    return [
        {"label": label_names[i], **dict(zip(OUTCOMES, counts[i].tolist(), strict=True))}
        for i in label_ids
    ]


def error_pairs(predictions: MultiLabelPredictions, pair: ErrorPair) -> Counts:
    """Return in how many rows two errors come together, shape (C, C).

    Entry `[i, j]` counts the rows with the first error of the pair in label i and the second one
    in label j. Where both are the same error, the matrix is symmetric, and its diagonal counts all
    rows with the error in that label; a label cannot be both missed and wrongly given.
    """
    first, second = (
        has_outcome(predictions, outcome).astype(np.float32) for outcome in ERROR_PAIRS[pair]
    )
    return np.asarray((first.T @ second).round(), dtype=np.int64)


def top_pairs(counts: Counts, pair: ErrorPair, limit: int) -> list[tuple[int, int]]:
    """Return the labels whose errors come together most often, the most frequent first.

    Where the order of the two says nothing, each two labels are there once.
    """
    first, second = ERROR_PAIRS[pair]
    distinct = np.triu(counts) if first == second else counts
    return [(i, j) for i, j, _ in top_confusions(distinct, limit)]


def outcome_rows(
    predictions: MultiLabelPredictions, label_id: int, outcome: LabelOutcome
) -> Indices:
    """Return the rows in one cell of `outcome_counts`, the largest loss in the label first."""
    rows = np.flatnonzero(has_outcome(predictions, outcome)[:, label_id])
    return _worst_first(predictions, rows, [label_id])


def pair_rows(
    predictions: MultiLabelPredictions, pair: ErrorPair, first: int, second: int
) -> Indices:
    """Return the rows in one cell of `error_pairs`, the largest loss in both labels first."""
    one, two = (has_outcome(predictions, outcome) for outcome in ERROR_PAIRS[pair])
    rows = np.flatnonzero(one[:, first] & two[:, second])
    return _worst_first(predictions, rows, [first, second])


def wrong_rows(predictions: MultiLabelPredictions) -> Indices:
    """Return the rows with any error, the largest loss first, shape (M,)."""
    wrong = (predictions.targets == 1) != predictions.predicted
    rows = np.flatnonzero(wrong.any(axis=1))
    return np.asarray(rows[np.argsort(-predictions.loss[rows], kind="stable")])


def _worst_first(
    predictions: MultiLabelPredictions, rows: Indices, label_ids: list[int]
) -> Indices:
    """Return rows sorted by the mean cross-entropy in some labels, in nats, largest first."""
    cells = np.ix_(rows, np.array(label_ids))
    probabilities, true = predictions.probabilities[cells], predictions.targets[cells] == 1
    chosen = np.where(true, probabilities, 1 - probabilities)
    loss = -np.log(np.maximum(chosen, _SMALLEST)).mean(axis=1)
    return np.asarray(rows[np.argsort(-loss, kind="stable")])
