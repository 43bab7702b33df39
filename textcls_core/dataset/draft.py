"""Draft: rows on their way to a data set, in columns that checks and fixes work on at once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from textcls_core.arrays import ClassCounts, Digests, Mask
from textcls_core.dataset.building import Rows, duplicate_digests, row_ids_of, text_digests
from textcls_core.dataset.splitting import split_column
from textcls_core.dataset.text_dataset import SCHEMA, SPLITS, Task, TextDataset

_NO_SPLIT = -1
_LABEL_LISTS = SCHEMA.field("label_ids").type
_SEED = 20_251_122
"""Of the random numbers that stand for labels in the number of a label set; any will do."""


@dataclass(frozen=True)
class Draft:
    """N rows with a text and labels; a split may be missing."""

    texts: pa.ChunkedArray
    label_ids: pa.Array | pa.ChunkedArray
    """N lists of int32, each sorted and without repeats."""
    label_names: tuple[str, ...]
    """Sorted; a label id is a position in them. Some may have no row."""
    task: Task
    splits: np.ndarray
    """Position in `SPLITS` of every row, or -1 where nothing is decided, int8."""
    digests: Digests
    """`text_digests` of the texts."""
    keys: Digests
    """`duplicate_digests` of the texts."""
    extra: pa.Table
    """Further columns; N rows, or no column at all."""
    row_ids: pa.ChunkedArray | None = None
    """Ids that the file brought along."""

    @classmethod
    def of_rows(cls, rows: Rows) -> Self:
        """Return rows with one label each."""
        names = sorted(set(rows.labels))
        id_of = {name: position for position, name in enumerate(names)}
        texts = pa.chunked_array([pa.array(rows.texts, pa.string())])
        digests = text_digests(texts)
        return cls(
            texts=texts,
            label_ids=pa.array([[id_of[label]] for label in rows.labels], _LABEL_LISTS),
            label_names=tuple(names),
            task="single_label",
            splits=split_codes(pa.array(rows.splits, pa.string())),
            digests=digests,
            keys=duplicate_digests(texts, digests),
            extra=pa.table({}),
        )

    @classmethod
    def of_dataset(cls, dataset: TextDataset) -> Self:
        """Return the rows of a data set."""
        texts = dataset.table["text"]
        digests = text_digests(texts)
        return cls(
            texts=texts,
            label_ids=dataset.table["label_ids"].combine_chunks(),
            label_names=dataset.label_names,
            task=dataset.task,
            splits=split_codes(dataset.table["split"]),
            digests=digests,
            keys=duplicate_digests(texts, digests),
            extra=pa.table({}),
        )

    @property
    def num_rows(self) -> int:
        """Number of rows, N."""
        return len(self.texts)

    @cached_property
    def flat_ids(self) -> np.ndarray:
        """Labels of all rows, one row after the other."""
        return np.asarray(pc.list_flatten(self.label_ids), dtype=np.int64)

    @cached_property
    def flat_rows(self) -> np.ndarray:
        """The row of each of `flat_ids`."""
        return np.repeat(np.arange(self.num_rows), self.num_labels_of_rows)

    @cached_property
    def num_labels_of_rows(self) -> np.ndarray:
        """Number of labels of every row, shape (N,)."""
        return np.asarray(pc.list_value_length(self.label_ids), dtype=np.int64)

    @cached_property
    def class_counts(self) -> ClassCounts:
        """Rows per class, shape (C,)."""
        return np.bincount(self.flat_ids, minlength=len(self.label_names))

    @cached_property
    def set_codes(self) -> Digests:
        """A number for every row, shape (N,), that rows with the same labels share."""
        if self.task == "single_label":
            return self.flat_ids.astype(np.uint64)
        generator = np.random.default_rng(_SEED)
        of_label = generator.integers(0, 2**64, len(self.label_names), dtype=np.uint64)
        codes = np.zeros(self.num_rows, np.uint64)
        np.add.at(codes, self.flat_rows, of_label[self.flat_ids])
        return codes

    def keep(self, rows: Mask) -> "Draft":
        """Return the rows whose flag is set."""
        if rows.all():
            return self
        mask = pa.array(rows)
        return replace(
            self,
            texts=self.texts.filter(mask),
            label_ids=self.label_ids.filter(mask),
            splits=self.splits[rows],
            digests=self.digests[rows],
            keys=self.keys[rows],
            extra=self.extra.filter(mask) if self.extra.num_columns else self.extra,
            row_ids=None if self.row_ids is None else self.row_ids.filter(mask),
        )

    def rename_labels(self, new_names: Mapping[str, str]) -> "Draft":
        """Return rows with other label names; labels that get the same name become one."""
        renamed = [new_names.get(name, name) for name in self.label_names]
        names = sorted(set(renamed))
        id_of = {name: position for position, name in enumerate(names)}
        table = np.array([id_of[name] for name in renamed], np.int64)
        return self._with_labels(table[self.flat_ids], self.flat_rows, tuple(names))

    def without_labels(self, label_ids: Mask) -> "Draft":
        """Return rows without some labels, flags of shape (C,); rows left without any are gone."""
        kept = ~label_ids[self.flat_ids]
        smaller = self._with_labels(self.flat_ids[kept], self.flat_rows[kept], self.label_names)
        return smaller.keep((smaller.num_labels_of_rows > 0) | (self.num_labels_of_rows == 0))

    def _with_labels(self, ids: np.ndarray, rows: np.ndarray, names: tuple[str, ...]) -> "Draft":
        lists = group_labels(ids, rows, self.num_rows, len(names))
        return replace(self, label_ids=lists, label_names=names)

    def with_used_names(self) -> "Draft":
        """Return the same rows without the names that no row has."""
        used = self.class_counts > 0
        if used.all():
            return self
        names = tuple(name for name, kept in zip(self.label_names, used, strict=True) if kept)
        table = np.cumsum(used) - 1
        values = pa.array(table[self.flat_ids], pa.int32())
        offsets = np.concatenate([[0], np.cumsum(self.num_labels_of_rows)]).astype(np.int32)
        lists = pa.ListArray.from_arrays(pa.array(offsets), values)
        return replace(self, label_ids=lists, label_names=names)

    def build(self) -> TextDataset:
        """Return the data set; every row must have its split. Names without a row are left out."""
        rows = self.with_used_names()
        columns = {
            "row_id": row_ids_of(rows.digests) if rows.row_ids is None else rows.row_ids,
            "text": rows.texts,
            "label_ids": rows.label_ids,
            "split": split_column(rows.splits),
        }
        extra = dict(zip(rows.extra.column_names, rows.extra.itercolumns(), strict=True))
        return TextDataset(pa.table(columns | extra), rows.label_names, rows.task)


def group_labels(ids: np.ndarray, rows: np.ndarray, num_rows: int, num_labels: int) -> pa.Array:
    """Return the label ids of every row as sorted lists without repeats.

    Args:
        ids: M label ids.
        rows: The row of each, shape (M,).
        num_rows: N.
        num_labels: C.
    """
    pairs = np.unique(rows.astype(np.int64) * max(num_labels, 1) + ids)
    rows, ids = np.divmod(pairs, max(num_labels, 1))
    offsets = np.searchsorted(rows, np.arange(num_rows + 1)).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(ids, pa.int32()))


def split_codes(column: pa.Array | pa.ChunkedArray) -> np.ndarray:
    """Return the position in `SPLITS` of every cell, -1 where it is empty, int8."""
    codes = pc.index_in(column, value_set=pa.array(SPLITS))
    if isinstance(codes, pa.ChunkedArray):
        codes = codes.combine_chunks()
    return np.asarray(codes.fill_null(_NO_SPLIT), dtype=np.int8)
