"""Tests of the dry steps: what they say about the time and the memory of a run."""

import io
import json
import re

import numpy as np
import pytest
import torch

from textcls_core.models.classifier import Classifier
from textcls_core.models.token_lengths import token_lengths
from textcls_core.models.work import training_flops
from textcls_core.runs.store import RunStore
from textcls_core.training import preflight
from textcls_core.training.averaging import WeightAverage
from textcls_core.training.preflight import MIN_MARGIN, PROCESS_MARGIN, main, measure
from textcls_core.training.steps import Stepper


@pytest.fixture
def steady(monkeypatch):
    """Let a step take a second per 10^6 operations of the first process; return the steps taken."""
    steps = []

    def time(stepper, step):
        steps.append(step)
        return preflight._work(stepper, step) / 1e6

    monkeypatch.setattr(preflight, "_time", time)
    return steps


@pytest.fixture
def measured(workspace, tiny_config):
    """Measure a run on `toy` with some settings changed."""
    return lambda **settings: measure(workspace, tiny_config.model_copy(update=settings))


def test_preflight_takes_real_steps(measured, toy_dataset):
    found = measured(num_epochs=50)

    num_steps = len(toy_dataset.indices("train")) / 16 * 50
    rounded = 0.0005 * num_steps + 0.05  # to thousandths of a second, and to tenths
    assert found.seconds == pytest.approx(found.seconds_per_step * num_steps, abs=rounded)
    assert found.seconds > 0
    assert found.margin >= MIN_MARGIN
    assert found.peak_memory_mb > 50
    assert (found.device, found.precision) == ("cpu", "fp32")
    assert found.notes == (
        "The time is that of the steps alone; baselines, validations and predictions add to it.",
    )


@pytest.mark.usefixtures("steady")
def test_time_of_a_run_is_that_of_all_its_steps(measured):
    once, thrice = measured(num_epochs=1), measured(num_epochs=3)

    assert thrice.seconds == pytest.approx(3 * once.seconds, rel=0.01)
    assert once.margin == MIN_MARGIN


def test_memory_is_that_of_steps_predictions_and_averages(measured, monkeypatch):
    predicted, averaged = [], []
    predict_logits, update = Classifier.predict_logits, WeightAverage.update

    def predict(classifier, tokens, compute):
        predicted.append(len(tokens))
        return predict_logits(classifier, tokens, compute)

    monkeypatch.setattr(Classifier, "predict_logits", predict)
    monkeypatch.setattr(
        WeightAverage, "update", lambda a, model: averaged.append(1) or update(a, model)
    )

    found = measured(ema_decay=0.9)

    assert len(predicted) == 3  # the largest batch of every split
    assert averaged == [1]
    assert found.memory_margin == PROCESS_MARGIN


def test_memory_of_a_gpu_has_the_least_margin():
    assert preflight._memory_margin("cuda:0") == MIN_MARGIN


def test_memory_that_ran_out_is_reported_in_the_words_of_the_settings(measured, monkeypatch):
    run_out_above(2, monkeypatch)

    note = measured(max_tokens_per_batch=64).notes[1]

    assert re.search(r"cut into \d+ parts\..*set max_tokens_per_batch to \d+\.$", note)


def test_step_of_the_longest_texts_is_measured(measured, steady, toy_dataset, tiny_model_dir):
    found = measured(batch_size=4)

    train = toy_dataset.texts(toy_dataset.indices("train"))
    longest = np.sort(token_lengths(train, tiny_model_dir))[-4:]
    assert found.longest_batch_tokens == longest.sum()
    assert len(steady[0].rows) == 4


def test_step_by_tokens_is_measured_with_the_longest_texts_that_reach_the_budget(
    measured, steady, toy_dataset, tiny_model_dir
):
    found = measured(tokens_per_step=60)

    train = toy_dataset.texts(toy_dataset.indices("train"))
    lengths = np.sort(token_lengths(train, tiny_model_dir))[::-1].cumsum()
    assert found.longest_batch_tokens == lengths[lengths >= 60][0]
    assert found.seconds == pytest.approx(measured(tokens_per_step=0).seconds, abs=0.1)
    assert len(steady) == 6


def test_processes_share_the_work_of_a_step(measured, steady):
    alone, shared = measured(batch_size=16), measured(batch_size=8, num_processes=2)

    assert shared.seconds == pytest.approx(alone.seconds / 2, rel=0.05)
    assert shared.longest_batch_tokens == alone.longest_batch_tokens
    assert [len(step.ranks) for step in steady] == [1, 1, 1, 2, 2, 2]
    assert shared.notes[1].startswith("One of 2 processes was measured alone: ")


def run_out_above(limit, monkeypatch):
    """Let memory run out in every micro-batch of more texts than that."""
    summed_loss = Stepper._summed_loss

    def little_memory(stepper, rows):
        if len(rows) > limit:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return summed_loss(stepper, rows)

    monkeypatch.setattr(Stepper, "_summed_loss", little_memory)


def test_memory_that_ran_out_is_reported(measured, monkeypatch):
    run_out_above(4, monkeypatch)

    assert measured(batch_size=16).notes[1] == (
        "Memory ran out until micro-batches were cut into 4 parts. A run of one process does the "
        "same by itself; for several set batch_size to 4."
    )


@pytest.mark.usefixtures("steady")
def test_run_that_is_at_work_on_the_device_is_reported(measured, workspace, hold_lock):
    hold_lock(RunStore.open(workspace).slot_file("cpu"))

    assert measured().notes[1:] == (
        "Another run is at work on this device: a run alone takes less time.",
    )


@pytest.mark.usefixtures("steady")
def test_run_that_is_at_work_on_another_device_is_not_reported(measured, workspace, hold_lock):
    for slot in ("cuda-0", "mps"):
        hold_lock(RunStore.open(workspace).slot_file(slot))

    assert len(measured().notes) == 1


@pytest.mark.usefixtures("steady")
def test_windows_are_measured_as_so_many_short_texts(measured, monkeypatch):
    lengths = []
    monkeypatch.setattr(
        preflight, "training_flops", lambda m, seen: lengths.extend(seen) or training_flops(m, seen)
    )

    found = measured(max_length=8, long_documents="windows", batch_size=1)

    assert max(lengths) == 8 < found.longest_batch_tokens


def test_main_prints_the_figures(workspace, tiny_config, steady, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO(tiny_config.model_dump_json()))

    assert main(workspace.root) == 0

    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert figures["longest_batch_tokens"] > 0
    assert steady


def test_main_says_why_nothing_can_be_measured(workspace, tiny_config, monkeypatch, capsys):
    settings = tiny_config.model_copy(update={"dataset": "nothing"})
    monkeypatch.setattr("sys.stdin", io.StringIO(settings.model_dump_json()))

    assert main(workspace.root) == 2

    assert '"nothing"' in capsys.readouterr().err
