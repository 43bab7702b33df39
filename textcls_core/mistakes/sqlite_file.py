"""A SQLite file that any number of pages, people and processes read and write at a time.

It is in WAL mode: readers never wait, writers wait for one another. What a block wrote is on disk
when the block ends, or none of it is. What the system refuses becomes a sentence.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from textcls_core.errors import StorageError

SECONDS_TO_WAIT = 30.0
"""For another writer; each needs a few milliseconds, and a second for a hundred thousand rows."""
_DAMAGED = "It is damaged. Restore it from a backup, or move it away to begin anew."
_ADVICE = {
    sqlite3.SQLITE_BUSY: "Another program holds it for so long. Close that program and try again.",
    sqlite3.SQLITE_LOCKED: "Another program holds it. Close that program and try again.",
    sqlite3.SQLITE_READONLY: "Allow this user to write the file and its folder, then try again.",
    sqlite3.SQLITE_CANTOPEN: "Allow this user to read and write the file and its folder.",
    sqlite3.SQLITE_PERM: "Allow this user to read and write the file and its folder.",
    sqlite3.SQLITE_FULL: "The disk is full. Free some space and try again.",
    sqlite3.SQLITE_IOERR: "Check the disk and its free space, then try again.",
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
}
"""What to do, by SQLite's primary result code."""


@dataclass(frozen=True, slots=True)
class SqliteFile:
    """A file with one schema; it is made when something is first written."""

    path: Path
    table: str
    """A table of the schema: if it is there, everything is."""
    schema: str
    """SQL that makes what is missing."""

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give a connection that sees one state of the file, empty if there is no file yet.

        Raises:
            StorageError: If the system refuses.
        """
        exists = self.path.exists()
        with (
            _in_words(self.path, "read"),
            closing(_connect(self.path if exists else ":memory:")) as connection,
        ):
            self._prepare(connection)
            connection.execute("begin")
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give a connection whose changes are on disk when the block ends, all or none.

        Nobody else writes between the first statement of the block and its end.

        Raises:
            StorageError: If the system refuses.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with _in_words(self.path, "write"), closing(_connect(self.path)) as connection:
            self._prepare(connection)
            connection.execute("begin immediate")
            with connection:
                yield connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        look = "select 1 from sqlite_master where name = ?"
        if connection.execute(look, (self.table,)).fetchone() is None:
            connection.execute("pragma journal_mode = wal")  # stays with the file
            connection.executescript(self.schema)


def _connect(path: Path | str) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=SECONDS_TO_WAIT, isolation_level=None)


@contextmanager
def _in_words(path: Path, verb: str) -> Iterator[None]:
    """Turn what SQLite refuses into a sentence with what to do."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None)
        if code is None:  # a mistake of ours, not of the system
            raise
        advice = _ADVICE.get(code & 0xFF, "Try again, or restore the file from a backup.")
        raise StorageError(
            f"{path.name} could not be {'read' if verb == 'read' else 'written'} ({error}); "
            f"nothing was changed. {advice}"
        ) from error
