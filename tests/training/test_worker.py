"""Tests of the worker: every end of a run is written into its folder."""

import errno
import logging
import os
import shutil
import signal
import time

import numpy as np
import pytest
import torch
from safetensors import SafetensorError

from textcls_core.evaluation.evaluation import evaluate
from textcls_core.files import write_json
from textcls_core.models.classifier import Classifier
from textcls_core.runs.run import RunStatus
from textcls_core.training import fine_tune, losses, worker
from textcls_core.training.worker import main

EARLIER, LATER = "20260101-000001-0123abcd", "20260101-000002-0123abcd"


@pytest.fixture
def run(make_run):
    return make_run()


def age(run, seconds):
    moment = time.time() - seconds
    os.utime(run.folder / "config.json", (moment, moment))


def raise_in_training(monkeypatch, error):
    def train(*_args):
        raise error

    monkeypatch.setattr(fine_tune, "fine_tune", train)


def test_main_completes_a_run(run):
    exit_code = main(run.folder)

    assert exit_code == 0
    assert run.status == RunStatus.COMPLETED
    assert run.finished["steps"] == run.history.step == run.started["num_steps"] == 3
    assert run.splits == ("train", "validation", "test")


def test_main_writes_facts_about_the_machine_and_the_data(run):
    main(run.folder)

    assert run.started["num_examples"] == 96
    assert (run.environment["device"], run.environment["precision"]) == ("cpu", "fp32")
    assert run.environment["reasons"][:2] == ["CPU, as asked for.", "fp32, as asked for."]
    assert run.environment["reasons"][2].startswith("Packed without padding: ")
    assert run.environment["reasons"][3].startswith("Attention dropout 0, because ")
    assert run.environment["peak_gflops"] > 0
    assert {"torch", "transformers", "numpy"} <= set(run.environment["packages"])


def test_main_logs_what_it_does_in_sentences(run, caplog):
    caplog.set_level(logging.INFO, "textcls_core.worker")

    main(run.folder)

    assert any(line.startswith("CPU, as asked for. fp32, as") for line in caplog.messages)
    assert any(line.startswith("Trained 3 steps in ") for line in caplog.messages)
    assert any(line.startswith("epoch 1, step 3: validation acc") for line in caplog.messages)
    assert caplog.messages[-1] == "Run completed."


def test_main_predicts_with_the_model_that_it_kept(make_run, toy_dataset, monkeypatch):
    worsening = iter([{"loss": 1, "accuracy": 1, "macro_f1": 1 - n / 9} for n in range(3)])
    monkeypatch.setattr("textcls_core.training.loop.validation_values", lambda _: next(worsening))
    run = make_run(num_epochs=3)

    main(run.folder)

    rows = toy_dataset.indices("test")
    kept = Classifier.load(run.require_model()).predict_probabilities(toy_dataset.texts(rows))
    predictions = run.predictions("test")
    assert list(predictions.row_ids) == toy_dataset.row_ids(rows)
    assert predictions.true_label_ids.tolist() == toy_dataset.label_ids[rows].tolist()
    np.testing.assert_allclose(predictions.probabilities, kept, atol=1e-6)


def test_main_reports_figures_that_equal_an_evaluation_of_the_predictions(run):
    main(run.folder)

    figures = evaluate(run.predictions("test"))
    assert run.finished["test"] == {
        "loss": figures.loss,
        "accuracy": figures.accuracy,
        "macro_f1": figures.macro_f1,
        "majority_accuracy": figures.majority_accuracy,
    }


def test_main_fails_with_the_message_of_an_unusable_model(make_run, tiny_model_dir, tmp_path):
    broken = shutil.copytree(tiny_model_dir, tmp_path / "broken")
    (broken / "model.safetensors").write_bytes(b"garbage" * 100)
    run = make_run(model=str(broken))

    exit_code = main(run.folder)

    assert exit_code == 1
    assert run.status == RunStatus.FAILED
    assert run.finished["error"] == (
        "The model in broken cannot be loaded for classification: "
        "Error while deserializing header: header too large. Choose another model."
    )


def test_main_fails_with_the_message_of_a_missing_data_set(make_run):
    run = make_run(dataset="nosuch")

    main(run.folder)

    assert run.finished["error"].startswith('Data set "nosuch" does not exist. Known: "bbc-news"')


def test_main_fails_if_the_text_length_is_too_large_for_the_model(make_run):
    run = make_run(max_length=256)

    main(run.folder)

    assert "Set max_length to 128 or less." in run.finished["error"]


def test_main_fails_before_a_baseline_if_more_layers_are_to_be_frozen_than_there_are(make_run):
    run = make_run(freeze_layers=3)

    main(run.folder)

    assert run.finished["error"] == (
        "freeze_layers is 3, but bert has 2 layers of its own. Set freeze_layers to 2 or less."
    )
    assert not (run.folder.parent.parent / "baselines").exists()


def test_main_fails_with_the_step_at_which_the_loss_broke(run, monkeypatch):
    monkeypatch.setattr(losses.functional, "cross_entropy", broken_loss)

    main(run.folder)

    assert run.status == RunStatus.FAILED
    assert run.finished["error"].startswith("The loss became nan and the gradient norm nan at step")


def broken_loss(logits, *_targets, **_options):
    return logits.sum() * float("nan")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (RuntimeError("boom\nsecond line"), "RuntimeError: boom"),
        (ZeroDivisionError(), "ZeroDivisionError: ZeroDivisionError"),
        (
            RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"),
            "Out of memory. Halve batch_size and double gradient_accumulation_steps.",
        ),
        (
            MemoryError(),
            "Out of memory. Halve batch_size and double gradient_accumulation_steps.",
        ),
        (
            OSError(errno.ENOSPC, "No space left on device"),
            "The disk is full. Free some space, then resume the run from its last checkpoint.",
        ),
        (
            SafetensorError("Error while serializing: I/O error: No space left (os error 28)"),
            "The disk is full. Free some space, then resume the run from its last checkpoint.",
        ),
        (
            OSError(errno.EACCES, "Permission denied"),
            "The disk refused a write or read: Permission denied.",
        ),
    ],
)
def test_main_fails_with_a_sentence_for_an_unforeseen_error(run, monkeypatch, error, message):
    raise_in_training(monkeypatch, error)

    exit_code = main(run.folder)

    assert exit_code == 1
    assert run.status == RunStatus.FAILED
    assert run.finished["error"] == message


def test_main_logs_the_traceback_of_an_unforeseen_error(run, monkeypatch, caplog):
    raise_in_training(monkeypatch, RuntimeError("boom"))

    main(run.folder)

    assert "Traceback" in caplog.text
    assert "boom" in caplog.text


def test_main_stops_after_a_step_when_the_stop_file_is_there(run):
    run.stop_file.touch()

    exit_code = main(run.folder)

    assert exit_code == 0
    assert run.status == RunStatus.STOPPED
    assert run.finished["steps"] == 1
    assert run.splits == ("validation", "test")


def test_main_stops_after_a_step_on_sigterm(run, monkeypatch):
    prepare = fine_tune.prepare

    def prepare_and_terminate(*args):
        os.kill(os.getpid(), signal.SIGTERM)
        return prepare(*args)

    monkeypatch.setattr(fine_tune, "prepare", prepare_and_terminate)

    main(run.folder)

    assert run.status == RunStatus.STOPPED
    assert run.finished["steps"] == 1


def test_main_leaves_a_run_alone_that_has_a_worker(run, hold_lock, monkeypatch, caplog):
    monkeypatch.setattr(worker, "_LOCK_SECONDS", 0.1)
    hold_lock(run.lock_file)

    exit_code = main(run.folder)

    assert exit_code == 1
    assert run.status == RunStatus.QUEUED
    assert run.finished == {}
    assert caplog.messages == [f"Another worker is at work on {run.run_id}."]


def test_main_stops_while_it_waits_for_its_device(run, store, hold_lock):
    hold_lock(store.slot_file("cpu"))
    run.stop_file.touch()

    main(run.folder)

    assert run.status == RunStatus.STOPPED
    assert not run.has_model
    assert run.started == {}


@pytest.mark.parametrize(("world_size", "expected"), [("1", 0), ("2", 1)])
def test_main_lets_torchrun_end_those_who_wait_for_it_when_it_stops_in_the_queue(
    run, store, hold_lock, monkeypatch, world_size, expected
):
    monkeypatch.setenv("WORLD_SIZE", world_size)
    hold_lock(store.slot_file("cpu"))
    run.pause_file.touch()

    exit_code = main(run.folder)

    assert exit_code == expected
    assert run.status == RunStatus.STOPPED
    assert run.is_paused


def test_main_fails_in_the_queue_if_another_process_has_failed(run, store, hold_lock, monkeypatch):
    monkeypatch.setattr(worker, "first_error", lambda _: "Process 3: there are 2 GPUs")
    hold_lock(store.slot_file("cpu"))
    run.stop_file.touch()  # as after the SIGTERM of torchrun

    assert main(run.folder) == 1
    assert run.status == RunStatus.FAILED
    assert run.finished["error"] == "Process 3: there are 2 GPUs"


def test_main_waits_for_an_earlier_run_on_its_device(make_run, hold_lock):
    earlier, later = make_run(EARLIER), make_run(LATER)
    age(earlier, 5)
    hold_lock(earlier.lock_file)
    write_json(earlier.folder / "environment.json", {"device": "cpu"})
    later.stop_file.touch()

    main(later.folder)

    assert later.status == RunStatus.STOPPED
    assert later.started == {}
    assert not later.has_model


def test_main_does_not_wait_for_a_run_on_another_device(make_run, hold_lock):
    earlier, later = make_run(EARLIER, device="cuda"), make_run(LATER)
    age(earlier, 5)
    hold_lock(earlier.lock_file)
    write_json(earlier.folder / "environment.json", {"device": "cuda"})
    later.stop_file.touch()

    main(later.folder)

    assert later.status == RunStatus.STOPPED
    assert later.started["num_steps"] > 0


def test_main_trains_on_the_cpu_if_torch_cannot_use_the_gpu(make_run, pretend_gpus, monkeypatch):
    pretend_gpus(2)
    for backend in (torch.cuda, torch.backends.mps):
        monkeypatch.setattr(backend, "is_available", lambda: False)
    run = make_run(device="auto")

    main(run.folder)

    assert run.status == RunStatus.COMPLETED
    assert (run.environment["device"], run.environment["slots"]) == ("cpu", ["cpu"])
    assert run.environment["reasons"][0] == "CPU, because no accelerator is present."


def test_main_does_not_wait_for_a_later_run(make_run, hold_lock):
    earlier, later = make_run(EARLIER), make_run(LATER)
    age(earlier, 5)
    hold_lock(later.lock_file)
    earlier.stop_file.touch()

    main(earlier.folder)

    assert earlier.status == RunStatus.STOPPED  # it had started


@pytest.mark.slow
def test_worker_process_completes_a_run(finished_run):
    assert finished_run.status == RunStatus.COMPLETED
    assert finished_run.history.step == finished_run.started["num_steps"] == 30
    assert finished_run.splits == ("train", "validation", "test")


@pytest.mark.slow
def test_worker_process_learns(finished_run):
    test = finished_run.finished["test"]

    assert test["accuracy"] > test["majority_accuracy"] + 0.2


@pytest.mark.slow
def test_worker_process_keeps_the_best_model(finished_run):
    best = finished_run.history.best("validation_macro_f1")

    assert finished_run.finished["validation"]["macro_f1"] == pytest.approx(
        best["validation_macro_f1"]
    )


@pytest.mark.slow
def test_worker_log_has_no_progress_bars_and_no_warnings(finished_run):
    lines = finished_run.log_tail(200)

    assert all(line[2] == line[5] == ":" for line in lines)  # every line begins with a time
    assert lines[-1].endswith("Run completed.")


@pytest.mark.slow
def test_worker_folder_holds_what_its_plan_says(finished_run):
    names = sorted(file.name for file in finished_run.folder.iterdir())

    assert names == [
        "checkpoints",
        "config.json",
        "environment.json",
        "finished.json",
        "history.jsonl",
        "live_validation.parquet",
        "model",
        "predictions",
        "started.json",
        "worker.lock",
        "worker.log",
    ]
