"""Filter, count, sort and page through the rows of a version, however many there are."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import duckdb
import numpy as np
import pyarrow as pa

from textcls_core.arrays import Indices, Mask
from textcls_core.dataset.row_filter import Counts, Order, Range, RowFilter
from textcls_core.dataset.row_index import OWN_COLUMNS, ROWS_FILE, extra_columns, index_folder
from textcls_core.dataset.row_texts import RowTexts
from textcls_core.dataset.search import Search, find_candidates
from textcls_core.dataset.statistics import MEMORY_LIMIT
from textcls_core.dataset.store import DatasetInfo
from textcls_core.dataset.text_dataset import SPLITS, TextDataset
from textcls_core.dataset.word_index import WordIndex
from textcls_core.errors import InvalidArgumentError, did_you_mean
from textcls_core.workspace import Workspace

SHOWN_CHARACTERS = 300
"""Of a text in a table; of other values a third."""
_REMEMBERED = 64
_LENGTHS = ("characters", "words")
_NUMBERED = (*_LENGTHS, "split", "label")
_KEPT = "get_bit(getvariable('kept'), position) = 1"
Result = TypeVar("Result")


def keep_rows(dataset: TextDataset, positions: Indices) -> TextDataset:
    """Return a data set of some rows, with all class names."""
    table = dataset.table.take(pa.array(np.sort(positions)))
    return TextDataset(table, dataset.label_names, dataset.task)


@dataclass(frozen=True)
class RowTable:
    """The rows of one version, opened for queries; safe to share between threads."""

    info: DatasetInfo
    _connection: duckdb.DuckDBPyConnection
    _words: WordIndex
    _texts: RowTexts
    _memory: "OrderedDict[Any, Any]" = field(default_factory=OrderedDict, repr=False)
    _arrays: dict[str, np.ndarray] = field(default_factory=dict, repr=False)

    @classmethod
    def open(cls, workspace: Workspace, info: DatasetInfo) -> "RowTable":
        """Open a version whose index is there; see `row_index.is_indexed`."""
        folder = index_folder(workspace, info)
        settings: dict[str, Any] = {"memory_limit": MEMORY_LIMIT, "enable_external_access": False}
        connection = duckdb.connect(folder / ROWS_FILE, read_only=True, config=settings)
        words = WordIndex.open(folder, info.num_examples)
        return cls(info, connection, words, RowTexts.open(folder))

    def counts(self, row_filter: RowFilter) -> Counts:
        """Return how many rows pass, for every split and every class too.

        Raises:
            InvalidArgumentError: If the filter names what is not there, or has a bad pattern.
        """
        return self._remembered(("counts", row_filter), lambda: self._count(row_filter))

    def page(
        self, row_filter: RowFilter, order: Order, offset: int, limit: int
    ) -> list[dict[str, Any]]:
        """Return the rows from `offset` on, at most `limit`, with their texts cut short.

        Raises:
            InvalidArgumentError: If filter or order name what is not there.
        """
        return self.rows(self.positions(row_filter, order, offset, limit), SHOWN_CHARACTERS)

    def positions(
        self, row_filter: RowFilter, order: Order, offset: int = 0, limit: int | None = None
    ) -> Indices:
        """Return where the rows that pass are in the file, in the order asked for."""
        wanted = slice(offset, None if limit is None else offset + limit)
        if row_filter == RowFilter() and order == Order():
            return np.arange(self.info.num_examples)[wanted]
        kept = self._kept(row_filter) & self._in_split(row_filter) & self._in_class(row_filter)
        if not order.column:
            found = np.flatnonzero(kept)
            return found[::-1][wanted] if order.is_descending else found[wanted]
        if order.column in _NUMBERED and self._has_numbers(order.column):
            sequence = self._sequence(order)
            return np.asarray(sequence[kept[sequence]][wanted], np.int64)
        return self._sorted(kept, order)[wanted]

    def rows(
        self, positions: Sequence[int] | Indices, characters: int | None = None
    ) -> list[dict[str, Any]]:
        """Return rows as records with their class names, in the order asked for.

        Args:
            positions: Where they are in the file.
            characters: Cut texts to so many characters; None leaves them whole.
        """
        wanted = [int(position) for position in positions]
        if not wanted:
            return []
        columns = self._shown_columns(characters)
        one = f"(SELECT position, {columns} FROM rows WHERE position = "
        listed = " UNION ALL ".join(f"{one}{position})" for position in wanted)
        found = {position: cells for position, *cells in self._execute(listed, []).fetchall()}
        texts = (text[:characters] for text in self._texts.at(wanted))
        return [
            self._record(found[position], text)
            for position, text in zip(wanted, texts, strict=True)
        ]

    def find(self, row_id: str) -> dict[str, Any] | None:
        """Return one whole row with its `position`, or None if there is none with this id."""
        rows = self._execute("SELECT position FROM rows WHERE row_id = ?", [row_id]).fetchall()
        return {"position": rows[0][0], **self.rows([rows[0][0]])[0]} if rows else None

    def values(self, row_filter: RowFilter, column: str, limit: int = 50) -> list[tuple[str, int]]:
        """Return the most frequent values of a further column among the rows that pass."""
        others = tuple(pair for pair in row_filter.values if pair[0] != column)
        row_filter = replace(row_filter, values=others)
        kept = self._kept(row_filter) & self._in_split(row_filter) & self._in_class(row_filter)
        name = self._column(column)
        sql = f"SELECT {name}, count(*) AS n FROM rows WHERE {_KEPT} AND {name} IS NOT NULL"
        sql += f" GROUP BY 1 ORDER BY n DESC, 1 LIMIT {int(limit)}"
        rows = self._execute(sql, [], np.packbits(kept).tobytes()).fetchall()
        return [(str(value), count) for value, count in rows]

    def _count(self, row_filter: RowFilter) -> Counts:
        if self.info.task == "multi_label":
            return self._count_label_sets(row_filter)
        rest = replace(row_filter, split=None, label=None)
        table = self._remembered(("table", rest), lambda: self._count_cells(rest))
        splits = slice(None) if row_filter.split is None else [SPLITS.index(row_filter.split)]
        labels = slice(None) if row_filter.label is None else [self._label_id(row_filter.label)]
        of_class, of_split = table[:, splits].sum(axis=1), table[labels].sum(axis=0)
        return self._named(int(of_class[labels].sum()), of_split, of_class)

    def _count_cells(self, row_filter: RowFilter) -> np.ndarray:
        """Return the rows that pass, for every class (rows) and split (columns)."""
        cells = self._cells()
        if row_filter != RowFilter():
            cells = cells[self._kept(row_filter)]
        size = len(self.info.label_names) * len(SPLITS)
        return np.bincount(cells, minlength=size).reshape(-1, len(SPLITS))

    def _cells(self) -> np.ndarray:
        """Return where each row of one label is counted, in as few bytes as will do."""
        if "cells" not in self._arrays:
            size = np.min_scalar_type(len(self.info.label_names) * len(SPLITS))
            labels = self._numbers("label").astype(size)
            self._arrays["cells"] = labels * size.type(len(SPLITS)) + self._numbers("split")
        return self._arrays["cells"]

    def _count_label_sets(self, row_filter: RowFilter) -> Counts:
        kept = self._kept(row_filter)
        in_split, in_class = self._in_split(row_filter), self._in_class(row_filter)
        of_split = np.bincount(self._numbers("split")[kept & in_class], minlength=len(SPLITS))
        labels = self._numbers("label")[(kept & in_split)[self._numbers("labelled")]]
        of_class = np.bincount(labels, minlength=len(self.info.label_names))
        return self._named(int(np.count_nonzero(kept & in_split & in_class)), of_split, of_class)

    def _named(self, total: int, of_split: np.ndarray, of_class: np.ndarray) -> Counts:
        return Counts(
            int(total),
            {split: int(of_split[SPLITS.index(split)]) for split in self.info.split_counts},
            dict(zip(self.info.label_names, of_class.tolist(), strict=True)),
        )

    def _in_split(self, row_filter: RowFilter) -> Mask:
        if row_filter.split is None:
            return self._all()
        return np.asarray(self._numbers("split") == SPLITS.index(row_filter.split))

    def _in_class(self, row_filter: RowFilter) -> Mask:
        if row_filter.label is None:
            return self._all()
        has = self._numbers("label") == self._label_id(row_filter.label)
        if self.info.task == "single_label":
            return np.asarray(has)
        return self._marks(self._numbers("labelled")[has])

    def _kept(self, row_filter: RowFilter) -> Mask:
        """Return the rows that pass everything but split and class."""
        rest = replace(row_filter, split=None, label=None)
        if rest == RowFilter():
            return self._all()
        bits = self._remembered(("kept", rest), lambda: np.packbits(self._pass(rest)))
        return np.unpackbits(bits, count=self.info.num_examples).astype(bool)

    def _pass(self, row_filter: RowFilter) -> Mask:
        kept = self._all()
        search = Search.create(row_filter.text, row_filter.pattern)
        if search != Search():
            bits = self._remembered(search, lambda: np.packbits(self._found(search)))
            kept &= np.unpackbits(bits, count=len(kept)).astype(bool)
        if row_filter.row_ids is not None:
            sql = "SELECT position FROM rows WHERE row_id IN (SELECT unnest(?::VARCHAR[]))"
            kept &= self._selected(sql, [list(row_filter.row_ids)])
        for item in row_filter.ranges:
            kept &= self._in_range(item)
        for column, value in row_filter.values:
            sql = f"SELECT position FROM rows WHERE {self._column(column)} = ?"
            kept &= self._selected(sql, [value])
        return kept

    def _found(self, search: Search) -> Mask:
        """Return the rows that a search finds; texts are read where the words cannot tell."""
        candidates = find_candidates(self._words, search)
        unsure = candidates.possible & ~candidates.sure
        found = candidates.sure
        if unsure.any():
            found[self._texts.passing(unsure, search.passes)] = True
        return found

    def _in_range(self, item: Range) -> Mask:
        low = -np.inf if item.low is None else item.low
        high = np.inf if item.high is None else item.high
        if item.column in _LENGTHS:
            numbers = self._numbers(item.column)
            return np.asarray((numbers >= low) & (numbers <= high))
        number = f"TRY_CAST({self._column(item.column)} AS DOUBLE)"
        return self._selected(
            f"SELECT position FROM rows WHERE {number} BETWEEN ? AND ?", [low, high]
        )

    def _selected(self, sql: str, values: list[Any]) -> Mask:
        """Return the rows whose positions a query gives."""
        return self._marks(np.asarray(self._execute(sql, values).fetchnumpy()["position"]))

    def _marks(self, positions: Indices) -> Mask:
        marks = np.zeros(self.info.num_examples, bool)
        marks[positions] = True
        return marks

    def _all(self) -> Mask:
        return np.ones(self.info.num_examples, bool)

    def _has_numbers(self, column: str) -> bool:
        return column != "label" or self.info.task == "single_label"

    def _numbers(self, name: str) -> np.ndarray:
        """Return a column as it is counted and compared, read once.

        `label` of a multi-label set has one entry for each label of a row, `labelled` its row.
        """
        if name not in self._arrays:
            is_list = name in {"label", "labelled"} and self.info.task == "multi_label"
            source = "unnest(labels) AS label, position AS labelled" if is_list else name
            rows = self._execute(f"SELECT {source} FROM rows ORDER BY position", []).fetchnumpy()
            self._arrays.update({key: np.asarray(values) for key, values in rows.items()})
        return self._arrays[name]

    def _sequence(self, order: Order) -> np.ndarray:
        """Return all positions sorted by a column of numbers, ties in file order."""
        key = f"sequence {order}"
        if key not in self._arrays:
            numbers = self._numbers(order.column)
            by = numbers.max(initial=0) - numbers if order.is_descending else numbers
            short = by.astype(np.min_scalar_type(by.max(initial=0)))  # 16 bits sort in one pass
            self._arrays[key] = np.argsort(short, kind="stable").astype(np.int32)
        return self._arrays[key]

    def _sorted(self, kept: Mask, order: Order) -> Indices:
        """Return some positions sorted by a column of text; numbers in it by their size."""
        way = " DESC NULLS LAST" if order.is_descending else " NULLS LAST"
        column = self._column(order.column)
        is_extra = order.column in extra_columns(self.info)
        keys = [f"TRY_CAST({column} AS DOUBLE)", column] if is_extra else [column]
        by = ", ".join([*(key + way for key in keys), "position"])
        sql = f"SELECT position FROM rows WHERE {_KEPT} ORDER BY {by}"
        rows = self._execute(sql, [], np.packbits(kept).tobytes())
        return np.asarray(rows.fetchnumpy()["position"], dtype=np.int64)

    def _execute(
        self, sql: str, values: list[Any], kept: bytes | None = None
    ) -> duckdb.DuckDBPyConnection:
        """Run a query; `_KEPT` in it stands for the rows whose bit is set in `kept`."""
        cursor = self._connection.cursor()
        if kept is not None:
            cursor.execute("SET VARIABLE kept = ?::BLOB::BIT", [kept]).fetchall()
        return cursor.execute(sql, values)

    def _column(self, column: str) -> str:
        """Return the name of a column in the index, which no user chose."""
        if column in OWN_COLUMNS:
            is_set = column == "label" and self.info.task == "multi_label"
            return "labels" if is_set else column
        extra = extra_columns(self.info)
        if column not in extra:
            raise InvalidArgumentError(
                f'"{column[:60]}" is not a column of this data set. '
                f"{did_you_mean(column, [*OWN_COLUMNS, *extra])}"
            )
        return extra[column]

    def _label_id(self, label: str) -> int:
        if label not in self.info.label_names:
            raise InvalidArgumentError(
                f'"{label[:60]}" is not a class of this data set. '
                f"{did_you_mean(label, list(self.info.label_names))}"
            )
        return self.info.label_names.index(label)

    def _shown_columns(self, characters: int | None) -> str:
        label = "[label]" if self.info.task == "single_label" else "labels"
        extra = list(extra_columns(self.info).values())
        if characters is not None:
            extra = [f"left({name}, {characters // 3})" for name in extra]
        return ", ".join(["row_id", "split", label, "characters", "words", *extra])

    def _record(self, cells: Sequence[Any], text: str) -> dict[str, Any]:
        """Return one row by the names that people see."""
        row_id, split, labels, characters, words, *extra = cells
        names = [self.info.label_names[label] for label in labels]
        own = (row_id, SPLITS[split], ", ".join(names), text, characters, words)
        return {
            **dict(zip(OWN_COLUMNS, own, strict=True)),
            **dict(zip(extra_columns(self.info), extra, strict=True)),
        }

    def _remembered(self, key: Any, make: Callable[[], Result]) -> Result:
        """Return what was made for a key before, or make it."""
        if key not in self._memory:
            self._memory[key] = make()
            while len(self._memory) > _REMEMBERED:
                self._memory.popitem(last=False)
        remembered: Result = self._memory[key]
        return remembered
