"""Which rows of a pool to label first: those a model is unsure about, and unlike one another."""

import warnings
from typing import Literal

import numpy as np

from textcls_core.arrays import Embeddings, Indices, LabelProbabilities, Mask
from textcls_core.dataset.text_dataset import Task
from textcls_core.errors import InvalidArgumentError, parse_choice

Measure = Literal["least_confidence", "margin", "entropy"]
Strategy = Literal["uncertainty", "diversity", "both", "random"]
MEASURES: dict[Measure, str] = {
    "margin": "Smallest margin",
    "least_confidence": "Least confidence",
    "entropy": "Entropy",
}
STRATEGIES: dict[Strategy, str] = {
    "both": "Uncertain and different from one another",
    "uncertainty": "Uncertain",
    "diversity": "Different from what is labelled",
    "random": "Random",
}
MAX_RANKED = 500
"""Rows ranked at once; after so many labels another run should rank the rest."""
BATCH = 20
"""With `both`: rows of a batch, one from each cluster."""
PREFILTER = 10
"""With `both`: as many candidates per row of a batch are clustered."""
_SEED = 0
_LEAST_WEIGHT = 1e-6


def parse_measure(name: str) -> Measure:
    """Return the measure of uncertainty with this name.

    Raises:
        InvalidArgumentError: If there is none.
    """
    return parse_choice(name, MEASURES, "a measure")


def parse_strategy(name: str) -> Strategy:
    """Return the strategy with this name.

    Raises:
        InvalidArgumentError: If there is none.
    """
    return parse_choice(name, STRATEGIES, "a strategy")


def uncertainty(
    probabilities: LabelProbabilities, measure: Measure = "margin", task: Task = "single_label"
) -> np.ndarray:
    """Return how unsure a model is of each row, in [0, 1], shape (N,).

    With one label per row: 1 - p1 for `least_confidence`, 1 - (p1 - p2) for `margin`, and the
    entropy divided by log C, where p1 and p2 are the two largest probabilities. With any number of
    labels each label is a decision between yes and no: the first two look at the least sure label,
    entropy at the mean over labels.

    Args:
        probabilities: N rows.
        measure: What counts as unsure.
        task: Whether the rows sum to 1.

    Source:
        Settles 2009, "Active Learning Literature Survey", section 3.1.

    Example:
        >>> uncertainty(np.array([[0.5, 0.5], [1.0, 0.0]])).tolist()
        [1.0, 0.0]
    """
    if task == "multi_label":
        return _uncertainty_of_labels(probabilities, measure)
    num_classes = probabilities.shape[1]
    if num_classes < 2:
        return np.zeros(len(probabilities))
    top = -np.partition(-probabilities, 1, axis=1)[:, :2]
    if measure == "least_confidence":
        return np.asarray(1 - top[:, 0])
    if measure == "margin":
        return np.asarray(1 - (top[:, 0] - top[:, 1]))
    return np.asarray(_entropy(probabilities).sum(axis=1) / np.log(num_classes))


def _uncertainty_of_labels(probabilities: LabelProbabilities, measure: Measure) -> np.ndarray:
    if measure == "entropy":
        both = _entropy(probabilities) + _entropy(1 - probabilities)
        return np.asarray(both.mean(axis=1) / np.log(2))
    distance = np.abs(probabilities - 0.5).min(axis=1)
    return np.asarray(0.5 - distance if measure == "least_confidence" else 1 - 2 * distance)


def _entropy(probabilities: np.ndarray) -> np.ndarray:
    """Return -p log p of every cell, 0 where p is 0."""
    safe = np.where(probabilities > 0, probabilities, 1)
    return np.asarray(-probabilities * np.log(safe))


def rank(
    strategy: Strategy,
    scores: np.ndarray,
    vectors: Embeddings,
    distances: np.ndarray,
    candidates: Mask,
    limit: int = MAX_RANKED,
) -> Indices:
    """Return positions of pool rows, the one to label first at the front, shape (M,).

    Args:
        strategy: `uncertainty`: largest score first. `diversity`: k-center greedy, each row is the
            one farthest from everything labelled or chosen so far. `both`: batches of `BATCH`; of
            the `PREFILTER` times as many most uncertain rows, weighted k-means makes `BATCH`
            clusters, and the row nearest to each centre is taken.
        scores: Of N rows, from `uncertainty`.
        vectors: Of length 1, from `neighbours.normalised`, shape (N, D).
        distances: From each row to the nearest labelled one, 1 - cosine, shape (N,).
        candidates: Rows that may be taken, shape (N,).
        limit: Rows wanted at most.

    Raises:
        InvalidArgumentError: If the limit is below 1.

    Source:
        Diversity: Sener and Savarese 2018, "Active Learning for Convolutional Neural Networks: A
        Core-Set Approach", algorithm 1. Both: Zhdanov 2019, "Diverse mini-batch Active Learning",
        section 3.2.
    """
    if limit < 1:
        raise InvalidArgumentError(f"Expected 1 row or more, got {limit}.")
    rows = np.flatnonzero(candidates)
    count = min(limit, len(rows))
    if strategy == "diversity":
        return np.asarray(rows[_farthest_first(vectors[rows], distances[rows], count)])
    if strategy == "both":
        return np.asarray(rows[_diverse_batches(vectors[rows], scores[rows], count)])
    if strategy == "random":
        return np.random.default_rng(_SEED).permutation(rows)[:count]
    return np.asarray(rows[np.argsort(-scores[rows], kind="stable")[:count]])


def _farthest_first(vectors: Embeddings, distances: np.ndarray, count: int) -> Indices:
    nearest = np.array(distances, dtype=np.float32)
    chosen = np.zeros(count, dtype=np.int64)
    for place in range(count):
        chosen[place] = row = int(np.argmax(nearest))
        np.minimum(nearest, 1 - vectors @ vectors[row], out=nearest)
        nearest[chosen[: place + 1]] = -np.inf
    return chosen


def _diverse_batches(vectors: Embeddings, scores: np.ndarray, count: int) -> Indices:
    """Take batch after batch of the most uncertain rows that are left."""
    order = np.argsort(-scores, kind="stable")
    chosen: list[np.ndarray] = []
    taken = 0
    while taken < count:
        size = min(BATCH, count - taken)
        head = order[: PREFILTER * size]
        picked = head[_central_rows(vectors[head], scores[head], size)]
        picked = picked[np.argsort(-scores[picked], kind="stable")]
        chosen.append(picked)
        order = order[~np.isin(order, picked)]
        taken += len(picked)
    return np.concatenate([np.zeros(0, np.int64), *chosen])


def _central_rows(vectors: Embeddings, weights: np.ndarray, size: int) -> Indices:
    """Return the row nearest to the centre of each of so many clusters, shape (size,)."""
    from sklearn.cluster import KMeans

    if len(vectors) <= size:
        return np.arange(len(vectors))
    found = KMeans(size, n_init=1, random_state=_SEED)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of equal texts there are fewer clusters
        found.fit(vectors, sample_weight=np.maximum(weights, _LEAST_WEIGHT))
    distances = found.transform(vectors)
    chosen: list[int] = []
    for column in distances.T:  # equal texts make equal centres: never the same row twice
        column[chosen] = np.inf
        chosen.append(int(np.argmin(column)))
    return np.array(chosen, dtype=np.int64)
