"""Filter, count, sort and page through the rows of a version, however many there are."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import duckdb
import numpy as np

from textcls_core.arrays import Indices, Mask
from textcls_core.dataset.row_index import OWN_COLUMNS, ROWS_FILE, extra_columns, index_folder
from textcls_core.dataset.search import Search, find_candidates
from textcls_core.dataset.statistics import MEMORY_LIMIT
from textcls_core.dataset.store import DatasetInfo
from textcls_core.dataset.text_dataset import SPLITS, Split
from textcls_core.dataset.word_index import WordIndex
from textcls_core.errors import InvalidArgumentError, did_you_mean
from textcls_core.workspace import Workspace

SHOWN_CHARACTERS = 300
"""Of a text in a table; of other values a third."""
_REMEMBERED = 64
_FEW = 1_000
_MATCHES = "get_bit(getvariable('matches'), position) = 1"
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers of a column, ends included; None leaves an end open."""

    column: str
    """`characters`, `words` or a further column of the file."""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class RowFilter:
    """What to keep; every criterion left at its default keeps everything."""

    split: Split | None = None
    label: str | None = None
    """Class name."""
    text: str = ""
    """Words, parts of words and "phrases" the text must contain, whatever their case."""
    pattern: str = ""
    """Regular expression (RE2) that must be found in the text."""
    ranges: tuple[Range, ...] = ()
    values: tuple[tuple[str, str], ...] = ()
    """Further columns with the value they must have."""
    row_ids: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """What to sort by; ties, and no column at all, keep the order of the file."""

    column: str = ""
    """`text`, `characters`, `words`, `split`, `label`, `row_id` or a further column."""
    is_descending: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows a filter keeps."""

    total: int
    by_split: dict[str, int]
    """For every split, whatever split the filter names."""
    by_class: dict[str, int]
    """For every class, whatever class the filter names."""


@dataclass(frozen=True)
class RowTable:
    """The rows of one version, opened for queries; safe to share between threads."""

    info: DatasetInfo
    _connection: duckdb.DuckDBPyConnection
    _words: WordIndex
    _memory: "OrderedDict[Any, Any]" = field(default_factory=OrderedDict)

    @classmethod
    def open(cls, workspace: Workspace, info: DatasetInfo) -> "RowTable":
        """Open a version whose index is there; see `row_index.is_indexed`."""
        folder = index_folder(workspace, info)
        settings: dict[str, Any] = {"memory_limit": MEMORY_LIMIT, "enable_external_access": False}
        connection = duckdb.connect(folder / ROWS_FILE, read_only=True, config=settings)
        return cls(info, connection, WordIndex.open(folder, info.num_examples))

    def close(self) -> None:
        """Let go of the files."""
        self._connection.close()

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
        if row_filter == RowFilter() and order == Order():
            end = self.info.num_examples if limit is None else offset + limit
            return np.arange(offset, min(end, self.info.num_examples))
        where, values = self._where(row_filter)
        sql = f"SELECT position FROM rows{where}{self._order_by(order)} OFFSET {int(offset)}"
        sql += "" if limit is None else f" LIMIT {int(limit)}"
        found = self._fetch(sql, values, row_filter).fetchnumpy()
        return np.asarray(found["position"], dtype=np.int64)

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
        listed = ", ".join(map(str, wanted))
        columns = self._shown_columns(characters)
        rows = self._execute(
            f"SELECT position, {columns} FROM rows WHERE position IN ({listed})", []
        )
        found = {position: self._record(cells) for position, *cells in rows.fetchall()}
        return [found[position] for position in wanted]

    def find(self, row_id: str) -> dict[str, Any] | None:
        """Return one whole row with its `position`, or None if there is none with this id."""
        rows = self._execute("SELECT position FROM rows WHERE row_id = ?", [row_id]).fetchall()
        return {"position": rows[0][0], **self.rows([rows[0][0]])[0]} if rows else None

    def values(self, row_filter: RowFilter, column: str, limit: int = 50) -> list[tuple[str, int]]:
        """Return the most frequent values of a further column among the rows that pass."""
        others = tuple(pair for pair in row_filter.values if pair[0] != column)
        where, values = self._where(replace(row_filter, values=others))
        name = self._column(column)
        sql = f"SELECT {name}, count(*) AS n FROM rows{where} GROUP BY 1 HAVING {name} IS NOT NULL"
        sql += f" ORDER BY n DESC, 1 LIMIT {int(limit)}"
        return [
            (str(value), count) for value, count in self._fetch(sql, values, row_filter).fetchall()
        ]

    def _count(self, row_filter: RowFilter) -> Counts:
        """Count by split and class in one pass where a row has one class, else in three."""
        names = self.info.label_names
        if self.info.task == "multi_label":
            return self._count_label_sets(row_filter)
        open_filter = replace(row_filter, split=None, label=None)
        where, values = self._where(open_filter)
        sql = f"SELECT split, label, count(*) FROM rows{where} GROUP BY ALL"
        label = None if row_filter.label is None else self._label_id(row_filter.label)
        split = None if row_filter.split is None else SPLITS.index(row_filter.split)
        total, by_split, by_class = 0, dict.fromkeys(self.info.split_counts, 0), [0] * len(names)
        for of_split, of_label, count in self._fetch(sql, values, open_filter).fetchall():
            is_split, is_label = split in (None, of_split), label in (None, of_label)
            total += count if is_split and is_label else 0
            by_split[SPLITS[of_split]] += count if is_label else 0
            by_class[of_label] += count if is_split else 0
        return Counts(total, by_split, dict(zip(names, by_class, strict=True)))

    def _count_label_sets(self, row_filter: RowFilter) -> Counts:
        without_split = replace(row_filter, split=None)
        without_label = replace(row_filter, label=None)
        by_split = self._grouped("split", "rows", without_split)
        by_class = self._grouped("unnest(labels)", "rows", without_label)
        total = (
            by_split.get(SPLITS.index(row_filter.split), 0)
            if row_filter.split
            else sum(by_split.values())
        )
        return Counts(
            total,
            {split: by_split.get(SPLITS.index(split), 0) for split in self.info.split_counts},
            {name: by_class.get(number, 0) for number, name in enumerate(self.info.label_names)},
        )

    def _grouped(self, what: str, source: str, row_filter: RowFilter) -> dict[int, int]:
        where, values = self._where(row_filter)
        inner = f"SELECT {what} AS what FROM {source}{where}"
        sql = f"SELECT what, count(*) FROM ({inner}) GROUP BY ALL"
        return dict(self._fetch(sql, values, row_filter).fetchall())

    def _where(self, row_filter: RowFilter) -> tuple[str, list[Any]]:
        """Return the filter as SQL; what users typed is among the values only."""
        conditions: list[str] = []
        values: list[Any] = []
        if row_filter.split is not None:
            conditions.append("split = ?")
            values.append(SPLITS.index(row_filter.split))
        if row_filter.label is not None:
            single = self.info.task == "single_label"
            conditions.append("label = ?" if single else "list_contains(labels, ?)")
            values.append(self._label_id(row_filter.label))
        for item in row_filter.ranges:
            conditions.append(f"{self._number(item.column)} BETWEEN ? AND ?")
            values += [
                -np.inf if item.low is None else item.low,
                np.inf if item.high is None else item.high,
            ]
        for column, value in row_filter.values:
            conditions.append(f"{self._column(column)} = ?")
            values.append(value)
        if _has_matches(row_filter):
            conditions.append(_MATCHES)
        return (" WHERE " + " AND ".join(conditions) if conditions else ""), values

    def _fetch(
        self, sql: str, values: list[Any], row_filter: RowFilter
    ) -> duckdb.DuckDBPyConnection:
        """Run a query whose `_where` may ask for the rows found by text or id."""
        cursor = self._connection.cursor()
        if _has_matches(row_filter):
            cursor.execute(
                "SET VARIABLE matches = ?::BLOB::BIT", [self._matches(row_filter)]
            ).fetchall()
        return cursor.execute(sql, values)

    def _execute(self, sql: str, values: list[Any]) -> duckdb.DuckDBPyConnection:
        return self._connection.cursor().execute(sql, values)

    def _matches(self, row_filter: RowFilter) -> bytes:
        """Return one bit per row: whether it is found by text, pattern and row id."""
        search = Search.create(row_filter.text, row_filter.pattern)
        key = ("matches", search, row_filter.row_ids)
        return self._remembered(
            key, lambda: np.packbits(self._find(search, row_filter.row_ids)).tobytes()
        )

    def _find(self, search: Search, row_ids: Sequence[str] | None) -> Mask:
        found = np.ones(self.info.num_examples, bool)
        if search != Search():
            candidates = find_candidates(self._words, search)
            found = candidates.sure
            found[self._read(candidates.possible & ~candidates.sure, search)] = True
        if row_ids is not None:
            found &= self._with_ids(row_ids)
        return found

    def _read(self, rows: Mask, search: Search) -> Indices:
        """Return those of some rows whose texts pass a search."""
        count = int(np.count_nonzero(rows))
        if not count:
            return np.empty(0, np.int64)
        conditions, values = search.conditions
        cursor = self._connection.cursor()
        if count <= _FEW:
            among = f"position IN ({', '.join(map(str, np.flatnonzero(rows)))})"
        else:
            bits = np.packbits(rows).tobytes()
            cursor.execute("SET VARIABLE matches = ?::BLOB::BIT", [bits]).fetchall()
            among = "TRUE" if count == len(rows) else _MATCHES
        sql = f"SELECT position FROM rows WHERE {' AND '.join([among, *conditions])}"
        return np.asarray(cursor.execute(sql, values).fetchnumpy()["position"], dtype=np.int64)

    def _with_ids(self, row_ids: Sequence[str]) -> Mask:
        marks = np.zeros(self.info.num_examples, bool)
        sql = "SELECT position FROM rows WHERE row_id IN (SELECT unnest(?::VARCHAR[]))"
        for (position,) in self._execute(sql, [list(row_ids)]).fetchall():
            marks[position] = True
        return marks

    def _order_by(self, order: Order) -> str:
        if not order.column:
            return " ORDER BY position DESC" if order.is_descending else ""
        way = " DESC NULLS LAST" if order.is_descending else " NULLS LAST"
        if order.column in extra_columns(self.info):
            keys = [self._number(order.column), self._column(order.column)]
        else:
            keys = [self._column(order.column)]
        return " ORDER BY " + ", ".join([*(key + way for key in keys), "position"])

    def _number(self, column: str) -> str:
        """Return a column as numbers; what is none is missing."""
        if column in {"characters", "words"}:
            return column
        return f"TRY_CAST({self._column(column)} AS DOUBLE)"

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
        text = "text"
        if characters is not None:
            text = f"left(text, {characters})"
            extra = [f"left({name}, {characters // 3})" for name in extra]
        return ", ".join(["row_id", "split", label, text, "characters", "words", *extra])

    def _record(self, cells: Sequence[Any]) -> dict[str, Any]:
        """Return one row by the names that people see."""
        row_id, split, labels, text, characters, words, *extra = cells
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


def _has_matches(row_filter: RowFilter) -> bool:
    """Tell whether a filter asks for texts or row ids."""
    return bool(row_filter.text.strip() or row_filter.pattern or row_filter.row_ids is not None)
