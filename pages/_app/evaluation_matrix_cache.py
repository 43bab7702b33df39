"""What the matrix view remembers: predictions of a split, and how two runs differ on it."""

from pathlib import Path

import streamlit as st

from pages._app import state
from textcls_core.dataset.text_dataset import Split
from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.by_task import AnyPredictions
from textcls_core.evaluation.confusion_difference import ConfusionDifference, confusion_difference
from textcls_core.evaluation.predictions import Predictions
from textcls_core.runs.run import Run


@st.cache_resource(max_entries=4, show_spinner="Reading predictions")
def _predictions(root: str, run_id: str, split: Split, decision: str) -> AnyPredictions:  # noqa: ARG001 - the key
    return Run(Path(root) / run_id).predictions(split)


def predictions(run: Run, split: Split) -> AnyPredictions:
    """Return what a finished run said about the rows of a split."""
    return _predictions(str(run.folder.parent), run.run_id, split, state.decision_key(run))


@st.cache_resource(max_entries=4, show_spinner="Comparing the runs")
def _difference(
    root: str, run_id: str, other_id: str, split: Split, decisions: tuple[str, str]
) -> ConfusionDifference:
    pair = (
        _predictions(root, name, split, decision)
        for name, decision in zip((run_id, other_id), decisions, strict=True)
    )
    this, other = (each for each in pair if isinstance(each, Predictions))
    return confusion_difference(this, other)


def difference(run: Run, other: Run, split: Split) -> ConfusionDifference:
    """Return how the confusions of two runs on the same rows differ.

    Raises:
        NotFoundError: If the other run has no predictions for this split.
        InvalidArgumentError: If it was measured on other rows, labels or classes.
    """
    if not isinstance(predictions(other, split), Predictions):
        raise InvalidArgumentError(
            "Expected a run with one label per text, but the other one gives several. "
            "Choose another run."
        )
    decisions = (state.decision_key(run), state.decision_key(other))
    return _difference(str(run.folder.parent), run.run_id, other.run_id, split, decisions)
