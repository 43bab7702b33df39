"""Examples: the rows that a run predicted with their texts, right and wrong ones alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from textcls_core.arrays import Confidences, Indices, LabelIds, LabelSets, Losses
from textcls_core.dataset.text_dataset import Split, TextDataset
from textcls_core.evaluation.by_task import AnyPredictions
from textcls_core.evaluation.predictions import Predictions
from textcls_core.evaluation.sureness import (
    OUTCOMES,
    confidences,
    entropies,
    margins,
    outcome_codes,
)
from textcls_core.runs.run import Run

SHOWN_CHARACTERS = 300
"""Of a text in a table."""


@dataclass(frozen=True)
class Examples:
    """The N predictions of one split, in the order of the data set; texts stay in Arrow."""

    predictions: AnyPredictions
    dataset: TextDataset
    """The version that the run was trained on; it has all rows of the predictions, and others."""

    @classmethod
    def of_run(cls, run: Run, dataset: TextDataset, split: Split) -> "Examples":
        """Return the examples of a run on the version of the data set it was trained on.

        Raises:
            NotFoundError: If the run has no predictions for this split.
        """
        return cls(run.predictions(split), dataset)

    def __len__(self) -> int:
        """Number of rows, N."""
        return len(self.predictions)

    @property
    def row_ids(self) -> tuple[str, ...]:
        """N row ids of the data set."""
        return self.predictions.row_ids

    @property
    def label_names(self) -> tuple[str, ...]:
        """C class names in the order of their ids."""
        return self.predictions.label_names

    @property
    def is_single_label(self) -> bool:
        """Whether a text has exactly one class."""
        return isinstance(self.predictions, Predictions)

    @cached_property
    def places(self) -> dict[str, int]:
        """Position among the N rows by row id."""
        return {row_id: place for place, row_id in enumerate(self.row_ids)}

    @cached_property
    def positions(self) -> Indices:
        """Where the rows are in the data set, shape (N,); by id: a fold has splits of its own."""
        return self.dataset.positions(self.row_ids)

    @cached_property
    def texts(self) -> pa.ChunkedArray:
        """N texts."""
        return self.dataset.table["text"].take(pa.array(self.positions))

    @cached_property
    def outcomes(self) -> LabelIds:
        """Which of `OUTCOMES` each row is, shape (N,)."""
        return outcome_codes(self.predictions)

    @cached_property
    def confidence(self) -> Confidences:
        """How sure the model was, shape (N,); see `confidences`."""
        return confidences(self.predictions)

    @cached_property
    def margin(self) -> Confidences:
        """How far each decision was from another one, shape (N,); see `margins`."""
        return margins(self.predictions)

    @cached_property
    def entropy(self) -> Losses:
        """Entropy of each answer in nats, shape (N,); see `entropies`."""
        return entropies(self.predictions)

    @cached_property
    def true(self) -> LabelIds | LabelSets:
        """Class ids (N,), or whether a row has each label (N, C)."""
        predictions = self.predictions
        if isinstance(predictions, Predictions):
            return predictions.true_label_ids
        return np.asarray(predictions.targets == 1)

    @cached_property
    def predicted(self) -> LabelIds | LabelSets:
        """The same for what the run predicted."""
        predictions = self.predictions
        if isinstance(predictions, Predictions):
            return predictions.predicted_label_ids
        return predictions.predicted

    def text(self, place: int) -> str:
        """Return one text; no other one is read."""
        return self.texts_at([place])[0]

    def texts_at(self, places: Sequence[int] | Indices) -> list[str]:
        """Return the texts of some rows; no other one is read."""
        return self.dataset.texts(self.positions[np.asarray(places, dtype=np.int64)])

    def row(self, place: int) -> dict[str, Any]:
        """Return one example in the stable form of the command line, with all probabilities."""
        return self.rows([place])[0]

    def rows(self, places: Sequence[int] | Indices) -> list[dict[str, Any]]:
        """Return some examples in the stable form of the command line; only their texts are read.

        `true` and `predicted` are class names, or lists of them where a text may have several.
        """
        return [
            self._record(int(place), text)
            for place, text in zip(places, self.texts_at(places), strict=True)
        ]

    def columns(self, places: Indices) -> dict[str, list[Any]]:
        """Return some examples as the columns of a table: short texts, no probabilities.

        `true` and `predicted` are lists of class names, of one where a text has exactly one class.

        Args:
            places: Positions among the N rows, shape (M,).
        """
        short = pc.utf8_slice_codeunits(self.texts.take(pa.array(places)), 0, SHOWN_CHARACTERS)
        return {
            "outcome": [OUTCOMES[code] for code in self.outcomes[places]],
            "true": [self._names(self.true[place]) for place in places],
            "predicted": [self._names(self.predicted[place]) for place in places],
            "confidence": self.confidence[places].tolist(),
            "loss": self.predictions.loss[places].tolist(),
            "text": short.to_pylist(),
        }

    def _record(self, place: int, text: str) -> dict[str, Any]:
        shares = self.predictions.probabilities[place].tolist()
        return {
            "row_id": self.row_ids[place],
            "text": text,
            "true": self._named(self.true[place]),
            "predicted": self._named(self.predicted[place]),
            "confidence": float(self.confidence[place]),
            "loss": float(self.predictions.loss[place]),
            "outcome": OUTCOMES[self.outcomes[place]],
            "probabilities": dict(zip(self.label_names, shares, strict=True)),
        }

    def _named(self, answer: Any) -> str | list[str]:
        names = self._names(answer)
        return names if np.ndim(answer) else names[0]

    def _names(self, answer: Any) -> list[str]:
        """Return the class of one row, or all its labels."""
        label_ids = np.flatnonzero(answer) if np.ndim(answer) else [int(answer)]
        return [self.label_names[label_id] for label_id in label_ids]


def neighbours(row_ids: Sequence[str], row_id: str) -> tuple[str | None, str | None]:
    """Return the row ids before and after `row_id`, None at the ends or if it is not listed.

    Example:
        >>> neighbours(["a", "b", "c"], "b")
        ('a', 'c')
    """
    if row_id not in row_ids:
        return None, None
    position = list(row_ids).index(row_id)
    before = row_ids[position - 1] if position else None
    return before, row_ids[position + 1] if position + 1 < len(row_ids) else None
