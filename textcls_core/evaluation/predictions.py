"""Predictions: what a run said about every row of one split."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np

from textcls_core.arrays import LabelIds, Losses, Probabilities
from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.prediction_file import (
    damage_explained,
    per_class,
    read_predictions,
    write_predictions,
)

_SMALLEST = np.finfo(np.float64).tiny


@dataclass(frozen=True)
class Predictions:
    """True labels and class probabilities of N rows, in the order of the data set.

    Raises:
        InvalidArgumentError: If lengths differ, rows do not sum to 1, or a label id is unknown.
    """

    row_ids: tuple[str, ...]
    """N row ids of the data set."""
    true_label_ids: LabelIds
    """Class index per row, shape (N,)."""
    probabilities: Probabilities
    """Class probabilities, shape (N, C)."""
    label_names: tuple[str, ...]
    """C class names in the order of their ids."""

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together."""
        expected = (len(self.row_ids), len(self.label_names))
        if self.probabilities.shape != expected or len(self.true_label_ids) != expected[0]:
            raise InvalidArgumentError(
                f"Expected probabilities of shape {expected} and as many true labels, got "
                f"{self.probabilities.shape} and {len(self.true_label_ids)}."
            )
        sums = self.probabilities.sum(axis=1)
        if (self.probabilities < 0).any() or not np.allclose(sums, 1, atol=1e-4):
            raise InvalidArgumentError("Expected probabilities of at least 0 whose rows sum to 1.")
        ids = self.true_label_ids
        if len(ids) and not (ids.min() >= 0 and ids.max() < expected[1]):
            raise InvalidArgumentError(f"Expected label ids from 0 to {expected[1] - 1}.")

    def __len__(self) -> int:
        """Number of rows, N."""
        return len(self.row_ids)

    @cached_property
    def predicted_label_ids(self) -> LabelIds:
        """Most probable class per row, shape (N,); the first one on a tie."""
        return np.asarray(self.probabilities.argmax(axis=1), dtype=np.int64)

    @cached_property
    def confidence(self) -> Losses:
        """Largest class probability per row, shape (N,), in [1/C, 1]."""
        return np.asarray(self.probabilities.max(axis=1))

    @cached_property
    def loss(self) -> Losses:
        """Cross-entropy per row, shape (N,), in nats."""
        rows = np.arange(len(self))
        chosen = self.probabilities[rows, self.true_label_ids]
        return np.asarray(-np.log(np.maximum(chosen, _SMALLEST)))

    @cached_property
    def is_mistake(self) -> np.ndarray:
        """Whether the predicted class differs from the true one, shape (N,)."""
        return np.asarray(self.predicted_label_ids != self.true_label_ids)

    def save(self, file: Path) -> None:
        """Write a Parquet file with one probability column per class, in one step."""
        columns = {
            "true_label_id": self.true_label_ids,
            "loss": self.loss,
            "p": self.probabilities,
        }
        write_predictions(file, self.row_ids, columns, self.label_names, "single_label")

    @classmethod
    def load(cls, file: Path) -> Self:
        """Return what `save` wrote.

        Raises:
            InvalidArgumentError: If the file is damaged.
        """
        with damage_explained(file):
            table, names = read_predictions(file)
            return cls(
                row_ids=tuple(table["row_id"].to_pylist()),
                true_label_ids=table["true_label_id"].to_numpy(),
                probabilities=per_class(table, "p", len(names)),
                label_names=names,
            )
