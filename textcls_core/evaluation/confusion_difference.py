"""How the confusions of two runs on the same rows differ."""

from dataclasses import dataclass

import numpy as np

from textcls_core.arrays import Counts, Indices, LabelIds
from textcls_core.errors import InvalidArgumentError, did_you_mean
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
    ids = _class_ids(this.label_names, other.label_names)
    places = _places(this.row_ids, other.row_ids)
    true = ids[other.true_label_ids[places]]
    num_changed = int((true != this.true_label_ids).sum())
    if num_changed:
        raise InvalidArgumentError(
            f"Expected two runs on the same labels, but {num_changed:,} of {len(true):,} rows have "
            "another true label in the second run. Choose a run on the same data set version."
        )
    return ConfusionDifference(
        label_names=this.label_names,
        true_label_ids=this.true_label_ids,
        predicted=this.predicted_label_ids,
        other_predicted=ids[other.predicted_label_ids[places]],
    )


def _class_ids(names: tuple[str, ...], other_names: tuple[str, ...]) -> LabelIds:
    """Return for each class of the second run its id in the first, shape (C,)."""
    different = sorted(set(names) ^ set(other_names))
    if different:
        missing = did_you_mean("", different).replace("Known", "Only one of them has")
        raise InvalidArgumentError(
            f"Expected two runs with the same classes, got {len(names)} and {len(other_names)}. "
            f"{missing} Choose a run on the same classes."
        )
    id_of = {name: position for position, name in enumerate(names)}
    return np.array([id_of[name] for name in other_names], dtype=np.int64)


def _places(row_ids: tuple[str, ...], other_row_ids: tuple[str, ...]) -> Indices:
    """Return where the rows of the first run stand in the second, shape (N,)."""
    place_of = {row_id: place for place, row_id in enumerate(other_row_ids)}
    shared = sum(row_id in place_of for row_id in row_ids)
    if shared != len(row_ids) or len(row_ids) != len(other_row_ids):
        raise InvalidArgumentError(
            f"Expected two runs on the same rows, got {len(row_ids):,} and {len(other_row_ids):,} "
            f"rows of which {shared:,} are the same. Choose a run that was measured on this split "
            "of the same data set version."
        )
    return np.array([place_of[row_id] for row_id in row_ids], dtype=np.int64)
