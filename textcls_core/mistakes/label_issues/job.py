"""The background job that looks for label issues; see `textcls_core.jobs`.

Its result lies in `cache/label_issues/` and is named by what it depends on. torch is imported when
embeddings are computed, so that a page can offer the button.
"""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from textcls_core.dataset.store import DatasetStore
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.embeddings.computing import compute_embeddings
from textcls_core.embeddings.source import source_name
from textcls_core.embeddings.store import MAX_TOKENS, stored_embeddings
from textcls_core.errors import DatasetFormatError
from textcls_core.jobs.progress import Report, ignore
from textcls_core.mistakes.label_issues.folds import cross_validated
from textcls_core.mistakes.label_issues.queue import GROUP_PREFIX, RECIPE, LabelIssues
from textcls_core.mistakes.label_issues.ranking import rank_label_issues
from textcls_core.models.catalogue import EMBEDDED
from textcls_core.runs.group_store import GroupStore
from textcls_core.workspace import Workspace

ENTRY = "textcls_core.mistakes.label_issues.job:run_job"
_ID_CHARACTERS = 16


def run_job(workspace: Workspace, arguments: dict[str, Any], progress: Report) -> None:
    """Look for label issues.

    Args:
        workspace: Where data sets, runs and results are.
        arguments: `fingerprint`, and `source` as in `compute_label_issues`.
        progress: Reports, and raises when asked to stop.
    """
    compute_label_issues(
        workspace, str(arguments["fingerprint"]), str(arguments["source"]), progress=progress
    )


def compute_label_issues(
    workspace: Workspace, reference: str, source: str = EMBEDDED, *, progress: Report = ignore
) -> LabelIssues:
    """Return the queue of a data set version, from disk if it was made before.

    Args:
        workspace: Where data sets, runs and results are.
        reference: Name or fingerprint of the data set version.
        source: An encoder (`minilm`, a folder, a hub name, the id of a run), whose embeddings get
            heads by cross-validation; or `group:` and the id of a finished cross-validation.
        progress: Told after each step; may raise to stop.

    Raises:
        NotFoundError: If the data set, run or group does not exist.
        DatasetFormatError: If the data set has fewer than two labels.
        ModelError: If the encoder is missing or gives no usable numbers.
        RunStateError: If the run or the cross-validation is not finished.
    """
    progress(0, 0, "Reading the data set")
    dataset = DatasetStore.open(workspace).load(reference)
    found = find_label_issues(workspace, dataset.fingerprint, source)
    if found is not None:
        return found
    if dataset.num_labels < 2:
        raise DatasetFormatError(
            f"Expected 2 labels or more to tell apart, found {dataset.num_labels}. "
            "Add rows of another class."
        )
    look = _by_group if source.startswith(GROUP_PREFIX) else _by_encoder
    issues = look(workspace, dataset, source, progress)
    issues.save(queue_dir(workspace, dataset.fingerprint, source))
    return issues


def find_label_issues(workspace: Workspace, fingerprint: str, source: str) -> LabelIssues | None:
    """Return the queue of a data set version if it was made before."""
    return LabelIssues.load(queue_dir(workspace, fingerprint, source))


def queue_dir(workspace: Workspace, fingerprint: str, source: str) -> Path:
    """Return the folder of a queue, whether it was made or not."""
    name = source if source.startswith(GROUP_PREFIX) else source_name(source)
    digest = hashlib.sha256(f"{RECIPE}\0{name}\0{MAX_TOKENS}".encode()).hexdigest()
    return (
        workspace.cache_dir
        / "label_issues"
        / f"{fingerprint[:_ID_CHARACTERS]}-{digest[:_ID_CHARACTERS]}"
    )


def _by_encoder(
    workspace: Workspace, dataset: TextDataset, source: str, progress: Report
) -> LabelIssues:
    stored = compute_embeddings(workspace, dataset.fingerprint, source, progress=progress)
    rows = _rows(dataset, stored.positions)
    facts = _facts(dataset, stored.info.source)
    return rank_label_issues(rows, stored.vectors, facts, progress=progress)


def _by_group(
    workspace: Workspace, dataset: TextDataset, source: str, progress: Report
) -> LabelIssues:
    """Use the folds' probabilities, and the neighbours if embeddings are there anyway."""
    group = GroupStore.open(workspace).open_group(source.removeprefix(GROUP_PREFIX))
    positions, scores = cross_validated(group, dataset)
    model = group.plan.config.model
    vectors = stored_embeddings(workspace, dataset.fingerprint, model)
    return rank_label_issues(
        _rows(dataset, positions),
        None if vectors is None else vectors[positions],
        _facts(dataset, source),
        outside={"cross-validation": scores},
        progress=progress,
    )


def _rows(dataset: TextDataset, positions: np.ndarray) -> TextDataset:
    if len(positions) == dataset.num_examples:
        return dataset
    table = dataset.table.take(pa.array(positions))
    return TextDataset(table, dataset.label_names, dataset.task)


def _facts(dataset: TextDataset, source: str) -> dict[str, Any]:
    return {
        "fingerprint": dataset.fingerprint,
        "source": source,
        "num_examples": dataset.num_examples,
    }
