"""Tests of a worker whose folder is deleted, whose loss is no number, or whose disk is full."""

import errno
import math
import os
import shutil
import time

import numpy as np
import pytest

from textcls_core.evaluation import prediction_file
from textcls_core.models.classifier import Classifier
from textcls_core.runs.run import RunStatus
from textcls_core.training import checkpoint, device_queue, fine_tune, loop, run_writer, worker
from textcls_core.training.steps import Stepper
from textcls_core.training.worker import main


@pytest.fixture
def run(make_run, monkeypatch):
    """A run of two epochs of three steps."""
    monkeypatch.setattr(fine_tune, "ensure_baselines", lambda *_args, **_options: [])
    return make_run(num_epochs=2)


def deleting_around(monkeypatch, run, owner, name, *, calls=1, first=False):
    """Delete the folder of the run before or after a call of a function; return the later calls."""
    function, seen = getattr(owner, name), []

    def delete_and_call(*args, **options):
        seen.append(name)
        if first and len(seen) == calls:
            shutil.rmtree(run.folder)
        result = function(*args, **options)
        if not first and len(seen) == calls:
            shutil.rmtree(run.folder)
        return result

    monkeypatch.setattr(owner, name, delete_and_call)
    return seen


@pytest.mark.parametrize(
    ("owner", "name", "calls"),
    [
        (fine_tune, "_write_started", 1),
        (fine_tune, "_write_started", 2),
        (loop, "predict", 1),
        (loop, "predict", 2),
        (fine_tune, "predict", 1),
        (fine_tune, "predict", 2),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_run_whose_folder_is_deleted_ends_quietly(
    run, monkeypatch, caplog, owner, name, calls, first
):
    seen = deleting_around(monkeypatch, run, owner, name, calls=calls, first=first)

    assert main(run.folder) == 1
    assert not run.folder.exists()
    assert len(seen) == calls
    assert caplog.messages[-1] == f"The folder of run {run.run_id} was deleted."
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize(
    ("owner", "name", "first"),
    [
        (Classifier, "save", True),
        (Classifier, "save", False),
        (checkpoint, "new_checkpoint", True),
        (checkpoint, "save_file", False),
        (checkpoint, "_link_files", False),
        (Classifier, "load", True),
        (Classifier, "load", False),
        (run_writer, "append_rows", False),
        (worker, "wait_for_device", False),
    ],
)
def test_write_under_way_does_not_bring_a_deleted_folder_back(run, monkeypatch, owner, name, first):
    deleting_around(monkeypatch, run, owner, name, first=first)

    assert main(run.folder) == 1
    assert not run.folder.exists()


def test_rest_of_a_folder_stays_if_only_the_settings_are_gone(run, monkeypatch):
    settings = run.folder / "config.json"
    monkeypatch.setattr(fine_tune, "figures_of", lambda _predictions: settings.unlink())

    assert main(run.folder) == 1
    assert (run.model_dir / "model.safetensors").exists()


def break_loss(monkeypatch, *, from_step):
    """Let the loss be no number from a step on."""
    run = Stepper.run

    def run_and_break(stepper, planned, step, learning_rate):
        loss, norm = run(stepper, planned, step, learning_rate)
        return loss * (math.nan if step >= from_step else 1), norm

    monkeypatch.setattr(Stepper, "run", run_and_break)


def test_run_whose_loss_breaks_keeps_its_best_model_and_says_why(run, monkeypatch, caplog):
    break_loss(monkeypatch, from_step=5)

    assert main(run.folder) == 0
    assert (run.status, run.has_model, run.resumable) == (RunStatus.STOPPED, True, 3)
    reason = run.finished["error"]
    assert reason.startswith("The loss became nan and the gradient norm ")
    assert " at step 5. Lower the learning rate " in reason
    assert reason.endswith(" The best model until then is kept.")
    assert reason in caplog.messages
    assert run.finished["steps"] == run.history.step == 4
    assert np.isfinite(run.predictions("test").probabilities).all()


def test_resumed_run_whose_loss_breaks_keeps_the_best_model_of_before(run, monkeypatch):
    run.stop_file.touch()
    main(run.folder)
    for file in (run.stop_file, run.folder / "finished.json"):
        file.unlink()
    break_loss(monkeypatch, from_step=2)

    main(run.folder)

    assert (run.status, run.has_model) == (RunStatus.STOPPED, True)
    assert run.finished["steps"] == 1


def test_run_whose_loss_breaks_before_a_validation_fails(run, monkeypatch):
    break_loss(monkeypatch, from_step=2)

    assert main(run.folder) == 1
    assert (run.status, run.has_model) == (RunStatus.FAILED, False)
    assert run.finished["error"].endswith(" or use precision fp32.")


def fill_disk(monkeypatch, owner, name, *, call):
    """Let one call of a function, counted from 1, find no space."""
    function, calls = getattr(owner, name), []

    def call_or_fail(*args, **options):
        calls.append(name)
        if len(calls) == call:
            raise OSError(errno.ENOSPC, "No space left on device")
        return function(*args, **options)

    monkeypatch.setattr(owner, name, call_or_fail)


def go_on(run):
    """Let another worker go on, as after a resume."""
    (run.folder / "finished.json").unlink(missing_ok=True)
    return main(run.folder)


@pytest.mark.parametrize(
    ("owner", "name", "call", "step"),
    [
        (device_queue, "write_json", 1, 0),  # environment.json, waiting for slots and with them
        (device_queue, "write_json", 2, 0),
        (fine_tune, "write_json", 1, 0),  # started.json
        (fine_tune, "write_json", 3, 0),  # started.json, with the number of steps
        (run_writer, "append_rows", 1, 0),
        (prediction_file, "temporary_sibling", 1, 0),  # live_validation.parquet
        (prediction_file, "temporary_sibling", 2, 3),
        (checkpoint, "write_json", 2, 3),
        (prediction_file, "temporary_sibling", 3, 6),  # predictions of each split
        (prediction_file, "temporary_sibling", 4, 6),
        (prediction_file, "temporary_sibling", 5, 6),
    ],
)
def test_run_on_a_full_disk_fails_with_a_sentence_and_can_go_on(
    run, monkeypatch, owner, name, call, step
):
    fill_disk(monkeypatch, owner, name, call=call)

    assert main(run.folder) == 1
    assert (run.status, run.resumable) == (RunStatus.FAILED, step)
    assert run.finished["error"] == (
        "The disk is full. Free some space, then resume the run from its last checkpoint."
    )
    assert go_on(run) == 0
    assert (run.status, run.history.step) == (RunStatus.COMPLETED, 6)
    assert run.splits == ("train", "validation", "test")


def test_run_that_cannot_write_how_it_ended_says_so_in_its_log(run, monkeypatch, caplog):
    fill_disk(monkeypatch, worker, "write_json", call=1)
    a_minute_ago = time.time() - 60
    os.utime(run.folder / "config.json", (a_minute_ago, a_minute_ago))

    assert main(run.folder) == 1
    assert (run.status, run.resumable) == (RunStatus.INTERRUPTED, 6)
    assert caplog.messages[-1] == (
        "The run is completed, but that could not be written. The disk is full. "
        "Free some space, then resume the run from its last checkpoint."
    )
    assert go_on(run) == 0
    assert run.status == RunStatus.COMPLETED
