"""All annotations of a data set as they stand, kept in memory and renewed by what changed.

Reading a hundred thousand of them from the file takes a second, and every page reads them at every
click. So a process keeps what it read, and afterwards reads only rows that were touched since.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from sqlite3 import Connection

from textcls_core.mistakes.annotations.annotation import MERGE, NO_ROW, Annotation, annotation_of
from textcls_core.mistakes.sqlite_file import SqliteFile

_DATASETS_KEPT = 8
_MOST_TOUCHED = 10_000
"""Rows touched at once from which on reading everything is quicker."""
_HELD = """
select row_id, field, value from batches not indexed cross join changes using (batch_id)
where dataset = ? and undone_at is null order by batches.batch_id
"""
"""Batches are read in their order, so nothing has to be sorted."""
_TOUCHED = """
select distinct row_id from changes join batches using (batch_id)
where dataset = ? and revision > ?
"""
_HELD_OF_TOUCHED = """
select row_id, field, value from changes cross join batches using (batch_id)
where dataset = ? and undone_at is null and row_id in (
    select row_id from changes join batches using (batch_id) where dataset = ? and revision > ?
) order by batch_id
"""
"""A cross join reads the changes of these rows first; there may be many batches."""


@dataclass(frozen=True)
class Snapshot:
    """What holds after the change with number `revision`."""

    revision: int = 0
    by_row: Mapping[str, Annotation] = field(default_factory=dict)
    merges: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def tag_counts(self) -> Mapping[str, int]:
        """How many rows have each tag, the most frequent first."""
        counts = Counter(tag for one in self.by_row.values() for tag in one.tags)
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


@dataclass(slots=True)
class _Kept:
    """The newest snapshot that this process made."""

    snapshot: Snapshot = field(default_factory=Snapshot)


def newest_snapshot(file: SqliteFile, dataset_name: str) -> Snapshot:
    """Return what holds now.

    Raises:
        StorageError: If the system refuses to read.
    """
    if not file.path.exists():
        return Snapshot()
    found = file.path.stat()
    kept = _kept(str(file.path), (found.st_dev, found.st_ino), dataset_name)
    with file.reading() as connection:
        snapshot = _renewed(connection, dataset_name, kept.snapshot)
    kept.snapshot = snapshot  # another thread may put an older one there; the next reader renews it
    return snapshot


@lru_cache(maxsize=_DATASETS_KEPT)
def _kept(path: str, identity: tuple[int, int], dataset_name: str) -> _Kept:  # noqa: ARG001 - the key
    return _Kept()


def _renewed(connection: Connection, dataset_name: str, known: Snapshot) -> Snapshot:
    """Return a snapshot with what changed since an older one."""
    look = "select coalesce(max(revision), 0) from batches where dataset = ?"
    revision = int(connection.execute(look, (dataset_name,)).fetchone()[0])
    if revision == known.revision:
        return known
    if revision < known.revision:  # a backup was put in the place of the file
        known = Snapshot()
    since = (dataset_name, known.revision)
    touched = (
        [row_id for (row_id,) in connection.execute(_TOUCHED, since)] if known.revision else []
    )
    if not known.revision or len(touched) > _MOST_TOUCHED:
        return _made(revision, {}, {}, _grouped(connection.execute(_HELD, (dataset_name,))))
    left = dict(known.by_row)
    for row_id in touched:
        left.pop(row_id, None)
    rows = connection.execute(_HELD_OF_TOUCHED, (dataset_name, *since))
    merges = {} if NO_ROW in touched else known.merges
    return _made(revision, left, merges, _grouped(rows))


def _grouped(rows: Iterable[tuple[str, str, str]]) -> dict[str, dict[str, str]]:
    """Return the newest value of every field of every row, as JSON."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for row_id, name, value in rows:  # in the order in which they were said
        found[row_id][name] = value
    return found


def _made(
    revision: int,
    by_row: dict[str, Annotation],
    merges: Mapping[str, str],
    read: dict[str, dict[str, str]],
) -> Snapshot:
    """Return a snapshot of rows that were not touched, to which those just read are added."""
    said = {name: json.loads(value) for name, value in read.pop(NO_ROW, {}).items()}
    new = {name.removeprefix(MERGE): into for name, into in said.items() if into is not None}
    alike = lru_cache(maxsize=None)(_decoded)
    for row_id, fields in read.items():
        annotation = alike(tuple(fields.items()))
        if not annotation.is_empty:
            by_row[row_id] = annotation.about(row_id)
    return Snapshot(revision, by_row, {**merges, **new})


def _decoded(fields: tuple[tuple[str, str], ...]) -> Annotation:
    """Return what fields say; rows of one bulk change have the same ones."""
    return annotation_of("", {name: json.loads(value) for name, value in fields})
