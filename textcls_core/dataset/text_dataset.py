"""TextDataset: one immutable version of a labelled text collection."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from textcls_core.arrays import Indices, LabelIds
from textcls_core.errors import DatasetFormatError, InvalidArgumentError, NotFoundError

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")
Task = Literal["single_label", "multi_label"]

SCHEMA = pa.schema(
    [
        ("row_id", pa.string()),
        ("text", pa.string()),
        ("label_ids", pa.list_(pa.int32())),
        ("split", pa.string()),
    ]
)
"""The columns every data set has; others are kept behind them for slicing."""


@dataclass(frozen=True)
class TextDataset:
    """Texts with labels, splits and stable row ids.

    A data set never changes: a relabel, filter or fix makes a new one. Labels are lists of ids, so
    single-label and multi-label sets have one shape.

    Raises:
        DatasetFormatError: If columns, row ids, label ids or splits are not as described.
    """

    table: pa.Table
    """N rows with the columns of `SCHEMA` first."""
    label_names: tuple[str, ...]
    """Class names; a label id is a position in this tuple."""
    task: Task = "single_label"
    """Whether a row has exactly one label or any number."""

    def __post_init__(self) -> None:
        """Refuse a table that breaks the contract."""
        _check_schema(self.table)
        _check_rows(self.table, len(self.label_names), self.task)

    @property
    def num_examples(self) -> int:
        """Number of rows, N."""
        return int(self.table.num_rows)

    @property
    def num_labels(self) -> int:
        """Number of classes, C."""
        return len(self.label_names)

    @property
    def extra_columns(self) -> tuple[str, ...]:
        """Names of the columns kept beside text, label and split."""
        return tuple(self.table.column_names[len(SCHEMA.names) :])

    @cached_property
    def fingerprint(self) -> str:
        """Hex digest of the content: rows in order, label names and task."""
        digest = hashlib.sha256(repr((self.label_names, self.task)).encode())
        for column in self.table.itercolumns():
            _update_with_column(digest, column)
        digest.update(repr(self.table.column_names).encode())
        return digest.hexdigest()

    @cached_property
    def splits(self) -> tuple[Split, ...]:
        """Splits that have rows, in the order train, validation, test."""
        present = set(pc.unique(self.table["split"]).to_pylist())
        return tuple(split for split in SPLITS if split in present)

    @cached_property
    def label_ids(self) -> LabelIds:
        """Class index per row, shape (N,).

        Raises:
            InvalidArgumentError: If the set is multi-label.
        """
        if self.task != "single_label":
            raise InvalidArgumentError(
                "Expected a single-label data set, got a multi-label one. Use label_sets instead."
            )
        return np.asarray(pc.list_flatten(self.table["label_ids"]), dtype=np.int64)

    @cached_property
    def targets(self) -> np.ndarray:
        """What a classifier is to answer: class ids (N,), or 0 and 1 per class (N, C), float32."""
        if self.task == "single_label":
            return self.label_ids
        targets = np.zeros((self.num_examples, self.num_labels), np.float32)
        sizes = np.asarray(pc.list_value_length(self.table["label_ids"]))
        rows = np.repeat(np.arange(self.num_examples), sizes)
        targets[rows, np.asarray(pc.list_flatten(self.table["label_ids"]))] = 1
        return targets

    @property
    def label_sets(self) -> list[list[int]]:
        """Label ids of every row, N lists."""
        return list(self.table["label_ids"].to_pylist())

    @cached_property
    def class_counts(self) -> dict[str, list[int]]:
        """Rows per class of every split, C numbers each, in the order of the label ids."""
        counts: dict[str, list[int]] = {}
        for split in self.splits:
            labels = self.table["label_ids"].filter(pc.equal(self.table["split"], split))
            ids = np.asarray(pc.list_flatten(labels), dtype=np.int64)
            counts[split] = np.bincount(ids, minlength=self.num_labels).tolist()
        return counts

    def indices(self, split: Split) -> Indices:
        """Return the positions of the rows of `split`, in file order, shape (M,)."""
        return np.flatnonzero(np.asarray(pc.equal(self.table["split"], split)))

    def texts(self, rows: Indices | None = None) -> list[str]:
        """Return the texts at `rows`, or all of them."""
        column = self.table["text"]
        return list((column if rows is None else column.take(pa.array(rows))).to_pylist())

    def row_ids(self, rows: Indices | None = None) -> list[str]:
        """Return the row ids at `rows`, or all of them."""
        column = self.table["row_id"]
        return list((column if rows is None else column.take(pa.array(rows))).to_pylist())

    def position(self, row_id: str) -> int:
        """Return the position of a row.

        Raises:
            NotFoundError: If no row has this id.
        """
        found = pc.index(self.table["row_id"], row_id).as_py()
        if found < 0:
            raise NotFoundError(
                f'Row "{row_id}" is not in this data set. Choose one from the table.'
            )
        return int(found)

    def positions(self, row_ids: Sequence[str]) -> Indices:
        """Return the positions of rows, in the order of `row_ids`, shape (M,).

        Raises:
            NotFoundError: If a row is not in this data set.
        """
        wanted = pa.array(row_ids, pa.string())
        found = pc.index_in(wanted, value_set=self.table["row_id"].combine_chunks())
        if found.null_count:
            raise NotFoundError(
                f"{found.null_count} of {len(wanted)} rows are not in this data set. "
                "Use the version that the run was trained on."
            )
        return np.asarray(found, dtype=np.int64)


def _check_schema(table: pa.Table) -> None:
    """Refuse missing, reordered or wrongly typed columns."""
    leading = pa.schema([table.schema.field(i) for i in range(min(len(SCHEMA), len(table.schema)))])
    if not leading.equals(SCHEMA):
        found = ", ".join(f"{field.name}: {field.type}" for field in table.schema)
        raise DatasetFormatError(
            f"Expected the columns row_id, text, label_ids, split with their types, found {found}. "
            "Import the file again."
        )


def _check_rows(table: pa.Table, num_labels: int, task: Task) -> None:
    """Refuse nulls, repeated row ids, unknown splits, and label ids out of range."""
    for name in SCHEMA.names:
        is_list = pa.types.is_list(table[name].type)
        if table[name].null_count or (is_list and pc.list_flatten(table[name]).null_count):
            raise DatasetFormatError(
                f'Expected a value in every row of "{name}", found empty ones.'
            )
    if pc.count_distinct(table["row_id"]).as_py() != table.num_rows:
        raise DatasetFormatError(
            "Expected unique row ids, found repeated ones. Remove the repeats."
        )
    unknown = set(pc.unique(table["split"]).to_pylist()) - set(SPLITS)
    if unknown:
        raise DatasetFormatError(
            f"Expected the splits {', '.join(SPLITS)}, found {', '.join(sorted(unknown))}."
        )
    _check_labels(table["label_ids"], num_labels, task)


def _check_labels(label_ids: pa.ChunkedArray, num_labels: int, task: Task) -> None:
    """Refuse label ids outside [0, C) and, for single-label sets, rows without exactly one."""
    flat = pc.list_flatten(label_ids)
    if len(flat) and not 0 <= pc.min(flat).as_py() <= pc.max(flat).as_py() < num_labels:
        raise DatasetFormatError(
            f"Expected label ids from 0 to {num_labels - 1}, "
            f"found {pc.min(flat).as_py()} to {pc.max(flat).as_py()}."
        )
    lengths = pc.list_value_length(label_ids)
    if task == "single_label" and not pc.all(pc.equal(lengths, 1)).as_py() and len(lengths):
        raise DatasetFormatError(
            "Expected exactly one label in every row of a single-label data set."
        )


def _update_with_column(digest: "hashlib._Hash", column: pa.ChunkedArray) -> None:
    """Feed a column to a digest so that equal values give equal bytes, however they are stored."""
    canonical = SCHEMA.field(2).type if pa.types.is_list(column.type) else pa.string()
    table = pa.table({"": column.cast(canonical)}).combine_chunks()
    if column.null_count or table.nbytes != table.get_total_buffer_size():
        # A slice would drag its old buffers along, and an empty cell what lies below it.
        table = table.take(pa.array(np.arange(len(column))))
    with pa.ipc.new_stream(_DigestSink(digest), table.schema) as writer:
        writer.write_table(table)


class _DigestSink:
    """A file that only feeds a digest, so that no copy of the column is made."""

    closed = False

    def __init__(self, digest: "hashlib._Hash") -> None:
        self.write = digest.update

    def flush(self) -> None:
        """Do nothing: everything is written at once."""
