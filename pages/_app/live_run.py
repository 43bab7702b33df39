"""One run while it trains and after: progress, curves, log, stop."""

import datetime as dt

import streamlit as st

from pages._app import controls, state
from pages._app.text import escape, show_text
from textcls_core.charts.training import learning_rate_chart, loss_chart, scores_chart
from textcls_core.errors import TextclsError
from textcls_core.runs.run import Run, RunStatus
from textcls_core.training.launch import command_line
from textcls_core.wording import ago, duration, percent

STOP = "Stop and keep the best"
_REFRESH_SECONDS = 1.0
_LOG_LINES = 12
_ADVICE = {
    RunStatus.INTERRUPTED: "The worker ended without a word: killed, out of memory, or a reboot. "
    "Start the run again with the same settings.",
    RunStatus.QUEUED: "Waiting for the device; the run starts by itself.",
    RunStatus.STOPPING: "Finishing the step, then keeping the best model.",
}


def show_live_run(run: Run) -> None:
    """Show a run; it refreshes itself while the run is active."""
    is_active = run.status.is_active
    st.fragment(_show, run_every=_REFRESH_SECONDS if is_active else None)(run.run_id, is_active)


def _show(run_id: str, was_active: bool) -> None:
    try:
        _show_run(state.run_store().open_run(run_id), was_active)
    except TextclsError as error:  # for example when the folder was deleted meanwhile
        st.error(escape(str(error)), icon=":material/error:")


def _show_run(run: Run, was_active: bool) -> None:
    """Show the run as it stands now."""
    status = run.status
    if was_active and not status.is_active:
        st.rerun()  # the whole page, so that the results and their links appear
    _show_head(run, status)
    _show_figures(run, status)
    if run.history.rows:
        _show_curves(run)
    elif status.is_active:
        st.info(_preparing(run), icon=":material/hourglass_top:")
    _show_details(run)


def _show_head(run: Run, status: RunStatus) -> None:
    """Show name, state, and what can be done with the run."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(escape(run.config.title), anchor=False, width="content")
        controls.status_badge(status)
        can_stop = status.is_active and status != RunStatus.STOPPING
        if can_stop and st.button(STOP, icon=":material/stop:", key="training.stop"):
            _stop(run)
        if run.has_model:
            state.remember("run", run.run_id)  # the other pages then show this run
            view = {"run": run.run_id}
            st.page_link(
                "pages/evaluation.py",
                label="Evaluate",
                query_params=view,
                icon=":material/grid_on:",
            )
            st.page_link(
                "pages/mistakes.py", label="Mistakes", query_params=view, icon=":material/rule:"
            )
        if not status.is_active and st.button("Train again", key="training.again"):
            state.set_parameter("watch", None)
            state.set_parameter("dataset", None)  # the form then takes that of the run
            state.set_parameter("preset", None)
            state.set_parameter("from", run.run_id)
            st.rerun(scope="app")
        if st.button("New run", key="training.new"):
            state.set_parameter("watch", None)
            state.set_parameter("from", None)
            st.rerun(scope="app")
    if status in _ADVICE:
        st.caption(_ADVICE[status])
    if status == RunStatus.FAILED:
        st.error(escape(run.finished.get("error", "")), icon=":material/error:")


def _stop(run: Run) -> None:
    try:
        run.request_stop()
    except TextclsError as error:
        st.toast(escape(str(error)))


def _show_figures(run: Run, status: RunStatus) -> None:
    """Show progress while active, and the result afterwards."""
    history, test = run.history, run.finished.get("test")
    if test:
        majority = f"majority class {percent(test['majority_accuracy'])}"
        controls.metrics(
            [
                ("Test accuracy", percent(test["accuracy"]), majority),
                ("Test macro-F1", percent(test["macro_f1"]), "mean over classes"),
                ("Training time", duration(run.finished["train_seconds"]), "training only"),
                ("Speed", f"{run.finished['tokens_per_second']:,.0f} tokens/s", "without padding"),
            ]
        )
    elif history.rows:
        share, left = run.progress
        num_steps = run.started.get("num_steps", 0)
        best = history.best(run.config.metric_for_best_model)
        accuracy = percent(best["validation_accuracy"]) if best else "not yet"
        speed = history.latest("examples_per_second")
        controls.metrics(
            [
                ("Step", f"{history.step:,} of {num_steps:,}", percent(share, 0)),
                ("Time left", "…" if left is None else duration(left), what_is_left(left)),
                ("Validation accuracy", accuracy, "best so far"),
                ("Speed", "…" if speed is None else f"{speed:,.1f} texts/s", run_device(run)),
            ]
        )
        age = dt.datetime.now(dt.UTC) - run.updated_at
        st.progress(share, text=f"Updated {duration(age.total_seconds())} ago ({status})")


def what_is_left(seconds: float | None) -> str:
    """Return what the worker is doing for the rest of the time."""
    return "measuring the result" if seconds == 0 else "training only"


def run_device(run: Run) -> str:
    """Return device and number format in a few characters."""
    facts = run.environment
    return f"{facts.get('device', '')} {facts.get('precision', '')}".strip()


def _show_curves(run: Run) -> None:
    """Show loss, validation figures and learning rate."""
    num_steps, history = run.started.get("num_steps"), run.history
    smoothing = st.slider("Smoothing", 0.0, 0.99, 0.9, 0.01, key="training.smoothing", width=260)
    st.altair_chart(
        loss_chart(history, num_steps, smoothing),
        key="training.loss",
        alt=f"Training and validation loss up to step {history.step}",
    )
    left, right = controls.panels()
    left.altair_chart(
        scores_chart(history, num_steps, run.config.metric_for_best_model),
        key="training.scores",
        alt="Validation accuracy and macro-F1",
    )
    right.altair_chart(
        learning_rate_chart(history, num_steps), key="training.rate", alt="Learning rate by step"
    )


def _show_details(run: Run) -> None:
    """Show log, validations as a table, settings and machine."""
    grid = st.grid(3, min_column_width=280)
    log, table, settings = grid.cell(), grid.cell(), grid.cell()
    with log, st.expander("Log", expanded=True):
        st.code("\n".join(run.log_tail(_LOG_LINES)) or "empty", language=None, wrap_lines=True)
    with table, st.expander("Validations as a table", expanded=True):
        rows = [
            {
                "step": row["step"],
                "loss": round(row["validation_loss"], 4),
                "accuracy": percent(row["validation_accuracy"]),
                "macro-F1": percent(row["validation_macro_f1"]),
            }
            for row in run.history.evaluations
        ]
        st.dataframe(rows or [{"step": "none yet"}], hide_index=True, alt="Validations")
    with settings, st.expander("Settings and machine", expanded=True):
        st.code(command_line(run.config), language=None, wrap_lines=True)
        for reason in run.environment.get("reasons", []):
            show_text(reason)
        st.caption(f"Made {ago(run.created_at)}, {escape(run.run_id)}")


def _preparing(run: Run) -> str:
    """Return what happens before the first step."""
    if run.status == RunStatus.QUEUED:
        behind = state.run_store().waiting_behind(run)
        if behind:
            return f"Queued behind {escape(behind[0].config.title)}."
        return "The worker is starting."
    return "Loading the model and counting tokens."
