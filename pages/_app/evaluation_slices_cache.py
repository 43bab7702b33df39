"""What the slices of the Evaluate page remember, by run, split and decision."""

from pathlib import Path

import streamlit as st

from pages._app import run_cache, state
from textcls_core.dataset.text_dataset import Split
from textcls_core.embeddings.clusters import (
    CLUSTER,
    NO_EMBEDDINGS,
    embeddings_for_clusters,
    stored_cluster_facet,
)
from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.by_task import AnyPredictions, right_rows
from textcls_core.evaluation.fairness import Fairness
from textcls_core.runs.facets import Facet, make_facet
from textcls_core.runs.group_fairness import fairness_of
from textcls_core.runs.measured_slices import FoundSlices, find_weak
from textcls_core.runs.run import Run
from textcls_core.runs.slice_history import previous_run
from textcls_core.runs.slice_rows import SliceRows

Key = tuple[str, str, Split, str]
"""Folder of the runs, run id, split and decision: what rows depend on."""


def key_of(run: Run, split: Split) -> Key:
    """Return what the rows of a run depend on."""
    return str(run.folder.parent), run.run_id, split, state.decision_key(run)


def _run(key: Key) -> Run:
    return Run(Path(key[0]) / key[1])


@st.cache_resource(max_entries=3, show_spinner="Measuring the texts")
def rows_of(key: Key) -> SliceRows:
    """Return the rows of a split with everything that slices are made of."""
    run = _run(key)
    dataset = state.dataset(run.config.dataset_fingerprint)
    return SliceRows.of_run(run, dataset, key[2], state.workspace().cache_dir)


def stored_embeddings(run: Run) -> str:
    """Return the folder of the embeddings that clusters are made of, or nothing."""
    found = embeddings_for_clusters(state.workspace(), run.config.dataset_fingerprint)
    return "" if found is None else str(found.folder)


@st.cache_resource(max_entries=24, show_spinner="Cutting the rows into slices")
def facet(key: Key, name: str, embeddings: str) -> Facet:
    """Return one property of the rows.

    Args:
        key: From `key_of`.
        name: One of `facet_names`, or `cluster`.
        embeddings: From `stored_embeddings`; counts for clusters only.

    Raises:
        InvalidArgumentError: If there is no such property.
    """
    if name != CLUSTER:
        return make_facet(rows_of(key), name)
    fingerprint = _run(key).config.dataset_fingerprint
    clusters = stored_cluster_facet(state.workspace(), fingerprint, rows_of(key))
    if clusters is None or not embeddings:
        raise InvalidArgumentError(NO_EMBEDDINGS)
    return clusters


@st.cache_resource(max_entries=12, show_spinner="Searching for weak slices")
def weak_slices(key: Key, label: str, embeddings: str) -> FoundSlices:
    """Return the slices that are weaker than the rest.

    Args:
        key: From `key_of`.
        label: The class whose yes or no is looked at; nothing looks at the whole answer.
        embeddings: From `stored_embeddings`: clusters are searched too if there are some.
    """
    rows = rows_of(key)
    clusters = [facet(key, CLUSTER, embeddings)] if embeddings else []
    return find_weak(rows, right_rows(rows.predictions, label or None), clusters)


@st.cache_resource(max_entries=24, show_spinner="Comparing the groups")
def fairness(key: Key, by: str, positive: str) -> Fairness:
    """Return the rates of a class in each group."""
    return fairness_of(rows_of(key), by, positive)


def run_before(run: Run, split: Split) -> tuple[Run, AnyPredictions] | None:
    """Return the run before this one on the same data set, with what it said about a split."""
    earlier = previous_run(state.workspace(), run, split)
    return None if earlier is None else (earlier, run_cache.predictions(earlier, split))
