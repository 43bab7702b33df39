"""What Label next remembers of a pool: what a run says about it, and its ranking."""

from pathlib import Path
from typing import Any

import streamlit as st

from pages._app import state
from textcls_core.dataset.store import DatasetInfo
from textcls_core.errors import NotFoundError
from textcls_core.mistakes.active_learning.labelling import pending_labels
from textcls_core.mistakes.active_learning.pool import PoolFilter, known_texts
from textcls_core.mistakes.active_learning.predicted import PoolPredictions, read_pool
from textcls_core.mistakes.active_learning.ranking import Measure, Strategy
from textcls_core.mistakes.annotations.store import Annotations


@st.cache_resource(max_entries=2, show_spinner="Reading the predictions")
def _opened(folder: str) -> PoolPredictions:
    found = read_pool(state.workspace(), Path(folder))
    if found is None:
        raise NotFoundError("The predictions were deleted just now. Open the page again.")
    return found


@st.cache_resource(max_entries=16, show_spinner="Ranking the rows")
def _ranked(folder: str, wanted: PoolFilter, strategy: Strategy, measure: Measure) -> list[str]:
    found = _opened(folder)
    pool = state.dataset(found.info.fingerprint)
    rows = found.ranked(pool, wanted, strategy, measure)
    return pool.row_ids(found.positions[rows])


def ranked(
    found: PoolPredictions, wanted: PoolFilter, strategy: Strategy, measure: Measure
) -> list[str]:
    """Return the row ids of a pool, the one to label first at the front."""
    return _ranked(str(found.folder), wanted, strategy, measure)


def probabilities(found: PoolPredictions, row_id: str) -> dict[str, float]:
    """Return what the run says about one row of a pool."""
    opened = _opened(str(found.folder))
    return opened.probabilities_of(state.dataset(found.info.fingerprint).position(row_id))


@st.cache_resource(max_entries=2, show_spinner="Comparing texts")
def _known(pool: str, newest: str) -> Any:
    return known_texts(state.dataset(pool), state.dataset(newest))


def pending(pool: DatasetInfo, newest: DatasetInfo) -> dict[str, tuple[str, ...]]:
    """Return the labels of pool rows that the newest version of a data set does not have yet."""
    return pending_labels(
        state.dataset(newest.fingerprint),
        state.dataset(pool.fingerprint),
        _known(pool.fingerprint, newest.fingerprint),
        Annotations.open(state.workspace(), pool.name).by_row(),
        is_same=pool.name == newest.name,
    )
