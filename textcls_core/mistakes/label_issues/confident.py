"""Confident learning: which labels disagree with probabilities that never saw them.

Source:
    Northcutt, Jiang and Chuang 2021, "Confident Learning: Estimating Uncertainty in Dataset
    Labels", Journal of Artificial Intelligence Research 70. Numbers of equations are theirs.
"""

from dataclasses import dataclass

import numpy as np

from textcls_core.arrays import Counts, LabelIds, Losses, Probabilities


@dataclass(frozen=True, slots=True)
class NoisePair:
    """Rows given one class that seem to belong to another one."""

    given: int
    """Label id in the data set."""
    likely: int
    """Label id that the probabilities speak for."""
    rows: float
    """Estimated number of such rows."""
    share: float
    """The same as a share of the rows with the given label, in [0, 1]."""


def self_confidence(probabilities: Probabilities, label_ids: LabelIds) -> Losses:
    """Return the probability of the given label per row, shape (N,): low is suspect."""
    return np.asarray(probabilities[np.arange(len(label_ids)), label_ids])


def normalised_margin(probabilities: Probabilities, label_ids: LabelIds) -> Losses:
    """Return how far the given label is ahead of the best other one, shape (N,), in [-1, 1]."""
    given = self_confidence(probabilities, label_ids)
    others = np.array(probabilities, dtype=float)
    others[np.arange(len(label_ids)), label_ids] = -np.inf
    return np.asarray(given - others.max(axis=1))


def thresholds(probabilities: Probabilities, label_ids: LabelIds) -> Losses:
    """Return the mean probability of each class over the rows that carry it, shape (C,).

    Equation 2. Of a class without rows it is infinite: nothing counts as this class.
    """
    num_labels = probabilities.shape[1]
    counts = np.bincount(label_ids, minlength=num_labels)
    given = self_confidence(probabilities, label_ids)
    sums = np.bincount(label_ids, weights=given, minlength=num_labels)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.inf)


def confident_joint(probabilities: Probabilities, label_ids: LabelIds) -> Counts:
    """Return the rows of each given class (row) counted by the class they surely are (column).

    Equation 1: a row counts for the most probable class among those whose threshold it reaches, and
    for none if it reaches no threshold.
    """
    num_labels = probabilities.shape[1]
    reached = probabilities >= thresholds(probabilities, label_ids) - 1e-12
    likely = np.where(reached, probabilities, -1.0).argmax(axis=1)
    counted = reached.any(axis=1)
    cells = label_ids[counted] * num_labels + likely[counted]
    counts = np.bincount(cells, minlength=num_labels * num_labels)
    return np.asarray(counts.reshape(num_labels, num_labels), dtype=np.int64)


def estimated_joint(probabilities: Probabilities, label_ids: LabelIds) -> np.ndarray:
    """Return the share of all rows with each given (row) and true class (column), shape (C, C).

    Equation 3: the confident joint, its rows scaled to the number of rows with that label; the
    whole sums to 1. A class none of whose rows counted is taken to be right.
    """
    counts = confident_joint(probabilities, label_ids).astype(float)
    given = np.bincount(label_ids, minlength=len(counts)).astype(float)
    empty = np.flatnonzero(counts.sum(axis=1) == 0)
    counts[empty, empty] = 1
    scaled = counts / counts.sum(axis=1, keepdims=True) * given[:, None]
    return np.asarray(scaled / max(len(label_ids), 1))


def noise_pairs(
    probabilities: Probabilities, label_ids: LabelIds, limit: int = 20
) -> list[NoisePair]:
    """Return the pairs of classes that are confused most often in the labels, largest first."""
    joint = estimated_joint(probabilities, label_ids) * len(label_ids)
    given = np.maximum(joint.sum(axis=1), 1e-12)
    np.fill_diagonal(joint, 0)
    order = np.argsort(-joint, axis=None, kind="stable")[:limit]
    pairs = [divmod(int(cell), len(joint)) for cell in order]
    return [
        NoisePair(i, j, float(joint[i, j]), float(joint[i, j] / given[i]))
        for i, j in pairs
        if joint[i, j] > 0
    ]
