"""The curves of a run, and of runs beside it; their zoom stays while they grow."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages._app import controls, state
from pages._app.live_samples import show_samples
from pages._app.text import escape
from textcls_core.charts.baselines import BaselineLine
from textcls_core.charts.live import ZOOM, Histories, View
from textcls_core.charts.training import (
    FIRST_SCORE,
    STEP_FIGURES,
    has_figure,
    loss_chart,
    score_columns,
    scores_chart,
    step_chart,
)
from textcls_core.evaluation.metric_names import metric_of
from textcls_core.runs.run import Run
from textcls_core.wording import capitalised, figure_name

_NOTES_SHOWN = 4
_SIDE_WIDTH = 180


def show_notes(run: Run) -> None:
    """Show what happened to the run, newest first."""
    for row in state.history(run).notes[: -_NOTES_SHOWN - 1 : -1]:
        st.caption(f":material/info: Step {row['step']:,}: {escape(row['note'])}")


def show_curves(run: Run, others: Sequence[Run], baselines: Sequence[BaselineLine]) -> None:
    """Show losses, validation figures, and what each step took.

    Args:
        run: The run that is watched.
        others: Runs to draw beside it.
        baselines: Lines to beat.
    """
    runs = [run, *others]
    names = state.distinct_labels({run.run_id: run.config.title for run in runs})
    histories = {names[run.run_id]: state.history(run) for run in runs}
    kept_by = {names[run.run_id]: run.config.metric_for_best_model for run in runs}
    metric, view = _choose_view(runs, score_columns(histories, kept_by))
    _draw("loss", loss_chart(histories, view, baselines), "Training and validation loss by step")
    _explain_losses(run, baselines)
    predictions = state.live_predictions(run)
    left, right = controls.panels() if predictions is not None else (st.container(), None)
    scores = scores_chart(
        histories,
        view,
        metric,
        kept_by=kept_by,
        baselines=baselines,
    )
    with left:
        name = capitalised(figure_name(metric))
        _draw("scores", scores, f"{name} by step; the kept models are ringed")
    if right is not None and predictions is not None:
        with right:
            show_samples(run, predictions)
    _show_step_figures(histories, view)


def _explain_losses(run: Run, baselines: Sequence[BaselineLine]) -> None:
    """Say what the lines of the baselines are to be compared with, and which have none."""
    silent = [line.title for line in baselines if "validation_loss" not in line.figures]
    if len(silent) == len(baselines):
        return
    lines = [
        "Grey lines: what baselines reach on the validation rows of this run. Compare them with "
        "the validation loss, which is the plain cross-entropy in nats, as theirs is."
    ]
    if not run.config.has_plain_loss:
        lines.append("The training loss of this run is focal, weighted or smoothed: another unit.")
    if silent:
        lines.append(f"Without probabilities, so without a loss: {escape(', '.join(silent))}.")
    st.caption(" ".join(lines))


def _choose_view(runs: Sequence[Run], names: list[str]) -> tuple[str, View]:
    """Return the validation figure to show, and how to draw."""
    decided_by = runs[0].config.metric_for_best_model
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        smoothing = st.slider(
            "Smoothing",
            0.0,
            0.99,
            0.9,
            0.01,
            key="training.smoothing",
            width=240,
            persist_state="session",
        )
        metric = st.selectbox(
            "Validation figure",
            names,
            names.index(decided_by if decided_by in names else FIRST_SCORE),
            format_func=lambda column: metric_of(column).title,
            key="training.metric",
            width=220,
            persist_state="session",
        )
        log_scale = st.toggle("Logarithmic loss", key="training.log", persist_state="session")
        st.caption("Wheel zooms, dragging moves, a double click shows all.")
    steps = [int(run.started.get("num_steps") or 0) for run in runs]
    return metric, View(max(steps) or None, smoothing, log_scale, state.theme())


def _show_step_figures(histories: Histories, view: View) -> None:
    """Show the small charts, in as many columns as there is room for."""
    figures = [figure for figure in STEP_FIGURES if has_figure(histories, figure)]
    grid = st.grid(max(len(figures), 1), min_column_width=_SIDE_WIDTH)
    for figure in figures:
        with grid.cell():
            _draw(figure.column, step_chart(histories, view, figure), f"{figure.title} by step")


def _draw(name: str, chart: Any, alt: str) -> None:
    """Show a chart whose zoom is kept: for that its selection must be one that is listened to."""
    st.altair_chart(
        chart, key=f"training.{name}", alt=alt, on_select="rerun", selection_mode=[ZOOM]
    )
