"""Words of scripts without spaces, learned from the texts themselves.

A string of two to eight letters, or of two to four Chinese characters, is taken for a word if its parts belong together and its
neighbours change: it occurs far more often than its halves would meet by chance (cohesion), and
what stands before and after it is not always the same (freedom). Texts are then cut from left to
right, the longest known word first. Sun, Shen and Tsou 1998, "Chinese word segmentation without
using lexicon and hand-crafted training data"; Feng et al. 2004, "Accessor variety criteria for
Chinese word extraction".

No dictionary comes along, so any such language works, and so do names; rare words stay single
characters.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from jaxtyping import Bool, Float, Int, UInt64

from textcls_core.arrays import Indices
from textcls_core.dataset.characters import (
    SIGN,
    SPACED,
    UNSPACED,
    Characters,
    Spans,
    hash_spans,
    merged,
    read_characters,
    spans,
    windows,
)

_MAX_LENGTH, _MAX_LENGTH_HAN = 8, 4
_MIN_COUNT = 3
_MIN_COHESION, _MIN_COHESION_HAN = 4.0, 20.0
"""Times as often as by chance. A particle beside a Chinese word reaches 10 to 20; an alphabet has
few letters, so that letters of one word meet by chance far more often."""
_FIRST_HAN = 0x2E80
"""Chinese and Japanese characters begin here, alphabets end."""
_MIN_FREEDOM = 0.5
"""Entropy of the neighbours in nats on the poorer side; two that alternate have 0.69."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Hashes of the words of two to eight characters, sorted, by their length."""

    hashes: dict[int, UInt64[np.ndarray, " V"]]


@dataclass(frozen=True, slots=True)
class _Grams:
    """All strings of one length in some texts."""

    hashes: UInt64[np.ndarray, " V"]
    """Distinct, sorted."""
    counts: Int[np.ndarray, " V"]
    firsts: Indices
    """Where each occurs first."""
    starts: Indices
    """Where all of them begin, in order of the texts."""
    which: Indices
    """Position in `hashes` of each of these."""


def learn_lexicon(texts: pa.ChunkedArray) -> Lexicon:
    """Return the words in the runs without spaces of some texts."""
    characters = read_characters(texts)
    runs = spans(characters, (UNSPACED,))
    if not len(runs.starts):
        return Lexicon({})
    grams = {size: _count(characters, runs, size) for size in range(1, _MAX_LENGTH + 1)}
    neighbours = _neighbours(characters, runs)
    found = {}
    for size in range(2, _MAX_LENGTH + 1):
        kept = np.flatnonzero(grams[size].counts >= _MIN_COUNT)
        is_han = characters.codes[grams[size].firsts[kept]] >= _FIRST_HAN
        least = np.where(is_han, _MIN_COHESION_HAN, _MIN_COHESION)
        is_short = ~is_han | (size <= _MAX_LENGTH_HAN)
        kept = kept[is_short & (_cohesion(characters, grams, size, kept) >= least)]
        kept = kept[_freedom(grams[size], neighbours, size, kept) >= _MIN_FREEDOM]
        found[size] = grams[size].hashes[kept]
    return Lexicon({size: hashes for size, hashes in found.items() if len(hashes)})


def words(characters: Characters, lexicon: Lexicon) -> Spans:
    """Return the words of texts; in runs without spaces, those of a lexicon and single characters.

    Args:
        characters: Any texts.
        lexicon: Words to find in runs without spaces.
    """
    spaced = spans(characters, (SPACED, SIGN))
    if not (characters.kinds == UNSPACED).any():
        return spaced
    return merged(spaced, _cut(characters, spans(characters, (UNSPACED,)), lexicon))


def _cut(characters: Characters, runs: Spans, lexicon: Lexicon) -> Spans:
    """Return runs cut from left to right, the longest known word first.

    All runs advance together by one word at a time.
    """
    lengths = np.ones(len(characters.codes), dtype=np.int64)
    for size, known in sorted(lexicon.hashes.items()):
        pieces = windows(runs, size)
        lengths[pieces.starts[_is_in(hash_spans(characters, pieces), known)]] = size
    place, ends = runs.starts, runs.ends
    starts = []
    while len(place):
        starts.append(place)
        place = place + lengths[place]
        is_inside = place < ends
        place, ends = place[is_inside], ends[is_inside]
    cut = np.sort(np.concatenate(starts))
    return Spans(cut, cut + lengths[cut])


def _is_in(
    hashes: UInt64[np.ndarray, " P"], known: UInt64[np.ndarray, " V"]
) -> Bool[np.ndarray, " P"]:
    """Tell which hashes are among sorted ones, of which there is at least one."""
    return known[np.minimum(np.searchsorted(known, hashes), len(known) - 1)] == hashes


def _count(characters: Characters, runs: Spans, size: int) -> _Grams:
    pieces = windows(runs, size)
    hashes, firsts, which, counts = np.unique(
        hash_spans(characters, pieces), return_index=True, return_inverse=True, return_counts=True
    )
    return _Grams(hashes, counts, pieces.starts[firsts], pieces.starts, which)


def _cohesion(
    characters: Characters, grams: dict[int, _Grams], size: int, kept: Indices
) -> Float[np.ndarray, " K"]:
    """Return how many times as often strings occur as their two parts would meet by chance.

    Of all ways to cut a string in two, the one counts that explains it best.
    """
    whole = grams[size]
    starts, total = whole.firsts[kept], len(grams[1].which)
    lowest = np.full(len(kept), np.inf)
    for cut in range(1, size):
        left = _counts_at(characters, grams[cut], starts, cut)
        right = _counts_at(characters, grams[size - cut], starts + cut, size - cut)
        lowest = np.minimum(lowest, whole.counts[kept] * total / (left * right))
    return lowest


def _counts_at(
    characters: Characters, grams: _Grams, starts: Indices, size: int
) -> Float[np.ndarray, " K"]:
    hashes = hash_spans(characters, Spans(starts, starts + size))
    return grams.counts[np.searchsorted(grams.hashes, hashes)].astype(float)


def _neighbours(characters: Characters, runs: Spans) -> Int[np.ndarray, " L+2"]:
    """Return what stands at every place, shifted by one; each end of a run is like nothing else."""
    codes = np.zeros(len(characters.codes) + 2, dtype=np.int64)
    codes[1:-1] = characters.codes
    outside = np.ones(len(codes), dtype=bool)
    inside = windows(runs, 1).starts
    outside[inside + 1] = False
    codes[outside] = -np.arange(1, int(outside.sum()) + 1)
    return codes


def _freedom(
    grams: _Grams, neighbours: Int[np.ndarray, " L+2"], size: int, kept: Indices
) -> Float[np.ndarray, " K"]:
    """Return the entropy of what stands beside strings, on the side where it is lower."""
    number = np.full(len(grams.hashes), -1)
    number[kept] = np.arange(len(kept))
    of_piece = number[grams.which]
    pieces = of_piece >= 0
    which, starts = of_piece[pieces], grams.starts[pieces]
    sides = (neighbours[starts], neighbours[starts + size + 1])
    left, right = (_entropy(which, side, len(kept)) for side in sides)
    return np.minimum(left, right)


def _entropy(
    which: Indices, side: Int[np.ndarray, " P"], count: int
) -> Float[np.ndarray, " K"]:
    """Return the entropy of the values on one side of each of `count` strings, in nats."""
    pairs, counts = np.unique(np.stack([which, side]), axis=1, return_counts=True)
    owner = pairs[0]
    totals = np.bincount(owner, counts, minlength=count)
    shares = counts / totals[owner]
    return np.bincount(owner, -shares * np.log(shares), minlength=count)
