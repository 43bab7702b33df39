"""Tests of runs that several processes train together, as real gloo processes."""

import json
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from torch.distributed import TCPStore

from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.store import DatasetStore
from textcls_core.errors import TrainingError
from textcls_core.jobs.lock import is_locked
from textcls_core.runs.run import RunStatus
from textcls_core.runs.store import RunStore
from textcls_core.training.distributed import Ranks, join
from textcls_core.training.launch import resume_run, start_run
from textcls_core.workspace import APP_DIR, Workspace

DEADLINE_SECONDS = 180
ONLY_ONE = """
import builtins, os, sys
real_import = builtins.__import__
def import_and_arrange(*arguments, **options):
    module = real_import(*arguments, **options)
    stepper = getattr(sys.modules.get("textcls_core.training.steps"), "Stepper", None)
    if stepper is not None:
        builtins.__import__ = real_import
        run = stepper.run
        def run_or_not(self, planned, step, learning_rate):
            if step == 2:
                {action}
            return run(self, planned, step, learning_rate)
        stepper.run = run_or_not
    return module
if os.environ.get("RANK") == "{rank}":
    builtins.__import__ = import_and_arrange
"""
"""Started by every Python process; makes one rank do something in its second step."""


def test_one_process_is_the_first_and_exchanges_nothing():
    ranks, model, array = Ranks(), object(), np.ones(3)

    ranks.sum_gradients(model)

    assert ranks.is_first
    assert ranks.wrap(model, "cpu") is model
    assert (ranks.any(True), ranks.any(False)) == (True, False)
    assert ranks.summed_array(array, "cpu") is array
    assert ranks.from_first("x") == "x"


@pytest.fixture
def four_on_two_gpus(monkeypatch):
    """The environment of one of four processes on a machine with two GPUs."""
    for name in ("WORLD_SIZE", "LOCAL_WORLD_SIZE"):
        monkeypatch.setenv(name, "4")
    monkeypatch.setenv("LOCAL_RANK", "3")
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)


@pytest.mark.usefixtures("four_on_two_gpus")
def test_more_processes_than_gpus_are_refused():
    with pytest.raises(TrainingError, match=r"^Expected at most 2 processes on this machine, one"):
        join("cuda")


@pytest.mark.usefixtures("four_on_two_gpus")
def test_process_that_helps_waits_until_the_first_one_says_its_device(monkeypatch):
    store = TCPStore("localhost", 0, is_master=True, wait_for_workers=False)
    monkeypatch.setenv("MASTER_ADDR", "localhost")
    monkeypatch.setenv("MASTER_PORT", str(store.port))
    seen = []
    monkeypatch.setattr("torch.cuda.device_count", lambda: seen.append("cuda") or 2)
    with ThreadPoolExecutor(1) as threads:
        helper = threads.submit(join)
        with pytest.raises(TimeoutError):
            helper.result(timeout=0.3)
        assert seen == []  # it leaves all GPUs alone

        store.set("textcls/device", "cuda")

        with pytest.raises(TrainingError, match=r"^Expected at most 2 processes"):
            helper.result(timeout=DEADLINE_SECONDS)


@pytest.fixture(scope="module")
def steady_model_dir(tiny_model_dir, tmp_path_factory):
    """The tiny BERT without dropout, which would differ from process to process."""
    folder = shutil.copytree(tiny_model_dir, tmp_path_factory.mktemp("steady") / "bert")
    settings = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**settings, "hidden_dropout_prob": 0.0}))
    return folder


def wait_for_end(run, *, pauses=False):
    """Wait for the end of a run that was just started; it pauses as soon as it asks, on demand."""
    if pauses:
        run.request_pause()
    deadline = time.monotonic() + DEADLINE_SECONDS
    # The launcher writes the end of a run whose worker was killed.
    while not run.finished or is_locked(run.lock_file):
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.2)


@pytest.fixture(scope="module")
def together(tmp_path_factory, toy_dataset, tiny_config, steady_model_dir):
    """Make a run, and wait for its end; settings may be given."""
    texts, names = toy_dataset.texts(), np.array(toy_dataset.label_names)
    splits = toy_dataset.table["split"].to_pylist()
    splits[splits.index("train")] = "test"
    rows = Rows(texts, names[toy_dataset.label_ids].tolist(), splits, extra={})

    workspace = Workspace(tmp_path_factory.mktemp("together") / "workspace")  # one: baselines stay
    DatasetStore.open(workspace).save(build_dataset(rows), "toy", "95 rows to train on")

    def train(*, pauses=False, **settings):
        config = tiny_config.model_copy(update={"model": str(steady_model_dir), **settings})
        run = start_run(workspace, config)
        wait_for_end(run, pauses=pauses)
        return run

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLOO_SOCKET_IFNAME", "lo")
        patch.setenv("OMP_NUM_THREADS", "1")
        yield train


@pytest.fixture(scope="module")
def pair(together):
    """The same run in one process and in two: steps of 94 texts, and of the one that is left.

    So one process has no text at all in every second step.
    """
    settings = {"num_epochs": 4, "max_tokens_per_batch": 150, "learning_rate": 1e-3}
    one = together(batch_size=94, **settings)
    return one, together(batch_size=47, num_processes=2, **settings)


@pytest.mark.slow
def test_two_processes_complete_a_run(pair):
    one, two = pair

    assert two.finished.get("error") is None
    assert (one.status, two.status) == (RunStatus.COMPLETED, RunStatus.COMPLETED)
    assert two.finished["steps"] == one.finished["steps"] == 8


@pytest.mark.slow
@pytest.mark.parametrize("name", ["train_loss", "gradient_norm"])
def test_two_processes_have_the_losses_of_one(pair, name):
    one, two = ([row[name] for row in run.history.training] for run in pair)

    assert len(two) == 8
    assert two[:2] == pytest.approx(one[:2], rel=1e-6)
    assert two == pytest.approx(one, rel=1e-5)


@pytest.mark.slow
def test_two_processes_predict_every_row_in_its_place(pair):
    one, two = pair

    for split in ("train", "validation", "test"):
        expected, actual = one.predictions(split), two.predictions(split)
        assert actual.row_ids == expected.row_ids
        assert actual.true_label_ids.tolist() == expected.true_label_ids.tolist()
        np.testing.assert_allclose(actual.probabilities, expected.probabilities, atol=1e-4)


@pytest.mark.slow
def test_two_processes_log_every_step_once(pair):
    _, two = pair

    lines = two.history_file.read_text().splitlines()
    steps = [json.loads(line)["step"] for line in lines if "train_loss" in line]
    assert steps == list(range(1, 9))
    assert two.log_tail(500)[-1].endswith("Run completed.")


@pytest.mark.slow
def test_a_run_goes_on_with_two_processes_and_with_one_again(together):
    settings = {"batch_size": 8, "num_epochs": 1, "max_tokens_per_batch": 40}
    undisturbed, run = together(**settings), together(pauses=True, **settings)
    for num_processes in (2, None):
        resume_run(Workspace(run.folder.parent.parent), run.run_id, num_processes)
        wait_for_end(run, pauses=num_processes == 2)

    expected = [row["train_loss"] for row in undisturbed.history.training]
    assert run.status == RunStatus.COMPLETED
    assert [row["train_loss"] for row in run.history.training] == pytest.approx(expected, rel=1e-5)
    assert [row["note"] for row in run.history.rows if "note" in row] == [
        "Resumed from the checkpoint of step 1.",
        "Goes on with 2 processes instead of 1; each step still has the same texts.",
        "Resumed from the checkpoint of step 8.",  # several processes ask every 8 steps
    ]


@pytest.fixture
def only_one(tmp_path, monkeypatch):
    """Let one of the processes do something in its second step."""

    def arrange(rank, action):
        code = ONLY_ONE.format(rank=rank, action=action)
        (tmp_path / "sitecustomize.py").write_text(code)
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(APP_DIR)]))

    return arrange


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rank", "reason"),
    [(0, "RuntimeError: a cable broke"), (1, "Process 1: RuntimeError: a cable broke")],
)
def test_run_fails_with_the_reason_of_the_process_that_failed(together, only_one, rank, reason):
    only_one(rank, 'raise RuntimeError("a cable broke")')

    run = together(batch_size=8, num_processes=2)

    assert run.status == RunStatus.FAILED
    assert run.finished["error"] == reason


@pytest.mark.slow
@pytest.mark.parametrize("rank", [0, 1])
def test_run_fails_with_a_sentence_if_a_process_is_killed(together, only_one, rank):
    only_one(rank, "os.kill(os.getpid(), 9)")

    run = together(batch_size=8, num_processes=2)

    assert run.status == RunStatus.FAILED
    assert run.resumable == 0
    assert run.finished["error"]


@pytest.mark.slow
def test_run_stops_with_its_best_model_when_one_process_has_no_number(together, only_one):
    only_one(1, "next(self.classifier.model.parameters()).data.fill_(float('nan'))")

    run = together(batch_size=8, num_processes=2, evaluation_steps=1)

    reason = "The loss became nan and the gradient norm nan at step 2."
    assert run.status == RunStatus.STOPPED
    assert run.finished["error"].startswith(reason)
    assert run.finished["steps"] == 1
    assert len(run.predictions("test").row_ids) > 0
    assert sum(reason in line for line in run.log_tail(500)) == 1


@pytest.mark.slow
def test_sigterm_ends_all_processes_with_a_checkpoint(together, only_one):
    only_one(0, "os.kill(os.getppid(), 15); __import__('time').sleep(1)")  # as Slurm ends torchrun

    run = together(batch_size=8, num_processes=2)

    assert run.finished.get("error") is None
    assert run.status == RunStatus.STOPPED
    assert run.resumable == run.finished["steps"] < run.started["num_steps"]


@pytest.mark.slow
def test_all_processes_end_when_a_queued_run_is_stopped(workspace, tiny_config, hold_lock):
    store = RunStore.open(workspace)
    hold_lock(store.slot_file("cpu"))
    run, _ = store.create(tiny_config.model_copy(update={"num_processes": 2}))
    run.stop_file.touch()
    command = [sys.executable, "-m", "textcls_core.training.launcher", str(run.folder)]

    ended = subprocess.run(command, cwd=APP_DIR, timeout=DEADLINE_SECONDS, check=False)

    assert ended.returncode != 0
    assert run.status == RunStatus.STOPPED
