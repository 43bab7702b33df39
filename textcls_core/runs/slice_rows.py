"""The rows that slices of a run are made of: predictions, facts, texts and classes together."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa

from textcls_core.arrays import Indices, Lengths, Mask
from textcls_core.dataset.keys import RowKeys, normalised_keys
from textcls_core.dataset.languages import MAX_LANGUAGE_ROWS, languages
from textcls_core.dataset.sampling import random_rows
from textcls_core.dataset.text_dataset import Split, TextDataset
from textcls_core.evaluation.by_task import AnyPredictions
from textcls_core.evaluation.predictions import Predictions
from textcls_core.evaluation.slices import Membership
from textcls_core.runs.row_facts import RowFacts, row_facts
from textcls_core.runs.run import Run


@dataclass(frozen=True)
class SliceRows:
    """N predicted rows of one split with everything that a slice can be made of."""

    predictions: AnyPredictions
    facts: RowFacts
    texts: pa.ChunkedArray
    """N texts."""
    dataset_splits: pa.ChunkedArray
    """Split of each row in the data set; a fold of a cross-validation has others of its own."""

    @classmethod
    def of_run(cls, run: Run, dataset: TextDataset, split: Split, cache_dir: Path) -> "SliceRows":
        """Return the rows of a split of a run.

        Args:
            run: A finished run.
            dataset: The version it was trained on.
            split: One of the run's splits.
            cache_dir: Folder that may be deleted at any time.

        Raises:
            NotFoundError: If the run has no predictions for the split, or the data set other rows.
        """
        facts = row_facts(run, dataset, split, cache_dir)
        rows = dataset.table.take(pa.array(facts.positions))
        return cls(run.predictions(split), facts, rows["text"], rows["split"])

    def __len__(self) -> int:
        """Number of rows, N."""
        return len(self.predictions)

    @cached_property
    def classes(self) -> Membership:
        """Which rows have which class; a row may have several."""
        if isinstance(self.predictions, Predictions):
            ids, size = self.predictions.true_label_ids, len(self.predictions.label_names)
            return Membership.of_codes(ids, size)
        return Membership.of_sets(self.predictions.targets == 1)

    @cached_property
    def label_agreement(self) -> tuple[Lengths, Lengths] | None:
        """Labels that are true and predicted, and those that are either, counted twice if both.

        Both of shape (N,): what micro-F1 is made of. None where a text has one label.
        """
        if isinstance(self.predictions, Predictions):
            return None
        true, given = self.predictions.targets == 1, self.predictions.predicted
        return (true & given).sum(axis=1), true.sum(axis=1) + given.sum(axis=1)

    @cached_property
    def keys(self) -> RowKeys:
        """Equal for texts that differ in case, punctuation and spaces only, shape (N,)."""
        return normalised_keys(self.texts)

    @cached_property
    def is_distinct(self) -> Mask:
        """Whether no row before it has the same text, shape (N,).

        Repeats of a text are right or wrong together, so tests that take rows for independent look
        at the first one only.
        """
        return first_of_each(self.keys)

    @property
    def num_repeats(self) -> int:
        """Rows with the text of a row before them."""
        return len(self) - int(self.is_distinct.sum())

    def accuracy(self, right: Mask) -> float:
        """Return the share of the distinct rows that are right, in [0, 1]."""
        return float(right[self.is_distinct].mean())

    @cached_property
    def languages(self) -> list[str | None]:
        """ISO 639-1 code of the language of each text, `und` if it cannot be told.

        Of many rows a fixed random sample is looked at; the others are None.
        """
        looked_at = random_rows(len(self), MAX_LANGUAGE_ROWS)
        found: list[str | None] = [None] * len(self)
        texts = self.texts.take(pa.array(looked_at)).to_pylist()
        for row, language in zip(looked_at.tolist(), languages(texts), strict=True):
            found[row] = language
        return found


def first_of_each(keys: Indices) -> Mask:
    """Return which rows are the first with their key, shape (N,).

    Example:
        >>> first_of_each(np.array([5, 3, 5])).tolist()
        [True, True, False]
    """
    is_first = np.zeros(len(keys), dtype=bool)
    is_first[np.unique(keys, return_index=True)[1]] = True
    return is_first
