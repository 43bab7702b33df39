"""What people decided about rows of a data set version, kept at once and never lost.

A table of a SQLite file in WAL mode: any number of pages, people and processes write at a time. A
decision is added and never changed; undoing one marks it, and what was decided before holds again.
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from textcls_core.errors import InvalidArgumentError
from textcls_core.mistakes.sqlite_file import SqliteFile
from textcls_core.workspace import Workspace

DecisionKind = Literal["accept", "relabel", "drop", "keep"]
KINDS: tuple[DecisionKind, ...] = ("accept", "relabel", "drop", "keep")
_SCHEMA = """
create table if not exists decisions (
    decision_id integer primary key autoincrement,
    fingerprint text not null,
    row_id text not null,
    kind text not null,
    labels text not null,
    decided_at text not null,
    undone_at text
);
create index if not exists decisions_of_rows on decisions (fingerprint, row_id, decision_id);
"""
_COLUMNS = "decision_id, row_id, kind, labels, decided_at"


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with one row."""

    decision_id: int
    """Counts up over all decisions of the workspace."""
    row_id: str
    kind: DecisionKind
    labels: tuple[str, ...]
    """Label names the row is to get; of no account when it is dropped or kept as it is."""
    decided_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Decisions:
    """The decisions about one data set version."""

    file: Path
    fingerprint: str

    @classmethod
    def open(cls, workspace: Workspace, fingerprint: str) -> Self:
        """Return the decisions about a version; there may be none yet."""
        return cls(workspace.decisions_file, fingerprint)

    def record(self, row_id: str, kind: DecisionKind, labels: Sequence[str] = ()) -> int:
        """Keep a decision and return its id; it takes the place of an earlier one about the row.

        Raises:
            InvalidArgumentError: If the kind is unknown, or has no use for labels.
            StorageError: If the system refuses to write.
        """
        if kind not in KINDS:
            raise InvalidArgumentError(f'Expected one of {", ".join(KINDS)}, got "{kind[:40]}".')
        if labels and kind in {"drop", "keep"}:
            raise InvalidArgumentError(f'Expected no labels for "{kind}", got {len(labels)}.')
        values = (self.fingerprint, row_id, kind, json.dumps(list(labels)), _now())
        with self._sqlite.writing() as connection:
            added = connection.execute(
                "insert into decisions (fingerprint, row_id, kind, labels, decided_at) "
                "values (?, ?, ?, ?, ?)",
                values,
            )
            return int(added.lastrowid or 0)

    def undo(self, decision_id: int) -> bool:
        """Take one decision back, and tell whether it still held."""
        with self._sqlite.writing() as connection:
            changed = connection.execute(
                "update decisions set undone_at = ? "
                "where decision_id = ? and fingerprint = ? and undone_at is null",
                (_now(), decision_id, self.fingerprint),
            )
            return changed.rowcount == 1

    def in_order(self) -> list[Decision]:
        """Return the decisions that hold, oldest first, one per row."""
        with self._sqlite.reading() as connection:
            rows = connection.execute(
                f"select {_COLUMNS} from decisions where decision_id in ("  # noqa: S608 - constant
                "  select max(decision_id) from decisions"
                "  where fingerprint = ? and undone_at is null group by row_id"
                ") order by decision_id",
                (self.fingerprint,),
            ).fetchall()
        return [_decision(row) for row in rows]

    def by_row(self) -> dict[str, Decision]:
        """Return the decision that holds for each row that has one."""
        return {decision.row_id: decision for decision in self.in_order()}

    @property
    def _sqlite(self) -> SqliteFile:
        return SqliteFile(self.file, "decisions", _SCHEMA)


def count_kinds(decisions: Sequence[Decision]) -> Mapping[DecisionKind, int]:
    """Return how many decisions there are of each kind."""
    kinds = [decision.kind for decision in decisions]
    return {kind: kinds.count(kind) for kind in KINDS}


def _decision(row: tuple[int, str, DecisionKind, str, str]) -> Decision:
    decision_id, row_id, kind, labels, decided_at = row
    moment = dt.datetime.fromisoformat(decided_at)
    return Decision(decision_id, row_id, kind, tuple(json.loads(labels)), moment)


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat()
