"""Samples of a data set that are the same every time."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from textcls_core.arrays import Indices
from textcls_core.dataset.store import DatasetInfo, DatasetStore
from textcls_core.dataset.text_dataset import Split, TextDataset

SEED = 0


def sample_rows(dataset: TextDataset, split: Split, limit: int) -> Indices:
    """Return at most `limit` positions of a split, in file order, shape (M,).

    A sample of the training rows has at least one row of every class.

    Args:
        dataset: A single-label data set.
        split: Where to draw from.
        limit: Rows wanted at most; of the training split, at least the number of classes.
    """
    rows = dataset.indices(split)
    if len(rows) <= limit:
        return rows
    drawn = np.random.default_rng(SEED).permutation(rows)
    if split == "train":
        _, first = np.unique(dataset.label_ids[drawn], return_index=True)
        drawn = np.concatenate([drawn[first], np.delete(drawn, first)])
    return np.sort(drawn[:limit])


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
    drawn = np.random.default_rng(SEED).choice(info.num_examples, limit, replace=False)
    rows = np.sort(drawn)
    parts, start = [], 0
    with pq.ParquetFile(store.path(info)) as file:
        for batch in file.iter_batches():
            first, last = np.searchsorted(rows, [start, start + batch.num_rows])
            parts.append(batch.take(pa.array(rows[first:last] - start)))
            start += batch.num_rows
    return TextDataset(pa.Table.from_batches(parts), info.label_names, info.task)
