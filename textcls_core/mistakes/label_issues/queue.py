"""Label issues: rows whose label is probably wrong, the most suspect first, with the reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, ValidationError

from textcls_core.dataset.text_dataset import Task
from textcls_core.files import new_directory, read_json, write_json
from textcls_core.wording import percent, plural, quoted, shorten

RECIPE = 1
"""Raised when the scores change, so that older queues are made again."""
GROUP_PREFIX = "group:"
"""Before the id of a cross-validation, where else the name of an encoder stands."""
_LEARNED_BETTER = 0.75
"""Share of rows that must be learned better for a low confidence to count as evidence."""


class NoisyPair(BaseModel):
    """Rows with one label that seem to belong to another one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    given: str
    likely: str
    rows: float
    """Estimated number."""
    share: float
    """Of the rows with the given label, in [0, 1]."""


class LabelIssueFacts(BaseModel):
    """How a queue was made, and what it says as a whole."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fingerprint: str
    """The data set version."""
    source: str
    """The encoder, or the cross-validation, that the probabilities come from."""
    task: Task
    label_names: tuple[str, ...]
    num_examples: int
    """Rows of the data set."""
    num_judged: int
    """Rows that were scored: all, or a sample."""
    num_suspects: int
    """Estimated number of rows with a wrong label: so many stand at the head of the queue."""
    weights: dict[str, float]
    """How much each view counts."""
    pairs: tuple[NoisyPair, ...]
    """Classes that are confused most often in the labels."""
    seconds: float

    @property
    def left_out(self) -> str:
        """Which rows were not judged, in a sentence; empty when all were."""
        rest = self.num_examples - self.num_judged
        if not rest:
            return ""
        is_sample = not self.source.startswith(GROUP_PREFIX)
        how = " The others are a random sample, spread over the classes." if is_sample else ""
        return f"{plural(rest, 'row')} of {self.num_examples:,} not judged.{how}"


@dataclass(frozen=True)
class LabelIssues:
    """Every judged row of one data set version, the most suspect first."""

    facts: LabelIssueFacts
    table: pa.Table
    """Columns `row_id`, `text`, `label_ids`, `suggested_ids`, `score`, `confidence` (in the given
    label), `suggested_confidence`, `disagreeing` of `num_neighbours`, and `neighbours` (row ids).
    """

    @cached_property
    def row_ids(self) -> list[str]:
        """Row ids in the order of the queue."""
        return list(self.table["row_id"].to_pylist())

    @cached_property
    def positions(self) -> dict[str, int]:
        """Position of each row in the queue, from 0, by row id."""
        return {row_id: position for position, row_id in enumerate(self.row_ids)}

    def rows_with(self, label_id: int) -> set[str]:
        """Return the ids of the rows with a label, given or suggested."""
        columns = (self.table["label_ids"].to_pylist(), self.table["suggested_ids"].to_pylist())
        both = zip(self.row_ids, *columns, strict=True)
        return {row_id for row_id, given, likely in both if label_id in given or label_id in likely}

    def records(self, row_ids: Sequence[str]) -> list[dict[str, Any]]:
        """Return some rows of the queue, with names of labels; others are left out."""
        known = [self.positions[row_id] for row_id in row_ids if row_id in self.positions]
        rows = self.table.take(pa.array(known, pa.int64())).to_pylist()
        return [
            {
                **{name: row[name] for name in row if not name.endswith("_ids")},
                "labels": self._names(row["label_ids"]),
                "suggested_labels": self._names(row["suggested_ids"]),
            }
            for row in rows
        ]

    def _names(self, label_ids: Sequence[int]) -> list[str]:
        return [self.facts.label_names[label_id] for label_id in label_ids]

    def save(self, folder: Path) -> None:
        """Write the folder in one step, unless another process was first."""
        try:
            with new_directory(folder) as temporary:
                pq.write_table(self.table, temporary / "rows.parquet")
                write_json(temporary / "facts.json", self.facts.model_dump(mode="json"))
        except FileExistsError:
            return

    @classmethod
    def load(cls, folder: Path) -> "LabelIssues | None":
        """Return what `save` wrote; None if it is not there or damaged: a cache is made again."""
        try:
            facts = LabelIssueFacts.model_validate(read_json(folder / "facts.json"))
            return cls(facts, pq.read_table(folder / "rows.parquet"))
        except (OSError, ValueError, ValidationError):
            return None


def label_issue_rows(issues: LabelIssues) -> list[dict[str, Any]]:
    """Return every judged row in the stable form of the command line, the most suspect first.

    `label` and `suggested` are names, of multi-label sets lists of names; a higher score is more
    suspect.
    """
    names, table = issues.facts.label_names, issues.table
    single = issues.facts.task == "single_label"

    def named(column: str) -> list[Any]:
        sets = [[names[label_id] for label_id in ids] for ids in table[column].to_pylist()]
        return [found[0] if single else found for found in sets]

    columns = zip(
        issues.row_ids,
        named("label_ids"),
        named("suggested_ids"),
        table["score"].to_pylist(),
        strict=True,
    )
    keys = ("row_id", "label", "suggested", "score")
    return [dict(zip(keys, values, strict=True)) for values in columns]


@dataclass(frozen=True, slots=True)
class Learned:
    """What a run that was trained on a row says about its label."""

    title: str
    """Name of the run."""
    confidence: float
    """Probability of the given label, mean over the epochs, in [0, 1]."""
    share_above: float
    """Share of the run's training rows with a higher confidence, in [0, 1)."""
    num_epochs: int

    @property
    def is_evidence(self) -> bool:
        """Whether it speaks against the label: most other rows were learned better."""
        return self.share_above >= _LEARNED_BETTER

    @property
    def sentence(self) -> str:
        """The same in words."""
        rest = f"; {percent(self.share_above)} of the rows got more" if self.is_evidence else ""
        return (
            f"In training ({shorten(self.title, 40)}) its own label got {percent(self.confidence)} "
            f"on average over {plural(self.num_epochs, 'epoch')}{rest}."
        )


def reasons(record: Mapping[str, Any], learned: Learned | None = None) -> list[str]:
    """Return the evidence against a label as short sentences, the strongest first.

    Args:
        record: From `LabelIssues.records`.
        learned: What a run says that was trained on the row, if there is one.
    """
    found = []
    if record["suggested_labels"] != record["labels"]:
        found.append(
            f"Models that never saw this row are {percent(record['suggested_confidence'])} sure of "
            f"{quoted(record['suggested_labels'])}, {percent(record['confidence'])} of "
            f"{quoted(record['labels'])}."
        )
    if record["disagreeing"]:
        others, near = record["disagreeing"], plural(record["num_neighbours"], "most similar text")
        found.append(f"{others:,} of the {near} {'has' if others == 1 else 'have'} another label.")
    if learned is not None and learned.is_evidence:
        found.append(learned.sentence)
    return found
