"""Tests of which GPUs there are, with a driver that answers what a test wants."""

import subprocess

import pytest
import torch

from textcls_core.errors import TrainingError
from textcls_core.models import gpus
from textcls_core.models.gpus import is_built_for_cuda, num_gpus, require_gpus, visible_gpus


@pytest.fixture(autouse=True)
def _ask_anew():
    num_gpus.cache_clear()
    yield
    num_gpus.cache_clear()


def test_num_gpus_counts_the_lines_of_the_driver_and_not_its_parts(monkeypatch):
    listed = "GPU 0: NVIDIA A100 (UUID: a)\n  MIG 1g.5gb Device 0: (UUID: b)\nGPU 1: NVIDIA A100\n"
    answer = subprocess.CompletedProcess([], 0, stdout=listed)
    monkeypatch.setattr(gpus.subprocess, "run", lambda *_, **__: answer)

    assert num_gpus() == 2


@pytest.mark.parametrize("error", [FileNotFoundError(), subprocess.TimeoutExpired("nvidia-smi", 9)])
def test_num_gpus_without_a_driver_that_answers_is_0(monkeypatch, error):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(gpus.subprocess, "run", fail)

    assert num_gpus() == 0


def test_visible_gpus_are_all_that_the_driver_lists(pretend_gpus):
    pretend_gpus(3)

    assert visible_gpus() == ("0", "1", "2")


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ("2,0", ("2", "0")),
        (" 1 , 2 ", ("1", "2")),
        ("GPU-8932f937-d72c,MIG-GPU-8932/1/0", ("GPU-8932f937-d72c", "MIG-GPU-8932/1/0")),
        ("0,-1,1", ("0",)),  # CUDA reads it up to the first name that no GPU has
        ("1,7", ("1",)),
        ("", ()),
        ("-1", ()),
        ("none", ()),
    ],
)
def test_visible_gpus_are_those_that_the_user_chose(pretend_gpus, monkeypatch, chosen, expected):
    pretend_gpus(3)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", chosen)

    assert visible_gpus() == expected


def test_visible_gpus_without_a_driver_are_none_whatever_was_chosen(pretend_gpus, monkeypatch):
    pretend_gpus(0)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")

    assert visible_gpus() == ()


def test_visible_gpus_are_none_if_torch_is_built_for_the_cpu(pretend_gpus, monkeypatch):
    pretend_gpus(2)
    monkeypatch.setattr(gpus, "is_built_for_cuda", lambda: False)

    assert visible_gpus() == ()


def test_is_built_for_cuda_says_what_torch_says():
    assert is_built_for_cuda() == (torch.version.cuda is not None)


def test_require_gpus_says_how_many_processes_there_may_be():
    require_gpus(2, 2)
    with pytest.raises(TrainingError) as refusal:
        require_gpus(4, 2)

    assert str(refusal.value) == (
        "Expected at most 2 processes on this machine, one per GPU, got 4. Set num_processes to 2, "
        "or device to cpu."
    )
