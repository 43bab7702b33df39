"""A job that makes a data set version: watched on the page that started it, opened when it is done.

Its id is in the URL, so that a refresh, a copied link and a restart of the app find it again.
"""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages._app import state
from pages._app.job_view import show_job
from pages._app.text import escape
from textcls_core.dataset.store import DatasetInfo
from textcls_core.errors import NotFoundError
from textcls_core.jobs.job import Job, read_job, start_job

_MEANWHILE = (
    "The new version opens here when it is stored. You can look at other pages, close the browser, "
    "and come back by the address of this page."
)


def start_version_job(parameter: str, entry: str, arguments: dict[str, Any]) -> None:
    """Start a job that returns the fingerprint of what it stored, and put its id into the URL.

    Args:
        parameter: Name in the URL, one for each view.
        entry: See `jobs.job.start_job`.
        arguments: See `jobs.job.start_job`.
    """
    job_id = start_job(state.workspace(), entry, arguments, again=True)
    state.set_parameter(parameter, job_id)


def show_version_job(
    parameter: str, title: str, info: DatasetInfo | None = None, *, forget: Sequence[str] = ()
) -> bool:
    """Show the job in the URL, or open what it made; return whether it still works.

    Args:
        parameter: Name in the URL.
        title: What the job does, for people.
        info: If given, only a job that works on this version is shown.
        forget: Further parameters of the URL that say nothing about the new version.
    """
    job_id = state.parameter(parameter)
    if not job_id:
        return False
    try:
        job = read_job(state.workspace(), job_id)
    except NotFoundError:
        state.ignore_parameter(parameter, "job")
        return False
    if info is not None and job.plan.arguments.get("fingerprint") != info.fingerprint:
        return False
    if job.state == "finished":
        _open(job, (parameter, *forget))
        return False
    st.markdown(f"**{escape(title)}**")
    show_job(job_id)
    if job.is_active:
        st.caption(_MEANWHILE)
    else:
        _offer_to_forget(parameter, job)
    return job.is_active


def _offer_to_forget(parameter: str, job: Job) -> None:
    """Say that nothing was stored, until somebody has read it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if job.state != "cancelled":
            st.caption("Nothing was stored.")
        st.button(
            "Close this message",
            key=f"{parameter}.close",
            icon=":material/close:",
            type="tertiary",
            on_click=state.set_parameter,
            args=(parameter, None),
        )


def _open(job: Job, forget: Sequence[str]) -> None:
    """Open the version that a job made, unless it was deleted since."""
    for name in forget:
        state.set_parameter(name, None)
    made = state.dataset_store().get(job.made)
    if made is None:
        return
    is_new = made.created_at.timestamp() >= job.plan.started_at
    said = "Made" if is_new else "These rows were there before:"
    st.toast(f"{said} version {made.version} of {escape(made.name)}.")
    state.set_parameter("dataset", made.dataset_id)
    st.rerun()
