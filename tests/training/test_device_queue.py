"""Tests of the queue for devices, on machines with a pretended number of GPUs."""

import os
import subprocess
import sys
import time
from contextlib import ExitStack

import pytest

from textcls_core.errors import TrainingError
from textcls_core.files import write_json
from textcls_core.runs.run import RunStatus
from textcls_core.training import device_queue
from textcls_core.training.device_queue import StoppedWhileQueuedError, wait_for_device
from textcls_core.training.run_writer import RunWriter
from textcls_core.workspace import APP_DIR

EARLIER, LATER = "20260101-000001-0123abcd", "20260101-000002-0123abcd"
DEADLINE_SECONDS = 60
NO_TORCH = "CPU, because cuda is unusable: not present."
WORKER = """
import sys, time, types
from contextlib import ExitStack
from pathlib import Path
torch_side = types.SimpleNamespace(choose_device=lambda _: ("cuda", "A pretended GPU."))
sys.modules["textcls_core.models.device"] = torch_side
from textcls_core.jobs.lock import ProcessLock
from textcls_core.models import gpus
from textcls_core.runs.run import Run
from textcls_core.training import device_queue
from textcls_core.training.run_writer import RunWriter
gpus.num_gpus, gpus.is_built_for_cuda = lambda: 2, lambda: True
device_queue._POLL_SECONDS = 0.05
run, held = Run(Path(sys.argv[1])), ExitStack()
lock = ProcessLock(run.lock_file)
lock.acquire(5)
device_queue.wait_for_device(run, RunWriter(run), held)
time.sleep(600)
"""
"""Waits for GPUs as a worker does, on a machine with two of them, and keeps them until killed."""


@pytest.fixture(autouse=True)
def asked(monkeypatch):
    """Let torch choose the device asked for, or cuda; return what it was asked for."""
    asked = []

    def choose(preference):
        asked.append(preference)
        return ("cuda" if preference == "auto" else preference), "Pretended."

    monkeypatch.setattr("textcls_core.models.device.choose_device", choose)
    return asked


@pytest.fixture
def hold(store, hold_lock):
    """Let other processes hold slots."""
    return lambda *slots: [hold_lock(store.slot_file(slot)) for slot in slots]


@pytest.fixture
def run(make_run):
    return make_run(LATER, device="auto")


@pytest.fixture
def earlier_run(make_run, run, hold_lock):
    """Make a run at work that was made before `run`, with the facts that it tells others."""

    def make(**facts):
        earlier = make_run(EARLIER, device="cuda")
        moment = run.created_at.timestamp() - 5
        os.utime(earlier.folder / "config.json", (moment, moment))
        hold_lock(earlier.lock_file)
        if facts:
            write_json(earlier.folder / "environment.json", {"device": "cuda", **facts})

    return make


def wait(run):
    """Return the slots that a run gets."""
    with ExitStack() as held:
        wait_for_device(run, RunWriter(run), held)
        return run.environment["slots"]


def wait_in_vain(run):
    """Return the slots that a run waits for until it is stopped."""
    run.stop_file.touch()
    with ExitStack() as held, pytest.raises(StoppedWhileQueuedError):
        wait_for_device(run, RunWriter(run), held)
    return run.environment["waits_for"]


def test_worker_has_not_loaded_torch_before_it_waits():
    look = "import sys, textcls_core.training.worker; print('torch' in sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", look], cwd=APP_DIR, capture_output=True, text=True, check=True
    )

    assert done.stdout == "False\n"


def test_run_of_one_process_takes_the_last_free_gpu_and_sees_no_other(run, pretend_gpus, hold):
    pretend_gpus(4)
    hold("cuda-3", "cuda-1", "cpu")

    assert wait(run) == ["cuda-2"]
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "2"


def test_run_takes_a_gpu_of_those_that_the_user_chose(run, pretend_gpus, hold, monkeypatch):
    pretend_gpus(8)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5,6")
    hold("cuda-6")

    assert wait(run) == ["cuda-5"]
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "5"


def test_run_waits_if_those_that_the_user_chose_are_busy(run, pretend_gpus, hold, monkeypatch):
    pretend_gpus(8)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5,6")
    hold("cuda-6", "cuda-5")

    assert wait_in_vain(run) == ["cuda-6", "cuda-5"]
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "5,6"


def test_run_that_waits_leaves_torch_alone(run, pretend_gpus, hold, asked):
    pretend_gpus(1)
    hold("cuda-0")

    wait_in_vain(run)

    assert asked == []


def test_run_gives_its_slot_up_in_the_end(run, pretend_gpus, hold):
    pretend_gpus(1)

    wait(run)

    hold("cuda-0")  # fails if it is not free


def test_run_of_two_processes_takes_the_first_two_gpus(run, pretend_gpus, monkeypatch):
    pretend_gpus(4)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")

    assert wait(run) == ["cuda-0", "cuda-1"]
    assert "CUDA_VISIBLE_DEVICES" not in os.environ


def test_run_of_two_processes_holds_nothing_while_it_waits(run, pretend_gpus, hold, monkeypatch):
    pretend_gpus(2)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    [other] = hold("cuda-1")
    waits = []

    def look_and_free_the_other(_seconds):
        [probe] = hold("cuda-0")  # fails if it is not free
        for process in (probe, other):
            process.kill()
            process.wait()
        waits.append(run.environment["waits_for"])

    monkeypatch.setattr(device_queue.time, "sleep", look_and_free_the_other)

    assert wait(run) == ["cuda-0", "cuda-1"]
    assert waits == [["cuda-0", "cuda-1"]]


def test_more_processes_than_gpus_are_refused_before_anybody_waits(
    run, pretend_gpus, hold, monkeypatch
):
    pretend_gpus(2)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "4")
    hold("cuda-0")

    with ExitStack() as held, pytest.raises(TrainingError, match="Set num_processes to 2"):
        wait_for_device(run, RunWriter(run), held)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"waits_for": ["cuda-0", "cuda-1"]}, ["cuda-2"]),
        ({"waits_for": ["cuda-2"]}, ["cuda-1"]),
        ({"slots": ["cuda-2"]}, ["cuda-2"]),  # it has what it needs: only locks count
        ({"device": "cpu", "waits_for": ["cpu"]}, ["cuda-2"]),
    ],
)
def test_run_leaves_earlier_ones_what_they_wait_for(
    run, earlier_run, pretend_gpus, facts, expected
):
    pretend_gpus(3)
    earlier_run(**facts)

    assert wait(run) == expected


@pytest.mark.parametrize("facts", [{"waits_for": ["cuda-1", "cuda-0"]}, {}])
def test_run_does_not_overtake_an_earlier_one_that_may_take_any(
    run, earlier_run, pretend_gpus, facts
):
    pretend_gpus(2)
    earlier_run(**facts)

    assert wait_in_vain(run) == ["cuda-1", "cuda-0"]


def test_run_whose_gpu_is_unusable_gives_it_up_and_takes_the_cpu(
    run, pretend_gpus, hold, monkeypatch
):
    pretend_gpus(2)
    monkeypatch.setattr("textcls_core.models.device.choose_device", lambda _: ("cpu", NO_TORCH))

    with ExitStack() as held:
        assert wait_for_device(run, RunWriter(run), held) == ("cpu", NO_TORCH)
        assert run.environment == {"device": "cpu", "slots": ["cpu"]}
        hold("cuda-1")  # fails if it is not free


def test_run_whose_gpu_is_unusable_waits_for_the_cpu(run, pretend_gpus, hold, monkeypatch):
    pretend_gpus(2)
    monkeypatch.setattr("textcls_core.models.device.choose_device", lambda _: ("cpu", NO_TORCH))
    hold("cpu")

    assert wait_in_vain(run) == ["cpu"]
    assert run.environment["device"] == "cpu"


def test_gpu_that_only_torch_knows_is_the_first_one(run, pretend_gpus, hold):
    pretend_gpus(0)

    assert wait(run) == ["cuda-0"]
    hold("cpu")  # fails if it is not free
    assert "CUDA_VISIBLE_DEVICES" not in os.environ


@pytest.fixture
def start(make_run, pretend_gpus):
    """Start processes that each wait for GPUs and keep them; they are killed in the end."""
    pretend_gpus(2)
    workers = []

    def start_worker(num_processes=1):
        run = make_run(device="cuda", num_processes=num_processes)
        workers.append(
            subprocess.Popen(
                [sys.executable, "-c", WORKER, str(run.folder)],
                cwd=APP_DIR,
                env={**os.environ, "LOCAL_WORLD_SIZE": str(num_processes)},
            )
        )
        wait_until(lambda: run.environment)
        return run, workers[-1]

    yield start_worker
    for worker in workers:
        worker.kill()
        worker.wait()


def wait_until(is_done):
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not is_done():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


def kill(worker):
    worker.kill()
    worker.wait()


def slots_of(run):
    """Return the slots of a run as soon as it has some."""
    wait_until(lambda: "slots" in run.environment)
    return run.environment["slots"]


@pytest.mark.slow
def test_two_runs_train_at_once_on_two_gpus_and_a_killed_one_makes_room(store, start):
    (first, worker), (second, _), (third, _) = start(), start(), start()

    assert (slots_of(first), slots_of(second)) == (["cuda-1"], ["cuda-0"])
    assert store.waiting_behind(second) == []
    assert store.waiting_behind(third) == [first, second]
    assert third.environment["waits_for"] == ["cuda-1", "cuda-0"]

    kill(worker)

    assert slots_of(third) == ["cuda-1"]
    assert first.status == RunStatus.INTERRUPTED
    assert store.waiting_behind(third) == []


@pytest.mark.slow
def test_run_of_two_processes_waits_for_both_gpus_and_is_not_overtaken(store, start):
    (first, first_worker), (second, second_worker) = start(), start()
    assert (slots_of(first), slots_of(second)) == (["cuda-1"], ["cuda-0"])
    (pair, pair_worker), (last, _) = start(num_processes=2), start()

    kill(first_worker)
    time.sleep(1)  # in which the last one looks for the free GPU many times

    assert store.waiting_behind(pair) == [second]
    assert store.waiting_behind(last) == [second, pair]
    assert "waits_for" in last.environment

    kill(second_worker)
    assert slots_of(pair) == ["cuda-0", "cuda-1"]
    assert store.waiting_behind(last) == [pair]

    kill(pair_worker)
    assert slots_of(last) == ["cuda-1"]
