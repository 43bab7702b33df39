"""Figures: what is measured of any classifier, whether texts have one label or several."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from textcls_core.arrays import ClassCounts
from textcls_core.errors import InvalidArgumentError


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
class Figures:
    """Figures over the N rows of one split; shares in [0, 1]."""

    num_examples: int
    accuracy: float
    """Share of rows that are right; with several labels per text, right in every one."""
    balanced_accuracy: float
    """Unweighted mean of recall over the classes that occur."""
    macro_f1: float
    """Unweighted mean of F1 over the classes."""
    weighted_f1: float
    """Mean of F1 over the classes, weighted by support."""
    loss: float
    """Mean over the rows, in nats."""
    majority_accuracy: float
    """Accuracy of always giving the most frequent answer: the least to beat."""
    per_class: tuple[ClassFigures, ...]
    """One entry per class, in the order of the label ids."""

    def to_json(self) -> dict[str, Any]:
        """Return the figures in the stable form of the command line."""
        shares = {name: getattr(self, name) for name in Figures.__slots__ if name != "per_class"}
        return {
            **shares,
            "per_class": [
                {name: getattr(figures, name) for name in figures.__slots__}
                for figures in self.per_class
            ],
        }


def class_figures(
    label_names: tuple[str, ...], hits: ClassCounts, support: ClassCounts, predicted: ClassCounts
) -> tuple[ClassFigures, ...]:
    """Return precision, recall and F1 of every class, 0 where they are undefined.

    Args:
        label_names: C class names.
        hits: Rows of each class that were predicted as it, shape (C,).
        support: Rows of each class, shape (C,).
        predicted: Rows predicted as each class, shape (C,).

    Example:
        >>> one = np.array([1])
        >>> class_figures(("spam",), one, one, 3 * one)[0].f1
        0.5
    """
    columns = (
        label_names,
        ratio(hits, predicted).tolist(),
        ratio(hits, support).tolist(),
        ratio(2 * hits, support + predicted).tolist(),
        support.tolist(),
    )
    return tuple(ClassFigures(*row) for row in zip(*columns, strict=True))


def ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Return the quotient, 0 where the denominator is 0."""
    quotient = np.zeros(np.shape(numerator))
    np.divide(numerator, denominator, out=quotient, where=denominator > 0)
    return quotient


def require_rows(count: int) -> None:
    """Refuse to measure nothing.

    Raises:
        InvalidArgumentError: If there are no rows.
    """
    if not count:
        raise InvalidArgumentError(
            "Expected at least one prediction, got none. Choose another split."
        )
