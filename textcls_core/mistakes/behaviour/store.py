"""Behavioural tests kept at once, taken away and brought back, safe with many writers.

They belong to the name of a data set, not to a version or a run: every later model is held to them.
"""

import datetime as dt
import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Self

from textcls_core.errors import InvalidArgumentError
from textcls_core.mistakes.behaviour.kinds import BehaviourTest
from textcls_core.mistakes.sqlite_file import SqliteFile
from textcls_core.workspace import Workspace

MAX_TESTS = 10_000
"""Of one data set; each is a text or two that every run must read."""
_SCHEMA = """
create table if not exists tests (
    number integer primary key autoincrement,
    dataset text not null,
    test_id text not null,
    kind text not null,
    text text not null,
    original text not null,
    label text not null,
    by_least real not null,
    note text not null,
    author text not null,
    at text not null,
    removed_at text,
    revision integer not null,
    unique (dataset, test_id)
);
"""
_NEXT = "(select coalesce(max(revision), 0) + 1 from tests)"
_ADD = f"""
insert into tests
(dataset, test_id, kind, text, original, label, by_least, note, author, at, revision)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, {_NEXT})
on conflict (dataset, test_id) do update set
    note = excluded.note, author = excluded.author, removed_at = null, revision = excluded.revision
"""  # noqa: S608 - no value is part of it
_SET_REMOVED = f"""
update tests set removed_at = ?1, revision = {_NEXT}
where dataset = ?2 and test_id = ?3 and (removed_at is null) = (?1 is not null)
"""  # noqa: S608 - no value is part of it
_STANDING = """
select kind, text, original, label, by_least, note, author from tests
where dataset = ? and removed_at is null order by number
"""


@dataclass(frozen=True, slots=True)
class BehaviourTests:
    """The behavioural tests of one data set, whatever its version."""

    file: Path
    dataset_name: str

    @classmethod
    def open(cls, workspace: Workspace, dataset_name: str) -> Self:
        """Return the tests of a data set; there may be none yet."""
        return cls(workspace.behaviour_file, dataset_name)

    @property
    def stamp(self) -> str:
        """A text that changes whenever anything changed."""
        if not self.file.exists():
            return ""
        look = "select max(revision) from tests where dataset = ?"
        with self._sqlite.reading() as connection:
            return str(connection.execute(look, (self.dataset_name,)).fetchone()[0] or "")

    def all(self) -> list[BehaviourTest]:
        """Return the tests that stand, in the order they were written."""
        with self._sqlite.reading() as connection:
            rows = connection.execute(_STANDING, (self.dataset_name,)).fetchall()
        return [BehaviourTest(*row) for row in rows]

    def add(self, tests: Sequence[BehaviourTest]) -> int:
        """Keep tests, all or none; return how many are new.

        One that is there already gets the note and the author of the newer one.

        Raises:
            InvalidArgumentError: If the data set would have too many.
            StorageError: If the system refuses to write.
        """
        now = dt.datetime.now(dt.UTC).isoformat()
        with self._sqlite.writing() as connection:
            before = self._count(connection)
            connection.executemany(
                _ADD, ((self.dataset_name, test.test_id, *astuple(test), now) for test in tests)
            )
            after = self._count(connection)
            if after > MAX_TESTS:
                raise InvalidArgumentError(
                    f"Expected at most {MAX_TESTS:,} tests for a data set, got {after:,}. Remove "
                    "some first."
                )
        return after - before

    def remove(self, test_ids: Collection[str]) -> int:
        """Take tests away; return how many stood. `restore` brings them back.

        Raises:
            StorageError: If the system refuses to write.
        """
        return self._mark(test_ids, dt.datetime.now(dt.UTC).isoformat())

    def restore(self, test_ids: Collection[str]) -> int:
        """Bring back tests that were taken away; return how many.

        Raises:
            StorageError: If the system refuses to write.
        """
        return self._mark(test_ids, None)

    def _mark(self, test_ids: Collection[str], removed_at: str | None) -> int:
        rows = [(removed_at, self.dataset_name, test_id) for test_id in test_ids]
        with self._sqlite.writing() as connection:
            return connection.executemany(_SET_REMOVED, rows).rowcount if rows else 0

    def _count(self, connection: sqlite3.Connection) -> int:
        look = "select count(*) from tests where dataset = ? and removed_at is null"
        return int(connection.execute(look, (self.dataset_name,)).fetchone()[0])

    @property
    def _sqlite(self) -> SqliteFile:
        return SqliteFile(self.file, "tests", _SCHEMA)
