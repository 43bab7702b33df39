"""What finished runs said about the rows of a split, read once for all views."""

from pathlib import Path

import streamlit as st

from pages._app import state
from textcls_core.dataset.text_dataset import Split
from textcls_core.evaluation.by_task import AnyPredictions, figures_of
from textcls_core.evaluation.figures import Figures
from textcls_core.mistakes.examples import Examples
from textcls_core.runs.run import Run


@st.cache_resource(max_entries=6, show_spinner="Reading predictions")
def _predictions(root: str, run_id: str, split: Split, decision: str) -> AnyPredictions:  # noqa: ARG001 - the key
    return Run(Path(root) / run_id).predictions(split)


def predictions(run: Run, split: Split) -> AnyPredictions:
    """Return what a finished run said about the rows of a split."""
    return _predictions(str(run.folder.parent), run.run_id, split, state.decision_key(run))


@st.cache_resource(max_entries=6, show_spinner="Reading the data set")
def _examples(root: str, run_id: str, split: Split, decision: str) -> Examples:  # noqa: ARG001 - the key
    run = Run(Path(root) / run_id)
    return Examples(predictions(run, split), state.dataset(run.config.dataset_fingerprint))


def examples(run: Run, split: Split) -> Examples:
    """Return the predictions of a finished run with their texts."""
    return _examples(str(run.folder.parent), run.run_id, split, state.decision_key(run))


@st.cache_resource(max_entries=16, show_spinner=False)
def _evaluation(root: str, run_id: str, split: Split, decision: str) -> Figures:  # noqa: ARG001 - the key
    return figures_of(predictions(Run(Path(root) / run_id), split))


def evaluation(run: Run, split: Split) -> Figures:
    """Return the figures of a finished run on one split."""
    return _evaluation(str(run.folder.parent), run.run_id, split, state.decision_key(run))
