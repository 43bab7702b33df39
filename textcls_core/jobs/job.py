"""Jobs: long work that a page starts, watches and cancels, done by a process of its own.

A job is a folder. `job.json` says what to do, `progress.json` how far it is, `outcome.json` how it
ended; an empty file `cancel` asks it to stop. As with runs, the state is derived from these files
and from the lock that the working process holds, and is never stored. A job keeps no result but a
reference to what it made: that is stored where others look for it.
"""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from textcls_core.errors import InvalidArgumentError, NotFoundError
from textcls_core.files import digest_of, read_model, write_json
from textcls_core.jobs.lock import is_locked
from textcls_core.jobs.process import start_detached
from textcls_core.workspace import Workspace

Ending = Literal["finished", "failed", "cancelled"]
JobState = Literal["queued", "running", "interrupted"] | Ending
_WORKER = "textcls_core.jobs.worker"
_SECONDS_TO_START = 60.0


class JobPlan(BaseModel):
    """What a job is to do."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    entry: str
    """`package.module:function` of ours, called with workspace, arguments and progress."""
    arguments: dict[str, Any]
    """Plain JSON values."""
    started_at: float
    """Seconds since the epoch, of the last start."""


class Amount(BaseModel):
    """How far a job is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    done: int = 0
    total: int = 0
    """0 when nobody knows."""
    message: str = ""


class Outcome(BaseModel):
    """How a job ended."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    state: Ending
    error: str = ""
    """One sentence for people, if it failed."""
    made: str = ""
    """Reference to what it made, for example a fingerprint, if its function returned one."""
    seconds: float


@dataclass(frozen=True, slots=True)
class Job:
    """One job as it is now."""

    job_id: str
    plan: JobPlan
    state: JobState
    amount: Amount
    outcome: Outcome | None

    @property
    def is_active(self) -> bool:
        """Whether it still works, or is about to."""
        return self.state in {"queued", "running"}

    @property
    def error(self) -> str:
        """Why it did not finish; empty when there is nothing to say."""
        if self.state == "interrupted":
            return "Its process ended without a word. Start it again."
        return self.outcome.error if self.outcome else ""

    @property
    def made(self) -> str:
        """Reference to what it made; empty before it has finished, or when it names nothing."""
        return self.outcome.made if self.outcome else ""


def job_id_of(entry: str, arguments: dict[str, Any]) -> str:
    """Return the id of a job: the same work always has the same id."""
    return digest_of([entry, arguments])


def start_job(
    workspace: Workspace, entry: str, arguments: dict[str, Any], *, again: bool = False
) -> str:
    """Start a job unless the same one works already or has finished; return its id.

    Args:
        workspace: Where it works.
        entry: `package.module:function` in `textcls_core`.
        arguments: Plain JSON values; with the entry they are the job's identity.
        again: Repeat it though it has finished, for results that were deleted.

    Raises:
        InvalidArgumentError: If the entry is not ours.
    """
    if not entry.startswith("textcls_core.") or entry.count(":") != 1:
        raise InvalidArgumentError(f'Expected "textcls_core.module:function", got "{entry[:80]}".')
    job_id = job_id_of(entry, arguments)
    folder = workspace.jobs_dir / job_id
    if (folder / "job.json").exists():
        job = read_job(workspace, job_id)
        if job.is_active or (job.state == "finished" and not again):
            return job_id
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("outcome.json", "progress.json", "cancel"):
        (folder / name).unlink(missing_ok=True)
    plan = JobPlan(entry=entry, arguments=arguments, started_at=time.time())
    write_json(folder / "job.json", plan.model_dump(mode="json"))
    start_detached(_WORKER, folder, folder / "log")  # of two, the one without the lock ends at once
    return job_id


def read_job(workspace: Workspace, job_id: str) -> Job:
    """Return a job as it is now.

    Raises:
        NotFoundError: If there is no such job.
    """
    folder = workspace.jobs_dir / job_id
    if not job_id.isalnum() or not (folder / "job.json").exists():
        raise NotFoundError(f'Job "{job_id[:40]}" does not exist. Start it again.')
    plan = read_model(folder / "job.json", JobPlan, "job")
    has_begun = (folder / "progress.json").exists()  # asked first: else a start looks like an end
    running = is_locked(folder / "lock")
    outcome = None if running else _read_outcome(folder)
    state = _state(plan, outcome, running=running, has_begun=has_begun)
    return Job(job_id, plan, state, _read_amount(folder), outcome)


def active_jobs(workspace: Workspace) -> list[Job]:
    """Return the jobs that work now, oldest first."""
    folders = [file.parent for file in workspace.jobs_dir.glob("*/job.json")]
    jobs = [read_job(workspace, folder.name) for folder in folders if _may_work(folder)]
    return sorted((job for job in jobs if job.is_active), key=lambda job: job.plan.started_at)


def cancel_job(workspace: Workspace, job_id: str) -> None:
    """Ask a job to stop; it does so when it next reports its progress.

    Raises:
        NotFoundError: If there is no such job.
    """
    if read_job(workspace, job_id).is_active:
        (workspace.jobs_dir / job_id / "cancel").touch()


def _may_work(folder: Path) -> bool:
    return not (folder / "outcome.json").exists()


def _state(plan: JobPlan, outcome: Outcome | None, *, running: bool, has_begun: bool) -> JobState:
    if running:
        return "running"
    if outcome is not None:
        return outcome.state
    is_starting = abs(time.time() - plan.started_at) < _SECONDS_TO_START
    return "queued" if is_starting and not has_begun else "interrupted"


def _read_outcome(folder: Path) -> Outcome | None:
    file = folder / "outcome.json"
    return read_model(file, Outcome, "job") if file.exists() else None


def _read_amount(folder: Path) -> Amount:
    file = folder / "progress.json"
    return read_model(file, Amount, "job") if file.exists() else Amount()
