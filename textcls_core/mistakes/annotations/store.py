"""Annotations of a data set, kept at once, undone in one step, never lost among many writers.

A log of changes in a SQLite file: each says that one field of one row has a new value from now on.
What holds is the newest change of a field whose batch was not undone. People who touch different
fields of a row, or different tags, therefore never overwrite each other. A batch is what one click
or one import did, to one row or to a hundred thousand.

Annotations belong to the name of a data set and to row ids, which come from the text: they outlive
every new version.
"""

import datetime as dt
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

from textcls_core.dataset.building import clean_text
from textcls_core.errors import InvalidArgumentError
from textcls_core.mistakes.annotations.annotation import (
    DROPPED,
    MERGE,
    NO_ROW,
    NOTE,
    PROPOSED,
    REVIEWED,
    TAG,
    Annotation,
    Change,
    checked_labels,
    checked_note,
    checked_row_id,
    checked_tag,
)
from textcls_core.mistakes.annotations.snapshot import Snapshot, newest_snapshot
from textcls_core.mistakes.sqlite_file import SqliteFile
from textcls_core.wording import shorten
from textcls_core.workspace import Workspace

MAX_AUTHOR = 80
_SCHEMA = """
create table if not exists batches (
    batch_id integer primary key autoincrement,
    dataset text not null,
    author text not null,
    what text not null,
    num_rows integer not null,
    at text not null,
    undone_at text,
    revision integer not null
);
create table if not exists changes (
    batch_id integer not null references batches,
    row_id text not null,
    field text not null,
    value text not null,
    primary key (batch_id, row_id, field)
) without rowid;
create index if not exists batches_by_revision on batches (dataset, revision);
create index if not exists changes_by_row on changes (row_id);
"""
_ADD = """
insert into batches (dataset, author, what, num_rows, at, revision)
values (?, ?, ?, ?, ?, (select coalesce(max(revision), 0) + 1 from batches))
"""
_UNDO = """
update batches set undone_at = ?, revision = (select max(revision) + 1 from batches)
where batch_id = ? and dataset = ? and undone_at is null
"""
_NEWEST = """
select batch_id, author, what, num_rows, at from batches
where dataset = ?1 and undone_at is null and (
    ?2 is null or batch_id in (select batch_id from changes where row_id = ?2)
)
order by batch_id desc limit ?3
"""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one click or one import did."""

    batch_id: int
    author: str
    """Empty if nobody gave a name."""
    what: str
    num_rows: int
    """0 if it was about classes."""
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Annotations:
    """The annotations of one data set, whatever its version."""

    file: Path
    dataset_name: str

    @classmethod
    def open(cls, workspace: Workspace, dataset_name: str) -> Self:
        """Return the annotations of a data set; there may be none yet."""
        return cls(workspace.annotations_file, dataset_name)

    @property
    def stamp(self) -> str:
        """A text that changes whenever anything changed; takes less than a millisecond."""
        if not self.file.exists():
            return ""
        look = "select max(revision) from batches where dataset = ?"
        with self._sqlite.reading() as connection:
            return str(connection.execute(look, (self.dataset_name,)).fetchone()[0] or "")

    def by_row(self) -> dict[str, Annotation]:
        """Return the rows about which anything is said."""
        return dict(self._snapshot().by_row)

    def about(self, row_id: str) -> Annotation:
        """Return what is said about one row, which may be nothing."""
        return self._snapshot().by_row.get(row_id, Annotation(row_id))

    def merges(self) -> dict[str, str]:
        """Return the classes that are to become part of another one, with its name."""
        return dict(self._snapshot().merges)

    def tag_counts(self) -> dict[str, int]:
        """Return how many rows have each tag, the most frequent first."""
        return dict(self._snapshot().tag_counts)

    def tag(
        self, row_ids: Collection[str], tag: str, *, holds: bool = True, author: str = ""
    ) -> int:
        """Put a tag on rows, or take it off; see `record`."""
        name = checked_tag(tag)
        what = f'tagged "{name}"' if holds else f'tag "{name}" taken off'
        return self._set(row_ids, TAG + name, holds, what, author)

    def note(self, row_ids: Collection[str], note: str, *, author: str = "") -> int:
        """Replace the note of rows; an empty one takes it away. See `record`."""
        text = checked_note(note)
        return self._set(row_ids, NOTE, text, "note" if text else "note taken away", author)

    def propose(
        self, row_ids: Collection[str], labels: Sequence[str] | None, *, author: str = ""
    ) -> int:
        """Propose other labels for rows; None takes the proposal back. See `record`."""
        if labels is None:
            return self._set(row_ids, PROPOSED, None, "proposal taken back", author)
        names = checked_labels(labels)
        shown = shorten(", ".join(names) or "no label")
        return self._set(row_ids, PROPOSED, names, f'proposed "{shown}"', author)

    def drop(self, row_ids: Collection[str], *, holds: bool = True, author: str = "") -> int:
        """Let rows go from the next version, or stay; see `record`."""
        what = "to be dropped" if holds else "to stay"
        return self._set(row_ids, DROPPED, holds, what, author)

    def review(self, row_ids: Collection[str], *, holds: bool = True, author: str = "") -> int:
        """Mark rows as reviewed, or not; see `record`."""
        what = "reviewed" if holds else "not reviewed"
        return self._set(row_ids, REVIEWED, holds, what, author)

    def merge(self, label: str, into: str | None, *, author: str = "") -> int:
        """Let a class become part of another one in the next version, or stay by itself.

        Raises:
            InvalidArgumentError: If a name is empty, both are the same, or merges go in a circle.
            StorageError: If the system refuses to write.
        """
        if into is None:
            return self.record(
                [Change(NO_ROW, MERGE + label, None)], f'"{shorten(label)}" stays', author=author
            )
        checked_labels([label, into])
        target: str | None = into
        merges = self.merges()
        while target is not None and target != label:
            target = merges.get(target)
        if target == label:
            raise InvalidArgumentError(
                f'Expected another class than "{shorten(label)}" to merge it into, got '
                f'"{shorten(into)}", which is the same or is to be merged into it.'
            )
        what = f'"{shorten(label)}" to be merged into "{shorten(into)}"'
        return self.record([Change(NO_ROW, MERGE + label, into)], what, author=author)

    def record(self, changes: Iterable[Change], what: str, *, author: str = "") -> int:
        """Keep changes as one batch and return its id; all of them are on disk then.

        Args:
            changes: New values; see `annotations.annotation` for the fields.
            what: What the batch did, in a few words.
            author: Who did it; may be empty.

        Raises:
            InvalidArgumentError: If there is no change.
            StorageError: If the system refuses to write; nothing is kept then.
        """
        rows = [(row_id, field, _encoded(value)) for row_id, field, value in changes]
        if not rows:
            raise InvalidArgumentError("Expected at least one row to change, got none. Select one.")
        num_rows = len({row_id for row_id, *_ in rows} - {NO_ROW})
        facts = (self.dataset_name, shorten(clean_text(author), MAX_AUTHOR), what, num_rows, _now())
        with self._sqlite.writing() as connection:
            added = connection.execute(_ADD, facts)
            batch_id = int(added.lastrowid or 0)
            connection.executemany(
                "insert or replace into changes values (?, ?, ?, ?)",
                ((batch_id, *row) for row in rows),
            )
        return batch_id

    def undo(self, batch_id: int) -> bool:
        """Take a batch back, so that what was said before holds; tell whether it still held.

        Raises:
            StorageError: If the system refuses to write.
        """
        with self._sqlite.writing() as connection:
            changed = connection.execute(_UNDO, (_now(), batch_id, self.dataset_name))
            return changed.rowcount == 1

    def batches(self, limit: int = 20, *, row_id: str | None = None) -> list[Batch]:
        """Return what was done and not undone, newest first.

        Args:
            limit: Batches returned at most.
            row_id: If given, only what was done to this row.
        """
        values = (self.dataset_name, row_id, limit)
        with self._sqlite.reading() as connection:
            rows = connection.execute(_NEWEST, values).fetchall()
        return [
            Batch(batch_id, author, what, num_rows, dt.datetime.fromisoformat(at))
            for batch_id, author, what, num_rows, at in rows
        ]

    def _set(self, row_ids: Collection[str], field: str, value: Any, what: str, author: str) -> int:
        """Give one field of many rows the same value."""
        changes = (Change(checked_row_id(row_id), field, value) for row_id in row_ids)
        return self.record(changes, what, author=author)

    def _snapshot(self) -> Snapshot:
        return newest_snapshot(self._sqlite, self.dataset_name)

    @property
    def _sqlite(self) -> SqliteFile:
        return SqliteFile(self.file, "changes", _SCHEMA)


@lru_cache(maxsize=256)
def _encoded(value: Any) -> str:
    """Return a value as JSON; most changes of a batch have the same one."""
    return json.dumps(value, ensure_ascii=False)


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat()
