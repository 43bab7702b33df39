"""Fixes: from one data set to the next, row ids unchanged. Nothing is stored here."""

from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from textcls_core.arrays import Indices
from textcls_core.dataset.building import clean_text
from textcls_core.dataset.text_dataset import SCHEMA, TextDataset
from textcls_core.errors import InvalidArgumentError, did_you_mean
from textcls_core.wording import plural, shorten

_LABELS = SCHEMA.get_field_index("label_ids")
_TEXT = SCHEMA.get_field_index("text")


def drop_rows(dataset: TextDataset, row_ids: Collection[str]) -> TextDataset:
    """Return the data set without some rows; a class that loses its last row goes too.

    Raises:
        NotFoundError: If a row is not in this data set.
        InvalidArgumentError: If no row would be left.
    """
    return drop_positions(dataset, dataset.positions(list(row_ids)))


def drop_positions(dataset: TextDataset, rows: Indices) -> TextDataset:
    """Return the data set without the rows at some positions, shape (M,).

    Raises:
        InvalidArgumentError: If no row would be left.
    """
    keep = np.ones(dataset.num_examples, dtype=bool)
    keep[rows] = False
    if not keep.any():
        raise InvalidArgumentError(
            f"All {plural(dataset.num_examples, 'row')} would be dropped. Keep at least one."
        )
    table = dataset.table.filter(pa.array(keep))
    return _without_lost_classes(dataset, table, dataset.label_names)


def relabel(dataset: TextDataset, labels: Mapping[str, str | Sequence[str]]) -> TextDataset:
    """Return the data set with other labels on some rows.

    Names that are new become classes behind the known ones; a class that loses its last row goes.

    Args:
        dataset: Any data set.
        labels: For each row id the class name, or with several labels per row all its class names.

    Raises:
        NotFoundError: If a row is not in this data set.
        InvalidArgumentError: If a name is empty, or a single-label row would not have one label.
    """
    wanted = [[names] if isinstance(names, str) else list(names) for names in labels.values()]
    _require_names(name for names in wanted for name in names)
    if dataset.task == "single_label" and any(len(names) != 1 for names in wanted):
        raise InvalidArgumentError("Expected exactly one label for every row of this data set.")
    new = sorted({name for names in wanted for name in names} - set(dataset.label_names))
    names = (*dataset.label_names, *new)
    id_of = {name: label_id for label_id, name in enumerate(names)}
    lists = [sorted({id_of[name] for name in row}) for row in wanted]
    rows = dataset.positions(list(labels))
    table = _replaced(dataset.table, _LABELS, rows, pa.array(lists, SCHEMA.field(_LABELS).type))
    return _without_lost_classes(dataset, table, names)


def rename_labels(dataset: TextDataset, names: Mapping[str, str]) -> TextDataset:
    """Return the data set with other class names; classes that get one name become one class.

    Args:
        dataset: Any data set.
        names: New names by old names; classes that are not mentioned keep theirs.

    Raises:
        InvalidArgumentError: If an old name is unknown or a new one is empty.
    """
    for old in names:
        if old not in dataset.label_names:
            raise InvalidArgumentError(
                f'"{shorten(old)}" is not a class of this data set. '
                + did_you_mean(old, list(dataset.label_names))
            )
    _require_names(names.values())
    renamed = [names.get(name, name) for name in dataset.label_names]
    left = tuple(dict.fromkeys(renamed))
    new_ids = np.array([left.index(name) for name in renamed], dtype=np.int64)
    return TextDataset(_with_ids(dataset.table, new_ids), left, dataset.task)


def replace_texts(dataset: TextDataset, texts: Mapping[str, str]) -> TextDataset:
    """Return the data set with other texts in some rows.

    Raises:
        NotFoundError: If a row is not in this data set.
        InvalidArgumentError: If a text would be empty.
    """
    cleaned = [clean_text(text) for text in texts.values()]
    empty = [row_id for row_id, text in zip(texts, cleaned, strict=True) if not text.strip()]
    if empty:
        raise InvalidArgumentError(
            f'Expected a text for every row, got an empty one for row "{shorten(empty[0])}". '
            "Drop the row instead."
        )
    rows = dataset.positions(list(texts))
    table = _replaced(dataset.table, _TEXT, rows, pa.array(cleaned, pa.string()))
    return TextDataset(table, dataset.label_names, dataset.task)


def _require_names(names: Iterable[str]) -> None:
    if not all(name.strip() for name in names):
        raise InvalidArgumentError("Expected a class name with at least one visible character.")


def _replaced(table: pa.Table, column: int, rows: Indices, values: pa.Array) -> pa.Table:
    """Return a table with other values at some positions of one column."""
    order = np.arange(table.num_rows)
    order[rows] = table.num_rows + np.arange(len(rows))
    both = pa.chunked_array([*table.column(column).chunks, values])
    return table.set_column(column, SCHEMA.field(column), both.take(pa.array(order)))


def _without_lost_classes(
    before: TextDataset, table: pa.Table, names: Sequence[str]
) -> TextDataset:
    """Return rows without the classes that had rows before and have none now."""
    lost = _used(before.table) - _used(table)
    if not lost:
        return TextDataset(table, tuple(names), before.task)
    kept = [label_id for label_id in range(len(names)) if label_id not in lost]
    new_ids = np.full(len(names), -1, dtype=np.int64)
    new_ids[kept] = np.arange(len(kept))
    left = tuple(names[label_id] for label_id in kept)
    return TextDataset(_with_ids(table, new_ids), left, before.task)


def _used(table: pa.Table) -> set[int]:
    return set(pc.unique(pc.list_flatten(table["label_ids"])).to_pylist())


def _with_ids(table: pa.Table, new_ids: np.ndarray) -> pa.Table:
    """Return a table with other label ids, each at most once per row.

    Args:
        table: N rows.
        new_ids: The new id of every old one, shape (C,).
    """
    old = np.asarray(pc.list_flatten(table["label_ids"]), dtype=np.int64)
    sizes = np.asarray(pc.list_value_length(table["label_ids"]), dtype=np.int64)
    num_classes = max(len(new_ids), 1)
    rows = np.repeat(np.arange(table.num_rows), sizes)
    kept = np.unique(rows * num_classes + new_ids[old])
    ends = np.cumsum(np.bincount(kept // num_classes, minlength=table.num_rows))
    offsets = np.concatenate([[0], ends]).astype(np.int32)
    ids = pa.array((kept % num_classes).astype(np.int32))
    lists = pa.ListArray.from_arrays(pa.array(offsets), ids)
    return table.set_column(_LABELS, SCHEMA.field(_LABELS), lists)
