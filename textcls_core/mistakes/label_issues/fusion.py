"""From several opinions about each row to one probability of every label.

Each view (the head on embeddings, the head on words, the neighbours) gives a score per label. Their
weighted sum goes through a softmax; the weights, and how many labels are wrong at all, are those
under which the given labels are most likely. With a share e of labels wrong, and each other label
as likely as the next, the given label y is seen with probability

    (1 - e) p[y] + e (1 - p[y]) / (C - 1)

so that wrong labels do not talk the views out of being sure.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from textcls_core.arrays import LabelIds, LabelProbabilities, LabelSets

_MIN_NOISE, _FIRST_NOISE, _MAX_NOISE = 1e-4, 0.05, 0.5
_SMALLEST, _SMALLEST_SPREAD = 1e-300, 1e-9
_MAX_FITTED = 20_000
"""Rows that decide the weights at most."""
_SEED = 0


@dataclass(frozen=True, slots=True)
class Fusion:
    """What the views say together."""

    probabilities: LabelProbabilities
    """Of each label being right for the row, shape (N, C); of one label per row they sum to 1."""
    noise: float
    """Estimated share of rows with a wrong label."""
    weights: Mapping[str, float]
    """How much each view counts; empty where every label has weights of its own."""


def fuse(views: Mapping[str, np.ndarray], label_ids: LabelIds) -> Fusion:
    """Return what the views say together about rows with one label.

    Args:
        views: By name, a score per row and label, shape (N, C); of rows they never saw.
        label_ids: The given labels, shape (N,).
    """
    from scipy.optimize import minimize

    scores = np.stack([np.asarray(view, np.float64) for view in views.values()])  # (V, N, C)
    chosen = np.random.default_rng(_SEED).permutation(len(label_ids))[:_MAX_FITTED]
    spread = np.maximum(scores.std(axis=(1, 2)), _SMALLEST_SPREAD)
    start = [*(1 / (len(scores) * spread)), _FIRST_NOISE]
    bounds = [(0.0, None)] * len(scores) + [(_MIN_NOISE, _MAX_NOISE)]
    arguments = (scores[:, chosen], label_ids[chosen])
    found = minimize(_surprise, start, arguments, method="L-BFGS-B", jac=True, bounds=bounds).x
    probabilities, noise = _softmax(np.tensordot(found[:-1], scores, 1)), float(found[-1])
    weights = dict(zip(views, map(float, found[:-1]), strict=True))
    return Fusion(probabilities, noise, weights)


def _surprise(
    parameters: np.ndarray, scores: np.ndarray, label_ids: LabelIds
) -> tuple[float, np.ndarray]:
    """Return the mean surprise at the given labels, in nats, and its gradient."""
    weights, noise = parameters[:-1], parameters[-1]
    rows, others = np.arange(len(label_ids)), max(scores.shape[2] - 1, 1)
    probabilities = _softmax(np.tensordot(weights, scores, 1))
    given = probabilities[rows, label_ids]
    seen = np.maximum((1 - noise) * given + noise * (1 - given) / others, _SMALLEST)
    lead = scores[:, rows, label_ids] - np.einsum("nc,vnc->vn", probabilities, scores)
    by_weight = -((1 - noise - noise / others) * given * lead / seen).mean(axis=1)
    by_noise = -(((1 - given) / others - given) / seen).mean()
    return float(-np.log(seen).mean()), np.append(by_weight, by_noise)


def fuse_sets(views: Mapping[str, np.ndarray], targets: LabelSets) -> Fusion:
    """Return what the views say together about rows with any number of labels.

    One logistic regression per label weighs the views; a label that all rows have, or none, keeps
    its share.

    Args:
        views: By name, a score per row and label, shape (N, C); of rows they never saw.
        targets: 0 or 1 per row and label, shape (N, C).
    """
    from sklearn.linear_model import LogisticRegression

    scores = np.stack(list(views.values()), axis=2)  # (N, C, V)
    spread = np.maximum(scores.std(axis=0), _SMALLEST_SPREAD)
    scores = (scores - scores.mean(axis=0)) / spread
    probabilities = np.tile(targets.mean(axis=0), (len(targets), 1)).astype(np.float64)
    for label_id in np.flatnonzero((targets.max(axis=0) == 1) & (targets.min(axis=0) == 0)):
        head = LogisticRegression().fit(scores[:, label_id], targets[:, label_id])
        probabilities[:, label_id] = head.predict_proba(scores[:, label_id])[:, 1]
    doubted = np.abs(targets - probabilities) > 0.5
    return Fusion(probabilities, float(doubted.any(axis=1).mean()), {})


def _softmax(scores: np.ndarray) -> np.ndarray:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
