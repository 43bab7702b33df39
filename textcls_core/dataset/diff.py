"""What changed between two versions of a data set, row by row."""

import tempfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import duckdb
import pyarrow as pa

from textcls_core.dataset.store import DatasetInfo, DatasetStore
from textcls_core.dataset.text_dataset import SCHEMA, SPLITS, TextDataset
from textcls_core.errors import DatasetFormatError
from textcls_core.wording import plural

Change = Literal["added", "removed", "text", "label", "split", "columns"]
CHANGES: dict[Change, str] = {
    "added": "Added",
    "removed": "Removed",
    "text": "Text changed",
    "label": "Label changed",
    "split": "Split changed",
    "columns": "Other columns changed",
}
"""Kinds of change with their titles; a row may have several of the last four."""
_IN_WORDS: dict[Change, str] = {
    "added": "added",
    "removed": "removed",
    "text": "with another text",
    "label": "with another label",
    "split": "in another split",
    "columns": "with other values in further columns",
}
_RESOURCES: dict[str, Any] = {"memory_limit": "1GB", "temp_directory": tempfile.gettempdir()}
_IS_CHANGE: dict[Change, str] = {
    "added": "a.row_id IS NULL",
    "removed": "b.row_id IS NULL",
    "text": "a.text_hash <> b.text_hash",
    "label": "a.labels <> b.labels",
    "split": "a.split <> b.split",
    "columns": "a.others <> b.others",
}


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row before and after; None where there is no such row."""

    row_id: str
    text_before: str | None
    text_after: str | None
    labels_before: tuple[str, ...] | None
    labels_after: tuple[str, ...] | None
    split_before: str | None
    split_after: str | None


@dataclass(frozen=True, slots=True)
class VersionDiff:
    """Counts of changes from one version to another, with a few rows of each kind."""

    counts: dict[Change, int]
    num_unchanged: int
    """Rows that are the same in both."""
    by_split: dict[Change, dict[str, int]]
    """The same counts by the split the rows are in afterwards, or were in if they are gone."""
    examples: dict[Change, tuple[RowChange, ...]]
    """The first changes of each kind, in the order of row ids."""
    added_labels: tuple[str, ...]
    removed_labels: tuple[str, ...]
    added_columns: tuple[str, ...]
    removed_columns: tuple[str, ...]

    @property
    def summary(self) -> str:
        """One sentence on what changed."""
        parts = [
            f"{plural(count, 'row')} {_IN_WORDS[change]}"
            for change, count in self.counts.items()
            if count
        ]
        unchanged = f"{plural(self.num_unchanged, 'row')} unchanged"
        return (", ".join(parts) or "No row changed") + f"; {unchanged}."

    def to_json(self) -> dict[str, Any]:
        """Return the diff as JSON values."""
        return {**asdict(self), "summary": self.summary}


def diff_versions(
    store: DatasetStore, before: DatasetInfo, after: DatasetInfo, *, num_examples: int = 20
) -> VersionDiff:
    """Return what changed from one version to another, in any order of time.

    Rows are matched by row id. Texts and further columns are compared by a 64-bit hash, so that
    millions of rows fit into memory.

    Args:
        store: Where both lie.
        before: Any version of any data set.
        after: Any other.
        num_examples: Rows of each kind of change to return at most.

    Raises:
        DatasetFormatError: If the rows of a version are damaged.
    """
    sides = [
        _Side(f"read_parquet('{_quoted(store.path(info))}')", info.label_names, info.extra_columns)
        for info in (before, after)
    ]
    with duckdb.connect(config=_RESOURCES) as connection:
        try:
            return _diff(connection, sides[0], sides[1], num_examples)
        except duckdb.Error as error:
            raise DatasetFormatError(
                f'The rows of "{before.name}" version {before.version} or "{after.name}" version '
                f"{after.version} cannot be compared: {str(error).splitlines()[0]}. "
                "Import the damaged one again."
            ) from error


def diff_datasets(
    before: TextDataset, after: TextDataset, *, num_examples: int = 20
) -> VersionDiff:
    """Return what changed from one data set to another that is not stored yet.

    Args:
        before: Any data set.
        after: Any other, for example what a fix makes of it.
        num_examples: Rows of each kind of change to return at most.
    """
    with duckdb.connect(config=_RESOURCES) as connection:
        connection.register("before_rows", before.table)
        connection.register("after_rows", after.table)
        sides = (
            _Side("before_rows", before.label_names, before.extra_columns),
            _Side("after_rows", after.label_names, after.extra_columns),
        )
        return _diff(connection, *sides, num_examples)


def split_changes(before: TextDataset, after: TextDataset) -> list[dict[str, str | int]]:
    """Return one record per class with its rows in every split before and after a new split."""
    counts = [dataset.class_counts for dataset in (before, after)]
    records: list[dict[str, str | int]] = []
    for label_id, name in enumerate(before.label_names):
        record: dict[str, str | int] = {"class": name}
        for split in SPLITS:
            for when, of_split in zip(("before", "after"), counts, strict=True):
                record[f"{split}, {when}"] = of_split[split][label_id] if split in of_split else 0
        records.append(record)
    return records


def _missing(names: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    there = set(known)
    return tuple(name for name in names if name not in there)


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the two that are compared."""

    source: str
    """What SQL reads its rows from; never anything a user typed."""
    label_names: tuple[str, ...]
    extra_columns: tuple[str, ...]


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _diff(
    connection: duckdb.DuckDBPyConnection, before: _Side, after: _Side, num_examples: int
) -> VersionDiff:
    shared = [name for name in before.extra_columns if name in after.extra_columns]
    _define(connection, "a", before, shared)
    _define(connection, "b", after, shared)
    by_split, num_unchanged = _count(connection)
    counts = {change: sum(found.values()) for change, found in by_split.items()}
    return VersionDiff(
        counts=counts,
        num_unchanged=num_unchanged,
        by_split=by_split,
        examples={
            change: tuple(_examples(connection, change, num_examples if count else 0))
            for change, count in counts.items()
        },
        added_labels=_missing(after.label_names, before.label_names),
        removed_labels=_missing(before.label_names, after.label_names),
        added_columns=_missing(after.extra_columns, before.extra_columns),
        removed_columns=_missing(before.extra_columns, after.extra_columns),
    )


def _define(
    connection: duckdb.DuckDBPyConnection, name: str, side: _Side, shared: list[str]
) -> None:
    """Make the views `<name>_rows` (everything) and `<name>` (what is compared) of a side.

    Columns are named by their place: the names of a data set may differ in case only, which SQL
    does not tell apart.
    """
    names = [*SCHEMA.names, *side.extra_columns]
    columns = ", ".join(f"c{place}" for place in range(len(names)))
    others = ", ".join(f"c{names.index(one)}" for one in shared)
    places = list(range(len(side.label_names)))
    names_table = pa.table({"name": pa.array(side.label_names, pa.string()), "place": places})
    connection.register(f"{name}_names", names_table)
    listed = f"SELECT coalesce(list(name ORDER BY place), []) FROM {name}_names"  # noqa: S608
    connection.execute(f"SET VARIABLE {name}_names = ({listed})")
    connection.execute(
        f"""
        CREATE TEMP VIEW {name}_rows AS
        SELECT c0 AS row_id, c1 AS text, c3 AS split,
            list_sort(list_transform(c2, lambda i: getvariable('{name}_names')[i + 1])) AS labels,
            hash({others or "0"}) AS others
        FROM {side.source} AS stored({columns})
        """  # noqa: S608 - names are places, and the source is ours
    )
    connection.execute(
        f"""
        CREATE TEMP TABLE {name} AS
        SELECT row_id, hash(text) AS text_hash, labels, split, others FROM {name}_rows
        """  # noqa: S608
    )


def _count(
    connection: duckdb.DuckDBPyConnection,
) -> tuple[dict[Change, dict[str, int]], int]:
    """Return the changes of each kind by split, and the rows without any."""
    counted = ", ".join(f"count_if(coalesce({test}, false))" for test in _IS_CHANGE.values())
    anything = " OR ".join(f"coalesce({test}, false)" for test in _IS_CHANGE.values())
    rows = connection.execute(
        f"""
        SELECT coalesce(b.split, a.split), count_if(NOT ({anything})), {counted}
        FROM a FULL JOIN b USING (row_id) GROUP BY 1
        """  # noqa: S608
    ).fetchall()
    by_split: dict[Change, dict[str, int]] = {change: {} for change in _IS_CHANGE}
    for split, _, *counts in sorted(rows, key=lambda row: SPLITS.index(row[0])):
        for change, count in zip(_IS_CHANGE, counts, strict=True):
            if count:
                by_split[change][split] = count
    return by_split, sum(unchanged for _, unchanged, *_ in rows)


def _examples(
    connection: duckdb.DuckDBPyConnection, change: Change, limit: int
) -> Iterable[RowChange]:
    """Return the first rows with a change."""
    if not limit:
        return
    rows = connection.execute(
        f"""
        WITH chosen AS (
            SELECT coalesce(a.row_id, b.row_id) AS row_id FROM a FULL JOIN b USING (row_id)
            WHERE {_IS_CHANGE[change]} ORDER BY 1 LIMIT {limit}
        )
        SELECT row_id, a_rows.text, b_rows.text, a_rows.labels, b_rows.labels,
            a_rows.split, b_rows.split
        FROM chosen LEFT JOIN a_rows USING (row_id) LEFT JOIN b_rows USING (row_id)
        ORDER BY row_id
        """  # noqa: S608
    ).fetchall()
    for row_id, text_a, text_b, labels_a, labels_b, split_a, split_b in rows:
        labels = [None if names is None else tuple(names) for names in (labels_a, labels_b)]
        yield RowChange(row_id, text_a, text_b, labels[0], labels[1], split_a, split_b)
