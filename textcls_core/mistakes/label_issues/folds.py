"""Probabilities of a finished cross-validation: every row was judged by a run that never saw it."""

import numpy as np

from textcls_core.arrays import Indices
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.errors import RunStateError
from textcls_core.evaluation.predictions import Predictions
from textcls_core.runs.group import RunGroup
from textcls_core.runs.group_store import GroupStore
from textcls_core.runs.run import Run, RunStatus
from textcls_core.workspace import Workspace

_SMALLEST = 1e-9


def finished_cross_validations(workspace: Workspace, fingerprint: str) -> list[RunGroup]:
    """Return the cross-validations of a data set version with all their folds, newest first."""
    groups = GroupStore.open(workspace).groups()
    return [
        group
        for group in groups
        if group.plan.kind == "folds"
        and group.plan.config.dataset_fingerprint == fingerprint
        and len(_completed(group)) == group.plan.num_planned
    ]


def cross_validated(group: RunGroup, dataset: TextDataset) -> tuple[Indices, np.ndarray]:
    """Return which rows the folds validated, and the log-odds or log-probabilities of each label.

    Args:
        group: A finished cross-validation of this data set version.
        dataset: Gives the positions of the rows.

    Returns:
        M positions, upwards, and scores of shape (M, C).

    Raises:
        RunStateError: If a fold is missing.
    """
    runs = _completed(group)
    if len(runs) != group.plan.num_planned:
        raise RunStateError(
            f"Expected {group.plan.num_planned} finished folds, found {len(runs)}. "
            "Wait for the cross-validation to end, or resume it."
        )
    positions, scores = [], []
    for run in runs:
        predictions = run.raw_predictions("validation")  # the queue follows from the folds alone
        chosen = np.clip(predictions.probabilities, _SMALLEST, 1 - _SMALLEST)
        is_single = isinstance(predictions, Predictions)
        scores.append(np.log(chosen) if is_single else np.log(chosen / (1 - chosen)))
        positions.append(dataset.positions(predictions.row_ids))
    order = np.argsort(np.concatenate(positions), kind="stable")
    return np.concatenate(positions)[order], np.concatenate(scores)[order]


def _completed(group: RunGroup) -> list[Run]:
    return [run for run in group.members if run.status == RunStatus.COMPLETED]
