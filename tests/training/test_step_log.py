"""Tests of the figures of finished steps."""

import dataclasses
import math

import numpy as np
import pytest
import torch

from textcls_core.models.classifier import CPU
from textcls_core.training import step_log
from textcls_core.training.step_log import StepLog


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def perf_counter(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(step_log, "time", made)
    return made


@pytest.fixture
def log(clock):
    return StepLog(started_at=clock.now)


def row(step, loss=1.0, norm=0.5):
    return {"step": step, "train_loss": torch.tensor(loss), "gradient_norm": torch.tensor(norm)}


def test_take_returns_the_rows_as_numbers(log):
    log.note(row(1), np.array([3, 4]), 0.0)
    log.note(row(2, loss=0.25), np.array([5]), 0.0)

    rows = log.take(CPU, 1)

    assert [(r["step"], r["train_loss"], r["gradient_norm"]) for r in rows] == [
        (1, 1.0, 0.5),
        (2, 0.25, 0.5),
    ]
    assert type(rows[0]["train_loss"]) is float


def test_take_gives_the_common_speed_of_its_rows(log, clock):
    log.note(row(1), np.array([30, 40]), 0.0)
    log.note(row(2), np.array([50]), 0.0)
    clock.now += 2

    speeds = [(r["examples_per_second"], r["tokens_per_second"]) for r in log.take(CPU, 1)]

    assert speeds == [(1.5, 60.0), (1.5, 60.0)]


def test_useful_share_is_that_of_the_measured_peak_of_all_processes(log, clock):
    compute = dataclasses.replace(CPU, peak_gflops=100.0)
    log.note(row(1), np.array([30]), 40e9)
    clock.now += 2

    [taken] = log.take(compute, 2)

    assert taken["useful_share"] == 0.1


def test_useful_share_is_left_out_if_nobody_measured(log):
    log.note(row(1), np.array([30]), 1e9)

    [taken] = log.take(CPU, 1)

    assert "useful_share" not in taken
    assert taken["memory_mb"] > 0


def test_take_starts_anew(log, clock):
    log.note(row(1), np.array([30]), 1e9)
    clock.now += 1
    log.take(CPU, 1)
    log.note(row(2), np.array([10]), 1e9)
    clock.now += 1

    [taken] = log.take(CPU, 1)

    assert (taken["step"], taken["tokens_per_second"]) == (2, 10.0)
    assert log.take(CPU, 1) == []


def test_time_before_the_clock_is_restarted_does_not_count(log, clock):
    clock.now += 50
    log.restart_clock()
    log.note(row(1), np.array([30]), 0.0)
    clock.now += 1

    [taken] = log.take(CPU, 1)

    assert taken["tokens_per_second"] == 30.0


def test_report_is_due_after_half_a_second(log, clock):
    assert not log.is_due

    clock.now += 0.5

    assert log.is_due


@pytest.mark.parametrize(
    "broken", [{"loss": math.nan}, {"loss": math.inf}, {"norm": math.nan}, {"norm": math.inf}]
)
def test_take_ends_before_the_first_step_that_is_no_number(log, broken):
    log.note(row(1), np.array([3]), 0.0)
    log.note(row(2, **broken), np.array([3]), 0.0)
    log.note(row(3), np.array([3]), 0.0)

    rows = log.take(CPU, 1)

    assert [r["step"] for r in rows] == [1]
    assert log.broken["step"] == 2
