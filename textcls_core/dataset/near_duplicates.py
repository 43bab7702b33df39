"""Near-duplicates: pairs of texts whose words are nearly the same, found without comparing all.

A text is the set of its words, whatever their order and case; runs of scripts without spaces
(Chinese, Japanese, Thai) count as all their pairs of neighbouring characters. Two texts are as
similar as the Jaccard index of their sets: shared words divided by all words of both. MinHash
finds candidates; every one is verified exactly.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
from jaxtyping import Float, Int

from textcls_core.arrays import Indices, Lengths
from textcls_core.dataset import minhash
from textcls_core.dataset.characters import Characters, Texts, hash_spans, map_chunks, string_column
from textcls_core.dataset.minhash import Sketches
from textcls_core.errors import InvalidArgumentError
from textcls_core.jobs.progress import Report, ignore

THRESHOLD = 0.8
_MAX_SHINGLES = 16_000_000
"""Words of candidates in memory at one time."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of texts that are nearly the same, each once, the smaller position first.

    Of texts with the same words in the same order, each is paired with the first of them only, and
    only the first is compared with others: a text repeated 100,000 times gives 99,999 pairs.
    """

    first: Indices
    second: Indices
    jaccard: Float[np.ndarray, " M"]
    """Shared words divided by all words of both; 1 for the same words."""
    num_crowded: int = 0
    """Texts that are like more than `minhash.WINDOW` others at a glance; of these, some pairs are
    left out, though hardly ever a whole group."""


def near_duplicate_pairs(
    texts: Texts, threshold: float = THRESHOLD, progress: Report = ignore
) -> Pairs:
    """Return the pairs of texts with a Jaccard index of at least `threshold`.

    Texts without any letter, digit or sign are never part of a pair. About four in a thousand of
    the pairs exactly at the threshold are missed, fewer above it; none is wrong.

    Args:
        texts: N texts; missing ones count as empty.
        threshold: Least Jaccard index, in [0.5, 1].
        progress: Called with steps done, all steps, and what is done.

    Raises:
        InvalidArgumentError: If the threshold is out of range.

    Example:
        >>> texts = ["My card is lost", "My card is lost!", "lost: my CARD"]
        >>> pairs = near_duplicate_pairs(texts, threshold=0.7)
        >>> pairs.first.tolist(), pairs.second.tolist(), pairs.jaccard.tolist()
        ([0, 0], [1, 2], [1.0, 0.75])
    """
    if not 0.5 <= threshold <= 1:
        raise InvalidArgumentError(f"Expected a threshold from 0.5 to 1, got {threshold:g}.")
    column = string_column(texts)
    sketches = _sketches(column, threshold, progress)
    found = [copies := _copies(sketches)]
    is_compared = sketches.sizes > 0
    is_compared[copies.second] = False
    compared = np.flatnonzero(is_compared)
    keys = sketches.keys[compared]
    for band, pairs in minhash.candidates(keys):
        progress(band, keys.shape[1], "Comparing texts")
        found += _verified(column, sketches.sizes, compared[pairs], threshold)
    return _in_order(found, len(minhash.crowded(keys)))


def jaccard_index(texts: Texts, pairs: Int[np.ndarray, "M 2"]) -> Float[np.ndarray, " M"]:
    """Return the exact Jaccard index of pairs of texts, in [0, 1]; 0 if neither has a word.

    Args:
        texts: N texts; missing ones count as empty.
        pairs: Positions of both texts of each pair.

    Example:
        >>> pairs = np.array([[0, 1], [0, 2]])
        >>> jaccard_index(["My card is lost", "my CARD is lost!", "A lost card"], pairs).tolist()
        [1.0, 0.4]
    """
    if not len(pairs):
        return np.zeros(0)
    rows, places = np.unique(pairs, return_inverse=True)
    left, right = places.reshape(pairs.shape).T
    sets = _sets(string_column(texts).take(pa.array(rows)))
    shared = np.diff(sets[left].multiply(sets[right]).indptr)
    sizes = np.diff(sets.indptr)
    return np.asarray(shared / np.maximum(sizes[left] + sizes[right] - shared, 1))


def groups(pairs: Pairs, num_texts: int) -> Int[np.ndarray, " N"]:
    """Return a group number for every text; texts joined by pairs have the same one.

    Args:
        pairs: From `near_duplicate_pairs`.
        num_texts: N.

    Example:
        >>> pairs = near_duplicate_pairs(["a b", "c d", "A, B", "c d."])
        >>> groups(pairs, 4).tolist()
        [0, 1, 0, 1]
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    flags = np.ones(len(pairs.first), dtype=bool)
    links = coo_matrix((flags, (pairs.first, pairs.second)), (num_texts, num_texts))
    return np.asarray(connected_components(links, directed=False)[1], dtype=np.int64)


def near_duplicate_groups(texts: Texts, progress: Report = ignore) -> Int[np.ndarray, " N"]:
    """Return a group number for every text; near-duplicates, also of one another, share it.

    Args:
        texts: N texts.
        progress: As of `near_duplicate_pairs`.
    """
    return groups(near_duplicate_pairs(texts, progress=progress), len(texts))


def _sketches(column: pa.ChunkedArray, threshold: float, progress: Report) -> Sketches:
    """Return the sketches of all texts, read in chunks."""
    bands, rows = minhash.band_shape(threshold)
    whole = Sketches(
        np.zeros((len(column), bands), np.uint32),
        np.zeros(len(column), np.uint64),
        np.zeros(len(column), np.int64),
    )
    for start, stop, part in map_chunks(partial(minhash.sketch, bands=bands, rows=rows), column):
        whole.keys[start:stop] = part.keys
        whole.wholes[start:stop] = part.wholes
        whole.sizes[start:stop] = part.sizes
        progress(stop, len(column), "Reading texts")
    return whole


def _copies(sketches: Sketches) -> Pairs:
    """Return each text that repeats the words of an earlier one, with the first such text."""
    filled = np.flatnonzero(sketches.sizes)
    _, firsts, inverse = np.unique(sketches.wholes[filled], return_index=True, return_inverse=True)
    originals = filled[firsts[inverse]]
    is_copy = originals != filled
    return Pairs(originals[is_copy], filled[is_copy], np.ones(int(is_copy.sum())))


def _verified(
    column: pa.ChunkedArray, sizes: Lengths, pairs: Int[np.ndarray, "M 2"], threshold: float
) -> Iterator[Pairs]:
    """Yield those of some candidates that are similar enough."""
    slab = np.cumsum(sizes[pairs].sum(axis=1)) // _MAX_SHINGLES
    for part in np.split(pairs, np.flatnonzero(np.diff(slab)) + 1):
        if len(part):
            jaccard = jaccard_index(column, part)
            kept = jaccard >= threshold - 1e-9
            yield Pairs(part[kept, 0], part[kept, 1], jaccard[kept])


def _sets(column: pa.ChunkedArray) -> Any:
    """Return the shingles of texts as a sparse matrix with a column for each of 2**63 hashes."""
    from scipy.sparse import csr_matrix

    parts = [part for _, _, part in map_chunks(_shingle_hashes, column)]
    hashes = np.concatenate([hashes for hashes, _ in parts])
    starts = np.concatenate([[0], np.cumsum(np.concatenate([sizes for _, sizes in parts]))])
    flags = np.ones(len(hashes), dtype=np.int8)
    sets = csr_matrix((flags, hashes, starts), shape=(len(column), 2**63 - 1))
    sets.sum_duplicates()
    sets.data[:] = 1
    return sets


def _shingle_hashes(characters: Characters) -> tuple[Int[np.ndarray, " P"], Lengths]:
    """Return the hashes of all shingles, and how many each text has."""
    pieces = minhash.shingles(characters)
    hashes = hash_spans(characters, pieces) >> np.uint64(1)
    return hashes.astype(np.int64), np.diff(pieces.of_texts(characters))


def _in_order(found: list[Pairs], num_crowded: int) -> Pairs:
    """Return all pairs sorted by their positions."""
    first = np.concatenate([part.first for part in found])
    second = np.concatenate([part.second for part in found])
    jaccard = np.concatenate([part.jaccard for part in found])
    order = np.lexsort((second, first))
    return Pairs(first[order], second[order], jaccard[order], num_crowded)
