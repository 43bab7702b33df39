"""MinHash and locality-sensitive hashing: which texts may share most of their words.

Broder 1997, "On the resemblance and containment of documents"; Leskovec, Rajaraman and Ullman,
"Mining of Massive Datasets", section 3.4. Nothing here decides: candidates are only worth a look.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int, UInt32, UInt64

from textcls_core.arrays import Indices
from textcls_core.dataset.characters import (
    SIGN,
    SPACED,
    UNSPACED,
    Characters,
    Spans,
    hash_spans,
    merged,
    mixed,
    spans,
    windows,
)

BandKeys = UInt32[np.ndarray, "N K"]
"""One number per text and band; texts that share one are candidates."""

WINDOW = 50
"""Texts that share a key are compared with the first of them and with so many next ones."""
_MISSED = 0.004
"""Share of the pairs exactly at the threshold that no band may catch."""
_MAX_ROWS = 10
_MAX_CANDIDATES = 2_000_000
"""Candidates in memory at one time."""


@dataclass(frozen=True, slots=True)
class Sketches:
    """What is kept of N texts to find candidates."""

    keys: BandKeys
    wholes: UInt64[np.ndarray, " N"]
    """A hash of all shingles in order; equal for texts that differ in case and punctuation only."""
    sizes: Int[np.ndarray, " N"]
    """Shingles of each text, repeats counted."""


def shingles(characters: Characters) -> Spans:
    """Return what texts are compared by: words, and pairs of characters in runs without spaces."""
    words = spans(characters, (SPACED, SIGN))
    if not (characters.kinds == UNSPACED).any():
        return words
    runs = spans(characters, (UNSPACED,))
    is_single = runs.ends - runs.starts == 1
    singles = Spans(runs.starts[is_single], runs.ends[is_single])
    return merged(words, singles, windows(runs, 2))


def band_shape(threshold: float) -> tuple[int, int]:
    """Return how many bands there are, and of how many hash functions each.

    A band catches a pair of Jaccard index s with probability s**rows. Rows are chosen so that this
    is about a third at the threshold, bands so that all of them together miss 0.4 % there.

    Example:
        >>> band_shape(0.8)
        (14, 5)
    """
    similarity = min(threshold, 0.99)
    rows = min(max(round(math.log(1 / 3) / math.log(similarity)), 1), _MAX_ROWS)
    return math.ceil(math.log(_MISSED) / math.log(1 - similarity**rows)), rows


def sketch(characters: Characters, bands: int, rows: int) -> Sketches:
    """Return the sketches of texts; those without shingles have zeros.

    Args:
        characters: N texts.
        bands: Keys per text.
        rows: Hash functions that make a key.
    """
    pieces = shingles(characters)
    of_texts = pieces.of_texts(characters)
    sizes = np.diff(of_texts)
    keys = np.zeros((len(sizes), bands), np.uint32)
    wholes = np.zeros(len(sizes), np.uint64)
    filled = np.flatnonzero(sizes)
    if len(filled):
        hashes, starts = hash_spans(characters, pieces), of_texts[filled]
        keys[filled] = _band_keys(hashes, starts, bands, rows)
        places = np.arange(len(hashes)) - np.repeat(starts, sizes[filled])
        wholes[filled] = np.add.reduceat(mixed(hashes + places.astype(np.uint64)), starts)
    return Sketches(keys, wholes, sizes)


def _band_keys(
    hashes: UInt64[np.ndarray, " P"], starts: Indices, bands: int, rows: int
) -> BandKeys:
    """Return keys made of the smallest values of `rows` hash functions each.

    The functions multiply 32 random bits of a shingle by odd random numbers, modulo 2**32.
    """
    generator = np.random.default_rng(1)
    bits = (hashes >> np.uint64(32)).astype(np.uint32)
    keys = np.zeros((len(starts), bands), np.uint32)
    for band in range(bands):
        key = np.zeros(len(starts), np.uint64)
        for factor in generator.integers(2**31, size=rows, dtype=np.uint32) * 2 + 1:
            key = mixed(key + np.minimum.reduceat(bits * np.uint32(factor), starts))
        keys[:, band] = key >> np.uint64(32)
    return keys


def candidates(keys: BandKeys) -> Iterator[tuple[int, Int[np.ndarray, "M 2"]]]:
    """Yield the band and pairs of texts that share its key and no key of an earlier band."""
    for band in range(keys.shape[1]):
        order = np.argsort(keys[:, band])
        for places in _bucket_pairs(keys[order, band]):
            pairs = np.sort(order[places], axis=1)
            left, right = keys[pairs[:, 0], :band], keys[pairs[:, 1], :band]
            yield band, pairs[~(left == right).any(axis=1)]


def crowded(keys: BandKeys) -> Indices:
    """Return the texts that share a key with more texts than they are compared with."""
    is_crowded = np.zeros(len(keys), dtype=bool)
    for column in keys.T:
        _, inverse, counts = np.unique(column, return_inverse=True, return_counts=True)
        is_crowded |= counts[inverse] > WINDOW + 1
    return np.flatnonzero(is_crowded)


def _bucket_pairs(ordered: UInt32[np.ndarray, " N"]) -> Iterator[Int[np.ndarray, "M 2"]]:
    """Yield pairs of positions with equal values: neighbours within a window, and the first."""
    found: list[Int[np.ndarray, "M 2"]] = []
    near = np.arange(len(ordered))
    for lag in range(1, WINDOW + 1):
        near = near[near + lag < len(ordered)]
        near = near[ordered[near] == ordered[near + lag]]
        if not len(near):
            break
        found.append(np.stack([near, near + lag], axis=1))
        if sum(map(len, found)) > _MAX_CANDIDATES:
            yield np.concatenate(found)
            found = []
    begins = np.searchsorted(ordered, ordered)
    far = np.flatnonzero(np.arange(len(ordered)) - begins > WINDOW)
    found.append(np.stack([begins[far], far], axis=1))
    yield np.concatenate(found)
