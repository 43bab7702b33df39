"""Runs written by hand whose mistakes are known, and a model that only knows words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from textcls_core.config import RunConfig
from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.store import DatasetStore
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.evaluation.by_task import predictions_of
from textcls_core.files import write_json
from textcls_core.mistakes.causes.case import Case
from textcls_core.runs.run import Run
from textcls_core.runs.store import RunStore
from textcls_core.workspace import Workspace

Row = tuple[str, str, str]
"""Text, label and split."""


def dataset_of(rows: Sequence[Row]) -> TextDataset:
    texts, labels, splits = (list(column) for column in zip(*rows, strict=True))
    return build_dataset(Rows(texts, labels, splits, extra={}))


def make_run(
    workspace: Workspace,
    dataset: TextDataset,
    answers: Mapping[str, Sequence[float]],
    name: str = "made",
    **settings: object,
) -> Run:
    """Write a finished run that is right but for the texts with probabilities of their own."""
    info = DatasetStore.open(workspace).save(dataset, name, "made for the tests")
    config = {"dataset": name, "dataset_fingerprint": info.fingerprint, "max_length": 16}
    run, _ = RunStore.open(workspace).create(RunConfig.create({**config, **settings}))
    run.predictions_file("test").parent.mkdir()
    for split in dataset.splits:
        rows = dataset.indices(split)
        targets = dataset.targets[rows]
        sure = np.eye(dataset.num_labels)[targets] if targets.ndim == 1 else targets
        probabilities = 0.94 * sure + 0.06 / dataset.num_labels
        for place, text in enumerate(dataset.texts(rows)):
            probabilities[place] = answers.get(text, probabilities[place])
        row_ids = tuple(dataset.row_ids(rows))
        predictions = predictions_of(row_ids, targets, probabilities, dataset.label_names)
        predictions.save(run.predictions_file(split))
    write_json(run.folder / "finished.json", {"outcome": "completed"})
    return run


def make_case(
    workspace: Workspace,
    rows: Sequence[Row],
    answers: Mapping[str, Sequence[float]],
    split: str = "test",
    **settings: object,
) -> Case:
    """Return the mistakes of a run written by hand."""
    return Case.open(workspace, make_run(workspace, dataset_of(rows), answers, **settings), split)


def by_text(case: Case, evidence: Mapping[str, str]) -> dict[str, str]:
    """Return evidence by text instead of row id."""
    return {
        text: evidence[row_id]
        for row_id, text in zip(case.row_ids, case.texts, strict=True)
        if row_id in evidence
    }


@dataclass
class WordModel:
    """Answers with the class whose words occur most in what it reads: the first `length` words."""

    words: Mapping[str, int]
    """Class by word, in lower case."""
    num_classes: int
    length: int = 8
    asked_tokens: int = 0
    """Tokens that the last reading of whole texts was to reach."""

    def read_part(self, text: str) -> str:
        return " ".join(text.split()[: self.length])

    def unread_part(self, text: str) -> str:
        return " ".join(text.split()[self.length :])

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        return np.array([self._answer(self.read_part(text)) for text in texts])

    def whole_probabilities(self, texts: Sequence[str], num_tokens: int) -> np.ndarray:
        self.asked_tokens = num_tokens
        return np.array([self._answer(text) for text in texts])

    def _answer(self, text: str) -> np.ndarray:
        scores = np.zeros(self.num_classes)
        for word in text.lower().split():
            if word in self.words:
                scores[self.words[word]] += 3
        powers = np.exp(scores - scores.max())
        return powers / powers.sum()
