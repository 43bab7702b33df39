"""The product under measurement: its errors, and the end of its processes."""

import subprocess
import sys
import uuid
from pathlib import Path
from unittest.mock import Mock, PropertyMock

import pytest

from bench import product
from bench.errors import BenchError
from bench.memory import peak_memory_bytes
from bench.product import Product, kill_at_step, kill_processes
from textcls_core.config import RunConfig
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.runs.run import RunStatus
from textcls_core.runs.store import RunStore
from textcls_core.training.launch import pin
from textcls_core.workspace import Workspace


def finished(code: int, out: str = "", err: str = "") -> Mock:
    return Mock(return_value=Mock(returncode=code, stdout=out, stderr=err))


def test_answer_of_a_verb_is_its_json(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    run = finished(0, '{"run_id": "x"}')
    monkeypatch.setattr(subprocess, "run", run)

    answer = Product(Workspace(tmp_path)).train({"seed": "3"}, "--wait")

    assert answer == {"run_id": "x"}
    assert run.call_args.args[0][3:] == ["train", "--set", "seed=3", "--wait", "--json"]
    assert run.call_args.kwargs["env"]["TEXTCLS_HOME"] == str(tmp_path)


def test_failed_verb_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(subprocess, "run", finished(2, err="error: No such command 'resume'.\n"))

    with pytest.raises(BenchError, match="runs resume ended with code 2: error: No such command"):
        Product(Workspace(tmp_path)).call("runs", "resume", "x")


def test_processes_with_the_mark_are_killed_and_no_others() -> None:
    sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
    marks = [uuid.uuid4().hex for _ in range(2)]
    marked, other = (subprocess.Popen([*sleep, f"runs/{mark}"]) for mark in marks)

    count = kill_processes(marks[0])

    assert count == 1
    assert marked.poll() is not None
    assert other.poll() is None
    assert kill_processes(marks[1]) == 1


def test_run_that_ended_before_cannot_be_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Mock(run_id="x", finished={"error": "No space left."})
    run.history.step = 3
    run.status.is_active = False

    with pytest.raises(BenchError, match=r"reach step 5; it is .* at step 3\. No space left\."):
        kill_at_step(run, 5)


def test_run_without_process_cannot_be_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(product, "kill_processes", Mock(return_value=0))
    run = Mock(run_id="x")
    run.history.step = 5

    with pytest.raises(BenchError, match="ended before it could be killed at step 5"):
        kill_at_step(run, 5)


def test_peak_memory_is_that_of_this_process() -> None:
    assert 2**20 < peak_memory_bytes() < 2**40


def test_run_of_an_earlier_call_is_found_by_its_settings(
    workspace: Workspace, toy_dataset: TextDataset, tiny_model_dir: Path
) -> None:
    product = Product(workspace)
    settings = {
        "dataset": product.import_dataset(toy_dataset, "toy"),
        "model": str(tiny_model_dir),
        "seed": "3",
    }
    config, _ = pin(workspace, RunConfig.create(settings))
    run, _ = RunStore.open(workspace).create(config)

    assert product.earlier_run(settings) == run
    assert product.earlier_run({**settings, "seed": "4"}) is None
    assert product.earlier_run({**settings, "max_length": "64"}) is None


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (RunStatus.COMPLETED, ("runs", "show", "x")),
        (RunStatus.INTERRUPTED, ("runs", "resume", "x", "--wait")),
        (RunStatus.STOPPED, ("runs", "resume", "x", "--wait")),
    ],
)
def test_only_a_run_that_did_not_end_is_gone_on_with(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, status: RunStatus, words: tuple[str, ...]
) -> None:
    call = Mock(return_value={"run_id": "x"})
    monkeypatch.setattr(Product, "call", call)
    run = Mock(run_id="x")
    # another command is still training it when it is first looked at
    type(run).status = PropertyMock(side_effect=[RunStatus.RUNNING, status, status])

    assert Product(Workspace(tmp_path)).complete(run) == {"run_id": "x"}
    call.assert_called_once_with(*words)
