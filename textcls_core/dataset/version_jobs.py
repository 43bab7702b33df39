"""Jobs that take a stored version and write a file or a new version; see `jobs.job.start_job`."""

from typing import Any

from textcls_core.dataset.export import export_name, export_version
from textcls_core.dataset.splitting import SplitRecipe, resplit
from textcls_core.dataset.store import DatasetStore
from textcls_core.jobs.progress import Report
from textcls_core.workspace import Workspace

EXPORT_JOB = f"{__name__}:export_job"
SPLIT_JOB = f"{__name__}:split_job"
MAX_ROWS_ON_PAGE = 100_000
"""Larger versions are changed by a job: looking for near-duplicates in so many takes 15 s."""


def export_job(workspace: Workspace, arguments: dict[str, Any], report: Report) -> None:
    """Write the version `fingerprint` as `format` into the exports of the workspace."""
    store = DatasetStore.open(workspace)
    info, file_format = store.find(arguments["fingerprint"]), arguments["format"]
    target = workspace.exports_dir / export_name(info, file_format)
    export_version(store, info, file_format, target, report)


def split_job(workspace: Workspace, arguments: dict[str, Any], report: Report) -> str:
    """Split the version `fingerprint` by `recipe`; return the fingerprint of the new version."""
    store = DatasetStore.open(workspace)
    report(0, 3, "Reading the rows")
    parent = store.find(arguments["fingerprint"])
    dataset = store.load(parent.fingerprint)
    recipe = SplitRecipe.model_validate(arguments["recipe"])
    report(1, 3, "Splitting")
    made = resplit(dataset, recipe, report=report)
    report(2, 3, "Checking and storing the new version")
    return store.derive(parent, made, recipe.reason).fingerprint
