"""What the Mistakes page remembers of a run, by split, decision and what was said since."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from pages._app import run_cache, state
from pages._app.annotating import annotations_of
from textcls_core.arrays import Indices
from textcls_core.dataset.text_dataset import Split
from textcls_core.mistakes.causes.found import FoundCause
from textcls_core.mistakes.causes.triage import Triage, read_triage, triage_stamp
from textcls_core.mistakes.example_filter import ExampleFilter, Filtered, Sides, filter_examples
from textcls_core.mistakes.marks import RowMarks
from textcls_core.mistakes.order import Order, in_order, sort_key
from textcls_core.mistakes.reading import ReadText, read_text
from textcls_core.mistakes.sides import can_count_tokens, measure, sides_of
from textcls_core.models.token_lengths import load_tokenizer
from textcls_core.runs.dynamics import Dynamics, has_dynamics
from textcls_core.runs.row_facts import RowFacts
from textcls_core.runs.run import Run
from textcls_core.runs.saved_slices import SavedSlice, SavedSlices


@dataclass(frozen=True, slots=True)
class Key:
    """What everything here depends on; equal keys give equal answers."""

    root: str
    run_id: str
    split: Split
    decision: str
    triage: str
    annotations: str
    slices: tuple[str, ...]

    @property
    def run(self) -> Run:
        """The run."""
        return Run(Path(self.root) / self.run_id)


@dataclass(frozen=True, slots=True)
class Found:
    """The rows that pass a filter."""

    filtered: Filtered
    sort_key: Any
    """What the rows are sorted upwards by, shape (N,)."""
    places: Indices
    """Positions among the N rows, in the chosen order, shape (M,)."""


def key_of(run: Run, split: Split) -> Key:
    """Return what the examples, their marks and their slices depend on now."""
    workspace = state.workspace()
    return Key(
        root=str(run.folder.parent),
        run_id=run.run_id,
        split=split,
        decision=state.decision_key(run),
        triage=triage_stamp(workspace, run, split),
        annotations=annotations_of(run).stamp,
        slices=tuple(f"{saved.name} {saved.created_at}" for saved in saved_slices(run)),
    )


def saved_slices(run: Run) -> Sequence[SavedSlice]:
    """Return the slices saved for the data set of a run."""
    return SavedSlices.of_run(state.workspace(), run).all()


def triage_of(run: Run, split: Split) -> Triage | None:
    """Return the causes of a run's mistakes if they were looked for; read once for all views."""
    stamp = triage_stamp(state.workspace(), run, split)
    return _triage(str(run.folder), split, stamp) if stamp else None


@st.cache_resource(max_entries=8, show_spinner=False)
def _triage(folder: str, split: Split, stamp: str) -> Triage | None:  # noqa: ARG001 - the key
    return read_triage(state.workspace(), Run(Path(folder)), split)


def causes_by_row(key: Key) -> Mapping[str, Sequence[FoundCause]]:
    """Return the causes that were found, by row id; none if nobody looked for them yet."""
    found = triage_of(key.run, key.split)
    return {} if found is None else found.by_row


@st.cache_resource(max_entries=4, show_spinner="Measuring the texts")
def _facts(root: str, run_id: str, split: Split, decision: str, triage: str) -> RowFacts:  # noqa: ARG001 - the key
    run = Run(Path(root) / run_id)
    return measure(state.workspace(), run, run_cache.examples(run, split))


def facts(key: Key) -> RowFacts:
    """Return the lengths of the texts; tokens only if they were counted before or are few."""
    return _facts(key.root, key.run_id, key.split, key.decision, key.triage)


def can_count(key: Key) -> bool:
    """Tell whether the tokens of the texts could be counted."""
    return can_count_tokens(key.run)


def count_tokens(key: Key) -> None:
    """Count the tokens of all texts of the split, and remember them."""
    measure(state.workspace(), key.run, run_cache.examples(key.run, key.split), count_tokens=True)
    _facts.clear()
    _sides.clear()
    _found.clear()


@st.cache_resource(max_entries=8, show_spinner=False)
def _sides(key: Key) -> Sides:
    examples = run_cache.examples(key.run, key.split)
    marks = RowMarks.of(examples.places, causes_by_row(key), annotations_of(key.run).by_row())
    return sides_of(examples, facts(key), marks, saved_slices(key.run))


def sides(key: Key) -> Sides:
    """Return the marks, lengths and slices of the rows."""
    return _sides(key)


@st.cache_resource(max_entries=32, show_spinner=False)
def _found(key: Key, wanted: ExampleFilter, order: Order) -> Found:
    examples = run_cache.examples(key.run, key.split)
    filtered = filter_examples(examples, wanted, sides(key))
    by = sort_key(examples, order, dynamics(key.run))
    return Found(filtered, by, in_order(filtered.kept, by))


def found(key: Key, wanted: ExampleFilter, order: Order) -> Found:
    """Return the rows that pass a filter, in an order.

    Raises:
        InvalidArgumentError: If the filter cannot be followed.
    """
    return _found(key, wanted, order)


@st.cache_resource(max_entries=4, show_spinner=False)
def _dynamics(folder: str) -> Dynamics | None:
    return Run(Path(folder)).dynamics


def dynamics(run: Run) -> Dynamics | None:
    """Return what a finished run recorded of its training rows, if it did."""
    return _dynamics(str(run.folder)) if has_dynamics(run.dynamics_dir) else None


@st.cache_resource(max_entries=2, show_spinner="Reading the tokenizer")
def _tokenizer(folder: str, ended_at: str) -> Any:  # noqa: ARG001 - the key
    return load_tokenizer(Path(folder))


@st.cache_data(max_entries=64, show_spinner=False)
def _read(folder: str, ended_at: str, text: str) -> ReadText:
    run = Run(Path(folder))
    return read_text(text, _tokenizer(str(run.model_dir), ended_at), run.config)


def read_part(run: Run, text: str) -> ReadText:
    """Return how much of a text a run reads.

    Raises:
        ModelError: If its model has no tokenizer.
    """
    return _read(str(run.folder), str(run.ended_at), text)
