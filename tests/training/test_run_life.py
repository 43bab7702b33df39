"""Tests of the whole life of runs as real processes: queued, stopped, killed and resumed."""

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass

import pytest
from safetensors.torch import load_file

from textcls_core.jobs.lock import is_locked
from textcls_core.runs.run import Run, RunStatus
from textcls_core.runs.store import RunStore
from textcls_core.training.launch import resume_run, start_run, wait
from textcls_core.workspace import APP_DIR, Workspace

FIRST, SECOND, THIRD = (f"20260101-00000{number}-0123abcd" for number in (1, 2, 3))
DEADLINE_SECONDS = 180
START_TWICE_AND_STAY = """
import sys, time
from pathlib import Path
from textcls_core.config import RunConfig
from textcls_core.training.launch import start_run
from textcls_core.workspace import Workspace
workspace, config = Workspace(Path(sys.argv[1])), RunConfig.model_validate_json(sys.argv[2])
start_run(workspace, config, sys.argv[3])
start_run(workspace, config, sys.argv[3])
print("started", flush=True)
time.sleep(60)
"""


@dataclass(frozen=True)
class Story:
    """Three runs in one workspace, and what was seen of them on the way.

    The first is started twice by a process that is then killed, and is stopped on request; the
    second waits behind it and is killed while it trains; the third cannot load its model.
    """

    first: Run
    second: Run
    third: Run
    seen: dict


@pytest.fixture(scope="module")
def story(tmp_path_factory, workspace_template, tiny_config, tiny_model_dir):
    """Live through the story once; about 25 s."""
    root = tmp_path_factory.mktemp("story")
    workspace = Workspace(shutil.copytree(workspace_template.root, root / "workspace"))
    endless = tiny_config.model_copy(update={"num_epochs": 1000})
    broken_dir = shutil.copytree(tiny_model_dir, root / "broken")
    (broken_dir / "model.safetensors").write_bytes(b"garbage" * 100)
    broken = tiny_config.model_copy(update={"model": str(broken_dir)})
    seen = {}
    try:
        seen["starter_exit_code"] = start_twice_and_be_killed(workspace, endless, FIRST)
        first = RunStore.open(workspace).open_run(FIRST)
        second = start_run(workspace, endless, SECOND)
        third = start_run(workspace, broken, THIRD)
        watch_the_queue(first, second, third, seen)
        stop_the_first(first, seen)
        kill_the_second(second, seen)
        wait(third)
        yield Story(first, second, third, seen)
    finally:
        for pid in [*processes_of(FIRST), *processes_of(SECOND), *processes_of(THIRD)]:
            os.kill(pid, signal.SIGKILL)


def start_twice_and_be_killed(workspace, config, run_id):
    """Start a run from another process, kill that process, return its exit code."""
    arguments = [str(workspace.root), config.model_dump_json(), run_id]
    starter = subprocess.Popen(
        [sys.executable, "-c", START_TWICE_AND_STAY, *arguments],
        cwd=APP_DIR,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert starter.stdout.readline() == "started\n"
    starter.kill()
    starter.communicate()
    return starter.returncode


def watch_the_queue(first, second, third, seen):
    """Note who waits behind whom while the first run trains."""
    store = RunStore(first.folder.parent)
    wait_until(lambda: first.history.step >= 1)
    wait_until(lambda: is_locked(second.lock_file) and is_locked(third.lock_file))
    seen["statuses"] = (first.status, second.status, third.status)
    seen["behind"] = (store.waiting_behind(second), store.waiting_behind(third))
    seen["runs"] = store.runs()
    seen["processes_of_first"] = processes_of(FIRST)


def stop_the_first(first, seen):
    """Ask for a stop while the worker is frozen, so that it is seen before it is obeyed."""
    [pid] = processes_of(FIRST)
    os.kill(pid, signal.SIGSTOP)
    first.request_stop()
    seen["after_request"] = first.status
    os.kill(pid, signal.SIGCONT)
    wait(first)


def kill_the_second(second, seen):
    """Kill the worker with SIGKILL after its first validation."""
    wait_until(lambda: second.history.evaluations)
    seen["after_first"] = second.status
    [pid] = processes_of(SECOND)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: second.status != RunStatus.RUNNING, seconds=10)
    seen["after_kill"] = second.status


def wait_until(is_done, seconds=DEADLINE_SECONDS):
    deadline = time.monotonic() + seconds
    while not is_done():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


def processes_of(run_id):
    """Return the pids of the living processes whose command line names a run."""
    listed = subprocess.run(
        ["/bin/ps", "-axww", "-o", "pid=,stat=,command="],
        capture_output=True,
        text=True,
        check=True,
    )
    rows = [line.split(None, 2) for line in listed.stdout.splitlines()]
    return [
        int(pid)
        for pid, state, command in rows
        if "textcls_core.training.worker" in command and run_id in command and "Z" not in state
    ]


@pytest.mark.slow
def test_worker_survives_sigkill_of_the_process_that_started_it(story):
    assert story.seen["starter_exit_code"] == -signal.SIGKILL
    assert story.seen["statuses"][0] == RunStatus.RUNNING


@pytest.mark.slow
def test_starting_twice_with_an_id_makes_one_run_and_one_process(story):
    assert [run.run_id for run in story.seen["runs"]] == [THIRD, SECOND, FIRST]
    assert len(story.seen["processes_of_first"]) == 1


@pytest.mark.slow
def test_second_run_is_queued_behind_the_first(story):
    assert story.seen["statuses"] == (RunStatus.RUNNING, RunStatus.QUEUED, RunStatus.QUEUED)
    assert story.seen["behind"] == ([story.first], [story.first, story.second])


@pytest.mark.slow
def test_run_is_stopping_until_its_worker_obeys(story):
    assert story.seen["after_request"] == RunStatus.STOPPING


@pytest.mark.slow
def test_stopped_run_has_a_model_and_predictions(story):
    assert story.first.status == RunStatus.STOPPED
    assert story.first.finished["steps"] == story.first.history.step
    assert story.first.splits == ("validation", "test")  # the largest is not waited for
    assert (story.first.require_model() / "model.safetensors").is_file()


@pytest.mark.slow
def test_second_run_starts_when_the_first_has_stopped(story):
    assert story.seen["after_first"] == RunStatus.RUNNING


@pytest.mark.slow
def test_run_is_interrupted_when_its_worker_is_killed(story):
    assert story.seen["after_kill"] == RunStatus.INTERRUPTED
    assert story.second.finished == {}


@pytest.mark.slow
def test_interrupted_run_keeps_its_history(story):
    steps = [row["step"] for row in story.second.history.training]

    assert steps == list(range(1, story.second.history.step + 1))


@pytest.mark.slow
def test_failed_run_says_why(story):
    assert story.third.status == RunStatus.FAILED
    assert story.third.finished["error"].startswith("The model in broken cannot be loaded")
    assert story.third.finished["error"] in "\n".join(story.third.log_tail())


@pytest.mark.slow
def test_interrupted_run_does_not_hold_up_the_queue(story):
    assert story.third.history.rows == ()
    assert story.third.environment["device"] == story.second.environment["device"] == "cpu"


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, workspace_template, tiny_config):
    """A run of 60 steps that nobody kills, with a checkpoint every 7 steps."""
    return train_in(tmp_path_factory.mktemp("undisturbed"), workspace_template, tiny_config)


def train_in(folder, template, config):
    """Make a run of 60 steps in a workspace of its own; wait for its end."""
    run = start_in(folder, template, config)
    wait(run)
    return run


def start_in(folder, template, config):
    root = shutil.copytree(template.root, folder / "workspace")
    settings = {"num_epochs": 10, "checkpoint_steps": 7, "evaluation_steps": 10}
    return start_run(Workspace(root), config.model_copy(update=settings))


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_run_killed_and_resumed_is_bit_for_bit_the_undisturbed_one(
    undisturbed, workspace_template, tiny_config, tmp_path, share
):
    run = start_in(tmp_path, workspace_template, tiny_config)
    wait_until(lambda: progress(run) >= share)
    for pid in processes_of(run.run_id):
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not run.status.is_active)

    if run.status != RunStatus.COMPLETED:  # it may have been faster than the kill
        resume_run(Workspace(run.folder.parent.parent), run.run_id)
    wait(run)

    assert run.status == RunStatus.COMPLETED
    assert figures(run) == figures(undisturbed)
    expected = load_file(undisturbed.model_dir / "model.safetensors")
    actual = load_file(run.model_dir / "model.safetensors")
    assert all(actual[name].equal(expected[name]) for name in expected)
    for name in ("state.safetensors", "best/model.safetensors"):
        assert final(run, name) == final(undisturbed, name)


def progress(run):
    """Return the share of the steps that the newest checkpoint knows of."""
    saved = sorted(run.checkpoints_dir.glob("step-*"))
    return int(saved[-1].name[5:]) / 60 if saved else 0.0


def final(run, name):
    return (run.checkpoints_dir / "step-000060" / name).read_bytes()


def figures(run):
    names = ("step", "train_loss", "gradient_norm", "validation_loss", "validation_macro_f1")
    return [
        {name: row[name] for name in names if name in row}
        for row in run.history.rows
        if "note" not in row
    ]
