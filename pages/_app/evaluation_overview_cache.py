"""What the Evaluate page remembers of all figures of a run."""

from pathlib import Path

import streamlit as st

from pages._app import run_cache, state
from textcls_core.dataset.keys import RowKeys, equal_text_groups
from textcls_core.dataset.text_dataset import Split
from textcls_core.errors import NotFoundError
from textcls_core.evaluation.metrics import Metrics, measure
from textcls_core.runs.run import Run


@st.cache_resource(max_entries=16, show_spinner=False)
def _metrics(root: str, run_id: str, split: Split, decision: str) -> Metrics:  # noqa: ARG001 - the key
    run = Run(Path(root) / run_id)
    predictions = run_cache.predictions(run, split)
    return measure(predictions, _groups(run, predictions.row_ids))


def metrics(run: Run, split: Split) -> Metrics:
    """Return all figures of a finished run on one split, with their intervals."""
    return _metrics(str(run.folder.parent), run.run_id, split, state.decision_key(run))


def _groups(run: Run, row_ids: tuple[str, ...]) -> RowKeys | None:
    """Return which rows have equal texts; None if the data set is gone."""
    try:
        return equal_text_groups(state.dataset(run.config.dataset_fingerprint), row_ids)
    except NotFoundError:
        return None
