"""The last steps of the import wizard for large files: one job reads and checks, one stores."""

from contextlib import suppress

import streamlit as st

from pages._app import import_state, state
from pages._app.job_view import show_job
from pages._app.version_job import show_version_job, start_version_job
from textcls_core.dataset.import_jobs import (
    CHECK_JOB,
    IMPORT_JOB,
    ImportSummary,
    check_arguments,
    find_summary,
    import_arguments,
)
from textcls_core.dataset.import_request import ImportRequest
from textcls_core.errors import NotFoundError
from textcls_core.jobs.job import Job, job_id_of, read_job, start_job

_STORING = "import_job"
_AFTERWARDS = ("view", "step", import_state.IMPORT)
"""What the URL says of an import that is done."""


def checked_in_background(request: ImportRequest) -> ImportSummary | None:
    """Return what a large import gives, or show the job that finds out."""
    job = _checking(request)  # asked first: when it has finished, the summary is there
    found = find_summary(state.workspace(), request)
    if found is not None:
        return found
    st.caption(
        "This is a large file, so it is read and checked in the background. You can look at other "
        "pages, close the browser, and come back by the address of this page."
    )
    _show_checking(request, job)
    return None


def _checking(request: ImportRequest) -> Job | None:
    """Return the job that reads and checks, if it was ever started."""
    with suppress(NotFoundError):
        return read_job(state.workspace(), job_id_of(CHECK_JOB, check_arguments(request)))
    return None


def _show_checking(request: ImportRequest, job: Job | None) -> None:
    """Show the job that reads and checks; start it unless it was stopped or broke down."""
    arguments = check_arguments(request)
    has_failed = job is not None and job.state in {"failed", "cancelled", "interrupted"}
    if not has_failed:
        start_job(state.workspace(), CHECK_JOB, arguments, again=True)
    show_job(job_id_of(CHECK_JOB, arguments))
    if has_failed:
        st.caption("Nothing was stored; what you entered is kept.")
        if st.button("Read the file again", icon=":material/refresh:"):
            start_job(state.workspace(), CHECK_JOB, arguments)
            st.rerun()


def import_in_background(request: ImportRequest, name: str, *, anyway: bool) -> None:
    """Start the job that stores a large import."""
    arguments = import_arguments(request, name, anyway=anyway)
    import_state.keep_on_disk()
    start_version_job(_STORING, IMPORT_JOB, arguments)
    import_state.put("done", True)  # should it fail, what was entered is found by the URL
    st.rerun()


def show_storing() -> bool:
    """Show the job that stores an import, or open the data set; return whether it still works."""
    return show_version_job(_STORING, "Storing the data set", forget=_AFTERWARDS)
