"""From many dimensions to a map: principal components at once, UMAP as a job.

Both see vectors of length 1, so that near means similar by cosine. Imports neither torch nor UMAP.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, TextIO, cast

import numpy as np

from textcls_core.arrays import Embeddings, Indices, Points
from textcls_core.dataset.sampling import SEED
from textcls_core.embeddings.neighbours import nearest_others
from textcls_core.embeddings.store import StoredEmbeddings
from textcls_core.errors import InvalidArgumentError
from textcls_core.files import temporary_sibling
from textcls_core.jobs.progress import Report, ignore

Method = Literal["pca", "umap"]
MAX_UMAP_ROWS = 20_000
"""Rows that UMAP arranges at most; of more, a sample spread over the classes."""
UMAP_NEIGHBOURS = 15
"""UMAP's own default, the row itself included: local groups count more than the large picture."""
MIN_DISTANCE = 0.1
"""UMAP's own default: how close points may lie on the map."""
_UMAP_FILE = "umap-1.npz"
"""The number is raised when the way to arrange changes."""
_BLOCK_ROWS = 4_096


@dataclass(frozen=True, slots=True)
class Layout:
    """Places of P embedded rows on a map."""

    method: Method
    rows: Indices
    """Which embedded rows have a place, upwards, shape (P,)."""
    points: Points
    """Their places, shape (P, 2)."""
    explained: tuple[float, ...] = ()
    """Of principal components: the share of the spread that each axis shows."""


def drawn_part(
    layout: Layout, order: Indices, limit: int, always: Sequence[int] | Indices = ()
) -> Layout:
    """Return the places to draw: some of them if there are many.

    Args:
        layout: All places.
        order: Embedded rows in the order in which to take them.
        limit: How many to take at most.
        always: Embedded rows that are drawn whatever the limit, if they have a place.
    """
    placed = np.concatenate(
        [order[np.isin(order, layout.rows)][:limit], np.asarray(always, np.int64)]
    )
    kept = np.flatnonzero(np.isin(layout.rows, placed))
    return Layout(layout.method, layout.rows[kept], layout.points[kept], layout.explained)


def principal_components(vectors: Embeddings) -> Layout:
    """Return the places of all rows along the two directions in which they differ most.

    Exact: the covariance of all rows is summed block by block in float64. The sign of an axis is
    such that its largest weight is positive, as in scikit-learn.

    Args:
        vectors: Of length 1, shape (N, D).
    """
    rows = np.arange(len(vectors))
    if len(vectors) < 2 or vectors.shape[1] < 2:
        return Layout("pca", rows, np.zeros((len(vectors), 2)), (0.0, 0.0))
    mean = vectors.mean(axis=0, dtype=np.float64)
    covariance = np.zeros((vectors.shape[1],) * 2)
    for block in _centred_blocks(vectors, mean):
        covariance += block.T @ block
    values, directions = np.linalg.eigh(covariance)
    top = directions[:, [-1, -2]]
    largest = np.abs(top).argmax(axis=0)
    axes = top * np.sign(top[largest, [0, 1]])
    points = np.concatenate([block @ axes for block in _centred_blocks(vectors, mean)])
    total = max(float(values.sum()), 1e-30)
    shares = tuple(max(float(value), 0.0) / total for value in values[[-1, -2]])
    return Layout("pca", rows, points, shares)


def _centred_blocks(vectors: Embeddings, mean: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(vectors), _BLOCK_ROWS):
        yield vectors[start : start + _BLOCK_ROWS].astype(np.float64) - mean


def umap_points(vectors: Embeddings, progress: Report = ignore) -> Points:
    """Return the places that UMAP gives to rows, shape (N, 2); the same for the same rows.

    Neighbours are exact, and the start is the plane of the principal components, which keeps the
    large picture.

    Args:
        vectors: Of length 1, shape (N, D).
        progress: Told how far it is; may raise to stop.

    Raises:
        InvalidArgumentError: If there are too few rows to have neighbours.

    Source:
        McInnes, Healy, Melville 2018, "UMAP: Uniform Manifold Approximation and Projection for
        Dimension Reduction"; for the start, Kobak and Linderman 2021, "Initialization is critical
        for preserving global data structure in both t-SNE and UMAP".
    """
    count = len(vectors)
    if count <= UMAP_NEIGHBOURS:
        raise InvalidArgumentError(
            f"UMAP needs more than {UMAP_NEIGHBOURS} texts, got {count}. Use PCA."
        )
    positions, cosines = nearest_others(
        vectors,
        UMAP_NEIGHBOURS - 1,
        progress=lambda done, total: progress(done, total, "Finding neighbours"),
    )
    own = np.arange(count)[:, None]
    indices = np.hstack([own, positions])
    distances = np.hstack([np.zeros((count, 1)), np.maximum(1 - cosines, 0)])
    start = principal_components(vectors).points
    start = 10 * start / max(float(np.abs(start).max()), 1e-12)
    progress(0, count, "Loading UMAP")
    return _arranged(vectors, (indices, distances.astype(np.float32)), start, progress)


def _arranged(
    vectors: Embeddings,
    neighbours: tuple[np.ndarray, np.ndarray],
    start: Points,
    progress: Report,
) -> Points:
    """Run UMAP on neighbours that are known."""
    import warnings

    from umap import UMAP

    listener = cast("TextIO", _Listener(progress))
    bar = {"disable": False, "file": listener, "bar_format": "{n} {total}", "mininterval": 0.3}
    model = UMAP(
        n_neighbors=UMAP_NEIGHBOURS,
        min_dist=MIN_DISTANCE,
        metric="cosine",
        init=start.astype(np.float32),
        random_state=SEED,
        precomputed_knn=neighbours,
        tqdm_kwds=bar,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one thread, as a fixed seed needs; no search index
        return np.asarray(model.fit_transform(vectors), dtype=np.float64)


class _Listener:
    """The file that UMAP writes its progress bar to; the only way to hear from it, and to stop."""

    def __init__(self, progress: Report) -> None:
        self._progress = progress

    def write(self, text: str) -> None:
        """Pass on "done total"."""
        with suppress(ValueError):
            done, total = (int(number) for number in text.split())
            self._progress(done, total, "Arranging the texts")

    def flush(self) -> None:
        """Do nothing: it is passed on already."""


def save_umap(stored: StoredEmbeddings, layout: Layout) -> None:
    """Keep a layout beside its embeddings."""
    file = stored.folder / _UMAP_FILE
    with temporary_sibling(file) as temporary:
        with temporary.open("wb") as handle:
            np.savez(handle, rows=layout.rows, points=layout.points)
        temporary.replace(file)


def stored_umap(stored: StoredEmbeddings) -> Layout | None:
    """Return the layout that is kept, or None if there is none or it is damaged."""
    file = stored.folder / _UMAP_FILE
    try:
        with np.load(file, allow_pickle=False) as arrays:
            layout = Layout("umap", arrays["rows"], arrays["points"])
    except Exception:  # whatever is wrong with a cache, it is made again
        return None
    is_whole = layout.points.shape == (len(layout.rows), 2)
    return layout if is_whole and layout.rows.max(initial=-1) < stored.info.num_rows else None
