"""What the most similar other texts are labelled."""

from dataclasses import dataclass

import numpy as np

from textcls_core.arrays import Indices, LabelProbabilities, Neighbours, Similarities

NUM_NEIGHBOURS = 10
_SHARPNESS = 70.0
"""How fast a neighbour's say falls with its distance: e-fold per 0.014 of cosine."""
_PRIOR_WEIGHT = 0.5
"""Say of the class shares, in neighbours as near as the nearest one."""


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """The K other texts most similar to each row, the nearest first."""

    positions: Neighbours
    """Rows, shape (N, K); -1 where there are fewer than K."""
    cosines: Similarities
    """How similar they are, shape (N, K)."""


def without_same_text(
    positions: Neighbours, cosines: Similarities, groups: Indices, k: int = NUM_NEIGHBOURS
) -> Neighbourhood:
    """Return the k nearest neighbours whose text differs: a copy is no second opinion.

    Args:
        positions: Neighbours of each row, more than k if there are copies, shape (N, M).
        cosines: How similar they are, shape (N, M).
        groups: Number of the text of each row, shape (N,).
        k: How many to keep.
    """
    is_copy = groups[positions] == groups[:, None]
    order = np.argsort(is_copy, axis=1, kind="stable")[:, :k]
    rows = np.arange(len(positions))[:, None]
    kept = np.where(is_copy[rows, order], -1, positions[rows, order])
    return Neighbourhood(kept, cosines[rows, order])


def neighbour_shares(near: Neighbourhood, targets: LabelProbabilities) -> np.ndarray:
    """Return the share of each label among the neighbours of each row, shape (N, C).

    Nearer neighbours count more; the shares of the labels in all rows count a little, so that no
    share is 0. The row's own label is not looked at: this is leave-one-out.

    Args:
        near: Neighbours of each row.
        targets: 0 or 1 per row and label, shape (N, C).
    """
    known = near.positions >= 0
    cosines = np.where(known, near.cosines, -1.0)
    says = known * np.exp(_SHARPNESS * (cosines - cosines.max(axis=1, keepdims=True)))
    prior = _PRIOR_WEIGHT * np.maximum(targets.mean(axis=0), 1e-6)
    votes = np.tile(prior, (len(targets), 1))
    for place in range(says.shape[1]):
        votes += says[:, place, None] * targets[near.positions[:, place]]
    return np.asarray(votes / (says.sum(axis=1, keepdims=True) + _PRIOR_WEIGHT))


def disagreeing(near: Neighbourhood, targets: LabelProbabilities) -> tuple[Indices, Indices]:
    """Return how many neighbours share no label with the row, and of how many, each (N,)."""
    known = near.positions >= 0
    shared = [(targets * targets[column]).any(axis=1) for column in near.positions.T]
    return np.sum(known & ~np.stack(shared, axis=1), axis=1), np.sum(known, axis=1)
