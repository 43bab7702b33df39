"""What the curves view remembers: curves, facts about the rows, and figures by part of them."""

from pathlib import Path
from typing import Literal

import streamlit as st

from pages._app import baselines_cache, run_cache, state
from textcls_core.arrays import Lengths
from textcls_core.dataset.text_dataset import Split
from textcls_core.evaluation.curves import Curves, curves_of
from textcls_core.evaluation.parts import (
    LengthParts,
    PartFigure,
    PartMetric,
    length_parts,
    part_figures,
)
from textcls_core.runs.row_facts import RowFacts, row_facts
from textcls_core.runs.run import Run

Unit = Literal["words", "characters", "tokens"]


@st.cache_resource(max_entries=8, show_spinner="Sorting rows by probability")
def _curves(folder: str, split: Split, decision: str) -> Curves:  # noqa: ARG001 - the key
    return curves_of(run_cache.predictions(Run(Path(folder)), split))


def curves(run: Run, split: Split) -> Curves:
    """Return ROC and precision-recall curves of a finished run."""
    return _curves(str(run.folder), split, state.decision_key(run))


@st.cache_resource(max_entries=4, show_spinner="Measuring texts")
def _facts(folder: str, split: Split) -> RowFacts:
    run = Run(Path(folder))
    dataset = state.dataset(run.config.dataset_fingerprint)
    return row_facts(run, dataset, split, state.workspace().cache_dir)


def facts(run: Run, split: Split) -> RowFacts:
    """Return lengths of the texts of a split, and which of them were cut off."""
    return _facts(str(run.folder), split)


def lengths(run: Run, split: Split) -> dict[Unit, Lengths]:
    """Return the lengths of the texts of a split in every unit that is known, each (N,)."""
    known = facts(run, split)
    found: dict[Unit, Lengths] = {"words": known.num_words, "characters": known.num_characters}
    return found if known.num_tokens is None else {**found, "tokens": known.num_tokens}


@st.cache_resource(max_entries=32, show_spinner="Measuring short and long texts")
def _by_length(
    folder: str, split: Split, decision: str, unit: Unit, metric: PartMetric  # noqa: ARG001 - the key
) -> tuple[LengthParts, list[PartFigure | None]]:  # fmt: skip
    run = Run(Path(folder))
    parts = length_parts(lengths(run, split)[unit])
    predictions = run_cache.predictions(run, split)
    return parts, part_figures(predictions, parts.part_of_row, len(parts.bounds), metric)


def by_length(
    run: Run, split: Split, unit: Unit, metric: PartMetric
) -> tuple[LengthParts, list[PartFigure | None]]:
    """Return parts of texts of similar length, and a figure for each of them."""
    return _by_length(str(run.folder), split, state.decision_key(run), unit, metric)


def baselines_by_length(
    run: Run, split: Split, unit: Unit, metric: PartMetric
) -> dict[str, list[float | None]]:
    """Return a figure of each baseline for the same parts, by title."""
    parts, _ = by_length(run, split, unit, metric)
    place = (facts(run, split).row_ids, parts.part_of_row, len(parts.bounds), metric)
    known = baselines_cache.answered(run, split)
    return {one.title: one.part_values(*place) for one in known}


@st.cache_resource(max_entries=32, show_spinner=False)
def _by_truncation(
    folder: str, split: Split, decision: str, metric: PartMetric  # noqa: ARG001 - the key
) -> list[PartFigure | None]:  # fmt: skip
    run = Run(Path(folder))
    cut = _facts(folder, split).is_truncated
    if cut is None:
        return [None, None]
    return part_figures(run_cache.predictions(run, split), cut.astype(int), 2, metric)


def by_truncation(run: Run, split: Split, metric: PartMetric) -> list[PartFigure | None]:
    """Return a figure for texts that were read as a whole, and for those that were cut off."""
    return _by_truncation(str(run.folder), split, state.decision_key(run), metric)


def baselines_by_truncation(
    run: Run, split: Split, metric: PartMetric
) -> dict[str, list[float | None]]:
    """Return a figure of each baseline for whole texts and for those that the run cut off."""
    found = facts(run, split)
    if found.is_truncated is None:
        return {}
    place = (found.row_ids, found.is_truncated.astype(int), 2, metric)
    known = baselines_cache.answered(run, split)
    return {one.title: one.part_values(*place) for one in known}
