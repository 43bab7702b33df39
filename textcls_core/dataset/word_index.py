"""Which rows have which words: answers a search in millions of texts without reading them.

A word is what stands between spaces. Whoever looks for letters without a space finds them inside
one word, so looking through the different words of a data set answers for all of its texts. Words
that are too long or too many are not kept apart; their rows have to be read.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from textcls_core.arrays import Mask
from textcls_core.errors import InvalidArgumentError

MAX_WORD_BYTES = 96
MAX_WORDS = 6_000_000
_OTHER = ""
"""Stands for all words that are not kept; no word is empty."""
_FREQUENT = 512
"""From so many rows on, a word is marked by itself."""
_PART = 100_000
"""Words that one core looks through at a time."""
_WORDS, _STARTS, _ROWS = "words.arrow", "word_starts.npy", "word_rows.npy"


class WordIndexWriter:
    """Takes the texts of a data set batch by batch, then writes their index into a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._spool = (folder / "tokens.bin").open("wb+")
        self._ids: dict[str, int] = {_OTHER: 0}
        self._counts = np.zeros(1024, np.int64)
        self._batches: list[tuple[int, np.ndarray]] = []

    def add(self, words: pa.ListArray) -> None:
        """Take the words of the next rows, from `split_words`."""
        sizes = np.asarray(pc.list_value_length(words), np.int32)
        ids = self._ids_of(pc.list_flatten(words))
        if len(self._ids) > len(self._counts):
            self._counts.resize(2 * len(self._ids), refcheck=False)
        found = np.bincount(ids, minlength=1)
        self._counts[: len(found)] += found
        self._spool.write(ids.tobytes())
        self._batches.append((len(ids), sizes))

    def close(self, report: Callable[[int, int], None]) -> None:
        """Write the index; `report` is told how many batches are done, of how many."""
        counts = self._counts[: len(self._ids)]
        order = np.concatenate([[0], 1 + np.argsort(-counts[1:], kind="stable")])
        self._write_words(order)
        starts = np.concatenate([[0], np.cumsum(counts[order])])
        np.save(self._folder / _STARTS, starts)
        rank = np.empty(len(order), np.int32)
        rank[order] = np.arange(len(order), dtype=np.int32)
        self._write_rows(rank, starts, report)
        self._spool.close()
        (self._folder / "tokens.bin").unlink()

    def _ids_of(self, words: pa.Array) -> np.ndarray:
        """Return the number of each word; new words get the next one."""
        encoded = words.dictionary_encode()
        ids = self._ids
        of_word = np.array([self._id_of(word, ids) for word in encoded.dictionary.to_pylist()])
        ids_of: np.ndarray = of_word.astype(np.int32)[np.asarray(encoded.indices)]
        return ids_of

    @staticmethod
    def _id_of(word: str, ids: dict[str, int]) -> int:
        known = ids.get(word)
        if known is not None:
            return known
        if len(ids) >= MAX_WORDS or len(word.encode()) > MAX_WORD_BYTES:
            return 0
        ids[word] = len(ids)
        return ids[word]

    def _write_words(self, order: np.ndarray) -> None:
        names = pa.array(list(self._ids), pa.large_string()).take(pa.array(order))
        table = pa.table({"word": names, "lower": pc.utf8_lower(names)}).combine_chunks()
        with pa.ipc.new_file(str(self._folder / _WORDS), table.schema) as writer:
            writer.write_table(table, max_chunksize=max(len(table), 1))

    def _write_rows(
        self, rank: np.ndarray, starts: np.ndarray, report: Callable[[int, int], None]
    ) -> None:
        """Write the rows of every word one after another, most frequent word first."""
        rows = np.lib.format.open_memmap(
            self._folder / _ROWS, mode="w+", dtype=np.int32, shape=(max(int(starts[-1]), 1),)
        )
        place = starts[:-1].copy()
        self._spool.seek(0)
        first_row = 0
        for number, (num_tokens, sizes) in enumerate(self._batches):
            ids = np.frombuffer(self._spool.read(4 * num_tokens), np.int32)
            row_of = np.repeat(np.arange(len(sizes), dtype=np.int64), sizes)
            pairs = np.sort(rank[ids].astype(np.int64) << 32 | row_of)
            words = pairs >> 32
            runs = np.flatnonzero(np.diff(words, prepend=-1))
            lengths = np.diff(runs, append=len(words))
            shift = np.repeat(place[words[runs]] - runs, lengths)
            rows[np.arange(len(words)) + shift] = (pairs & 0xFFFFFFFF) + first_row
            place[words[runs]] += lengths
            first_row += len(sizes)
            report(number + 1, len(self._batches))
        rows.flush()


@dataclass(frozen=True, slots=True)
class Candidates:
    """Rows that pass for certain, and rows that may pass; the others do not."""

    sure: Mask
    possible: Mask
    """Also true where `sure` is."""

    def __and__(self, other: "Candidates") -> "Candidates":
        """Return the rows that pass both."""
        return Candidates(self.sure & other.sure, self.possible & other.possible)


@dataclass(frozen=True, slots=True)
class WordIndex:
    """The words of a data set in memory-mapped files; the first word stands for all not kept."""

    words: pa.Array
    """Different words as they are written, the most frequent first."""
    lower: pa.Array
    """The same in small letters."""
    starts: np.ndarray
    """Where the rows of each word begin, one more than words."""
    rows: np.ndarray
    num_rows: int

    @classmethod
    def open(cls, folder: Path, num_rows: int) -> "WordIndex":
        """Open what a `WordIndexWriter` wrote."""
        table = pa.ipc.open_file(pa.memory_map(str(folder / _WORDS))).read_all()
        words, lower = (table[name].combine_chunks() for name in ("word", "lower"))
        starts = np.load(folder / _STARTS)
        return cls(words, lower, starts, np.load(folder / _ROWS, mmap_mode="r"), num_rows)

    def containing(self, letters: str) -> Candidates:
        """Return the rows whose text contains `letters`, whatever their case.

        Args:
            letters: Anything but nothing; with spaces in it, no row is sure.
        """
        letters = lower_case(letters)
        parts = split_words(pa.array([letters])).to_pylist()[0]
        if parts == [letters]:
            return self._rows_of(pc.match_substring(self.lower, letters))
        first, *between, last = parts if len(parts) > 1 else ["", *parts]
        found = self._rows_of(pc.ends_with(self.lower, first))
        for word in between:
            found = found & self._rows_of(pc.equal(self.lower, pa.scalar(word, pa.large_string())))
        found = found & self._rows_of(pc.starts_with(self.lower, last))
        return Candidates(np.zeros(self.num_rows, bool), found.possible)

    def matching(self, pattern: str) -> Candidates:
        """Return the rows with a word in which a regular expression finds something.

        Raises:
            InvalidArgumentError: If the pattern cannot be read.
        """
        try:
            return self._rows_of(_in_parts(self.words, pattern))
        except pa.ArrowInvalid as error:
            raise bad_pattern(pattern, str(error)) from error

    def everything(self) -> Candidates:
        """Return all rows as possible."""
        return Candidates(np.zeros(self.num_rows, bool), np.ones(self.num_rows, bool))

    def _rows_of(self, hits: pa.Array) -> Candidates:
        """Return the rows that have one of the words; those with a word not kept are possible."""
        chosen = np.asarray(hits).astype(bool)
        chosen[0] = False
        sure = np.zeros(self.num_rows, bool)
        words = np.flatnonzero(chosen)
        lengths = self.starts[words + 1] - self.starts[words]
        num_frequent = int(np.searchsorted(-lengths, -_FREQUENT))
        for start, length in zip(
            self.starts[words[:num_frequent]], lengths[:num_frequent], strict=True
        ):
            sure[self.rows[start : start + length]] = True
        _mark_many(sure, self.rows, self.starts[words[num_frequent:]], lengths[num_frequent:])
        possible = sure.copy()
        possible[self.rows[: self.starts[1]]] = True
        return Candidates(sure, possible)


def _in_parts(words: pa.Array, pattern: str) -> pa.ChunkedArray:
    """Return which words a regular expression finds something in; all cores look."""
    parts = [words.slice(start, _PART) for start in range(0, len(words), _PART)]
    with ThreadPoolExecutor() as pool:
        return pa.chunked_array(
            list(pool.map(lambda part: pc.match_substring_regex(part, pattern), parts)), pa.bool_()
        )


def lower_case(text: str) -> str:
    """Return text in small letters as all searches write it."""
    return str(pc.utf8_lower(pa.scalar(text)).as_py())


def split_words(texts: pa.Array) -> pa.ListArray:
    """Return the words of each text, without empty ones at its ends."""
    return pc.utf8_split_whitespace(pc.utf8_trim_whitespace(texts))


def bad_pattern(pattern: str, reason: str) -> InvalidArgumentError:
    """Return what to say about a regular expression that cannot be read."""
    short = " ".join(reason.removeprefix("Invalid regular expression: ").split())[:120]
    return InvalidArgumentError(
        f'"{pattern[:60]}" is not a regular expression that can be searched for ({short}). '
        "Correct it, or look for words instead."
    )


def _mark_many(marks: Mask, rows: np.ndarray, starts: np.ndarray, lengths: np.ndarray) -> None:
    """Mark the rows of many rare words at once."""
    if not len(starts):
        return
    ends = np.cumsum(lengths)
    places = np.arange(ends[-1]) + np.repeat(starts - ends + lengths, lengths)
    marks[rows[places]] = True
