"""What embeddings say: texts unlike all others, and classes that lie in the same place."""

import numpy as np
from jaxtyping import Float

from textcls_core.arrays import Embeddings, Indices, Neighbours
from textcls_core.audit.rows import EXAMPLES, AuditedRows
from textcls_core.audit.thresholds import THRESHOLDS
from textcls_core.dataset.findings import Finding
from textcls_core.embeddings.neighbours import OUTLIER_NEIGHBOURS, nearest_others, normalised
from textcls_core.wording import percent, plural, shorten

MAX_COMPARED = 20_000
"""Texts whose neighbours are looked up at most; of more a fixed random sample is taken."""
_OUTLIER_DEVIATIONS = 5.0
"""Median absolute deviations above the median, scaled to a normal distribution's."""
_MIN_CLASS_ROWS = 10


def check_neighbours(rows: AuditedRows, vectors: Embeddings, positions: Indices) -> list[Finding]:
    """Report outliers and overlapping classes.

    Args:
        rows: The data set.
        vectors: One vector per embedded row, shape (M, D).
        positions: Which rows they are, upwards, shape (M,).
    """
    if len(positions) <= OUTLIER_NEIGHBOURS:
        return []
    if len(positions) > MAX_COMPARED:
        drawn = np.random.default_rng(0).choice(len(positions), MAX_COMPARED, replace=False)
        chosen = np.sort(drawn)
        vectors, positions = vectors[chosen], positions[chosen]
    near, cosines = nearest_others(
        normalised(vectors),
        OUTLIER_NEIGHBOURS,
        progress=lambda done, total: rows.report(done, total, "Comparing embeddings"),
    )
    distances = 1 - cosines.mean(axis=1, dtype=np.float64)
    return [*_outliers(rows, distances, positions), *_overlaps(rows, near, positions)]


def _outliers(rows: AuditedRows, distances: np.ndarray, positions: Indices) -> list[Finding]:
    scores = deviations(distances)
    found = np.flatnonzero(scores > _OUTLIER_DEVIATIONS)
    farthest_first = positions[found[np.argsort(-scores[found], kind="stable")]]
    share = len(found) / len(positions)
    message = (
        f"{plural(len(found), 'row')} far from the {OUTLIER_NEIGHBOURS} most similar other texts "
        f"({percent(share)}{_measured(rows, positions)})."
    )
    return rows.finding("outliers", farthest_first, message, share)


def deviations(values: np.ndarray) -> np.ndarray:
    """Return how far each value is above the median, in robust standard deviations, shape (N,).

    Example:
        >>> deviations(np.array([1.0, 2.0, 3.0, 4.0, 100.0])).round(2).tolist()
        [-1.35, -0.67, 0.0, 0.67, 65.43]
    """
    centred = values - np.median(values)
    scale = 1.4826 * np.median(np.abs(centred))
    return np.asarray(centred / scale if scale > 0 else np.zeros_like(centred))


def _overlaps(rows: AuditedRows, near: Neighbours, positions: Indices) -> list[Finding]:
    names = rows.dataset.label_names
    if len(names) < 2:
        return []
    shares, sizes = overlap(_label_matrix(rows, positions), near)
    shares[sizes < _MIN_CLASS_ROWS] = 0
    least = THRESHOLDS["class_overlap"].warn or 0.0
    over = sorted(np.argwhere(shares >= least).tolist(), key=lambda pair: -shares[*pair])
    if not over:
        return []
    i, j = over[0]
    message = (
        f"{plural(len(over), 'pair')} of classes overlap: {percent(shares[i, j])} of the texts "
        f'most similar to those of "{shorten(names[i])}" belong to "{shorten(names[j])}"'
        f"{_measured(rows, positions)}."
    )
    shown = [
        f"{shorten(names[i], 40)} → {shorten(names[j], 40)} ({percent(shares[i, j])})"
        for i, j in over[:EXAMPLES]
    ]
    between = _between(rows, near, positions, i, j)
    found = rows.finding("class_overlap", between, message, shares[i, j], count=len(over))
    return [finding.model_copy(update={"examples": tuple(shown)}) for finding in found]


def overlap(
    labels: np.ndarray, near: Neighbours
) -> tuple[Float[np.ndarray, "C C"], Float[np.ndarray, " C"]]:
    """Return which share of a class's neighbours have another class and not its own.

    Args:
        labels: Whether each row has each class, 0 or 1, shape (M, C).
        near: K neighbours of each row, shape (M, K).

    Returns:
        shares[i, j]: of the neighbours of rows with class i, those with j and without i; zero on
        the diagonal. And the number of rows of each class, shape (C,).
    """
    num_classes = labels.shape[1]
    sizes = labels.sum(axis=0)
    counts = np.zeros((num_classes, num_classes))
    for column in near.T:
        others = labels[column]
        counts += labels.T @ others - (labels * others).T @ others
    return counts / np.maximum(sizes[:, None] * near.shape[1], 1), sizes


def _label_matrix(rows: AuditedRows, positions: Indices) -> np.ndarray:
    place = np.full(rows.dataset.num_examples, -1, dtype=np.int64)
    place[positions] = np.arange(len(positions))
    label_rows, label_ids = rows.flat_labels
    is_there = place[label_rows] >= 0
    matrix = np.zeros((len(positions), rows.dataset.num_labels), dtype=np.float32)
    matrix[place[label_rows[is_there]], label_ids[is_there]] = 1
    return matrix


def _between(rows: AuditedRows, near: Neighbours, positions: Indices, i: int, j: int) -> Indices:
    """Return the rows of class i with most neighbours of class j, most first."""
    labels = _label_matrix(rows, positions)
    foreign = (labels[near, j] * (labels[near, i] == 0)).sum(axis=1) * (labels[:, i] > 0)
    found = np.argsort(-foreign, kind="stable")
    return np.asarray(positions[found[foreign[found] > 0]])


def _measured(rows: AuditedRows, positions: Indices) -> str:
    if len(positions) == rows.dataset.num_examples:
        return ""
    return f", measured on {len(positions):,} of {rows.dataset.num_examples:,} texts"
