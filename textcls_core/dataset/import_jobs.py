"""Imports of large files as jobs: one reads and checks, one stores; see `jobs.job.start_job`.

    cache/imports/<request>/       what a request gives: rows.parquet, summary.json
    cache/imports/<import>.json    what somebody entered, so that a new session can go on

Both are written in one step. A job that is killed leaves neither, and no data set.
"""

import re
import secrets
import shutil
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, ValidationError

from textcls_core.dataset.findings import Finding
from textcls_core.dataset.import_request import ImportRequest, read_request
from textcls_core.dataset.importing import Imported, clean_name
from textcls_core.dataset.store import DatasetStore
from textcls_core.dataset.text_dataset import Task, TextDataset
from textcls_core.errors import DatasetFormatError, TextclsError
from textcls_core.files import new_directory, read_json, write_json
from textcls_core.jobs.progress import Report
from textcls_core.workspace import Workspace

CHECK_JOB = f"{__name__}:check_job"
IMPORT_JOB = f"{__name__}:import_job"
_ROWS, _SUMMARY = "rows.parquet", "summary.json"
_KEPT_SECONDS = 24 * 3600.0
_IMPORT_ID = re.compile(r"[0-9a-f]{16}")


class ImportSummary(BaseModel):
    """What an import gives, without its rows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: Task
    label_names: tuple[str, ...]
    num_examples: int
    split_counts: dict[str, int]
    findings: tuple[Finding, ...]

    @classmethod
    def of(cls, imported: Imported) -> "ImportSummary":
        """Return what there is to say about an import."""
        dataset = imported.dataset
        return cls(
            task=dataset.task,
            label_names=dataset.label_names,
            num_examples=dataset.num_examples,
            split_counts={split: len(dataset.indices(split)) for split in dataset.splits},
            findings=imported.findings,
        )

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """What keeps the data set from being trained on."""
        return tuple(finding for finding in self.findings if finding.gate == "fail")


def check_arguments(request: ImportRequest) -> dict[str, Any]:
    """Return what the job that reads and checks is told."""
    return {"request": request.model_dump(mode="json")}


def import_arguments(request: ImportRequest, name: str, *, anyway: bool) -> dict[str, Any]:
    """Return what the job that stores is told.

    Args:
        request: What to import and how.
        name: What to call the data set.
        anyway: Store it though it cannot be trained on.

    Raises:
        InvalidArgumentError: If nothing visible is left of the name.
    """
    return {**check_arguments(request), "name": clean_name(name), "anyway": anyway}


def check_job(workspace: Workspace, arguments: dict[str, Any], report: Report) -> None:
    """Read and check what `check_arguments` names, and keep it for the job that stores it."""
    request = ImportRequest.model_validate(arguments["request"])
    _remove_old(_imports_dir(workspace))
    _checked(workspace, request, report)


def import_job(workspace: Workspace, arguments: dict[str, Any], report: Report) -> str:
    """Store what `import_arguments` names as a data set; return its fingerprint."""
    request = ImportRequest.model_validate(arguments["request"])
    summary = _checked(workspace, request, report)
    messages = " ".join(finding.message for finding in summary.blocking)
    if messages and not arguments["anyway"]:
        raise DatasetFormatError(f"This data set cannot be trained on. {messages}")
    report(0, 0, "Storing the data set")
    rows = pq.read_table(_folder(workspace, request) / _ROWS)
    dataset = TextDataset(rows, summary.label_names, summary.task)
    store = DatasetStore.open(workspace)
    info = store.save(dataset, arguments["name"], request.reason, summary.findings)
    shutil.rmtree(_folder(workspace, request), ignore_errors=True)
    return info.fingerprint


def find_summary(workspace: Workspace, request: ImportRequest) -> ImportSummary | None:
    """Return what a request gives if a job found out; None if its rows are not there (any more)."""
    folder = _folder(workspace, request)
    try:
        summary = ImportSummary.model_validate(read_json(folder / _SUMMARY))
    except (OSError, TextclsError, ValidationError):
        return None
    return summary if (folder / _ROWS).is_file() else None


def new_import_id() -> str:
    """Return an id that what is entered for one import can be kept under."""
    return secrets.token_hex(8)


def keep_choices(workspace: Workspace, import_id: str, choices: dict[str, Any]) -> None:
    """Keep what was entered in the wizard, as plain values, for a day at least.

    Args:
        workspace: Where to keep it.
        import_id: From `new_import_id`.
        choices: What was entered.
    """
    folder = _imports_dir(workspace)
    write_json(folder / f"{import_id}.json", choices)
    _remove_old(folder)


def find_choices(workspace: Workspace, import_id: str) -> dict[str, Any]:
    """Return what `keep_choices` kept; nothing if it is gone or the id is none of ours."""
    if not _IMPORT_ID.fullmatch(import_id):
        return {}
    try:
        return dict(read_json(_imports_dir(workspace) / f"{import_id}.json"))
    except (OSError, TextclsError, ValueError):
        return {}


def _checked(workspace: Workspace, request: ImportRequest, report: Report) -> ImportSummary:
    """Return what a request gives, from disk if a job found out before; its rows lie beside it."""
    found = find_summary(workspace, request)
    if found is not None:
        return found
    imported = read_request(request, report)
    report(0, 0, "Keeping the checked rows")
    folder, summary = _folder(workspace, request), ImportSummary.of(imported)
    shutil.rmtree(folder, ignore_errors=True)  # a damaged one
    with new_directory(folder) as temporary:
        pq.write_table(imported.dataset.table, temporary / _ROWS)
        write_json(temporary / _SUMMARY, summary.model_dump(mode="json"))
    return summary


def _imports_dir(workspace: Workspace) -> Path:
    return workspace.cache_dir / "imports"


def _folder(workspace: Workspace, request: ImportRequest) -> Path:
    return _imports_dir(workspace) / request.request_id


def _remove_old(folder: Path) -> None:
    """Remove what nobody stored within a day, also what was half written by a process killed."""
    oldest = time.time() - _KEPT_SECONDS
    for path in folder.glob("*"):
        if path.stat().st_mtime < oldest:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
