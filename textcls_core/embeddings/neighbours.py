"""Exact nearest neighbours by cosine, in blocks that fit in memory."""

from collections.abc import Callable, Iterator

import numpy as np

from textcls_core.arrays import Embeddings, Indices, Neighbours, Similarities
from textcls_core.errors import InvalidArgumentError

OUTLIER_NEIGHBOURS = 10
"""Rows that a row is compared with when asked how far it is from the others."""
_BLOCK_CELLS = 2**24
"""Similarities held at once: 64 MB."""


def normalised(vectors: Embeddings) -> Embeddings:
    """Return a copy with rows of length 1, float32, shape (N, D); a row of zeros stays one."""
    copy = np.array(vectors, dtype=np.float32)
    lengths = np.linalg.norm(copy, axis=1, keepdims=True)
    return np.asarray(np.divide(copy, lengths, out=copy, where=lengths > 0))


def nearest(vectors: Embeddings, queries: Embeddings, k: int) -> tuple[Neighbours, Similarities]:
    """Return the rows most similar to each query, the most similar one first.

    Args:
        vectors: Rows of length 1, from `normalised`, shape (N, D).
        queries: Of length 1 too, shape (M, D).
        k: How many; all of them if there are fewer.

    Returns:
        Positions in `vectors` and cosines, each of shape (M, min(k, N)).

    Raises:
        InvalidArgumentError: If k is below 1, or the widths differ.
    """
    _check(vectors, queries, k)
    found = [_best(block, k) for _, block in _blocks(vectors, queries)]
    return _joined(found, min(k, len(vectors)))


def nearest_others(
    vectors: Embeddings,
    k: int,
    rows: Indices | None = None,
    *,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> tuple[Neighbours, Similarities]:
    """Return for each row the other rows most similar to it; a row is no neighbour of itself.

    Args:
        vectors: Rows of length 1, from `normalised`, shape (N, D), N >= 2.
        k: How many; all others if there are fewer.
        rows: M positions to ask for; all of them by default.
        progress: Told after each block how many of the M rows are done.

    Returns:
        Positions in `vectors` and cosines, each of shape (M, min(k, N - 1)).

    Raises:
        InvalidArgumentError: If k or N is too small.
    """
    asked = np.arange(len(vectors)) if rows is None else np.asarray(rows)
    if len(vectors) < 2:
        raise InvalidArgumentError(f"Expected 2 rows or more to compare, got {len(vectors)}.")
    _check(vectors, vectors, k)
    found = []
    for start, block in _blocks(vectors, vectors, asked):
        own = asked[start : start + len(block)]
        block[np.arange(len(block)), own] = -np.inf
        found.append(_best(block, min(k, len(vectors) - 1)))
        progress(start + len(block), len(asked))
    return _joined(found, min(k, len(vectors) - 1))


def outlier_scores(vectors: Embeddings, k: int = OUTLIER_NEIGHBOURS) -> np.ndarray:
    """Return how far each row is from its k nearest others, shape (N,): 1 - their mean cosine.

    Source:
        Ramaswamy, Rastogi, Shim 2000, "Efficient Algorithms for Mining Outliers from Large Data
        Sets"; the mean over k is the variant of Angiulli and Pizzuti 2002.
    """
    if len(vectors) < 2:
        return np.zeros(len(vectors))
    _, cosines = nearest_others(vectors, k)
    return np.asarray(1 - cosines.mean(axis=1, dtype=np.float64))


def _check(vectors: Embeddings, queries: Embeddings, k: int) -> None:
    if k < 1:
        raise InvalidArgumentError(f"Expected 1 neighbour or more, got {k}.")
    if vectors.shape[1] != queries.shape[1]:
        raise InvalidArgumentError(
            f"Expected queries as wide as the rows ({vectors.shape[1]}), got {queries.shape[1]}. "
            "Embed both with the same model."
        )


def _blocks(
    vectors: Embeddings, queries: Embeddings, rows: Indices | None = None
) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the position of each block of queries with their cosines to all vectors, (B, N)."""
    size = max(_BLOCK_CELLS // max(len(vectors), 1), 1)
    total = len(queries) if rows is None else len(rows)
    for start in range(0, total, size):
        span = slice(start, start + size)
        yield start, (queries[span] if rows is None else queries[rows[span]]) @ vectors.T


def _best(block: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the k largest cells of each row, largest first; of equal ones the first in the row."""
    count = block.shape[1]
    rows = np.arange(len(block))[:, None]
    if k < count:
        chosen = np.sort(np.argpartition(block, count - k, axis=1)[:, count - k :], axis=1)
    else:
        chosen = np.broadcast_to(np.arange(count), block.shape)
    order = np.argsort(-block[rows, chosen], axis=1, kind="stable")
    positions = chosen[rows, order]
    return positions, block[rows, positions]


def _joined(
    found: list[tuple[np.ndarray, np.ndarray]], width: int
) -> tuple[Neighbours, Similarities]:
    positions = [np.zeros((0, width), np.int64), *(positions for positions, _ in found)]
    cosines = [np.zeros((0, width), np.float32), *(cosines for _, cosines in found)]
    return np.concatenate(positions), np.concatenate(cosines)
