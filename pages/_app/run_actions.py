"""What can be done with a run: pause, stop, resume, train again, look at its results."""

from collections.abc import Callable

import streamlit as st

from pages._app import controls, state
from pages._app.text import escape
from pages._app.training_form import forget_settings
from textcls_core.errors import TextclsError
from textcls_core.runs.run import Run, RunStatus
from textcls_core.training import launch
from textcls_core.wording import plural

STOP = "Stop and keep the best"
_FROM_START = "Starts again from the first step, because there is no whole checkpoint."


def show_actions(run: Run, status: RunStatus) -> None:
    """Show the buttons that make sense in this state."""
    if status == RunStatus.RUNNING and st.button(
        "Pause",
        icon=":material/pause:",
        key="training.pause",
        help="Saves a checkpoint and ends the process; Resume goes on from there.",
    ):
        _try(run.request_pause)
    can_stop = status.is_active and status != RunStatus.STOPPING
    if can_stop and st.button(STOP, icon=":material/stop:", key="training.stop"):
        _try(run.request_stop)
    if not status.is_active and status != RunStatus.COMPLETED:
        _offer_resume(run)
    if run.has_model:
        _link_to_results(run)
    if not status.is_active and st.button("Train again", key="training.again"):
        train_again(run)
    if st.button("New run", key="training.new"):
        state.set_parameter("watch", None)
        state.set_parameter("from", None)
        st.rerun(scope="app")


def _offer_resume(run: Run) -> None:
    """Show from where the run can go on, and let it."""
    step = run.resumable
    if step is None:
        return
    is_pressed = st.button(
        "Resume", type="primary", icon=":material/resume:", key="training.resume"
    )
    processes = _choose_processes(run) if run.config.num_nodes == 1 else None
    if is_pressed and _try(lambda: launch.resume_run(state.workspace(), run.run_id, processes)):
        st.rerun(scope="app")
    place = f"Continues from the checkpoint at step {step:,}." if step else _FROM_START
    st.caption(place)


def _choose_processes(run: Run) -> int | None:
    """Let people say with how many processes the run goes on; None is as many as its settings."""
    usual, key = run.config.num_processes, f"training.processes.{run.run_id}"
    chosen = st.session_state.get(key, usual)
    title = f"With {plural(chosen, 'process', 'processes')}"
    with st.popover(title, icon=":material/memory:", key="training.processes"):
        st.number_input("Processes", 1, value=usual, key=key)
        st.caption(
            "A GPU or some cores for each, until the run ends or pauses. Steps keep their texts."
        )
    return None if chosen == usual else int(chosen)


def _link_to_results(run: Run) -> None:
    state.remember("run", run.run_id)  # the other pages then show this run
    links = (
        ("pages/evaluation.py", "Evaluate", ":material/grid_on:"),
        ("pages/mistakes.py", "Mistakes", ":material/rule:"),
    )
    for page, name, icon in links:
        controls.link(page, name, icon=icon, run=run.run_id)


def train_again(run: Run, dataset_id: str = "") -> None:
    """Open the form with the settings of the run.

    Args:
        run: Any run.
        dataset_id: Another data set version to train on.
    """
    forget_settings()
    for name in ("watch", "group", "dataset", "preset"):  # the form then takes those of the run
        state.remember(name, "")
    link = {"from": run.run_id} | ({"dataset": dataset_id} if dataset_id else {})
    st.switch_page("pages/training.py", query_params=link)


def _try(request: Callable[[], object]) -> bool:
    """Ask for something and tell whether it went well; a refusal becomes a note."""
    try:
        request()
    except TextclsError as error:
        st.toast(escape(str(error)))
        return False
    return True
