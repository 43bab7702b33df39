"""Train: choose what to train, see what will happen, watch it happen."""

import streamlit as st

from pages._app import controls, frame, state, training_plan
from pages._app.group_form import show_group_form
from pages._app.group_view import open_group, show_group, show_group_link
from pages._app.live_run import choose_others, show_live_run
from pages._app.text import escape, show_text
from pages._app.training_form import show_form
from textcls_core.config import RunConfig
from textcls_core.dataset.store import DatasetInfo
from textcls_core.errors import TextclsError
from textcls_core.runs.store import new_run_id
from textcls_core.training.launch import start_run

frame.require()

TOKEN = "training.run_id"  # noqa: S105 - an idempotency token, not a secret


def show_consequences(config: RunConfig, info: DatasetInfo) -> None:
    """Show what will happen, and start it or measure it on demand."""
    training_plan.require_startable(config, info)
    training_plan.show_plan(config, info)
    with st.container(horizontal=True):
        starts = st.button(
            "Train", type="primary", icon=":material/play_arrow:", key="training.start"
        )
        measures = st.button(
            "Measure memory and time", icon=":material/speed:", key="training.measure"
        )
    if starts:
        start(config)
    if measures:
        training_plan.measure(config)
    training_plan.show_measured(config)
    training_plan.show_command(config)
    training_plan.show_first_batch(config, info)


def start(config: RunConfig) -> None:
    """Start the run once, however often the button is pressed, and watch it."""
    run_id = st.session_state.setdefault(TOKEN, new_run_id())
    with st.spinner("Starting"):
        run = start_run(state.workspace(), config, run_id)
    state.set_parameter("watch", run.run_id)
    st.rerun()


def show_setup() -> None:
    """Show the form on the left and its consequences on the right."""
    left, right = controls.panels(gap="medium")
    with left:
        info, settings = show_form()
    with right:
        st.subheader("What will happen", anchor=False)
        try:
            show_consequences(RunConfig.create(settings), info)
            show_group_form(settings)
        except TextclsError as error:
            st.error(escape(str(error)), icon=":material/error:")


place = controls.header("Train", "Fine-tune a model on a data set; it goes on when you leave.")
group_id, watched = open_group(), state.parameter("watch")
known = {run.run_id: run for run in state.run_store().runs()}
if watched and watched not in known:
    st.warning("The run in this link does not exist in this workspace.")
    show_text("Known runs: " + (", ".join(list(known)[:8]) or "none yet"))
    state.set_parameter("watch", None)
if group_id:
    show_group(group_id)
elif watched in known:
    st.session_state.pop(TOKEN, None)  # only now: a second click may still be on its way
    show_group_link(known[watched])
    with place:
        others = choose_others(known[watched], list(known.values()))
    show_live_run(known[watched], others)
else:
    frame.show_active_links()
    show_setup()
