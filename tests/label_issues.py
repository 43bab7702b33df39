"""A toy data set with planted wrong labels, and its queue, for tests of all rooms."""

import numpy as np

from textcls_core.dataset.fixes import relabel
from textcls_core.dataset.store import DatasetInfo, DatasetStore
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.mistakes.label_issues.job import queue_dir
from textcls_core.mistakes.label_issues.queue import LabelIssues
from textcls_core.mistakes.label_issues.ranking import rank_label_issues
from textcls_core.models.catalogue import EMBEDDED
from textcls_core.workspace import Workspace


def plant(dataset: TextDataset, count: int, seed: int = 0) -> tuple[TextDataset, dict[str, str]]:
    """Return a data set with wrong labels on some rows, and the true labels of these rows."""
    generator = np.random.default_rng(seed)
    rows = generator.permutation(dataset.num_examples)[:count]
    names, true = dataset.label_names, dataset.label_ids
    row_ids = dataset.row_ids(rows)
    wrong = [names[(true[row] + generator.integers(1, len(names))) % len(names)] for row in rows]
    right = {row_id: names[true[row]] for row_id, row in zip(row_ids, rows, strict=True)}
    return relabel(dataset, dict(zip(row_ids, wrong, strict=True))), right


def topic_vectors(dataset: TextDataset, seed: int = 0) -> np.ndarray:
    """Return embeddings in which rows with the same labels lie together."""
    generator = np.random.default_rng(seed)
    centres = generator.normal(size=(dataset.num_labels, 12))
    means = np.array([centres[ids].sum(axis=0) for ids in dataset.label_sets])
    return (means + generator.normal(0, 0.4, means.shape)).astype(np.float32)


def facts_of(dataset: TextDataset) -> dict[str, object]:
    """Return what a queue says about where it comes from."""
    return {
        "fingerprint": dataset.fingerprint,
        "source": EMBEDDED,
        "num_examples": dataset.num_examples,
    }


def stored_queue(
    workspace: Workspace, clean: TextDataset, noisy: TextDataset, name: str
) -> tuple[DatasetInfo, LabelIssues]:
    """Store a noisy data set and its queue, made from embeddings of the clean one."""
    info = DatasetStore.open(workspace).save(noisy, name, "made for the tests")
    issues = rank_label_issues(noisy, topic_vectors(clean), facts_of(noisy))
    issues.save(queue_dir(workspace, info.fingerprint, EMBEDDED))
    return info, issues
