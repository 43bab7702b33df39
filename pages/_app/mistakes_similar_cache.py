"""What the Mistakes page remembers of training rows, to find those similar to a row."""

from pathlib import Path
from typing import Any

import streamlit as st

from pages._app import map_cache, state
from textcls_core.dataset.keys import RowKeys, normalised_keys
from textcls_core.embeddings.store import StoredEmbeddings
from textcls_core.mistakes.similar_training_rows import SimilarRow, same_texts
from textcls_core.mistakes.training_neighbours import TrainingNeighbours, training_mask
from textcls_core.runs.run import Run


@st.cache_resource(max_entries=2, show_spinner="Reading the vectors")
def _neighbours(run_folder: str, folder: str) -> TrainingNeighbours:
    stored = map_cache.opened(folder)
    return TrainingNeighbours.of(state.workspace(), Run(Path(run_folder)), stored)


def neighbours(run: Run, stored: StoredEmbeddings) -> TrainingNeighbours:
    """Return the embedded training rows of a run; their vectors stay in memory."""
    return _neighbours(str(run.folder), str(stored.folder))


@st.cache_resource(max_entries=2, show_spinner="Comparing texts")
def _keys(fingerprint: str) -> RowKeys:
    return normalised_keys(state.dataset(fingerprint).table["text"])


@st.cache_resource(max_entries=4, show_spinner=False)
def _is_training(run_folder: str) -> Any:
    run = Run(Path(run_folder))
    return training_mask(run, state.dataset(run.config.dataset_fingerprint))


def copies(run: Run, row_id: str) -> list[SimilarRow]:
    """Return the training rows with the same text as a row."""
    fingerprint = run.config.dataset_fingerprint
    is_training = _is_training(str(run.folder))
    return same_texts(state.dataset(fingerprint), _keys(fingerprint), is_training, row_id)
