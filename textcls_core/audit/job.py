"""The audit as a background job."""

from typing import Any

from textcls_core.audit.auditing import audit
from textcls_core.jobs.progress import Report
from textcls_core.workspace import Workspace

ENTRY = "textcls_core.audit.job:run_job"


def job_arguments(fingerprint: str, model: str | None) -> dict[str, Any]:
    """Return what the job is told, which is also its identity."""
    return {"fingerprint": fingerprint, "model": model}


def run_job(workspace: Workspace, arguments: dict[str, Any], progress: Report) -> None:
    """Audit a data set version; the report is kept where `find_report` looks.

    Args:
        workspace: Where data sets and reports are kept.
        arguments: From `job_arguments`.
        progress: Reports, and raises when asked to stop.
    """
    audit(workspace, arguments["fingerprint"], arguments["model"], progress=progress, again=True)
