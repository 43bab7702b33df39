"""Tests of background jobs: one process each, found again, cancelled, killed."""

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from textcls_core.errors import InvalidArgumentError, NotFoundError, TextclsError
from textcls_core.jobs import job as jobs
from textcls_core.jobs import worker
from textcls_core.jobs.job import active_jobs, cancel_job, job_id_of, read_job, start_job
from textcls_core.jobs.lock import ProcessLock
from textcls_core.jobs.progress import JobCancelledError, Progress, begin
from textcls_core.workspace import Workspace

ENTRY = "textcls_core.jobs.progress:ignore"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Folders of the processes that were started; none really is."""
    folders: list[Path] = []
    monkeypatch.setattr(
        jobs, "start_detached", lambda _module, folder, _log: folders.append(folder)
    )
    return folders


def do(workspace: Workspace, work: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> str:
    """Start a job that does `work`, and be its process."""
    module = SimpleNamespace(ignore=work)
    monkeypatch.setattr(worker.importlib, "import_module", lambda _name: module)
    job_id = start_job(workspace, ENTRY, {"rows": 3})
    worker.main(workspace.jobs_dir / job_id)
    return job_id


def test_the_same_work_is_found_and_not_started_twice(workspace, started) -> None:
    first = start_job(workspace, ENTRY, {"a": 1, "b": 2})

    second = start_job(workspace, ENTRY, {"b": 2, "a": 1})

    assert first == second
    assert len(started) == 1
    assert [job.job_id for job in active_jobs(workspace)] == [first]


def test_other_arguments_are_another_job(workspace, started) -> None:
    assert job_id_of(ENTRY, {"a": 1}) != job_id_of(ENTRY, {"a": 2})


def test_only_our_own_functions_are_entries(workspace, started) -> None:
    with pytest.raises(InvalidArgumentError, match='Expected "textcls_core'):
        start_job(workspace, "os:system", {})

    assert started == []


@pytest.mark.parametrize("job_id", ["0" * 16, "../datasets", ""])
def test_an_unknown_job_is_said_to_be_unknown(workspace, job_id) -> None:
    with pytest.raises(NotFoundError, match="does not exist"):
        read_job(workspace, job_id)


def test_a_finished_job_is_not_repeated_unless_asked(workspace, started, monkeypatch) -> None:
    job_id = do(workspace, lambda *_: None, monkeypatch)

    assert read_job(workspace, job_id).state == "finished"
    assert start_job(workspace, ENTRY, {"rows": 3}) == job_id
    assert len(started) == 1
    start_job(workspace, ENTRY, {"rows": 3}, again=True)
    assert len(started) == 2
    assert read_job(workspace, job_id).state == "queued"


def test_the_work_gets_workspace_arguments_and_progress(workspace, started, monkeypatch) -> None:
    seen = []

    def work(own: Workspace, arguments: dict, progress: Progress) -> None:
        seen.append((own, arguments))
        progress(2, 3, "counting")

    job_id = do(workspace, work, monkeypatch)

    assert seen == [(workspace, {"rows": 3})]
    amount = read_job(workspace, job_id).amount
    assert (amount.done, amount.total, amount.message) == (2, 3, "counting")


def test_a_job_says_what_it_made(workspace, started, monkeypatch) -> None:
    job_id = do(workspace, lambda *_: "0123abc", monkeypatch)

    job = read_job(workspace, job_id)

    assert (job.made, job.error) == ("0123abc", "")


def test_a_job_that_failed_made_nothing(workspace, started, monkeypatch) -> None:
    job_id = do(workspace, fail_with(TextclsError("no")), monkeypatch)

    assert read_job(workspace, job_id).made == ""


def test_a_job_that_began_and_lost_its_process_is_interrupted_at_once(workspace, started) -> None:
    job_id = start_job(workspace, ENTRY, {})
    assert read_job(workspace, job_id).state == "queued"

    begin(workspace.jobs_dir / job_id)

    assert read_job(workspace, job_id).state == "interrupted"
    start_job(workspace, ENTRY, {})
    assert read_job(workspace, job_id).state == "queued"


def test_the_process_of_a_job_notes_that_it_began(workspace, started, monkeypatch) -> None:
    seen = []

    job_id = do(
        workspace,
        lambda own, *_: seen.extend(own.jobs_dir.glob("*/progress.json")),
        monkeypatch,
    )

    assert [file.parent.name for file in seen] == [job_id]


def fail_with(error: BaseException) -> Callable[..., None]:
    def work(*_: object) -> None:
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (TextclsError("Expected rows, got none."), "Expected rows, got none."),
        (OSError(28, "No space left on device"), "No space left on device"),
        (MemoryError(), "memory of this machine"),
        (ValueError("secret text"), "unexpected error: ValueError"),
    ],
)
def test_a_failure_is_one_sentence(workspace, started, monkeypatch, error, sentence) -> None:
    job_id = do(workspace, fail_with(error), monkeypatch)

    job = read_job(workspace, job_id)

    assert job.state == "failed"
    assert sentence in job.error
    assert "secret" not in job.error


def test_a_failed_job_starts_again(workspace, started, monkeypatch) -> None:
    do(workspace, fail_with(TextclsError("no")), monkeypatch)

    start_job(workspace, ENTRY, {"rows": 3})

    assert len(started) == 2


def test_a_job_hears_that_it_is_cancelled(workspace, started, monkeypatch) -> None:
    def work(own: Workspace, _arguments: dict, progress: Progress) -> None:
        with monkeypatch.context() as other_process:  # a lock is not seen by its own process
            other_process.setattr(jobs, "is_locked", lambda _: True)
            cancel_job(own, job_id_of(ENTRY, {"rows": 3}))
        progress(1, 3, "counting")
        raise AssertionError("went on")

    job_id = do(workspace, work, monkeypatch)

    assert read_job(workspace, job_id).state == "cancelled"


def test_cancelling_what_has_ended_changes_nothing(workspace, started, monkeypatch) -> None:
    job_id = do(workspace, lambda *_: None, monkeypatch)

    cancel_job(workspace, job_id)

    assert read_job(workspace, job_id).state == "finished"


def test_a_second_process_leaves_the_work_to_the_first(workspace, started, monkeypatch) -> None:
    job_id = start_job(workspace, ENTRY, {})
    monkeypatch.setattr(worker.ProcessLock, "acquire", lambda *_, **__: False)

    assert worker.main(workspace.jobs_dir / job_id) == 0
    assert not (workspace.jobs_dir / job_id / "outcome.json").exists()


def test_a_job_whose_process_vanished_is_interrupted(workspace, started, monkeypatch) -> None:
    job_id = start_job(workspace, ENTRY, {})
    later = time.time() + 3600
    monkeypatch.setattr(jobs.time, "time", lambda: later)

    job = read_job(workspace, job_id)

    assert job.state == "interrupted"
    assert "Start it again" in job.error


def test_progress_is_written_a_few_times_per_second(tmp_path) -> None:
    progress = Progress(tmp_path)

    for done in range(1000):
        progress(done, 1000, "counting")

    assert json.loads((tmp_path / "progress.json").read_text())["done"] < 999
    (tmp_path / "cancel").touch()
    with pytest.raises(JobCancelledError):
        progress(1000, 1000, "counting")


@pytest.mark.slow
def test_a_real_process_says_how_it_ended(workspace) -> None:
    job_id = start_job(workspace, "textcls_core.jobs.lock:is_locked", {})  # wrong arguments: fails
    deadline = time.monotonic() + 30
    while read_job(workspace, job_id).state != "failed" and time.monotonic() < deadline:
        time.sleep(0.05)

    assert read_job(workspace, job_id).state == "failed"
    assert "TypeError" in (workspace.jobs_dir / job_id / "log").read_text()


def test_the_lock_says_that_it_runs(workspace, started) -> None:
    job_id = start_job(workspace, ENTRY, {})
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:  # the lock counts only for other processes
        lock = ProcessLock(workspace.jobs_dir / job_id / "lock")
        lock.acquire()
        os.write(writer, b"x")
        time.sleep(60)
        os._exit(0)
    os.read(reader, 1)

    assert read_job(workspace, job_id).state == "running"

    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert read_job(workspace, job_id).state == "queued"
