"""What the matrix view remembers: how two runs differ on a split."""

from pathlib import Path

import streamlit as st

from pages._app import run_cache, state
from textcls_core.dataset.text_dataset import Split
from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.confusion_difference import ConfusionDifference, confusion_difference
from textcls_core.evaluation.predictions import Predictions
from textcls_core.runs.run import Run


@st.cache_resource(max_entries=4, show_spinner="Comparing the runs")
def _difference(
    root: str,
    run_id: str,
    other_id: str,
    split: Split,
    decisions: tuple[str, str],  # noqa: ARG001 - the key
) -> ConfusionDifference:
    pair = (run_cache.predictions(Run(Path(root) / name), split) for name in (run_id, other_id))
    this, other = (each for each in pair if isinstance(each, Predictions))
    return confusion_difference(this, other)


def difference(run: Run, other: Run, split: Split) -> ConfusionDifference:
    """Return how the confusions of two runs on the same rows differ.

    Raises:
        NotFoundError: If the other run has no predictions for this split.
        InvalidArgumentError: If it was measured on other rows, labels or classes.
    """
    if not isinstance(run_cache.predictions(other, split), Predictions):
        raise InvalidArgumentError(
            "Expected a run with one label per text, but the other one gives several. "
            "Choose another run."
        )
    decisions = (state.decision_key(run), state.decision_key(other))
    return _difference(str(run.folder.parent), run.run_id, other.run_id, split, decisions)
