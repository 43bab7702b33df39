"""Samples of a data set that are the same every time."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from textcls_core.arrays import Indices, LabelIds
from textcls_core.dataset.store import DatasetInfo, DatasetStore
from textcls_core.dataset.text_dataset import Split, TextDataset

SEED = 0


def sample_rows(dataset: TextDataset, split: Split, limit: int) -> Indices:
    """Return at most `limit` positions of a split, in file order, shape (M,).

    A sample of the training rows has at least one row of every class that has any.

    Args:
        dataset: With one label per text, or with several.
        split: Where to draw from.
        limit: Rows wanted at most; of the training split, at least the number of classes.
    """
    rows = dataset.indices(split)
    if len(rows) <= limit:
        return rows
    drawn = np.random.default_rng(SEED).permutation(rows)
    if split == "train":
        first = _first_of_each_class(dataset.targets[drawn])
        drawn = np.concatenate([drawn[first], np.delete(drawn, first)])
    return np.sort(drawn[:limit])


def _first_of_each_class(targets: np.ndarray) -> Indices:
    """Return the first positions that together have every class, at most one per class.

    Args:
        targets: Class ids (N,), or 0 and 1 per class (N, C).
    """
    if targets.ndim == 1:
        return np.unique(targets, return_index=True)[1]
    return np.unique(targets.argmax(axis=0)[targets.any(axis=0)])


def rows_within(dataset: TextDataset, split: Split, characters: int) -> int:
    """Return how many average rows of a split have so much text; at least one per class."""
    texts = dataset.table["text"].filter(pc.equal(dataset.table["split"], split))
    mean = pc.mean(pc.utf8_length(texts)).as_py() or 1.0
    return max(int(characters / mean), dataset.num_labels)


def sample_version(store: DatasetStore, info: DatasetInfo, limit: int) -> TextDataset:
    """Return at most `limit` random rows of a stored version, in file order.

    The file is read in blocks, so that a version of any size can be sampled in little memory.
    """
    if info.num_examples <= limit:
        return store.load(info.fingerprint)
    table = read_rows(store.path(info), random_rows(info.num_examples, limit))
    return TextDataset(table, info.label_names, info.task)


def random_rows(num_rows: int, limit: int) -> Indices:
    """Return at most `limit` of so many positions, always the same ones, in order, shape (M,)."""
    if num_rows <= limit:
        return np.arange(num_rows)
    return np.sort(np.random.default_rng(SEED).choice(num_rows, limit, replace=False))


def read_rows(file: Path, rows: Indices, columns: list[str] | None = None) -> pa.Table:
    """Return some rows of a Parquet file, read in blocks.

    Args:
        file: Of a stored version.
        rows: Positions in order, shape (M,).
        columns: Names; None reads all.
    """
    parts, start = [], 0
    with pq.ParquetFile(file) as reader:
        for batch in reader.iter_batches(columns=columns):
            first, last = np.searchsorted(rows, [start, start + batch.num_rows])
            parts.append(batch.take(pa.array(rows[first:last] - start)))
            start += batch.num_rows
        return pa.Table.from_batches(parts, None if parts else reader.schema_arrow)


def stratified_order(dataset: TextDataset) -> Indices:
    """Return all positions so that every prefix is a sample spread over the classes, shape (N,).

    A longer prefix holds the shorter one. In each prefix a class has its share of the rows, give or
    take one; rows of a multi-label set are spread by their first label.
    """
    labels = dataset.table["label_ids"].combine_chunks()
    sizes = np.asarray(pc.list_value_length(labels), dtype=np.int64)
    first = np.full(len(sizes), -1, dtype=np.int64)
    starts = np.cumsum(sizes) - sizes
    flat = np.asarray(pc.list_flatten(labels), dtype=np.int64)
    first[sizes > 0] = flat[starts[sizes > 0]]
    return spread(first)


def spread(strata: LabelIds) -> Indices:
    """Return all positions so that every prefix holds each stratum by its share, shape (N,).

    Args:
        strata: A number per row.
    """
    drawn = np.random.default_rng(SEED).permutation(len(strata))
    _, group, counts = np.unique(strata[drawn], return_inverse=True, return_counts=True)
    by_group = np.argsort(group, kind="stable")
    ranks = np.empty(len(drawn))
    ranks[by_group] = np.arange(len(drawn)) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.asarray(drawn[np.argsort((ranks + 0.5) / counts[group], kind="stable")])
