"""A background job while it works: how far it is, how long it took, and a way to cancel it."""

import time
from typing import Any, Literal

import streamlit as st

from pages._app import state
from pages._app.text import escape
from textcls_core.errors import NotFoundError
from textcls_core.jobs.job import Amount, Job, cancel_job, job_id_of, read_job, start_job
from textcls_core.wording import duration

_REFRESH_SECONDS = 1.0


def show_job(job_id: str, *, cancelled: str = "Cancelled. Nothing was kept.") -> Job:
    """Show a job that works, or why it ended without a result; return it.

    The page runs again when the job ends, and shows what it made.

    Args:
        job_id: Of the job.
        cancelled: What to say if somebody cancelled it.
    """
    job = read_job(state.workspace(), job_id)
    if job.is_active:
        st.fragment(_show_progress, run_every=_REFRESH_SECONDS)(job_id)
    elif job.state == "cancelled":
        st.info(cancelled)
    elif job.error:
        st.error(escape(job.error))
    return job


def offer_job(
    entry: str,
    arguments: dict[str, Any],
    button: str,
    *,
    key: str,
    icon: str | None = None,
    kind: Literal["primary", "secondary"] = "primary",
) -> None:
    """Show the job that makes what is missing, or the button that starts it.

    Args:
        entry: See `jobs.job.start_job`.
        arguments: See `jobs.job.start_job`.
        button: What the button says.
        key: Of the button.
        icon: Of the button.
        kind: Of the button; a page has one primary button at most.
    """
    try:
        job = read_job(state.workspace(), job_id_of(entry, arguments))
    except NotFoundError:
        job = None
    if job is not None and job.state != "finished":
        show_job(job.job_id)
        if job.is_active:
            return
    if st.button(button, type=kind, key=key, icon=icon):
        start_job(state.workspace(), entry, arguments, again=True)
        st.rerun()


def _count(amount: Amount) -> str:
    """Return how much is done; of how much, if that is known."""
    if amount.total:
        return f" · {amount.done:,} of {amount.total:,}"
    return f" · {amount.done:,}" if amount.done else ""


def _show_progress(job_id: str) -> None:
    job = read_job(state.workspace(), job_id)
    if not job.is_active:
        st.rerun()
    amount = job.amount
    share = min(amount.done / amount.total, 1.0) if amount.total else 0.0
    st.progress(share, text=escape(f"{amount.message or 'Starting'}{_count(amount)}"))
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Cancel", key=f"job.cancel.{job_id}", icon=":material/close:"):
            cancel_job(state.workspace(), job_id)
        st.caption(f"For {duration(time.time() - job.plan.started_at)}")
