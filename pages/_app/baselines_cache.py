"""What baselines answered on the rows of a run, as its charts and tables show it."""

from pathlib import Path

import streamlit as st

from pages._app import run_cache, state
from pages._app.baselines import COLUMNS
from pages._app.text import escape
from textcls_core.charts.evaluation.baselines import BaselineCurve
from textcls_core.dataset.text_dataset import Split
from textcls_core.evaluation.by_task import figures_of
from textcls_core.evaluation.calibration import Binning, Reliability
from textcls_core.evaluation.selective import RiskCoverage
from textcls_core.evaluation.slices import KnownRight
from textcls_core.runs.run import Run
from textcls_core.training.baseline_answers import AnsweredBaseline, answers_of_run
from textcls_core.wording import plural, quoted

Curves = tuple[dict[str, BaselineCurve], dict[str, BaselineCurve]]


def answered(run: Run, split: Split) -> list[AnsweredBaseline]:
    """Return the baselines of a run whose answers are known."""
    return _answered(str(run.folder), split, _known(run, split))


def curves(run: Run, split: Split) -> Curves:
    """Return the mean ROC curve of each baseline, and of precision by recall, by title."""
    return _curves(str(run.folder), split, _known(run, split))


def reliabilities(
    run: Run, split: Split, label_id: int | None, binning: Binning
) -> dict[str, Reliability | None]:
    """Return the reliability of each baseline by title; None without probabilities."""
    return _reliabilities(str(run.folder), split, _known(run, split), label_id, binning)


def risks(run: Run, split: Split) -> dict[str, RiskCoverage]:
    """Return the risk of each baseline's answers by how many are given, by title."""
    return {one.title: one.risk() for one in answered(run, split)}


def class_scores(run: Run, split: Split) -> dict[str, dict[str, float]]:
    """Return F1 of every class by each baseline, by its short name."""
    return _class_scores(str(run.folder), split, _known(run, split))


def known_right(
    run: Run, split: Split, row_ids: tuple[str, ...], label: str | None
) -> dict[str, KnownRight]:
    """Return which rows of a run each baseline has right, by title."""
    return {one.title: one.known_right(row_ids, label) for one in answered(run, split)}


def note(run: Run, split: Split, what: str, *, needs_probabilities: bool = False) -> str:
    """Return what to know about the baselines that a chart shows; nothing without any.

    Args:
        run: A finished run.
        split: One of its splits.
        what: How they are drawn.
        needs_probabilities: Whether answers alone cannot be drawn.
    """
    found = answered(run, split)
    shown = [one for one in found if one.has_probabilities or not needs_probabilities]
    lines = [what] if shown else []
    if needs_probabilities and len(shown) < len(found):
        names = quoted([one.title for one in found if not one.has_probabilities])
        lines.append(f"Without probabilities, so not drawn: {names}.")
    num_rows = len(run_cache.predictions(run, split)) if shown else 0
    lines += [
        f"{one.title} answered a sample of {plural(len(one.predictions), 'row')}."
        for one in shown
        if len(one.predictions) < num_rows
    ]
    titles = {one.title for one in found}
    missing = [one.title for one in state.run_baselines(run, split) if one.title not in titles]
    if missing:
        lines.append(
            f"Not drawn: {quoted(missing)}, measured before answers were kept. The next run "
            "measures again."
        )
    return escape(" ".join(lines))


def _known(run: Run, split: Split) -> str:
    """Return what the answers depend on."""
    return "".join(one.model_dump_json() for one in state.run_baselines(run, split))


@st.cache_resource(max_entries=4, show_spinner="Reading what baselines answered")
def _answered(folder: str, split: Split, known: str) -> list[AnsweredBaseline]:  # noqa: ARG001 - the key
    return answers_of_run(state.workspace(), Run(Path(folder)).config, split)


@st.cache_resource(max_entries=8, show_spinner="Drawing baselines")
def _curves(folder: str, split: Split, known: str) -> Curves:
    found = [(one.title, one.mean_curves()) for one in _answered(folder, split, known)]
    pairs = {title: pair for title, pair in found if pair is not None}
    return (
        {title: roc for title, (roc, _) in pairs.items()},
        {title: precision_recall for title, (_, precision_recall) in pairs.items()},
    )


@st.cache_resource(max_entries=8, show_spinner=False)
def _class_scores(folder: str, split: Split, known: str) -> dict[str, dict[str, float]]:
    return {
        COLUMNS[one.baseline.name]: {
            row.label: row.f1 for row in figures_of(one.predictions).per_class
        }
        for one in _answered(folder, split, known)
    }


@st.cache_resource(max_entries=64, show_spinner=False)
def _reliabilities(
    folder: str, split: Split, known: str, label_id: int | None, binning: Binning
) -> dict[str, Reliability | None]:
    known_baselines = _answered(folder, split, known)
    return {one.title: one.reliability(label_id, binning) for one in known_baselines}
