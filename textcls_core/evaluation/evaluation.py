"""Evaluation: the figures of one Predictions."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from textcls_core.arrays import Counts
from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.confusion import confusion_counts
from textcls_core.evaluation.predictions import Predictions


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """How well one class is found; each share is in [0, 1] and 0 where it is undefined."""

    label: str
    precision: float
    """Share of the rows predicted as this class that have it."""
    recall: float
    """Share of the rows of this class that were predicted as it."""
    f1: float
    """Harmonic mean of precision and recall."""
    support: int
    """Rows of this class."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures over the N rows of one split; shares in [0, 1]."""

    num_examples: int
    accuracy: float
    balanced_accuracy: float
    """Unweighted mean of recall over the classes that occur."""
    macro_f1: float
    """Unweighted mean of F1 over the classes that were true or predicted."""
    weighted_f1: float
    """Mean of F1 over the classes, weighted by support."""
    loss: float
    """Mean cross-entropy, in nats."""
    majority_accuracy: float
    """Accuracy of always answering the most frequent class: the least to beat."""
    per_class: tuple[ClassFigures, ...]
    """One entry per class, in the order of the label ids."""
    confusion: Counts
    """Row = true class, column = predicted class, shape (C, C)."""
    label_names: tuple[str, ...]

    def confusion_table(self) -> list[dict[str, Any]]:
        """Return one record per true class with its rows by predicted class."""
        return [
            {"true \\ predicted": true, **dict(zip(self.label_names, row, strict=True))}
            for true, row in zip(self.label_names, self.confusion.tolist(), strict=True)
        ]

    def to_json(self) -> dict[str, Any]:
        """Return the figures in the stable form of the command line."""
        return {
            "num_examples": self.num_examples,
            "accuracy": self.accuracy,
            "balanced_accuracy": self.balanced_accuracy,
            "macro_f1": self.macro_f1,
            "weighted_f1": self.weighted_f1,
            "loss": self.loss,
            "majority_accuracy": self.majority_accuracy,
            "per_class": [
                {name: getattr(figures, name) for name in figures.__slots__}
                for figures in self.per_class
            ],
            "confusion": {"labels": list(self.label_names), "counts": self.confusion.tolist()},
        }


def evaluate(predictions: Predictions) -> Evaluation:
    """Return the figures of a split.

    Precision, recall and F1 follow scikit-learn's definitions with `zero_division=0`; macro F1
    averages, like `f1_score`, over the classes that occur as a true or predicted label.

    Raises:
        InvalidArgumentError: If there are no rows.
    """
    if not len(predictions):
        raise InvalidArgumentError(
            "Expected at least one prediction, got none. Choose another split."
        )
    names = predictions.label_names
    confusion = confusion_counts(
        predictions.true_label_ids, predictions.predicted_label_ids, len(names)
    )
    hits, support, predicted = confusion.diagonal(), confusion.sum(axis=1), confusion.sum(axis=0)
    f1 = _ratio(2 * hits, support + predicted)
    recall, present = _ratio(hits, support), (support + predicted) > 0
    return Evaluation(
        num_examples=len(predictions),
        accuracy=float(hits.sum() / len(predictions)),
        balanced_accuracy=float(recall[support > 0].mean()),
        macro_f1=float(f1[present].mean()),
        weighted_f1=float((f1 * support).sum() / len(predictions)),
        loss=float(predictions.loss.mean()),
        majority_accuracy=float(support.max() / len(predictions)),
        per_class=tuple(
            ClassFigures(*row)
            for row in zip(
                names,
                _ratio(hits, predicted).tolist(),
                recall.tolist(),
                f1.tolist(),
                support.tolist(),
                strict=True,
            )
        ),
        confusion=confusion,
        label_names=names,
    )


def _ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Return the quotient, 0 where the denominator is 0."""
    quotient = np.zeros(len(numerator))
    np.divide(numerator, denominator, out=quotient, where=denominator > 0)
    return quotient
