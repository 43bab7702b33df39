"""The audit, and the fixes that it offers, as background jobs."""

from typing import Any

from textcls_core.audit.auditing import audit
from textcls_core.audit.fixing import apply_fix
from textcls_core.dataset.store import DatasetStore
from textcls_core.jobs.progress import Report
from textcls_core.workspace import Workspace

ENTRY = "textcls_core.audit.job:run_job"
FIX_ENTRY = "textcls_core.audit.job:run_fix"


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


def fix_arguments(fingerprint: str, fix: str) -> dict[str, Any]:
    """Return what the job that makes a fix is told."""
    return {"fingerprint": fingerprint, "fix": fix}


def run_fix(workspace: Workspace, arguments: dict[str, Any], progress: Report) -> str:
    """Mend a data set version; return the fingerprint of the new version.

    Args:
        workspace: Where data sets are kept.
        arguments: From `fix_arguments`.
        progress: Reports, and raises when asked to stop.
    """
    store = DatasetStore.open(workspace)
    parent = store.find(arguments["fingerprint"])
    return apply_fix(store, parent, arguments["fix"], progress).fingerprint
