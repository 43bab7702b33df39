"""What the Compare view remembers: comparisons, and which runs cannot be compared."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from pages._app import state
from textcls_core.dataset.store import DatasetStore
from textcls_core.dataset.text_dataset import Split
from textcls_core.runs.comparison import (
    RunComparison,
    compare_runs,
    uses_same_rows,
    why_not_comparable,
)
from textcls_core.runs.run import Run
from textcls_core.runs.seeds import seed_siblings


def comparisons(run: Run, others: Sequence[Run], split: Split) -> list[RunComparison]:
    """Return every other run against `run`.

    Raises:
        InvalidArgumentError: If the rows or true labels of a run differ.
    """
    known = state.run_store().runs()
    runs = (run, *others)
    siblings = {one.run_id for each in runs for one in seed_siblings(each, known)}
    return _comparisons(
        str(run.folder.parent),
        str(state.workspace().datasets_dir),
        tuple(one.run_id for one in runs),
        split,
        tuple(state.decision_key(one) for one in runs),
        tuple(sorted(siblings)),
    )


@st.cache_resource(max_entries=8, show_spinner="Comparing the runs")
def _comparisons(
    root: str,
    datasets: str,
    run_ids: tuple[str, ...],
    split: Split,
    decisions: tuple[str, ...],  # noqa: ARG001 - the key
    siblings: tuple[str, ...],
) -> list[RunComparison]:
    runs, known = ([Run(Path(root) / run_id) for run_id in ids] for ids in (run_ids, siblings))
    return compare_runs(runs, split, DatasetStore(Path(datasets)), known=known)


def obstacle(run: Run, other: Run, split: Split) -> str:
    """Return why two runs cannot be compared; empty if nothing is known against it."""
    if uses_same_rows(run, other, split):
        return ""
    root, datasets = str(run.folder.parent), str(state.workspace().datasets_dir)
    return _obstacle(root, datasets, run.run_id, other.run_id, split)


@st.cache_data(max_entries=512, show_spinner="Looking for runs on the same rows")
def _obstacle(root: str, datasets: str, run_id: str, other_id: str, split: Split) -> str:
    one, another = (Run(Path(root) / each) for each in (run_id, other_id))
    return why_not_comparable(one, another, split, DatasetStore(Path(datasets)))
