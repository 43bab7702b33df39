"""How the confusions of two runs on the same rows differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from textcls_core.arrays import Counts, Indices, LabelIds
from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.alignment import Mismatch, pair_up
from textcls_core.evaluation.by_task import AnyPredictions
from textcls_core.evaluation.confusion import (
    Normalisation,
    confusion_counts,
    normalise,
    rows_in_cell,
    top_confusions,
)
from textcls_core.evaluation.predictions import Predictions


@dataclass(frozen=True, slots=True)
class CellChange:
    """Positions of rows, in the order of the first run; together they are one cell of both runs."""

    in_both: Indices
    """In the cell with either run."""
    only_this: Indices
    """In the cell with the first run only."""
    only_other: Indices
    """In the cell with the second run only."""


@dataclass(frozen=True, slots=True)
class ConfusionDifference:
    """What two runs predicted for the same N rows; rows and classes in the order of the first."""

    label_names: tuple[str, ...]
    true_label_ids: LabelIds
    """Class index per row, shape (N,)."""
    predicted: LabelIds
    """What the first run predicted, shape (N,)."""
    other_predicted: LabelIds
    """What the second run predicted, shape (N,)."""

    @property
    def counts(self) -> Counts:
        """Confusion counts of the first run minus those of the second, shape (C, C)."""
        return np.asarray(self.confusion - self.other_confusion)

    @property
    def confusion(self) -> Counts:
        """Confusion counts of the first run, shape (C, C)."""
        return confusion_counts(self.true_label_ids, self.predicted, len(self.label_names))

    @property
    def other_confusion(self) -> Counts:
        """Confusion counts of the second run, shape (C, C)."""
        return confusion_counts(self.true_label_ids, self.other_predicted, len(self.label_names))

    def shown(self, by: Normalisation) -> np.ndarray:
        """Return counts, or shares, of the first run minus those of the second, shape (C, C)."""
        return np.asarray(normalise(self.confusion, by) - normalise(self.other_confusion, by))

    def changed_confusions(self, limit: int) -> list[tuple[int, int, int, int]]:
        """Return the mistakes that differ most: true id, predicted id, count in both runs."""
        this, other = self.confusion, self.other_confusion
        changed = np.abs(this - other)
        pairs = top_confusions(changed, limit)
        return [(i, j, int(this[i, j]), int(other[i, j])) for i, j, _ in pairs]

    def table(self, pairs: Sequence[tuple[int, int]]) -> list[dict[str, Any]]:
        """Return one record per pair of true and predicted class with its rows in both runs."""
        this, other = self.confusion, self.other_confusion
        return [
            {
                "true": self.label_names[i],
                "predicted": self.label_names[j],
                "rows in this run": int(this[i, j]),
                "in the other run": int(other[i, j]),
                "difference": int(this[i, j] - other[i, j]),
            }
            for i, j in pairs
        ]

    @property
    def changed_rows(self) -> Indices:
        """Positions of the rows that the runs predict differently, shape (M,)."""
        return np.flatnonzero(self.predicted != self.other_predicted)

    def cell(self, true: int | None, predicted_id: int | None) -> CellChange:
        """Return the rows of a cell by the run that has them there; None for all classes."""
        here, there = (
            rows_in_cell(self.true_label_ids, predicted, true, predicted_id)
            for predicted in (self.predicted, self.other_predicted)
        )
        return CellChange(*map(np.flatnonzero, (here & there, here & ~there, there & ~here)))


def confusion_difference(this: Predictions, other: Predictions) -> ConfusionDifference:
    """Return how two runs differ on the same rows.

    Raises:
        InvalidArgumentError: If classes, row ids or true labels are not the same.
    """
    strangers = sorted(set(this.label_names) ^ set(other.label_names))
    if strangers:
        raise InvalidArgumentError(
            f"Expected two runs with the same classes, got {len(this.label_names)} and "
            f'{len(other.label_names)}; only one of them knows "{strangers[0][:40]}". '
            "Choose a run on the same classes."
        )
    pair = pair_up(this, other)
    if isinstance(pair, Mismatch):
        raise InvalidArgumentError(
            f"Expected two runs on the same rows, but {pair.reason}. "
            "Choose a run that was measured on the same version of the data set."
        )
    return ConfusionDifference(
        label_names=this.label_names,
        true_label_ids=this.true_label_ids,
        predicted=this.predicted_label_ids,
        other_predicted=_predicted(pair[1]),
    )


def _predicted(predictions: AnyPredictions) -> LabelIds:
    """Return the predicted class per row, shape (N,)."""
    if isinstance(predictions, Predictions):
        return predictions.predicted_label_ids
    raise TypeError("Expected predictions of one label per text.")
