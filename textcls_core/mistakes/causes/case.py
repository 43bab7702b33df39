"""The mistakes of one run on one split, with what every kind of evidence needs to know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from textcls_core.arrays import Indices, Lengths, Mask, Probabilities
from textcls_core.dataset.store import DatasetStore
from textcls_core.dataset.text_dataset import Split, TextDataset
from textcls_core.evaluation.by_task import AnyPredictions, label_sets, right_rows
from textcls_core.evaluation.multi_label import THRESHOLD, MultiLabelPredictions
from textcls_core.mistakes.causes.found import Cause
from textcls_core.mistakes.causes.triage import Coverage
from textcls_core.mistakes.training_neighbours import training_mask
from textcls_core.runs.run import Run
from textcls_core.wording import percent, quoted
from textcls_core.workspace import Workspace


class Finding(BaseModel):
    """One cause in all mistakes of a split."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    evidence: dict[str, str]
    """By row id, for the mistakes that have this cause."""
    coverage: Coverage


@dataclass(frozen=True)
class Case:
    """The M mistakes of a run on a split, the largest loss first."""

    workspace: Workspace
    run: Run
    dataset: TextDataset
    """The version that the run was trained on."""
    predictions: AnyPredictions
    rows: Indices
    """Positions of the mistakes in the predictions, shape (M,)."""

    @classmethod
    def open(cls, workspace: Workspace, run: Run, split: Split) -> "Case":
        """Return the mistakes of a run.

        Raises:
            NotFoundError: If the run has no predictions for the split, or its data set is gone.
        """
        dataset = DatasetStore.open(workspace).load(run.config.dataset_fingerprint)
        predictions = run.predictions(split)
        wrong = np.flatnonzero(~right_rows(predictions))
        order = np.argsort(-predictions.loss[wrong], kind="stable")
        return cls(workspace, run, dataset, predictions, wrong[order])

    def __len__(self) -> int:
        """Number of mistakes, M."""
        return len(self.rows)

    @property
    def is_single(self) -> bool:
        """Whether a text has exactly one label."""
        return not isinstance(self.predictions, MultiLabelPredictions)

    @cached_property
    def row_ids(self) -> list[str]:
        """Row id of each mistake, M of them."""
        return [self.predictions.row_ids[row] for row in self.rows]

    @cached_property
    def positions(self) -> Indices:
        """Where the mistakes are in the data set, shape (M,)."""
        return self.dataset.positions(self.row_ids)

    @cached_property
    def texts(self) -> list[str]:
        """Text of each mistake, M of them."""
        return self.dataset.texts(self.positions)

    @cached_property
    def training(self) -> Indices:
        """Positions of the rows that the run was trained on, shape (T,)."""
        return np.flatnonzero(training_mask(self.run, self.dataset))

    @cached_property
    def probabilities(self) -> Probabilities:
        """What the run said about each mistake, shape (M, C)."""
        return np.asarray(self.predictions.probabilities[self.rows])

    @cached_property
    def true(self) -> Mask:
        """Whether each mistake has each label, shape (M, C)."""
        return np.asarray(label_sets(self.predictions)[self.rows])

    @cached_property
    def given(self) -> Mask:
        """Whether each mistake was given each label, shape (M, C)."""
        return self.answers(self.probabilities)

    def answers(self, probabilities: Probabilities) -> Mask:
        """Return which labels some probabilities give, shape (M, C)."""
        if not self.is_single:
            return np.asarray(probabilities >= THRESHOLD)
        answers = np.zeros(probabilities.shape, dtype=bool)
        answers[np.arange(len(answers)), probabilities.argmax(axis=1)] = True
        return answers

    def is_right(self, place: int, probabilities: Probabilities) -> Mask:
        """Return which of several answers about one mistake would be right, shape (N,).

        Args:
            place: Position among the mistakes.
            probabilities: Shape (N, C).
        """
        return np.asarray((self.answers(probabilities) == self.true[place]).all(axis=1))

    def truth(self, place: int, probabilities: Probabilities) -> np.ndarray:
        """Return how sure several answers are of what is true of one mistake, shape (N,).

        It is the probability of the true class; with several labels, that of the label they are
        least sure of, as it should be.
        """
        true = self.true[place]
        if self.is_single:
            return np.asarray(probabilities[:, true.argmax()])
        return np.asarray(np.where(true, probabilities, 1 - probabilities).min(axis=1))

    def true_names(self, place: int) -> str:
        """Return the true labels of a mistake as they stand in a sentence."""
        return self.names(self.true[place])

    def names(self, labels: Mask) -> str:
        """Return labels, given as flags of shape (C,), as they stand in a sentence."""
        return quoted([self.predictions.label_names[i] for i in np.flatnonzero(labels)])

    def gives_truth(self, place: int, probabilities: Probabilities) -> str:
        """Return `"sport" (91.0 %)`: what is true of a mistake, and how sure an answer is of it.

        Args:
            place: Position among the mistakes.
            probabilities: Of the answer, shape (1, C).
        """
        share = percent(float(self.truth(place, probabilities)[0]))
        return f"{self.true_names(place)} ({share})"

    def label_sets_at(self, positions: Indices) -> list[list[int]]:
        """Return the label ids of rows of the data set."""
        return list(self.dataset.table["label_ids"].take(pa.array(positions)).to_pylist())

    def training_counts(self) -> Lengths:
        """Return training rows per class, shape (C,)."""
        flat = [label_id for ids in self.label_sets_at(self.training) for label_id in ids]
        return np.bincount(np.array(flat, dtype=np.int64), minlength=self.dataset.num_labels)

    def finding(
        self,
        cause: Cause,
        evidence: Mapping[int, str],
        *,
        asked: Sequence[int] | Indices | None = None,
        looked: int | None = None,
        note: str = "",
    ) -> Finding:
        """Return what was found about one cause.

        Args:
            cause: Its name.
            evidence: By position among the mistakes.
            asked: Mistakes it could apply to; all of them unless said otherwise.
            looked: How many of these were looked at; all of them unless said otherwise.
            note: What else to know.
        """
        most = len(self) if asked is None else len(asked)
        return Finding(
            evidence={self.row_ids[place]: said for place, said in evidence.items()},
            coverage=Coverage(
                cause=cause, asked=most, looked=most if looked is None else looked, note=note
            ),
        )
