"""Predictions: what a run said about every row of one split."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from textcls_core.arrays import LabelIds, Losses, Probabilities
from textcls_core.errors import InvalidArgumentError
from textcls_core.files import temporary_sibling, to_json

_SMALLEST = np.finfo(np.float64).tiny
_LABELS_KEY = b"label_names"


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
            "row_id": pa.array(self.row_ids, pa.string()),
            "true_label_id": pa.array(self.true_label_ids),
            "loss": pa.array(self.loss),
            **{f"p{c}": pa.array(self.probabilities[:, c]) for c in range(len(self.label_names))},
        }
        metadata = {_LABELS_KEY: to_json(self.label_names).encode()}
        with temporary_sibling(file) as temporary:
            pq.write_table(pa.table(columns).replace_schema_metadata(metadata), temporary)
            temporary.replace(file)

    @classmethod
    def load(cls, file: Path) -> Self:
        """Return what `save` wrote.

        Raises:
            InvalidArgumentError: If the file is damaged.
        """
        try:
            table = pq.read_table(file)
            names = json.loads(table.schema.metadata[_LABELS_KEY])
            columns = [table[f"p{c}"].to_numpy() for c in range(len(names))]
            return cls(
                row_ids=tuple(table["row_id"].to_pylist()),
                true_label_ids=table["true_label_id"].to_numpy(),
                probabilities=np.stack(columns, axis=1),
                label_names=tuple(names),
            )
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise InvalidArgumentError(
                f"The predictions in {file.name} are damaged. Train the run again."
            ) from error
