"""The frame around every page: the list of pages, the start-up guard, the heartbeat."""

import contextvars
import importlib
import pkgutil
import threading
from pathlib import Path
from typing import Any

import streamlit as st

from pages._app import state
from pages._app.controls import link, status_icon
from pages._app.text import escape, label
from textcls_core.errors import TextclsError
from textcls_core.files import describe_refusal
from textcls_core.jobs.job import active_jobs
from textcls_core.runs.run import Run, RunStatus
from textcls_core.wording import duration, first_of

_ICON = Path(__file__).resolve().parent.parent.parent / "assets" / "icon.png"
_JOB = ":material/hourglass_top:"
_HEARTBEAT_SECONDS = 5.0
_READABLE = """<style>
.js-plotly-plot text[style*="fill: rgb(128, 132, 149)"] { fill: #5C6678 !important; }
button[data-variant="segmented_control"][data-selected="true"] {
  color: light-dark(#2F58C4, #93B1FF) !important; }
</style>"""
"""Streamlit's grey of light charts, and the chosen view in the dark, are below 4.5 to 1."""
_in_frame = contextvars.ContextVar("in_frame", default=False)


def build_pages() -> list[Any]:
    """Return the pages in the order of work."""
    return [
        st.Page("pages/home.py", title="Home", icon=":material/home:", default=True),
        st.Page("pages/dataset.py", title="Data", icon=":material/table_rows:"),
        st.Page("pages/training.py", title="Train", icon=":material/model_training:"),
        st.Page("pages/evaluation.py", title="Evaluate", icon=":material/grid_on:"),
        st.Page("pages/mistakes.py", title="Mistakes", icon=":material/rule:"),
        st.Page("pages/explanation.py", title="Attention", icon=":material/visibility:"),
        st.Page("pages/prediction.py", title="Predict", icon=":material/chat_bubble:"),
    ]


def run() -> None:
    """Declare the pages and run the chosen one; errors meant for the user become messages."""
    page = _declare_pages()
    st.set_page_config(page_title=f"{page.title} · TextCLS Studio")
    st.logo(str(_ICON), size="large")
    st.html(_READABLE)
    with st.sidebar:
        _heartbeat()
    token = _in_frame.set(True)
    try:
        page.run()
    except TextclsError as error:
        st.error(escape(str(error)), icon=":material/error:")
    except OSError as error:
        st.error(escape(describe_refusal(error)), icon=":material/hard_drive:")
    finally:
        _in_frame.reset(token)
    _import_ahead()


@st.cache_resource(show_spinner=False)
def _import_ahead() -> None:
    """Import what the other pages need while the first visitor reads, once per server."""
    threading.Thread(target=import_views, daemon=True).start()


def import_views() -> None:
    """Import every module of this folder."""
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        importlib.import_module(f"pages._app.{module.name}")


def require() -> None:
    """Make sure the page runs inside the frame; first statement of every page.

    Until the entry script has run once, Streamlit serves files of a folder named `pages` on their
    own, without menu and settings.
    """
    if not _in_frame.get():
        _declare_pages()
        st.rerun()


def _declare_pages() -> Any:
    """Return the chosen page.

    The local icon is set first: otherwise the icon of the page becomes the favicon, which the
    browser fetches from another machine.
    """
    st.set_page_config(page_title="TextCLS Studio", page_icon=str(_ICON), layout="wide")
    return st.navigation(build_pages())


@st.fragment(run_every=_HEARTBEAT_SECONDS)
def _heartbeat() -> None:
    """Show active runs; its timer also brings an open tab back after a restart of the app."""
    st.caption("Activity")
    try:
        _show_active_runs()
        _show_active_jobs()
    except TextclsError as error:  # the fragment also runs on its own, outside of `run`
        st.caption(escape(str(error)))


def _show_active_runs() -> None:
    active = state.run_store().active()
    if not active:
        st.caption("No run is active.")
    for run in active:
        _activity(run)


def _show_active_jobs() -> None:
    for job in active_jobs(state.workspace()):
        amount = job.amount
        share = min(amount.done / amount.total, 1.0) if amount.total else 0.0
        st.progress(share, text=f"{_JOB} {label(amount.message or 'Starting', 40)}")


def show_active_links() -> None:
    """Link to the runs at work."""
    for run in state.run_store().active():
        name = f"Watch {label(run.config.title, 40)} ({run.status})"
        link("pages/training.py", name, icon=status_icon(run.status), watch=run.run_id)


def _activity(run: Run) -> None:
    status, name = run.status, label(run.config.title, 28)
    if run.awaits_machines:
        st.caption(f"{status_icon(status)} {name}: waiting for its machines")
        return
    if status == RunStatus.QUEUED:
        behind = [label(r.config.title, 24) for r in state.run_store().waiting_behind(run)]
        reason = f"behind {first_of(behind)}" if behind else "starting"
        st.caption(f"{status_icon(status)} {name}: queued, {reason}")
        return
    share, left = run.progress
    note = "" if left is None else f", {duration(left)} left" if left else ", measuring the result"
    st.progress(share, text=f"{status_icon(status)} {name}: {status}{note}")
