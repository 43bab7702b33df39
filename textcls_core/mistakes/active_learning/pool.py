"""The pool: rows that are to get labels from people, out of any data set version.

A pool is a data set without labels, or those rows of a labelled one that a filter keeps. Labels
that pool rows have are shown to nobody: neither to the ranking nor to whoever labels.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from textcls_core.arrays import Mask
from textcls_core.dataset.keys import normalised_keys
from textcls_core.dataset.store import DatasetInfo
from textcls_core.dataset.text_dataset import SPLITS, TextDataset
from textcls_core.errors import InvalidArgumentError, did_you_mean
from textcls_core.wording import shorten


@dataclass(frozen=True, slots=True)
class PoolFilter:
    """Which rows of a version belong to the pool; what is empty keeps all."""

    split: str = ""
    """train, validation or test."""
    label: str = ""
    """Class name: for rows that carry a stand-in such as "unknown"."""
    column: str = ""
    """One of the further columns."""
    value: str = ""
    """What its cell must hold, for a column."""

    @property
    def title(self) -> str:
        """What it keeps, for people.

        Example:
            >>> PoolFilter(split="train", column="source", value="mail").title
            'split train, source "mail"'
        """
        parts = [
            f"split {self.split}" if self.split else "",
            f'label "{shorten(self.label, 40)}"' if self.label else "",
            f'{shorten(self.column, 40)} "{shorten(self.value, 40)}"' if self.column else "",
        ]
        return ", ".join(filter(None, parts)) or "all rows"


def pool_mask(dataset: TextDataset, wanted: PoolFilter) -> Mask:
    """Return which rows a filter keeps, shape (N,).

    Raises:
        InvalidArgumentError: If the split, class or column does not exist.
    """
    kept = np.ones(dataset.num_examples, dtype=bool)
    if wanted.split:
        _require("split", wanted.split, SPLITS)
        kept &= np.asarray(pc.equal(dataset.table["split"], wanted.split))
    if wanted.label:
        _require("class", wanted.label, dataset.label_names)
        kept &= _with_label(dataset, dataset.label_names.index(wanted.label))
    if wanted.column:
        _require("column", wanted.column, dataset.extra_columns)
        cells = pc.fill_null(dataset.table[wanted.column].cast(pa.string()), "")
        kept &= np.asarray(pc.equal(cells, wanted.value))
    return kept


def known_texts(pool: TextDataset, labelled: TextDataset) -> Mask:
    """Return which pool rows have a text that a labelled data set has too, shape (N,).

    Case, punctuation and spaces do not count; see `keys.normalised_keys`.
    """
    texts = pa.chunked_array(
        [*pool.table["text"].chunks, *labelled.table["text"].chunks], pa.string()
    )
    keys = normalised_keys(texts)
    return np.isin(keys[: pool.num_examples], keys[pool.num_examples :])


def has_labels(info: DatasetInfo) -> bool:
    """Tell whether a version has labels at all; one without can only be a pool."""
    return bool(info.label_names)


def _with_label(dataset: TextDataset, label_id: int) -> Mask:
    lists = dataset.table["label_ids"].combine_chunks()
    rows = np.repeat(np.arange(len(lists)), np.asarray(pc.list_value_length(lists)))
    found = np.zeros(len(lists), dtype=bool)
    found[rows[np.asarray(pc.list_flatten(lists)) == label_id]] = True
    return found


def _require(noun: str, name: str, known: tuple[str, ...]) -> None:
    if name not in known:
        raise InvalidArgumentError(
            f'"{shorten(name, 60)}" is not a {noun} of the pool. {did_you_mean(name, list(known))}'
        )
