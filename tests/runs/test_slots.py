"""Tests of the slots of devices, on machines with a pretended number of GPUs."""

import pytest

from textcls_core.config import RunConfig
from textcls_core.files import write_json
from textcls_core.runs.slots import (
    awaited_slots,
    device_slots,
    held_slots,
    likely_device,
    only_gpu,
)
from textcls_core.runs.store import RunStore
from textcls_core.workspace import Workspace


@pytest.fixture
def make_run(tmp_path):
    """Make a run; settings may be given."""

    def make(**settings):
        config = RunConfig.create({"dataset": "toy", **settings})
        return RunStore.open(Workspace(tmp_path)).create(config)[0]

    return make


@pytest.mark.parametrize(
    ("num_gpus", "platform", "expected"),
    [(2, "linux", "cuda"), (2, "win32", "cuda"), (0, "linux", "cpu"), (0, "darwin", "mps")],
)
def test_likely_device_is_what_the_machine_has(
    pretend_gpus, monkeypatch, num_gpus, platform, expected
):
    pretend_gpus(num_gpus)
    monkeypatch.setattr("sys.platform", platform)

    assert likely_device("auto") == expected


@pytest.mark.parametrize("device", ["cpu", "cuda", "mps"])
def test_likely_device_is_the_one_asked_for(pretend_gpus, device):
    pretend_gpus(0)

    assert likely_device(device) == device


@pytest.mark.parametrize("device", ["cpu", "mps"])
@pytest.mark.parametrize("num_processes", [1, 3])
def test_device_slots_are_one_unless_there_are_gpus(pretend_gpus, device, num_processes):
    pretend_gpus(4)

    assert device_slots(device, num_processes) == (device,)


def test_device_slots_of_one_process_are_any_gpu_and_of_several_the_first_ones(pretend_gpus):
    pretend_gpus(3)

    assert device_slots("cuda", 1) == ("cuda-2", "cuda-1", "cuda-0")
    assert device_slots("cuda", 2) == ("cuda-0", "cuda-1")


def test_device_slots_are_those_of_the_gpus_that_the_user_chose(pretend_gpus, monkeypatch):
    pretend_gpus(8)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "6,5,2")

    assert device_slots("cuda", 1) == ("cuda-2", "cuda-5", "cuda-6")
    assert device_slots("cuda", 2) == ("cuda-6", "cuda-5")


def test_device_slots_of_gpus_that_the_driver_does_not_list_are_counted(pretend_gpus):
    pretend_gpus(0)

    assert device_slots("cuda", 1) == ("cuda-0",)
    assert device_slots("cuda", 2) == ("cuda-0", "cuda-1")


@pytest.mark.parametrize(
    ("num_gpus", "slots", "expected"),
    [
        (2, ["cuda-1"], {"CUDA_VISIBLE_DEVICES": "1"}),
        (2, ["cuda-MIG-a/1/0"], {"CUDA_VISIBLE_DEVICES": "MIG-a/1/0"}),
        (2, ["cuda-0", "cuda-1"], {}),
        (2, ["cpu"], {}),
        (0, ["cuda-0"], {}),  # no GPU is listed, so the number may be another one
    ],
)
def test_only_gpu_leaves_one_process_its_own(pretend_gpus, num_gpus, slots, expected):
    pretend_gpus(num_gpus)

    assert only_gpu(slots) == expected


def test_run_awaits_what_it_says_until_it_holds_its_slots(make_run, pretend_gpus):
    pretend_gpus(4)
    run = make_run()
    environment = run.folder / "environment.json"

    write_json(environment, {"device": "cuda", "waits_for": ["cuda-1", "cuda-0"]})
    assert (awaited_slots(run), held_slots(run)) == ({"cuda-0", "cuda-1"}, set())
    write_json(environment, {"device": "cuda", "slots": ["cuda-1"]})
    assert (awaited_slots(run), held_slots(run)) == (set(), {"cuda-1"})


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, {"cuda-0", "cuda-1", "cuda-2"}),
        ({"num_processes": 2}, {"cuda-0", "cuda-1"}),
        ({"device": "cpu"}, {"cpu"}),
    ],
)
def test_run_that_has_said_nothing_awaits_what_it_likely_will(
    make_run, pretend_gpus, settings, expected
):
    pretend_gpus(3)

    assert awaited_slots(make_run(**settings)) == expected


def test_run_of_an_older_version_awaits_its_device(make_run, pretend_gpus):
    pretend_gpus(2)
    run = make_run()
    write_json(run.folder / "environment.json", {"device": "cpu"})

    assert awaited_slots(run) == {"cpu"}
