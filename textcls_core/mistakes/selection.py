"""Which examples of a split are looked at, in which order."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from textcls_core.arrays import Indices, Mask
from textcls_core.dataset.text_dataset import Split, TextDataset
from textcls_core.errors import InvalidArgumentError, did_you_mean
from textcls_core.evaluation.predictions import Predictions
from textcls_core.runs.run import Run

Outcome = Literal["mistakes", "correct", "all"]
Order = Literal["loss", "confidence", "margin", "position"]
ORDERS: dict[Order, str] = {
    "loss": "Largest loss first",
    "confidence": "Most confident first",
    "margin": "Closest decisions first",
    "position": "Order of the data set",
}


@dataclass(frozen=True, slots=True)
class Selection:
    """What to keep; every criterion left at its default keeps everything."""

    outcome: Outcome = "mistakes"
    true: str | None = None
    """True class name."""
    predicted: str | None = None
    """Predicted class name."""
    min_confidence: float = 0.0
    """Smallest probability of the predicted class, in [0, 1]."""
    max_confidence: float = 1.0
    """Largest probability of the predicted class, in [0, 1]."""
    query: str = ""
    """Words the text must contain, whatever their case."""
    order: Order = "loss"


@dataclass(frozen=True, slots=True)
class Examples:
    """The N predictions of one split with their texts, in the order of the data set."""

    predictions: Predictions
    texts: tuple[str, ...]

    @classmethod
    def of_run(cls, run: Run, dataset: TextDataset, split: Split) -> "Examples":
        """Return the examples of a run on the version of the data set it was trained on.

        Raises:
            NotFoundError: If the run has no predictions for this split.
            RunStateError: If the run gives several labels per text.
        """
        predictions = run.single_label_predictions(split, "The list of mistakes")
        rows = dataset.positions(predictions.row_ids)  # by id: a fold has splits of its own
        return cls(predictions, tuple(dataset.texts(rows)))

    @classmethod
    def of_rows(
        cls, predictions: Predictions, dataset: TextDataset, positions: Indices
    ) -> "Examples":
        """Return the examples at some positions of the predictions, in this order.

        Only their texts are read, which matters when there are many.
        """
        row_ids = tuple(predictions.row_ids[position] for position in positions)
        kept = replace(
            predictions,
            row_ids=row_ids,
            true_label_ids=predictions.true_label_ids[positions],
            probabilities=predictions.probabilities[positions],
        )
        return cls(kept, tuple(dataset.texts(dataset.positions(row_ids))))

    def select(self, selection: Selection) -> Indices:
        """Return the positions of the selected examples in the chosen order, shape (M,).

        Raises:
            InvalidArgumentError: If a class name is unknown.
        """
        predictions = self.predictions
        keep = self._has_label(predictions.true_label_ids, selection.true)
        keep &= self._has_label(predictions.predicted_label_ids, selection.predicted)
        keep &= _outcome_mask(predictions, selection.outcome)
        confidence = np.minimum(predictions.confidence, 1)  # float32 may sum to a little more
        keep &= (confidence >= selection.min_confidence) & (confidence <= selection.max_confidence)
        if selection.query.strip():
            keep &= _contains(self.texts, selection.query)
        rows = np.flatnonzero(keep)
        return rows[np.argsort(_sort_key(predictions, selection.order)[rows], kind="stable")]

    def row(self, position: int) -> dict[str, Any]:
        """Return one example in the stable form of the command line, with all probabilities."""
        predictions = self.predictions
        names = predictions.label_names
        return {
            "row_id": predictions.row_ids[position],
            "text": self.texts[position],
            "true": names[predictions.true_label_ids[position]],
            "predicted": names[predictions.predicted_label_ids[position]],
            "confidence": float(predictions.confidence[position]),
            "loss": float(predictions.loss[position]),
            "probabilities": dict(
                zip(names, predictions.probabilities[position].tolist(), strict=True)
            ),
        }

    def _has_label(self, label_ids: np.ndarray, name: str | None) -> Mask:
        names = self.predictions.label_names
        if name is None:
            return np.ones(len(label_ids), dtype=bool)
        if name not in names:
            raise InvalidArgumentError(
                f'"{name[:60]}" is not a class of this run. {did_you_mean(name, list(names))}'
            )
        return np.asarray(label_ids == names.index(name))


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


def _outcome_mask(predictions: Predictions, outcome: Outcome) -> Mask:
    if outcome == "all":
        return np.ones(len(predictions), dtype=bool)
    return predictions.is_mistake if outcome == "mistakes" else ~predictions.is_mistake


def _contains(texts: Sequence[str], query: str) -> Mask:
    wanted = query.strip().casefold()
    return np.array([wanted in text.casefold() for text in texts], dtype=bool)


def _sort_key(predictions: Predictions, order: Order) -> np.ndarray:
    """Return the value per example by which to sort upwards, shape (N,)."""
    if order == "loss":
        return -predictions.loss
    if order == "confidence":
        return -predictions.confidence
    if order == "margin":
        top = np.sort(predictions.probabilities, axis=1)
        return np.asarray(top[:, -1] - top[:, -2])
    return np.arange(len(predictions))
