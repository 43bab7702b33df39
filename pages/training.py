"""Train: choose what to train, see what will happen, watch it happen."""

import streamlit as st

from pages._app import controls, frame, state
from pages._app.group_form import show_group_form
from pages._app.group_view import open_group, show_group, show_group_link
from pages._app.live_run import show_live_run
from pages._app.text import escape, show_text
from pages._app.training_form import show_form
from textcls_core.config import RunConfig
from textcls_core.dataset.store import DatasetInfo
from textcls_core.errors import ModelError, TextclsError
from textcls_core.runs.store import new_run_id
from textcls_core.training.estimate import estimate
from textcls_core.training.launch import command_line, start_run
from textcls_core.wording import duration, percent

frame.require()

TOKEN = "training.run_id"  # noqa: S105 - an idempotency token, not a secret


def show_plan(config: RunConfig, info: DatasetInfo) -> None:
    """Show steps, time and the exact command, and start on demand."""
    st.subheader("What will happen", anchor=False)
    try:
        lengths = state.token_lengths(info.fingerprint, config.model)
    except ModelError as error:
        st.warning(escape(str(error)), icon=":material/cloud_off:")
    else:
        train_rows = info.split_counts.get("train", 0)
        plan = estimate(config, train_rows, lengths, state.run_store().runs())
        seconds = "unknown" if plan.seconds is None else duration(plan.seconds)
        controls.metrics(
            [
                ("Steps", f"{plan.num_steps:,}", f"{config.documents_per_step} texts each"),
                ("Tokens", f"{plan.num_tokens:,}", f"{config.num_epochs} epochs"),
                ("Time", seconds, "training only"),
            ]
        )
        st.caption(escape(plan.basis))
        cut = float((lengths > config.max_length).mean())
        st.caption(f"{percent(cut)} of the texts are longer than {config.max_length} tokens.")
    st.caption("The same run from a terminal:")
    st.code(command_line(config), language=None, wrap_lines=True)
    if st.button("Train", type="primary", icon=":material/play_arrow:", key="training.start"):
        start(config)


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
        try:
            show_plan(RunConfig.create(settings), info)
            show_group_form(settings)
        except TextclsError as error:
            st.error(escape(str(error)), icon=":material/error:")


controls.header("Train", "Fine-tune a model on a data set; it goes on when this page is closed.")
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
    show_live_run(known[watched])
else:
    frame.show_active_links()
    show_setup()
