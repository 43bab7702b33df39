"""Tests of starting runs, and of their whole life as real processes."""

import argparse
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textcls_core.config import RunConfig
from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.store import DatasetStore
from textcls_core.errors import DatasetFormatError, ModelError, NotFoundError
from textcls_core.files import write_json
from textcls_core.runs.run import Run, RunStatus
from textcls_core.runs.store import RunStore
from textcls_core.training import launch
from textcls_core.training.launch import command_line, start_run, wait
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
WITHOUT_TORCH = """
import sys
import textcls_core.training.launch
print({"torch", "transformers"} & set(sys.modules))
"""


@pytest.fixture
def started(monkeypatch):
    """Keep workers from starting; the calls that would have started one."""
    calls = []
    monkeypatch.setattr(
        launch.subprocess, "Popen", lambda arguments, **options: calls.append((arguments, options))
    )
    return calls


def fill(workspace, name, labels, splits):
    """Store a data set with these labels and splits."""
    texts = [f"text {number}" for number in range(len(labels))]
    dataset = build_dataset(Rows(texts, labels, splits, extra={}))
    return DatasetStore(workspace.datasets_dir).save(dataset, name, "made for the test")


@pytest.mark.usefixtures("started")
def test_start_run_fills_in_the_exact_data_set(workspace, tiny_config):
    stored = DatasetStore(workspace.datasets_dir).find("toy")

    run = start_run(workspace, tiny_config)

    assert run.config.dataset_fingerprint == stored.fingerprint
    assert run.status == RunStatus.QUEUED


@pytest.mark.usefixtures("started")
def test_start_run_names_a_data_set_that_was_asked_for_by_fingerprint(workspace, tiny_config):
    stored = DatasetStore(workspace.datasets_dir).find("toy")

    run = start_run(workspace, tiny_config.model_copy(update={"dataset": stored.fingerprint}))

    assert run.config.dataset == "toy"


def test_start_run_starts_a_process_in_a_session_of_its_own(workspace, tiny_config, started):
    run = start_run(workspace, tiny_config)

    [(arguments, options)] = started
    assert arguments == [sys.executable, "-m", "textcls_core.training.worker", str(run.folder)]
    assert options["start_new_session"]
    assert options["close_fds"]
    assert options["stdin"] == subprocess.DEVNULL
    assert options["stdout"].name == options["stderr"].name == str(run.log_file)
    assert options["cwd"] == APP_DIR


def test_start_run_twice_with_an_id_makes_one_run_and_one_process(workspace, tiny_config, started):
    first = start_run(workspace, tiny_config, FIRST)

    second = start_run(workspace, tiny_config, FIRST)

    assert second == first
    assert len(started) == 1
    assert RunStore.open(workspace).runs() == [first]


def test_start_run_twice_without_an_id_makes_two_runs(workspace, tiny_config, started):
    start_run(workspace, tiny_config)

    start_run(workspace, tiny_config)

    assert len(started) == len(RunStore.open(workspace).runs()) == 2


def test_start_run_makes_folders_absolute_for_a_worker_that_lives_elsewhere(
    workspace, tiny_config, tiny_model_dir, started, monkeypatch
):
    monkeypatch.chdir(workspace.root.parent)
    relative_model = os.path.relpath(tiny_model_dir)

    run = start_run(
        Workspace(Path("workspace")), tiny_config.model_copy(update={"model": relative_model})
    )

    assert run.config.model == str(tiny_model_dir)
    assert started[0][0][-1] == str(workspace.runs_dir / run.run_id)


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"dataset": "nosuch"}, NotFoundError, 'Data set "nosuch" does not exist. Known: '),
        ({"model": "./nosuch"}, ModelError, "nosuch is not a model folder: config.json is missing"),
        ({"model": "no/such"}, ModelError, '"no/such" is not on this machine and HF_HUB_OFFLINE'),
    ],
)
def test_start_run_refuses_what_does_not_exist_and_stores_nothing(
    workspace, tiny_config, started, settings, error, message
):
    with pytest.raises(error, match=message):
        start_run(workspace, tiny_config.model_copy(update=settings))

    assert started == []
    assert not workspace.runs_dir.exists()


def test_start_run_refuses_a_data_set_that_cannot_be_trained_on(workspace, tiny_config, started):
    fill(workspace, "one-class", ["only"] * 6, ["train"] * 4 + ["validation", "test"])
    message = r'This data set cannot be trained on\. All 6 rows have the label "only"'

    with pytest.raises(DatasetFormatError, match=message):
        start_run(workspace, tiny_config.model_copy(update={"dataset": "one-class"}))

    assert started == []
    assert not workspace.runs_dir.exists()


def test_launch_imports_no_torch():
    output = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH], cwd=APP_DIR, capture_output=True, check=True
    ).stdout

    assert output == b"set()\n"


def test_wait_returns_the_final_status(workspace, tiny_config):
    run, _ = RunStore.open(workspace).create(tiny_config)
    write_json(run.folder / "finished.json", {"outcome": "stopped"})

    assert wait(run) == RunStatus.STOPPED


def test_wait_goes_on_while_the_run_is_active(workspace, tiny_config, monkeypatch):
    run, _ = RunStore.open(workspace).create(tiny_config)
    monkeypatch.setattr(
        launch.time,
        "sleep",
        lambda _: write_json(run.folder / "finished.json", {"outcome": "completed"}),
    )

    assert wait(run) == RunStatus.COMPLETED


def settings_in(command):
    """Read the settings back as a shell and an argument parser would."""
    parser = argparse.ArgumentParser()
    for option in ("--dataset", "--model", "--preset"):
        parser.add_argument(option)
    parser.add_argument("--set", action="append", default=[])
    settings = vars(parser.parse_args(shlex.split(command)[4:]))
    pairs = settings.pop("set")
    return {**settings, **dict(pair.split("=", 1) for pair in pairs)}


def test_command_line_names_only_what_differs_from_the_preset():
    config = RunConfig.create({"dataset": "toy", "preset": "fast", "seed": 7})

    assert command_line(config) == (
        "python -m textcls_core train --dataset toy --model minilm --preset fast --set seed=7"
    )


@given(
    dataset=st.sampled_from(["toy", "my data", "it's; rm -rf $HOME", "データ"]),
    name=st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=80),
    preset=st.sampled_from(["fast", "balanced", "best"]),
    learning_rate=st.floats(1e-7, 0.5),
    batch_size=st.integers(1, 64),
    metric=st.sampled_from(["validation_loss", "validation_accuracy"]),
)
def test_command_line_gives_the_same_settings_back(
    dataset, name, preset, learning_rate, batch_size, metric
):
    config = RunConfig.create(
        {
            "dataset": dataset,
            "name": name,
            "preset": preset,
            "learning_rate": learning_rate,
            "batch_size": batch_size,
            "metric_for_best_model": metric,
        }
    )

    command = command_line(config)

    assert RunConfig.create(settings_in(command)) == config


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
    wait_until(lambda: second.environment and third.environment)
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
