"""The rows under audit: what several checks need is computed once."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Int

from textcls_core.arrays import Indices, LabelIds
from textcls_core.audit.personal import mask_personal
from textcls_core.audit.thresholds import SEVERITY, THRESHOLDS
from textcls_core.dataset.findings import MAX_ROW_IDS, Finding
from textcls_core.dataset.keys import RowKeys, exact_keys, normalised_keys
from textcls_core.dataset.near_duplicates import Pairs, near_duplicate_pairs
from textcls_core.dataset.text_dataset import SPLITS, TextDataset
from textcls_core.jobs.progress import Report, ignore
from textcls_core.wording import shorten

EXAMPLES = 5
_EXAMPLE_CHARACTERS = 80
_SEED = 0
_SHOWN_CHARACTERS = 2_000
"""Of a text before it is masked and shortened to an example."""


@dataclass
class AuditedRows:
    """A data set version with what its checks share."""

    dataset: TextDataset
    report: Report = ignore
    """Told how far long steps are; may raise to stop them. Each check gets one of its own."""

    @property
    def texts(self) -> pa.ChunkedArray:
        """N texts."""
        return self.dataset.table["text"]

    @cached_property
    def exact_keys(self) -> RowKeys:
        """Equal for rows whose text is equal but for spaces at its ends, shape (N,)."""
        return exact_keys(self.texts)

    @cached_property
    def normalised_keys(self) -> RowKeys:
        """Equal for rows whose text differs in case, punctuation and spaces only, shape (N,)."""
        return normalised_keys(self.texts)

    @cached_property
    def near_pairs(self) -> Pairs:
        """Pairs of nearly equal texts."""
        return near_duplicate_pairs(self.texts, progress=self.report)

    @cached_property
    def splits(self) -> Int[np.ndarray, " N"]:
        """Position in `SPLITS` of each row's split, shape (N,)."""
        found = pc.index_in(self.dataset.table["split"], value_set=pa.array(SPLITS))
        return np.asarray(found, dtype=np.int64)

    @cached_property
    def flat_labels(self) -> tuple[Indices, LabelIds]:
        """Every label of every row: the row, and the class; each of shape (L,)."""
        lists = self.dataset.table["label_ids"]
        sizes = np.asarray(pc.list_value_length(lists), dtype=np.int64)
        ids = np.asarray(pc.list_flatten(lists), dtype=np.int64)
        return np.repeat(np.arange(len(sizes)), sizes), ids

    @cached_property
    def label_keys(self) -> RowKeys:
        """Equal for rows with the same labels, shape (N,).

        Each class has a random number and a row the sum of those of its classes, so two different
        sets are taken for equal once in 2^64 comparisons.
        """
        rows, ids = self.flat_labels
        width = max(self.dataset.num_labels, 1)
        once = np.unique(rows * width + ids)
        numbers = np.random.default_rng(_SEED).integers(0, 2**63, width, dtype=np.int64)
        keys = np.zeros(self.dataset.num_examples, dtype=np.int64)
        np.add.at(keys, once // width, numbers[once % width])
        return keys

    def finding(
        self,
        kind: str,
        rows: Indices,
        message: str,
        share: float,
        *,
        count: int | None = None,
        fix: str | None = None,
    ) -> list[Finding]:
        """Return a finding about some rows, with the gate of its share; nothing if there are none.

        Args:
            kind: One of `THRESHOLDS`.
            rows: Positions of the rows concerned, those to show first.
            message: For people.
            share: What the threshold is about.
            count: How many, if not the number of rows.
            fix: The change that the product offers.
        """
        number = len(rows) if count is None else count
        first = np.asarray(rows[:MAX_ROW_IDS], dtype=np.int64)
        return [
            found.model_copy(update={"fix": fix, "row_ids": tuple(self.dataset.row_ids(first))})
            for found in graded(kind, number, message, share, self.shown(rows))
        ]

    def shown(self, rows: Indices) -> list[str]:
        """Return the beginnings of the first texts, with personal content masked."""
        taken = self.dataset.texts(np.asarray(rows[:EXAMPLES], dtype=np.int64))
        return [
            shorten(mask_personal(text[:_SHOWN_CHARACTERS]), _EXAMPLE_CHARACTERS) for text in taken
        ]

    def sample(self, limit: int) -> Indices:
        """Return all positions, or a fixed random sample of them in order."""
        count = self.dataset.num_examples
        if count <= limit:
            return np.arange(count)
        drawn = np.random.default_rng(_SEED).choice(count, limit, replace=False)
        return np.asarray(np.sort(drawn))


def graded(
    kind: str, count: int, message: str, share: float, examples: Sequence[str] = ()
) -> list[Finding]:
    """Return a finding with the gate of its share, or nothing if the count is 0.

    Args:
        kind: One of `THRESHOLDS`.
        count: Of rows, classes or pairs.
        message: For people.
        share: What the threshold is about.
        examples: A few of them, for people.
    """
    if not count:
        return []
    gate = THRESHOLDS[kind].gate(share)
    found = Finding(
        kind=kind,
        severity=SEVERITY[gate],
        gate=gate,
        count=count,
        message=message,
        examples=tuple(examples),
    )
    return [found]
