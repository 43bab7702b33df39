"""Counts and lengths of a data set version, without loading its rows."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict

from textcls_core.arrays import Lengths
from textcls_core.dataset.sampling import random_rows, read_rows
from textcls_core.dataset.store import DatasetInfo, DatasetStore, damaged_rows
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.files import read_model, write_json
from textcls_core.workspace import Workspace

MEMORY_LIMIT = "512MB"
"""Of one DuckDB; what does not fit goes to disk."""
MAX_SAMPLE = 20_000
"""Texts whose words or tokens are counted; beyond that a fixed random sample stands for all."""
_WORD = (
    r"\p{Han}|\p{Hiragana}|\p{Katakana}|\p{Thai}+"
    r"|[^\s\p{Z}\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]+"
)
"""A run of characters without spaces; in scripts written without spaces, a character."""
_UNUSUAL = r"[^\t\n\f\r -~]"
"""In texts without such a character, words are what stands between spaces."""
_TAB, _VERTICAL_TAB, _RETURN, _SPACE, _LAST_ASCII = b"\t\v\r ~"
_BLOCK = 8_192
"""Texts whose words are counted at a time; the sums of their bytes take memory."""


class Statistics(BaseModel):
    """Counts of one version."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    class_counts: dict[str, list[int]]
    """Rows per class of every split, C numbers each, in the order of the label ids."""
    num_unlabelled: int
    """Rows of a multi-label set without any class."""
    characters: dict[str, float]
    """Smallest, median, mean, 99 % quantile and largest length of a text."""


def statistics_of(workspace: Workspace, info: DatasetInfo) -> Statistics:
    """Return the counts of a version, kept on disk under its fingerprint.

    Raises:
        DatasetFormatError: If the rows are damaged.
    """
    file = workspace.cache_dir / "statistics" / f"{info.dataset_id}.json"
    if file.exists():
        return read_model(file, Statistics, "data set")
    statistics = _count(DatasetStore(workspace.datasets_dir).path(info), info)
    write_json(file, statistics.model_dump(mode="json"))
    return statistics


def class_table(
    label_names: Sequence[str], counts: Mapping[str, Sequence[int]]
) -> list[dict[str, str | int]]:
    """Return one record per class with its rows in every split and in all."""
    return [
        {
            "class": name,
            **{split: values[label_id] for split, values in counts.items()},
            "all": sum(values[label_id] for values in counts.values()),
        }
        for label_id, name in enumerate(label_names)
    ]


def sample_texts(file: Path, info: DatasetInfo, limit: int = MAX_SAMPLE) -> list[str]:
    """Return all texts in file order, or those of a random sample that is always the same.

    Raises:
        DatasetFormatError: If the rows are damaged.
    """
    rows = random_rows(info.num_examples, limit)
    try:
        return list(read_rows(file, rows, ["text"])["text"].to_pylist())
    except (OSError, ValueError) as error:
        raise damaged_rows(info) from error


def word_lengths(dataset: TextDataset) -> Lengths:
    """Return the number of words of each text, shape (N,).

    Words are separated by spaces; each Chinese or Japanese character counts as a word.
    """
    return words_per_text(dataset.table["text"])


def words_per_text(texts: Sequence[str] | pa.ChunkedArray) -> Lengths:
    """Return the number of words of each text, counted as in `word_lengths`, shape (N,).

    Args:
        texts: N texts, none of them null.
    """
    given = texts if isinstance(texts, pa.ChunkedArray) else pa.chunked_array([texts], pa.string())
    parts = [
        _words_from_bytes(chunk.slice(start, _BLOCK))
        for chunk in given.cast(pa.large_string()).chunks
        for start in range(0, len(chunk), _BLOCK)
    ]
    return np.concatenate([np.zeros(0, np.int64), *parts])


def _words_by_pattern(texts: pa.Array) -> Lengths:
    return np.asarray(pc.count_substring_regex(texts, pattern=_WORD), dtype=np.int64)


def _words_from_bytes(texts: pa.LargeStringArray) -> Lengths:
    """Count where a space ends and something else begins; unusual texts go by the pattern.

    In ASCII that is ten times as fast.
    """
    _, offsets, letters = texts.buffers()
    ends = np.frombuffer(offsets, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    read = np.frombuffer(letters or b"", np.uint8)[ends[0] : ends[-1]]
    firsts, ends = ends[:-1] - ends[0], ends[1:] - ends[0]
    is_space = (read == _SPACE) | ((read >= _TAB) & (read <= _RETURN))
    begins = ~is_space
    begins[1:] &= is_space[:-1]
    inside = firsts[ends > firsts]
    begins[inside] = ~is_space[inside]
    counts = _marks_between(begins, firsts, ends)
    is_unusual = (read > _LAST_ASCII) | ((read < _SPACE) & ~is_space) | (read == _VERTICAL_TAB)
    unusual = np.flatnonzero(_marks_between(is_unusual, firsts, ends))
    counts[unusual] = _words_by_pattern(texts.take(pa.array(unusual)))
    return counts


def _marks_between(marks: np.ndarray, firsts: np.ndarray, ends: np.ndarray) -> Lengths:
    marked = np.flatnonzero(marks)
    return np.asarray(np.searchsorted(marked, ends) - np.searchsorted(marked, firsts))


def count_words(texts: pa.Array, split: pa.ListArray) -> pa.Array:
    """Return what `words_per_text` returns, faster for texts that are split at spaces already."""
    counts = np.asarray(pc.list_value_length(split)).astype(np.int32)
    counts[np.asarray(pc.equal(pc.utf8_trim_whitespace(texts), ""))] = 0
    unusual = pc.match_substring_regex(texts, _UNUSUAL)
    rows = np.flatnonzero(np.asarray(unusual))
    counts[rows] = _words_by_pattern(texts.take(pa.array(rows)))
    return pa.array(counts)


def _count(file: Path, info: DatasetInfo) -> Statistics:
    with _reading(info) as connection:
        per_class = connection.execute(
            "SELECT split, label, count(*) FROM"
            " (SELECT split, unnest(label_ids) AS label FROM read_parquet(?)) GROUP BY ALL",
            [str(file)],
        ).fetchall()
        (unlabelled, *lengths) = connection.execute(
            "SELECT count(*) FILTER (len(label_ids) = 0), min(n), median(n), avg(n),"
            " quantile_disc(n, 0.99), max(n)"
            " FROM (SELECT label_ids, length(text) AS n FROM read_parquet(?))",
            [str(file)],
        ).fetchone() or (0,)
    counts = {split: [0] * len(info.label_names) for split in info.split_counts}
    for split, label, count in per_class:
        counts[split][label] = count
    names = ("smallest", "median", "mean", "most", "largest")
    return Statistics(
        class_counts=counts,
        num_unlabelled=unlabelled,
        characters={name: float(value or 0) for name, value in zip(names, lengths, strict=True)},
    )


@contextmanager
def _reading(info: DatasetInfo) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a database in memory; damaged files become a message."""
    try:
        with duckdb.connect(config={"memory_limit": MEMORY_LIMIT}) as connection:
            yield connection
    except duckdb.Error as error:
        raise damaged_rows(info) from error
