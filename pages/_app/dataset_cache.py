"""What the Data page remembers of a data set version, by its fingerprint."""

from pathlib import Path
from typing import Any

import streamlit as st

from pages._app import state
from textcls_core.audit.words import Mix, mixes_of
from textcls_core.dataset.query import RowTable
from textcls_core.dataset.statistics import Statistics, statistics_of, words_per_text
from textcls_core.dataset.store import DatasetInfo
from textcls_core.training.preview import PreviewRow, first_batch
from textcls_core.workspace import Workspace


@st.cache_data(max_entries=8, show_spinner="Counting words")
def word_lengths(fingerprint: str) -> Any:
    """Return words per text of a data set version, shape (N,), or of a sample of it."""
    return words_per_text(state.texts_to_measure(fingerprint))


@st.cache_data(max_entries=8, show_spinner="Looking at scripts and languages")
def mixes(fingerprint: str) -> tuple[Mix, Mix]:
    """Return the scripts and the languages of a data set version, or of a sample of it."""
    return mixes_of(state.texts_to_measure(fingerprint))


@st.cache_resource(max_entries=8, show_spinner="Counting rows")
def statistics(fingerprint: str) -> Statistics:
    """Return the counts of a data set version."""
    return statistics_of(state.workspace(), state.dataset_store().find(fingerprint))


@st.cache_resource(max_entries=2, show_spinner="Opening the rows")
def _row_table(root: str, fingerprint: str) -> RowTable:
    return RowTable.open(Workspace(Path(root)), state.dataset_store().find(fingerprint))


def row_table(info: DatasetInfo) -> RowTable:
    """Return the rows of a version whose index is there, opened for queries."""
    return _row_table(str(state.workspace().root), info.fingerprint)


@st.cache_data(max_entries=32, show_spinner="Cutting the text into tokens")
def tokens_of(text: str, label: str, model: str, max_length: int) -> list[PreviewRow]:
    """Return one text as a model sees it."""
    return first_batch([text], [label], state.tokenizer_dir(model), max_length=max_length)
