"""Tests of a run folder: its status and everything else in it is derived from its files."""

import datetime as dt
import os
import time

import numpy as np
import pytest

from textcls_core.config import RunConfig
from textcls_core.errors import InvalidArgumentError, NotFoundError, RunStateError
from textcls_core.evaluation.predictions import Predictions
from textcls_core.files import write_json
from textcls_core.runs.checkpoint import new_checkpoint
from textcls_core.runs.history import append_rows
from textcls_core.runs.run import RunStatus
from textcls_core.runs.store import RunStore

CONFIG = RunConfig.create({"dataset": "toy", "name": "My run"})
ACTIVE = {RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.STOPPING}


@pytest.fixture
def run(tmp_path):
    """A run that was made a moment ago and whose worker has not come up yet."""
    return RunStore(tmp_path).create(CONFIG)[0]


@pytest.fixture
def old_run(run):
    """A run that was made a minute ago."""
    minute_ago = time.time() - 60
    os.utime(run.folder / "config.json", (minute_ago, minute_ago))
    return run


def begin(run):
    write_json(run.folder / "started.json", {"num_steps": 40, "num_examples": 80})


def finish(run, outcome, **facts):
    write_json(run.folder / "finished.json", {"outcome": outcome, **facts})


def log_rows(run, *rows):
    with run.history_file.open("a") as file:
        append_rows(file, rows)


def save_predictions(run, split):
    run.predictions_file(split).parent.mkdir(exist_ok=True)
    Predictions(("a", "b"), np.array([0, 1]), np.eye(2), ("x", "y")).save(
        run.predictions_file(split)
    )


def test_status_is_queued_until_the_worker_has_come_up(run):
    assert run.status == RunStatus.QUEUED


def test_status_is_interrupted_if_no_worker_ever_came_up(old_run):
    assert old_run.status == RunStatus.INTERRUPTED


def test_status_is_queued_while_the_worker_waits_for_its_device(old_run, hold_lock):
    hold_lock(old_run.lock_file)

    assert old_run.status == RunStatus.QUEUED


def test_status_is_running_once_the_worker_has_its_device(run, hold_lock):
    hold_lock(run.lock_file)
    begin(run)

    assert run.status == RunStatus.RUNNING


def test_status_is_stopping_after_a_request_to_stop(run, hold_lock):
    hold_lock(run.lock_file)
    begin(run)

    run.request_stop()

    assert run.status == RunStatus.STOPPING


@pytest.mark.parametrize("begun_file", ["environment.json", "started.json"])
def test_status_is_interrupted_at_once_when_the_worker_is_gone(run, hold_lock, begun_file):
    worker = hold_lock(run.lock_file)
    write_json(run.folder / begun_file, {})

    worker.kill()
    worker.wait()

    assert run.status == RunStatus.INTERRUPTED


def test_status_is_interrupted_also_after_a_request_to_stop(run, hold_lock):
    worker = hold_lock(run.lock_file)
    begin(run)
    run.request_stop()

    worker.kill()
    worker.wait()

    assert run.status == RunStatus.INTERRUPTED


@pytest.mark.parametrize("outcome", ["completed", "stopped", "failed"])
def test_status_is_the_outcome_that_the_worker_wrote(run, outcome):
    begin(run)

    finish(run, outcome)

    assert run.status == RunStatus(outcome)


def test_status_is_the_outcome_while_the_worker_still_closes_its_files(run, hold_lock):
    hold_lock(run.lock_file)
    run.request_stop()

    finish(run, "stopped")

    assert run.status == RunStatus.STOPPED


@pytest.mark.parametrize("status", list(RunStatus))
def test_status_knows_whether_a_worker_is_at_work(status):
    assert status.is_active == (status in ACTIVE)


@pytest.mark.parametrize("status", list(RunStatus))
def test_status_knows_whether_there_is_a_model(status):
    assert status.has_model == (status in {RunStatus.COMPLETED, RunStatus.STOPPED})


def test_run_keeps_its_settings_and_id(run):
    assert run.config == CONFIG
    assert run.run_id == run.folder.name


def test_run_knows_when_it_was_made_and_last_written(old_run):
    log_rows(old_run, {"step": 1, "train_loss": 1.0})

    age = dt.datetime.now(dt.UTC) - old_run.created_at
    assert 59 < age.total_seconds() < 90
    assert old_run.updated_at - old_run.created_at > dt.timedelta(seconds=50)


def test_run_has_no_facts_before_the_worker_wrote_them(run):
    assert run.started == {}
    assert run.environment == {}
    assert run.finished == {}
    assert run.history.rows == ()
    assert run.splits == ()
    assert run.log_tail() == []


def test_run_returns_the_facts_of_its_worker(run):
    begin(run)
    finish(run, "failed", error="No space.")

    assert run.started["num_steps"] == 40
    assert run.finished == {"outcome": "failed", "error": "No space."}


def test_damaged_facts_are_reported(run):
    (run.folder / "finished.json").write_text("{")

    with pytest.raises(
        InvalidArgumentError, match=r"finished\.json is not valid JSON .*restore it"
    ):
        _ = run.status


def test_progress_is_the_share_of_steps_and_the_time_left(run):
    begin(run)
    log_rows(run, {"step": 10, "train_loss": 1.0, "train_seconds": 5.0})

    assert run.progress == (0.25, 15.0)


def test_progress_is_unknown_before_the_first_step(run):
    assert run.progress == (0.0, None)


def test_predictions_are_returned_by_split(run):
    save_predictions(run, "test")
    save_predictions(run, "train")

    assert run.splits == ("train", "test")
    assert run.predictions("test").row_ids == ("a", "b")


def test_missing_predictions_are_reported_with_those_that_exist(run):
    save_predictions(run, "test")
    message = rf'Run {run.run_id} has no predictions for "train" \(it has: test; status: queued\)\.'

    with pytest.raises(NotFoundError, match=message):
        run.predictions("train")


def test_missing_predictions_of_a_new_run_are_reported(run):
    with pytest.raises(NotFoundError, match="it has: none yet; status: queued"):
        run.predictions("test")


@pytest.mark.parametrize("outcome", ["completed", "stopped"])
def test_require_model_returns_the_folder_of_a_finished_model(run, outcome):
    finish(run, outcome)
    save_predictions(run, "test")

    assert run.require_model() == run.folder / "model"


def test_require_model_refuses_a_run_that_was_stopped_before_it_began(run):
    finish(run, "stopped")

    with pytest.raises(RunStateError, match="is stopped and has no finished model"):
        run.require_model()


def test_require_model_refuses_an_unfinished_run(run):
    message = f"Run {run.run_id} is queued and has no finished model. Choose a completed run"

    with pytest.raises(RunStateError, match=message):
        run.require_model()


def test_request_stop_of_a_finished_run_is_refused(run):
    finish(run, "completed")
    message = f"Run {run.run_id} is already completed; there is nothing to stop."

    with pytest.raises(RunStateError, match=message):
        run.request_stop()

    assert not run.stop_file.exists()


def test_status_is_stopping_after_a_request_to_pause(run, hold_lock):
    hold_lock(run.lock_file)
    begin(run)

    run.request_pause()

    assert run.status == RunStatus.STOPPING
    assert run.pause_file.exists()
    assert not run.is_paused


def test_request_pause_of_a_finished_run_is_refused(run):
    finish(run, "stopped", paused=True)
    message = f"Run {run.run_id} is already stopped; there is nothing to pause."

    with pytest.raises(RunStateError, match=message):
        run.request_pause()

    assert not run.pause_file.exists()


@pytest.mark.parametrize("is_paused", [True, False])
def test_run_is_paused_if_its_end_says_so(run, is_paused):
    finish(run, "stopped", **({"paused": True} if is_paused else {}))

    assert run.status == RunStatus.STOPPED
    assert run.is_paused == is_paused


def save_checkpoint(run, step):
    with new_checkpoint(run.checkpoints_dir, step) as folder:
        (folder / "state.json").write_text("{}")


@pytest.mark.parametrize("outcome", ["stopped", "failed"])
def test_ended_run_can_go_on_from_its_newest_checkpoint(run, outcome):
    finish(run, outcome)
    save_checkpoint(run, 9)
    save_checkpoint(run, 12)

    assert run.resumable == 12


@pytest.mark.parametrize(("damaged", "step"), [((12,), 9), ((9, 12), 0)])
def test_run_does_not_go_on_from_a_checkpoint_with_missing_files(run, damaged, step):
    finish(run, "stopped", paused=True)
    for saved in (9, 12):
        save_checkpoint(run, saved)
    for lost in damaged:
        (run.checkpoints_dir / f"step-{lost:06d}" / "state.json").unlink()

    assert run.resumable == step


def test_interrupted_run_can_go_on_from_the_start_without_a_checkpoint(old_run):
    assert old_run.status == RunStatus.INTERRUPTED
    assert old_run.resumable == 0


def test_completed_run_cannot_go_on(run):
    finish(run, "completed")
    save_checkpoint(run, 9)

    assert run.resumable is None


def test_active_run_cannot_go_on(old_run, hold_lock):
    hold_lock(old_run.lock_file)
    save_checkpoint(old_run, 9)

    assert old_run.resumable is None


def test_resumed_run_is_queued_until_its_worker_has_come_up(old_run):
    write_json(old_run.folder / "environment.json", {"device": "cpu"})
    begin(old_run)

    old_run.resume_file.touch()

    assert old_run.status == RunStatus.QUEUED


def test_resumed_run_is_interrupted_if_no_worker_came_up(old_run):
    begin(old_run)
    old_run.resume_file.touch()

    minute_ago = time.time() - 60
    os.utime(old_run.resume_file, (minute_ago, minute_ago))

    assert old_run.status == RunStatus.INTERRUPTED


@pytest.fixture
def machines_run(tmp_path):
    """A run on two machines, made long ago, that nobody has started."""
    config = CONFIG.model_copy(update={"num_nodes": 2, "num_processes": 2})
    run = RunStore(tmp_path).create(config)[0]
    os.utime(run.folder / "config.json", (0, 0))
    return run


def test_run_on_several_machines_waits_for_those_who_start_it(machines_run):
    assert machines_run.status == RunStatus.QUEUED
    assert machines_run.awaits_machines


def test_resumed_run_on_several_machines_waits_for_those_who_start_it(machines_run):
    write_json(machines_run.folder / "environment.json", {"device": "cpu"})
    begin(machines_run)
    machines_run.resume_file.touch()
    os.utime(machines_run.resume_file, (0, 0))

    assert machines_run.status == RunStatus.QUEUED
    assert machines_run.awaits_machines


def test_killed_run_on_several_machines_waits_for_nobody(machines_run):
    begin(machines_run)

    assert machines_run.status == RunStatus.INTERRUPTED
    assert not machines_run.awaits_machines


@pytest.mark.parametrize("wish", ["request_stop", "request_pause"])
def test_run_on_several_machines_that_nobody_started_can_be_called_off(machines_run, wish):
    getattr(machines_run, wish)()

    assert machines_run.status == RunStatus.STOPPED
    assert not machines_run.has_model
    assert machines_run.resumable == 0


def test_run_on_several_machines_whose_worker_waits_is_no_longer_up_to_people(
    machines_run, hold_lock
):
    hold_lock(machines_run.lock_file)

    assert machines_run.status == RunStatus.QUEUED
    assert not machines_run.awaits_machines
    machines_run.request_stop()
    assert machines_run.status == RunStatus.STOPPING


def test_stop_before_the_worker_has_come_up_is_left_to_the_worker(run):
    run.request_stop()

    assert run.status == RunStatus.QUEUED


def test_log_tail_returns_the_last_lines(run):
    run.log_file.write_text("".join(f"line {number}\n" for number in range(5000)))

    assert run.log_tail(3) == ["line 4997", "line 4998", "line 4999"]


def test_log_tail_survives_bytes_that_are_no_text(run):
    run.log_file.write_bytes(b"good\n\xff\xfe\n")

    assert run.log_tail() == ["good", "\ufffd\ufffd"]
