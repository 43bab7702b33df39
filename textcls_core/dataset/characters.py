"""Texts as arrays of characters, and the words in them, for many texts at once.

A word is a run of letters, digits and marks; a currency sign or a pictograph is a word by itself.
Chinese, Japanese, Thai and other scripts without spaces give runs that hold several words; what to
do with them is up to the caller.
"""

import os
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Bool, Int, UInt8, UInt32, UInt64

from textcls_core.arrays import Indices

Texts = pa.Array | pa.ChunkedArray | Sequence[str | None]
Result = TypeVar("Result")

BREAK, SPACED, UNSPACED, SIGN = 0, 1, 2, 3
"""What a character is part of: nothing, a word, a run without spaces, or a word by itself."""
_APOSTROPHE, _POINT, _DROPPED = 4, 5, 6
"""Part of a word between two letters; part of a number between two digits; left out."""

UNSPACED_RANGES = (
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x1950, 0x19DF), (0x1A20, 0x1AAF),
    (0x3005, 0x3007), (0x3041, 0x309F), (0x30A1, 0x30FA), (0x30FC, 0x30FF), (0x31F0, 0x31FF),
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0xFF66, 0xFF9F), (0x20000, 0x323AF),
)  # fmt: skip
"""Thai and Lao, Burmese, Khmer, Tai, Japanese and Chinese."""
_DROPPED_RANGES = (
    (0x00AD, 0x00AD), (0x0591, 0x05BD), (0x05BF, 0x05BF), (0x05C1, 0x05C2), (0x05C4, 0x05C5),
    (0x0610, 0x061A), (0x061C, 0x061C), (0x0640, 0x0640), (0x064B, 0x065F), (0x0670, 0x0670),
    (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF),
)  # fmt: skip
"""Soft hyphen, Hebrew points, Arabic vowel signs and kashida, invisible and direction marks."""
TABLE_SIZE = 0x40000
"""Code points from here on are no letters of any script."""
_CHUNK_CHARACTERS = 1_000_000
_THREADS = min(os.cpu_count() or 1, 4)
_BASE = np.uint64(0x9E3779B97F4A7C15)
_INVERSE_BASE = np.uint64(pow(int(_BASE), -1, 2**64))
_FINAL = np.uint64(0xD6E8FEB86659FD93)


@dataclass(frozen=True, slots=True)
class Characters:
    """The characters of N texts behind one another, in lower case and one Unicode form."""

    codes: UInt32[np.ndarray, " L"]
    """Code points of all texts, L in number."""
    text_starts: Int[np.ndarray, " N+1"]
    """Where each text begins; the last entry is L."""
    kinds: UInt8[np.ndarray, " L"]
    """`BREAK`, `SPACED`, `UNSPACED` or `SIGN` of each character."""


@dataclass(frozen=True, slots=True)
class Spans:
    """Pieces of `Characters`, in the order of the texts."""

    starts: Indices
    ends: Indices

    def of_texts(self, characters: Characters) -> Int[np.ndarray, " N+1"]:
        """Return where the pieces of each text begin; the last entry is their number."""
        return np.searchsorted(self.starts, characters.text_starts)


def read_characters(texts: Texts) -> Characters:
    """Return texts as characters; a missing text is an empty one."""
    column = string_column(texts)
    lowered = pc.utf8_lower(pc.fill_null(column, ""))
    if not pc.all(pc.string_is_ascii(lowered), min_count=0).as_py():
        lowered = pc.utf8_lower(pc.utf8_normalize(lowered, form="NFKC"))
    codes = np.frombuffer(_joined(lowered).encode("utf-32-le"), dtype=np.uint32)
    lengths = np.asarray(pc.utf8_length(lowered), dtype=np.int64)
    text_starts = np.concatenate([[0], np.cumsum(lengths)])
    raw = _kind_table()[np.minimum(codes, TABLE_SIZE - 1)]
    dropped = raw == _DROPPED
    if dropped.any():
        kept = ~dropped
        text_starts = np.concatenate([[0], np.cumsum(kept)])[text_starts]
        codes, raw = codes[kept], raw[kept]
    return Characters(codes, text_starts, _joined_kinds(codes, raw, text_starts))


def string_column(texts: Texts) -> pa.ChunkedArray:
    """Return texts as one Arrow column of strings."""
    if isinstance(texts, pa.ChunkedArray):
        return texts
    array = texts if isinstance(texts, pa.Array) else pa.array(texts, pa.string())
    return pa.chunked_array([array], array.type)


def chunk_bounds(column: pa.ChunkedArray) -> list[tuple[int, int]]:
    """Return row ranges of about a million characters each, a long text in one of its own."""
    if not len(column):
        return []
    sizes = np.asarray(pc.fill_null(pc.binary_length(column), 0), dtype=np.int64)
    number = np.cumsum(sizes) // _CHUNK_CHARACTERS
    cuts = np.flatnonzero(np.diff(number)) + 1
    edges = [0, *cuts.tolist(), len(column)]
    return list(zip(edges[:-1], edges[1:], strict=True))


def map_chunks(
    function: Callable[[Characters], Result], column: pa.ChunkedArray
) -> Iterator[tuple[int, int, Result]]:
    """Yield the row range of every chunk of a column with the result for its characters.

    NumPy computes outside Python's lock, so two threads take nearly half the time of one.
    """

    def work(bounds: tuple[int, int]) -> Result:
        start, stop = bounds
        return function(read_characters(column.slice(start, stop - start)))

    chunks = chunk_bounds(column)
    if len(chunks) == 1:
        yield *chunks[0], work(chunks[0])
        return
    with ThreadPoolExecutor(_THREADS) as pool:
        waves = (chunks[i : i + 2 * _THREADS] for i in range(0, len(chunks), 2 * _THREADS))
        for wave in waves:  # a bounded number of results waits in memory
            for (start, stop), result in zip(wave, pool.map(work, wave), strict=True):
                yield start, stop, result


def spans(characters: Characters, kinds: Sequence[int]) -> Spans:
    """Return the longest pieces of these kinds that stay inside one text."""
    of_kind = characters.kinds
    is_edge = np.ones(len(of_kind) + 1, dtype=bool)
    is_edge[1:-1] = (of_kind[1:] != of_kind[:-1]) | (of_kind[1:] == SIGN)
    is_edge[characters.text_starts] = True
    edges = np.flatnonzero(is_edge)
    chosen = np.isin(of_kind[edges[:-1]], kinds)
    return Spans(edges[:-1][chosen], edges[1:][chosen])


def merged(*parts: Spans) -> Spans:
    """Return all pieces in the order in which they begin."""
    starts = np.concatenate([part.starts for part in parts])
    ends = np.concatenate([part.ends for part in parts])
    order = np.argsort(starts, kind="stable")
    return Spans(starts[order], ends[order])


def windows(runs: Spans, size: int) -> Spans:
    """Return every piece of `size` characters of some runs; shorter runs give none."""
    counts = np.maximum(runs.ends - runs.starts - size + 1, 0)
    firsts = np.repeat(runs.starts - (np.cumsum(counts) - counts), counts)
    starts = firsts + np.arange(len(firsts))
    return Spans(starts, starts + size)


def hash_spans(characters: Characters, pieces: Spans) -> UInt64[np.ndarray, " P"]:
    """Return 64 bits for each piece, the same for the same characters anywhere.

    The hash of a piece is a polynomial over random numbers of its characters, modulo 2**64. It is
    read off sums over the whole array, so pieces of any length cost the same.
    """
    powers, inverses = _powers(len(characters.codes))
    values = _random_table()[np.minimum(characters.codes, TABLE_SIZE - 1)]
    values *= powers[: len(values)]
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(values, dtype=np.uint64)])
    return mixed((sums[pieces.ends] - sums[pieces.starts]) * inverses[pieces.starts])


def mixed(values: UInt64[np.ndarray, " P"]) -> UInt64[np.ndarray, " P"]:
    """Return numbers of which every bit depends on every bit of the given ones."""
    values = (values ^ (values >> np.uint64(32))) * _FINAL
    return values ^ (values >> np.uint64(29))


def strings(characters: Characters, pieces: Spans) -> list[str]:
    """Return pieces as text."""
    whole = characters.codes.tobytes().decode("utf-32-le")
    return [
        whole[a:b] for a, b in zip(pieces.starts.tolist(), pieces.ends.tolist(), strict=True)
    ]


def _joined(column: pa.ChunkedArray) -> str:
    """Return all texts behind one another."""
    array = column.combine_chunks().cast(pa.large_string())
    _, offsets, data = array.buffers()
    if data is None:
        return ""
    edges = np.frombuffer(offsets, dtype=np.int64)
    first, last = edges[array.offset], edges[array.offset + len(array)]
    return data.to_pybytes()[first:last].decode()


def _joined_kinds(
    codes: UInt32[np.ndarray, " L"],
    raw: UInt8[np.ndarray, " L"],
    text_starts: Int[np.ndarray, " N+1"],
) -> UInt8[np.ndarray, " L"]:
    """Return kinds in which apostrophes and decimal points belong to their word, or break it."""
    kinds = raw.copy()
    joiners = np.flatnonzero(raw >= _APOSTROPHE)
    kinds[joiners] = BREAK
    is_start = np.zeros(len(raw) + 1, dtype=bool)
    is_start[text_starts] = True
    inner = joiners[(joiners > 0) & (joiners < len(raw) - 1)]
    inner = inner[~is_start[inner] & ~is_start[inner + 1]]
    before, after = inner - 1, inner + 1
    is_in_word = (raw[before] == SPACED) & (raw[after] == SPACED)
    is_in_number = _is_digit(codes[before]) & _is_digit(codes[after])
    kinds[inner[is_in_word & ((raw[inner] == _APOSTROPHE) | is_in_number)]] = SPACED
    return kinds


def _is_digit(codes: UInt32[np.ndarray, " L"]) -> Bool[np.ndarray, " L"]:
    return (codes >= ord("0")) & (codes <= ord("9"))


def _powers(at_least: int) -> tuple[UInt64[np.ndarray, " L"], UInt64[np.ndarray, " L"]]:
    """Return powers of the base and of its inverse, more than asked for."""
    return _power_tables(max(1 << at_least.bit_length(), _CHUNK_CHARACTERS) + 1)


@lru_cache(maxsize=2)
def _power_tables(size: int) -> tuple[UInt64[np.ndarray, " L"], UInt64[np.ndarray, " L"]]:
    return _geometric(_BASE, size), _geometric(_INVERSE_BASE, size)


def _geometric(base: np.uint64, size: int) -> UInt64[np.ndarray, " L"]:
    values = np.full(size, base, dtype=np.uint64)
    values[0] = 1
    return np.cumprod(values, dtype=np.uint64)


@cache
def _random_table() -> UInt64[np.ndarray, " L"]:
    """Return a random number for every code point, the same in every process."""
    return np.random.default_rng(0).integers(2**64, size=TABLE_SIZE, dtype=np.uint64)


@cache
def _kind_table() -> UInt8[np.ndarray, " L"]:
    """Return the kind of every code point."""
    categories = (unicodedata.category(chr(code)) for code in range(TABLE_SIZE))
    table = np.fromiter(map(_kind_of_category, categories), np.uint8, TABLE_SIZE)
    for first, last in UNSPACED_RANGES:
        part = table[first : last + 1]
        part[part == SPACED] = UNSPACED
    for first, last in _DROPPED_RANGES:
        table[first : last + 1] = _DROPPED
    table[[ord("'"), 0x2019]] = _APOSTROPHE
    table[[ord("."), ord(",")]] = _POINT
    return table


def _kind_of_category(category: str) -> int:
    if category[0] in "LNM" or category == "Pc":
        return SPACED
    return SIGN if category in ("So", "Sc") else BREAK
