"""Predictions of texts that may have any number of labels, and what they are worth."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np

from textcls_core.arrays import LabelProbabilities, LabelSets, Losses
from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation import agreement
from textcls_core.evaluation.agreement import Tally
from textcls_core.evaluation.figures import Figures, class_figures, require_rows
from textcls_core.evaluation.prediction_file import (
    damage_explained,
    per_class,
    read_predictions,
    write_predictions,
)

THRESHOLD = 0.5
"""A text gets every label with at least this probability."""
_SMALLEST = np.finfo(np.float64).eps
"""The least probability in the loss, as in scikit-learn."""


@dataclass(frozen=True)
class MultiLabelPredictions:
    """True label sets and label probabilities of N rows, in the order of the data set.

    Raises:
        InvalidArgumentError: If shapes differ, targets are not 0 or 1, or a probability is not in
            [0, 1].
    """

    row_ids: tuple[str, ...]
    """N row ids of the data set."""
    targets: LabelSets
    """Whether a row has a label, shape (N, C)."""
    probabilities: LabelProbabilities
    """Probability of each label by itself, shape (N, C)."""
    label_names: tuple[str, ...]
    """C label names in the order of their ids."""

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together."""
        expected = (len(self.row_ids), len(self.label_names))
        if self.probabilities.shape != expected or self.targets.shape != expected:
            raise InvalidArgumentError(
                f"Expected probabilities and targets of shape {expected}, got "
                f"{self.probabilities.shape} and {self.targets.shape}."
            )
        if not np.isin(self.targets, (0, 1)).all():
            raise InvalidArgumentError("Expected 0 or 1 for every label of every row.")
        if not ((self.probabilities >= 0) & (self.probabilities <= 1)).all():
            raise InvalidArgumentError("Expected probabilities from 0 to 1.")

    def __len__(self) -> int:
        """Number of rows, N."""
        return len(self.row_ids)

    @cached_property
    def predicted(self) -> LabelSets:
        """Whether a row gets a label, shape (N, C)."""
        return np.asarray(self.probabilities >= THRESHOLD)

    @cached_property
    def loss(self) -> Losses:
        """Mean binary cross-entropy over the labels per row, shape (N,), in nats."""
        chosen = np.where(self.targets == 1, self.probabilities, 1 - self.probabilities)
        return np.asarray(-np.log(np.maximum(chosen, _SMALLEST)).mean(axis=1))

    def save(self, file: Path) -> None:
        """Write a Parquet file with two columns per label, truth and probability, in one step."""
        columns = {"t": self.targets == 1, "loss": self.loss, "p": self.probabilities}
        write_predictions(file, self.row_ids, columns, self.label_names, "multi_label")

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
                targets=per_class(table, "t", len(names)),
                probabilities=per_class(table, "p", len(names)),
                label_names=names,
            )


@dataclass(frozen=True, slots=True)
class MultiLabelEvaluation(Figures):
    """Figures of texts that have any number of labels.

    Loss is the mean binary cross-entropy over rows and labels; macro F1 is the mean over all
    labels.
    """

    micro_f1: float
    """F1 over all pairs of row and label."""
    hamming_loss: float
    """Share of the pairs of row and label that are wrong."""

    def to_json(self) -> dict[str, Any]:
        """Return the figures in the stable form of the command line."""
        own = {"micro_f1": self.micro_f1, "hamming_loss": self.hamming_loss}
        return {**Figures.to_json(self), **own}


def evaluate_multi_label(predictions: MultiLabelPredictions) -> MultiLabelEvaluation:
    """Return the figures of a split.

    They follow scikit-learn's definitions for label sets with `zero_division=0`: accuracy counts a
    row if all its labels are right, macro F1 averages over all labels.

    Raises:
        InvalidArgumentError: If there are no rows.
    """
    require_rows(len(predictions))
    true, given = predictions.targets == 1, predictions.predicted
    tally = Tally(
        hits=(true & given).sum(0),
        support=true.sum(0),
        predicted=given.sum(0),
        num_right=(true == given).all(axis=1).sum(),
        num_rows=np.asarray(len(predictions)),
    )
    _, set_counts = np.unique(true, axis=0, return_counts=True)
    return MultiLabelEvaluation(
        num_examples=len(predictions),
        accuracy=float(agreement.accuracy(tally)),
        balanced_accuracy=float(agreement.balanced_accuracy(tally)),
        macro_f1=float(agreement.macro_f1_of_labels(tally)),
        weighted_f1=float(agreement.weighted_f1(tally)),
        loss=float(predictions.loss.mean()),
        majority_accuracy=float(set_counts.max() / len(predictions)),
        per_class=class_figures(
            predictions.label_names, tally.hits, tally.support, tally.predicted
        ),
        micro_f1=float(agreement.micro_f1(tally)),
        hamming_loss=float(agreement.hamming_loss(tally)),
    )
