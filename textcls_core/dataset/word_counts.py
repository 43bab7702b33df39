"""In how many rows of each class every word occurs: what giveaways and class words are made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Int, UInt64

from textcls_core.arrays import ClassCounts, Indices
from textcls_core.dataset.characters import Characters, hash_spans, map_chunks, strings
from textcls_core.dataset.lexicon import Lexicon, learn_lexicon, words
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.jobs.progress import Report, ignore

_LEXICON_TEXTS = 20_000
"""Texts that words of scripts without spaces are learned from; more change little."""
_SEED = 0
_MAX_PARTS = 64


@dataclass(frozen=True, slots=True)
class WordCounts:
    """Rows with each of V words, by class; a row counts once, however often it has the word."""

    words: tuple[str, ...]
    """V words in lower case, the most frequent first."""
    by_class: Any
    """Rows of a class with a word: sparse, shape (V, C). A row counts for each of its classes."""
    totals: Int[np.ndarray, " V"]
    """Rows with the word, of whatever class."""
    class_rows: ClassCounts
    """Rows of each class."""
    num_rows: int
    """Rows that were read."""
    num_all_rows: int
    """Rows of the data set; larger if only a sample was read."""


@dataclass(frozen=True, slots=True)
class _Part:
    """Counts of some rows, by the hash of the word."""

    hashes: UInt64[np.ndarray, " V"]
    totals: Int[np.ndarray, " V"]
    rows: Indices
    """A row with the word."""
    by_class: Any


def count_words(
    dataset: TextDataset, *, max_rows: int, least_rows: int = 2, progress: Report = ignore
) -> WordCounts:
    """Return in how many rows of each class every word occurs.

    Args:
        dataset: Any data set; its splits do not matter.
        max_rows: Rows to read at most; of more, a fixed random sample is read.
        least_rows: Words in fewer rows are left out.
        progress: Called with rows done, all rows, and what is done.
    """
    rows = _sample(dataset.num_examples, max_rows)
    column = dataset.table["text"].take(pa.array(rows))
    targets = _targets(dataset.table["label_ids"].take(pa.array(rows)), dataset.num_labels)
    lexicon = learn_lexicon(column.take(pa.array(_sample(len(column), _LEXICON_TEXTS))))
    parts: list[_Part] = []
    for start, stop, (hashes, counts) in map_chunks(partial(_occurrences, lexicon), column):
        parts.append(_part(hashes, counts, start, targets[start:stop]))
        if len(parts) >= _MAX_PARTS:
            parts = [_total(parts)]
        progress(stop, len(column), "Counting words")
    whole = _total(parts or [_part(*_nothing(), 0, targets)])
    kept = np.flatnonzero(whole.totals >= least_rows)
    kept = kept[np.argsort(-whole.totals[kept], kind="stable")]
    return WordCounts(
        words=_names(column, lexicon, whole.hashes[kept], whole.rows[kept]),
        by_class=whole.by_class[kept],
        totals=whole.totals[kept],
        class_rows=np.asarray(targets.sum(axis=0), dtype=np.int64).ravel(),
        num_rows=len(column),
        num_all_rows=dataset.num_examples,
    )


def _sample(num_rows: int, at_most: int) -> Indices:
    if num_rows <= at_most:
        return np.arange(num_rows)
    chosen = np.random.default_rng(_SEED).permutation(num_rows)[:at_most]
    return np.sort(chosen)


def _targets(label_ids: pa.ChunkedArray, num_labels: int) -> Any:
    """Return which row has which class: sparse, shape (N, C)."""
    from scipy.sparse import csr_matrix

    sizes = np.asarray(pc.list_value_length(label_ids), dtype=np.int64)
    columns = np.asarray(pc.list_flatten(label_ids), dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    flags = np.ones(len(columns), dtype=np.int64)
    return csr_matrix((flags, columns, starts), shape=(len(sizes), num_labels))


def _occurrences(
    lexicon: Lexicon, characters: Characters
) -> tuple[UInt64[np.ndarray, " P"], Int[np.ndarray, " N"]]:
    """Return the hashes of all words, and how many each text has."""
    pieces = words(characters, lexicon)
    return hash_spans(characters, pieces), np.diff(pieces.of_texts(characters))


def _nothing() -> tuple[UInt64[np.ndarray, " P"], Int[np.ndarray, " N"]]:
    return np.zeros(0, np.uint64), np.zeros(0, np.int64)


def _part(
    hashes: UInt64[np.ndarray, " P"], sizes: Int[np.ndarray, " N"], start: int, targets: Any
) -> _Part:
    """Return the counts of neighbouring rows, of which the first is row `start`."""
    from scipy.sparse import csr_matrix

    distinct, firsts, ids = np.unique(hashes, return_index=True, return_inverse=True)
    row_of = np.repeat(np.arange(len(sizes)), sizes)
    flags = np.ones(len(ids), dtype=np.int64)
    has_word = csr_matrix((flags, (ids, row_of)), shape=(len(distinct), len(sizes)))
    has_word.data[:] = 1  # a repeated word was added up
    totals = np.diff(has_word.indptr)
    return _Part(distinct, totals, start + row_of[firsts], (has_word @ targets).tocsr())


def _total(parts: Sequence[_Part]) -> _Part:
    """Return the sums of counts."""
    from scipy.sparse import csr_matrix, vstack

    hashes = np.concatenate([part.hashes for part in parts])
    distinct, firsts, ids = np.unique(hashes, return_index=True, return_inverse=True)
    flags = np.ones(len(ids), dtype=np.int64)
    adding = csr_matrix((flags, (ids, np.arange(len(ids)))), shape=(len(distinct), len(ids)))
    rows = np.concatenate([part.rows for part in parts])
    totals = adding @ np.concatenate([part.totals for part in parts])
    by_class = adding @ vstack([part.by_class for part in parts])
    return _Part(distinct, totals, rows[firsts], by_class.tocsr())


def _names(
    column: pa.ChunkedArray, lexicon: Lexicon, hashes: UInt64[np.ndarray, " V"], rows: Indices
) -> tuple[str, ...]:
    """Return words as text, read from a row that has them."""
    name_of: dict[int, str] = {}
    texts = column.take(pa.array(np.unique(rows)))
    for _, _, found in map_chunks(partial(_named, lexicon, np.sort(hashes)), texts):
        name_of |= found
    return tuple(name_of[value] for value in hashes.tolist())


def _named(
    lexicon: Lexicon, wanted: UInt64[np.ndarray, " V"], characters: Characters
) -> dict[int, str]:
    """Return the words with these hashes."""
    pieces = words(characters, lexicon)
    distinct, firsts = np.unique(hash_spans(characters, pieces), return_index=True)
    kept = firsts[np.isin(distinct, wanted)]
    chosen = type(pieces)(pieces.starts[kept], pieces.ends[kept])
    names = strings(characters, chosen)
    return dict(zip(hash_spans(characters, chosen).tolist(), names, strict=True))
