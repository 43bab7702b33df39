"""One run while it trains and after: progress, curves, validation rows, log."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from pages._app import controls, state
from pages._app.live_curves import show_curves, show_notes
from pages._app.run_actions import show_actions
from pages._app.text import escape, show_text
from textcls_core.charts.baselines import BaselineLine
from textcls_core.charts.live import MAX_RUNS
from textcls_core.errors import TextclsError
from textcls_core.evaluation.metric_names import VALIDATION, value_text
from textcls_core.runs.history import Row
from textcls_core.runs.run import Run, RunStatus
from textcls_core.training import launch
from textcls_core.training.baselines import BaselineFigures
from textcls_core.wording import ago, duration, figure_name, first_of, percent

Baselines = Callable[[Run], Sequence[BaselineLine]]
"""Gives the simple models on the validation rows of a run, as far as they are known."""

_REFRESH_SECONDS = 2.0
_LOG_LINES, _LOG_HEIGHT = 12, 260
_CARD_WIDTH = 180
"""Of a figure in pixels: the accuracy of the majority class fits below."""
_ADVICE = {
    RunStatus.QUEUED: "Waiting for the device; the run starts by itself.",
    RunStatus.STOPPING: "Finishing the step, then saving what is asked for.",
    RunStatus.INTERRUPTED: "The worker ended without a word: killed, out of memory, a reboot, or a "
    "full disk. Its log may tell more.",
}


def baseline_lines(run: Run) -> Sequence[BaselineLine]:
    """Return the baselines of a run on its validation rows, as far as they are measured."""
    return [
        BaselineLine(baseline.title, _validation_figures(baseline.validation))
        for baseline in state.run_baselines(run, "validation")
    ]


def _validation_figures(figures: BaselineFigures) -> dict[str, float]:
    """Return the figures of a baseline by the columns of a run's validations."""
    known = figures.model_dump(exclude={"num_examples"}, exclude_none=True)
    return {f"{VALIDATION}{name}": value for name, value in known.items()}


def choose_others(run: Run, runs: Sequence[Run]) -> list[Run]:
    """Return the runs to draw beside this one, with a switcher; they are kept in the URL."""
    others = {
        other.run_id: other
        for other in runs
        if other.run_id != run.run_id and (other.history_file.exists() or other.status.is_active)
    }
    labels = controls.run_labels(others)
    wanted = state.parameter("compare").split(",")
    if run.run_id in wanted:  # one of the runs beside it is now the one that is watched
        state.set_parameter("compare", ",".join(i for i in wanted if i != run.run_id))
    chosen = state.choose_many(
        "compare",
        "Compare with",
        labels,
        noun="run",
        max_selections=MAX_RUNS - 1,
        placeholder="other runs",
        width="stretch",
    )
    return [others[run_id] for run_id in chosen]


def show_live_run(
    run: Run, others: Sequence[Run] = (), baselines: Baselines = baseline_lines
) -> None:
    """Show a run; it refreshes itself while it, or a run beside it, is active.

    Args:
        run: The run to watch.
        others: Runs whose curves are drawn in the same charts.
        baselines: Gives the lines to beat.
    """
    is_active = run.status.is_active
    refreshes = is_active or any(other.status.is_active for other in others)
    show = st.fragment(_show, run_every=_REFRESH_SECONDS if refreshes else None)
    show(run.run_id, [other.run_id for other in others], is_active, baselines)


def _show(run_id: str, other_ids: list[str], was_active: bool, baselines: Baselines) -> None:
    try:
        runs = {run.run_id: run for run in state.run_store().runs()}
        run = runs.get(run_id) or state.run_store().open_run(run_id)
        others = [runs[other_id] for other_id in other_ids if other_id in runs]
        _show_run(run, others, was_active, baselines)
    except TextclsError as error:  # for example when the folder was deleted meanwhile
        st.error(escape(str(error)), icon=":material/error:")


def _show_run(run: Run, others: Sequence[Run], was_active: bool, baselines: Baselines) -> None:
    """Show the run as it stands now."""
    status = run.status
    if was_active and not status.is_active:
        st.rerun()  # the whole page, so that the results and their links appear
    _show_head(run, status)
    _show_figures(run, status)
    if state.history(run).rows:
        show_notes(run)
        show_curves(run, others, baselines(run))
    elif status.is_active:
        st.info(_preparing(run), icon=":material/hourglass_top:")
    _show_details(run)


def _show_head(run: Run, status: RunStatus) -> None:
    """Show name, state, and what can be done with the run."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(escape(run.config.title), anchor=False, width="content")
        controls.status_badge(status)
        controls.dataset_link(run)
        show_actions(run, status)
    if run.is_paused:
        st.caption("Paused: everything is kept in its checkpoint.")
    elif status in _ADVICE and not run.awaits_machines:
        st.caption(_ADVICE[status])
    if error := run.finished.get("error"):  # of a run that failed, or kept its best and stopped
        st.error(escape(error), icon=":material/error:")
    if run.config.num_nodes > 1 and status.is_active:
        st.caption("Start one of these on each machine, in the folder of the app:")
        st.code("\n".join(launch.node_commands(run)), language=None, wrap_lines=True)


def _show_figures(run: Run, status: RunStatus) -> None:
    """Show progress while active, and the result afterwards."""
    history, test = state.history(run), run.finished.get("test")
    if test:
        majority = f"majority class {percent(test['majority_accuracy'])}"
        controls.metrics(
            [
                ("Test accuracy", percent(test["accuracy"]), majority),
                ("Test macro-F1", percent(test["macro_f1"]), "mean over classes"),
                ("Training time", duration(run.finished["train_seconds"]), "training only"),
                ("Tokens per second", f"{run.finished['tokens_per_second']:,.0f}", "no padding"),
            ],
            card_width=_CARD_WIDTH,
        )
    elif history.rows:
        share, left = run.progress
        num_steps = run.started.get("num_steps")  # None until a run that goes on has read its texts
        steps = f"{history.step:,} of {num_steps:,}" if num_steps else f"{history.step:,}"
        best = history.best(run.config.metric_for_best_model)
        accuracy = percent(best["validation_accuracy"]) if best else "not yet"
        controls.metrics(
            [
                ("Step", steps, percent(share, 0)),
                ("Time left", "…" if left is None else duration(left), what_is_left(left, status)),
                ("Validation accuracy", accuracy, "of the kept model"),
                _speed(run),
            ],
            card_width=_CARD_WIDTH,
        )
        age = dt.datetime.now(dt.UTC) - run.updated_at
        text = f"Updated {duration(age.total_seconds())} ago ({status}{run_device(run)})"
        st.progress(share, text=text)


def what_is_left(seconds: float | None, status: RunStatus) -> str:
    """Return what the worker is doing, or would do, for the rest of the time."""
    if not status.is_active:
        return "if it went on"
    return "measuring the result" if seconds == 0 else "training only"


def run_device(run: Run) -> str:
    """Return where a run computes and in which number format, once it is known."""
    facts = run.environment
    return f" on {facts['device']} in {facts['precision']}" if "precision" in facts else ""


def _speed(run: Run) -> tuple[str, str, str]:
    """Return the card with the newest speed; runs of earlier versions only know it in texts."""
    history = state.history(run)
    tokens, texts = history.latest("tokens_per_second"), history.latest("examples_per_second")
    if tokens is None:
        return "Texts per second", "…" if texts is None else f"{texts:,.1f}", ""
    share = history.latest("useful_share")
    note = "no padding" if share is None else f"{percent(share, 0)} of the peak"
    return "Tokens per second", f"{tokens:,.0f}", note


def _show_details(run: Run) -> None:
    """Show log, validations as a table, settings and machine."""
    grid = st.grid(3, min_column_width=280)
    log, table, settings = grid.cell(), grid.cell(), grid.cell()
    box = log.expander("Log", expanded=True)
    newest = box.container(height=_LOG_HEIGHT, border=False, autoscroll=True)
    newest.code("\n".join(run.log_tail(_LOG_LINES)) or "empty", language=None, wrap_lines=True)
    with table, st.expander("Validations as a table", expanded=True):
        rows = [
            _validation_row(row, run.config.metric_for_best_model)
            for row in state.history(run).evaluations
        ]
        figures = list(rows[0])[2:] if rows else []  # after step and loss, which are numbers
        st.dataframe(
            rows or [{"step": "none yet"}],
            hide_index=True,
            column_config=dict.fromkeys(figures, controls.RIGHT),
            alt="Validations",
        )
    with settings, st.expander("Settings and machine", expanded=True):
        st.code(launch.command_line(run.config), language=None, wrap_lines=True)
        for reason in run.environment.get("reasons", []):
            show_text(reason)
        st.caption(f"Made {ago(run.created_at)}, {escape(run.run_id)}")


def _validation_row(row: Row, decided_by: str) -> dict[str, Any]:
    """Return a validation as a line of the table, with the figure that decides if it is another."""
    shown = {
        "step": row["step"],
        "loss": round(row["validation_loss"], 4),
        "accuracy": percent(row["validation_accuracy"]),
        "macro-F1": percent(row["validation_macro_f1"]),
    }
    name = decided_by.removeprefix(VALIDATION)
    if name in {"loss", "accuracy", "macro_f1"}:
        return shown
    value = row.get(decided_by)
    return {**shown, figure_name(name): "undefined" if value is None else value_text(name, value)}


def _preparing(run: Run) -> str:
    """Return what happens before the first step."""
    if run.awaits_machines:
        return "Waiting for its machines; nothing starts by itself."
    if run.status == RunStatus.QUEUED:
        behind = [escape(other.config.title) for other in state.run_store().waiting_behind(run)]
        return f"Queued behind {first_of(behind)}." if behind else "The worker is starting."
    return "Loading the model and counting tokens."
