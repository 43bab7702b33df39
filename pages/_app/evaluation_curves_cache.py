"""What the curves view remembers: the curves of a split, and facts about its rows."""

from pathlib import Path

import streamlit as st

from pages._app import evaluation_matrix_cache as matrix_cache
from pages._app import state
from textcls_core.dataset.text_dataset import Split
from textcls_core.evaluation.curves import Curves, curves_of
from textcls_core.runs.row_facts import RowFacts, row_facts
from textcls_core.runs.run import Run


@st.cache_resource(max_entries=8, show_spinner="Sorting rows by probability")
def _curves(root: str, run_id: str, split: Split, decision: str) -> Curves:  # noqa: ARG001 - the key
    return curves_of(matrix_cache.predictions(Run(Path(root) / run_id), split))


def curves(run: Run, split: Split) -> Curves:
    """Return ROC and precision-recall curves of a finished run."""
    return _curves(str(run.folder.parent), run.run_id, split, state.decision_key(run))


@st.cache_resource(max_entries=4, show_spinner="Measuring texts")
def _facts(root: str, run_id: str, split: Split) -> RowFacts:
    run = Run(Path(root) / run_id)
    dataset = state.dataset(run.config.dataset_fingerprint)
    return row_facts(run, dataset, split, state.workspace().cache_dir)


def facts(run: Run, split: Split) -> RowFacts:
    """Return lengths of the texts of a split, and which of them were cut off."""
    return _facts(str(run.folder.parent), run.run_id, split)
