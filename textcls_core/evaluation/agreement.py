"""Figures that follow from counts of decisions; one data set or many samples of it at once.

All are scikit-learn's, with 0 where a quotient is undefined.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Shaped

from textcls_core.arrays import LabelSets
from textcls_core.evaluation.figures import ratio

PerClass = Shaped[np.ndarray, "... C"]
"""A count per class; the axes before are samples."""
PerSample = Shaped[np.ndarray, "..."]
"""A count per sample; a number when there is one."""
FigureValues = Float[np.ndarray, "..."]
"""A figure per sample; a number when there is one."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of decisions: per class, and of whole rows."""

    hits: PerClass
    """Rows of a class that were predicted as it."""
    support: PerClass
    """Rows of a class."""
    predicted: PerClass
    """Rows predicted as a class."""
    num_right: PerSample
    """Rows that are right; with several labels per text, right in every one."""
    num_rows: PerSample

    @classmethod
    def of_sums(cls, sums: Float[np.ndarray, "... F"]) -> "Tally":
        """Return the counts whose columns `decision_table` has, summed over rows."""
        size = (sums.shape[-1] - 2) // 3
        hits, support, predicted = (sums[..., c * size : (c + 1) * size] for c in range(3))
        return cls(hits, support, predicted, sums[..., -2], sums[..., -1])

    @property
    def f1(self) -> Float[np.ndarray, "... C"]:
        """F1 of every class."""
        return ratio(2 * self.hits, self.support + self.predicted)


def decision_table(true: LabelSets, given: LabelSets) -> Float[np.ndarray, "K F"]:
    """Return what rows add to the counts of a `Tally`, a line per row and F = 3 C + 2 columns.

    Args:
        true: Whether a row has a class, shape (K, C).
        given: Whether a row was given a class, shape (K, C).
    """
    is_right = (true == given).all(axis=1, keepdims=True)
    columns = (true & given, true, given, is_right, np.ones_like(is_right))
    return np.concatenate(columns, axis=1).astype(np.float64)


def accuracy(tally: Tally) -> FigureValues:
    """Return the share of rows that are right."""
    return ratio(tally.num_right, tally.num_rows)


def balanced_accuracy(tally: Tally) -> FigureValues:
    """Return the mean of recall over the classes that occur."""
    recall = ratio(tally.hits, tally.support)
    return ratio(recall.sum(-1), (tally.support > 0).sum(-1))


def macro_f1(tally: Tally) -> FigureValues:
    """Return the mean of F1 over the classes that are true or predicted somewhere."""
    return ratio(tally.f1.sum(-1), (tally.support + tally.predicted > 0).sum(-1))


def macro_f1_of_labels(tally: Tally) -> FigureValues:
    """Return the mean of F1 over all labels, as scikit-learn does for label sets."""
    return np.asarray(tally.f1.mean(-1))


def weighted_f1(tally: Tally) -> FigureValues:
    """Return the mean of F1 over the classes, weighted by support."""
    return ratio((tally.f1 * tally.support).sum(-1), tally.support.sum(-1))


def micro_f1(tally: Tally) -> FigureValues:
    """Return F1 over all pairs of row and class; with one label per text it is the accuracy."""
    return ratio(2 * tally.hits.sum(-1), (tally.support + tally.predicted).sum(-1))


def matthews(tally: Tally) -> FigureValues:
    """Return the correlation of true and predicted class, in [-1, 1].

    Gorodkin 2004, "Comparing two K-category assignments by a K-category correlation coefficient",
    equation 8; 0 when only one class is true or predicted.
    """
    num_rows = np.asarray(tally.num_rows, dtype=np.float64)
    agreement = tally.num_right * num_rows - (tally.support * tally.predicted).sum(-1)
    spread = (num_rows**2 - (tally.support * tally.support).sum(-1)) * (
        num_rows**2 - (tally.predicted * tally.predicted).sum(-1)
    )
    return ratio(agreement, np.sqrt(spread))


def cohen_kappa(tally: Tally) -> FigureValues:
    """Return the agreement of true and predicted class beyond chance, at most 1.

    Cohen 1960, "A coefficient of agreement for nominal scales", equation 1; 0 when all rows are
    true and predicted as the same class, where it is undefined.
    """
    num_rows = np.asarray(tally.num_rows, dtype=np.float64)
    by_chance = ratio((tally.support * tally.predicted).sum(-1), num_rows)
    return ratio(tally.num_right - by_chance, num_rows - by_chance)


def hamming_loss(tally: Tally) -> FigureValues:
    """Return the share of the pairs of row and label that are wrong."""
    wrong = tally.support.sum(-1) + tally.predicted.sum(-1) - 2 * tally.hits.sum(-1)
    return ratio(wrong, tally.num_rows * tally.hits.shape[-1])
