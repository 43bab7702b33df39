"""Tests of the number of GPUs, with a driver that answers what a test wants."""

import subprocess

import pytest

from textcls_core.models import gpus
from textcls_core.models.gpus import num_gpus


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
