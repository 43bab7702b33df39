"""Triage: the likely causes of the mistakes of a run on one split, on disk.

cache/triage/<digest>/
  facts.json      what was looked at, and what was not
  causes.parquet  one row per mistake with a cause: its causes and their evidence

The digest names what the causes depend on: the recipe, the run, what was chosen for its model, the
split and the data set version. What is deleted is made again.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, ValidationError

from textcls_core.dataset.text_dataset import Split
from textcls_core.files import new_directory, read_json, write_json
from textcls_core.mistakes.causes.found import CAUSES, Cause, FoundCause
from textcls_core.runs.run import Run
from textcls_core.wording import plural
from textcls_core.workspace import Workspace

RECIPE = 1
"""Raised when the rules change, so that older results are made again."""
_SCHEMA = pa.schema(
    [
        ("row_id", pa.string()),
        ("causes", pa.list_(pa.string())),
        ("evidence", pa.list_(pa.string())),
    ]
)
_ID_CHARACTERS = 24


class Coverage(BaseModel):
    """How many mistakes a cause was looked for in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cause: Cause
    asked: int
    """Mistakes that it could apply to."""
    looked: int
    """Mistakes that it was looked for in."""
    note: str = ""
    """Why not in all of them, or what else to know, as a sentence."""

    @property
    def sentence(self) -> str:
        """What was not looked at, for people; empty if everything was."""
        if self.looked == self.asked and not self.note:
            return ""
        title = CAUSES[self.cause].title
        if self.looked == self.asked:
            return f"{title}: {self.note}"
        part = "not looked for" if not self.looked else f"looked for in {self.looked:,} of"
        count = f" {plural(self.asked, 'mistake')}" if self.looked else ""
        return f"{title}: {part}{count}. {self.note}".strip()


class TriageFacts(BaseModel):
    """How a triage was made."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run_id: str
    split: str
    num_rows: int
    """Rows of the split."""
    num_mistakes: int
    coverage: tuple[Coverage, ...]
    """One entry per cause, in the order of `CAUSES`."""
    seconds: float

    @property
    def not_looked_at(self) -> list[str]:
        """What was left out, as sentences."""
        return [said for entry in self.coverage if (said := entry.sentence)]


@dataclass(frozen=True)
class Triage:
    """The likely causes of mistakes; a mistake without an entry has no known cause."""

    facts: TriageFacts
    by_row: Mapping[str, tuple[FoundCause, ...]]
    """By row id the causes found, the most specific first; the largest loss first."""

    @cached_property
    def counts(self) -> dict[Cause, int]:
        """Mistakes per cause, the largest number first; causes that were not found are left out."""
        counts = dict.fromkeys(CAUSES, 0)
        for found in self.by_row.values():
            for one in found:
                counts[one.cause] += 1
        held = {cause: count for cause, count in counts.items() if count}
        return dict(sorted(held.items(), key=lambda item: -item[1]))

    def rows_with(self, causes: Iterable[Cause]) -> list[str]:
        """Return the ids of the mistakes with at least one of some causes."""
        wanted = set(causes)
        return [
            row_id
            for row_id, found in self.by_row.items()
            if any(one.cause in wanted for one in found)
        ]

    def save(self, folder: Path) -> None:
        """Write the folder in one step, unless another process was first."""
        table = pa.Table.from_pydict(
            {
                "row_id": list(self.by_row),
                "causes": [[one.cause for one in found] for found in self.by_row.values()],
                "evidence": [[one.evidence for one in found] for found in self.by_row.values()],
            },
            schema=_SCHEMA,
        )
        try:
            with new_directory(folder) as temporary:
                pq.write_table(table, temporary / "causes.parquet")
                write_json(temporary / "facts.json", self.facts.model_dump(mode="json"))
        except FileExistsError:
            return

    @classmethod
    def load(cls, folder: Path) -> "Triage | None":
        """Return what `save` wrote; None if it is not there or damaged: a cache is made again."""
        try:
            facts = TriageFacts.model_validate(read_json(folder / "facts.json"))
            columns = pq.read_table(folder / "causes.parquet", schema=_SCHEMA).to_pydict()
        except (OSError, ValueError, ValidationError):
            return None
        rows = zip(*(columns[name] for name in _SCHEMA.names), strict=True)
        return cls(
            facts,
            {row_id: tuple(map(FoundCause, causes, evidence)) for row_id, causes, evidence in rows},
        )


def triage_dir(workspace: Workspace, run: Run, split: Split) -> Path:
    """Return the folder of a triage, whether it was made or not; costs a few small file reads."""
    parts = (str(RECIPE), run.run_id, run.decision_key, split, run.config.dataset_fingerprint)
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    return workspace.cache_dir / "triage" / digest[:_ID_CHARACTERS]


def triage_stamp(workspace: Workspace, run: Run, split: Split) -> str:
    """Return what views remember a triage by: it changes when it is made or goes stale."""
    folder = triage_dir(workspace, run, split)
    try:
        return f"{folder.name} {(folder / 'facts.json').stat().st_mtime_ns}"
    except FileNotFoundError:
        return ""


def read_triage(workspace: Workspace, run: Run, split: Split) -> Triage | None:
    """Return the causes of a run's mistakes if they were looked for; needs no model.

    Args:
        workspace: Where caches are.
        run: A finished run.
        split: One of its splits.
    """
    return Triage.load(triage_dir(workspace, run, split))
