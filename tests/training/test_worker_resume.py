"""Tests of pausing and resuming a run through its folder."""

import dataclasses

import pytest
from safetensors.torch import load_file

from textcls_core.errors import RunStateError
from textcls_core.files import write_json
from textcls_core.runs.checkpoint import checkpoints
from textcls_core.runs.run import RunStatus
from textcls_core.runs.store import RunStore
from textcls_core.training import fine_tune, launch, loop
from textcls_core.training.launch import resume_run
from textcls_core.training.loop import FineTuning
from textcls_core.training.worker import main


@dataclasses.dataclass
class Life:
    """A workspace in which runs are trained in this process, each worker when it is asked for."""

    workspace: object
    config: object
    monkeypatch: object
    workers: list

    def make(self, **settings):
        config = self.config.model_copy(update={"num_epochs": 2, "batch_size": 32, **settings})
        return RunStore.open(self.workspace).create(config)[0]

    def train(self, run, *, ask_after=None, wish="pause"):
        """Let a worker train the run; after some steps somebody asks for a pause or a stop."""
        run_step = FineTuning._run_step

        def step_and_ask(tuning, epoch, planned):
            run_step(tuning, epoch, planned)
            if tuning.progress.step == ask_after:
                (run.folder / wish).touch()

        with self.monkeypatch.context() as patch:
            patch.setattr(FineTuning, "_run_step", step_and_ask)
            return main(run.folder)

    def die(self, run, *, after):
        """Let a worker train the run and die in the step after that one."""
        run_step = FineTuning._run_step

        def step_or_die(tuning, epoch, planned):
            if tuning.progress.step == after:
                raise KeyboardInterrupt
            run_step(tuning, epoch, planned)

        with self.monkeypatch.context() as patch:
            patch.setattr(FineTuning, "_run_step", step_or_die)
            with pytest.raises(KeyboardInterrupt):
                main(run.folder)

    def resume(self, run):
        resume_run(self.workspace, run.run_id)
        return self.train(run)


@pytest.fixture
def life(workspace, tiny_config, monkeypatch):
    workers = []
    monkeypatch.setattr(launch, "_start_worker", workers.append)
    monkeypatch.setattr(fine_tune, "ensure_baselines", lambda *_args, **_options: [])
    return Life(workspace, tiny_config, monkeypatch, workers)


def losses(run):
    return [(row["step"], row["train_loss"]) for row in run.history.training]


def notes(run):
    return [row["note"] for row in run.history.notes]


def same_end(run, whole):
    """Whether two runs have the same losses, validations, model and predictions."""
    expected = load_file(whole.model_dir / "model.safetensors")
    kept = load_file(run.model_dir / "model.safetensors")
    accuracy = [row["validation_loss"] for row in run.history.evaluations]
    return (
        losses(run) == losses(whole)
        and accuracy == [row["validation_loss"] for row in whole.history.evaluations]
        and all(kept[name].equal(expected[name]) for name in expected)
        and (run.predictions("test").probabilities == whole.predictions("test").probabilities).all()
    )


@pytest.fixture
def whole(life):
    """An undisturbed run of six steps."""
    run = life.make()
    life.train(run)
    return run


@pytest.mark.parametrize("step", [1, 3, 4, 6])
def test_paused_run_is_resumed_to_the_same_end(life, whole, step):
    run = life.make()

    life.train(run, ask_after=step)

    assert (run.status, run.is_paused, run.resumable) == (RunStatus.STOPPED, True, step)
    assert run.finished["steps"] == step
    assert not run.has_model
    life.resume(run)
    assert run.status == RunStatus.COMPLETED
    assert same_end(run, whole)
    assert notes(run) == [f"Resumed from the checkpoint of step {step}."]


def test_stopped_run_can_go_on_to_its_last_step(life, whole):
    run = life.make()
    life.train(run, ask_after=4, wish="stop")
    assert (run.status, run.has_model, run.resumable) == (RunStatus.STOPPED, True, 4)

    life.resume(run)

    assert run.status == RunStatus.COMPLETED
    assert losses(run) == losses(whole)


def test_run_that_died_goes_on_from_its_last_checkpoint(life, whole):
    run = life.make()
    life.die(run, after=5)  # the checkpoint is that of step 3

    life.resume(run)

    assert same_end(run, whole)
    assert notes(run) == ["Resumed from the checkpoint of step 3."]


def test_best_model_of_steps_that_were_lost_is_taken_back(life, monkeypatch):
    rising = iter([{"loss": 1, "accuracy": 1, "macro_f1": n / 9} for n in range(9)])
    monkeypatch.setattr(loop, "validation_values", lambda _predictions: next(rising))
    run = life.make(evaluation_steps=5)
    life.die(run, after=5)
    lost = load_file(run.model_dir / "model.safetensors")

    resume_run(life.workspace, run.run_id)
    life.train(run, ask_after=4)

    kept = load_file(run.model_dir / "model.safetensors")
    best = load_file(run.checkpoints_dir / "step-000003" / "best" / "model.safetensors")
    assert all(kept[name].equal(best[name]) for name in best)
    assert not all(kept[name].equal(lost[name]) for name in lost)


def test_damaged_newest_checkpoint_is_skipped_aloud(life, whole):
    run = life.make(checkpoint_steps=2)
    life.train(run, ask_after=4)
    state = checkpoints(run.checkpoints_dir)[0].folder / "state.safetensors"
    state.write_bytes(state.read_bytes()[:-1])

    life.resume(run)

    assert same_end(run, whole)
    assert notes(run)[0].startswith("Skipped the checkpoint of step 4: state.safetensors has ")
    assert notes(run)[1] == "Resumed from the checkpoint of step 3."


def test_run_whose_checkpoints_are_all_damaged_starts_again_aloud(life, whole):
    run = life.make()
    life.train(run, ask_after=4)
    for checkpoint in checkpoints(run.checkpoints_dir):
        (checkpoint.folder / "manifest.json").unlink()

    life.resume(run)

    assert same_end(run, whole)
    assert "Started again from the beginning: no checkpoint can be used." in notes(run)


def test_run_that_began_again_goes_on_from_its_own_checkpoints(life, whole):
    run = life.make(checkpoint_steps=2)
    life.train(run, ask_after=4)
    damaged = checkpoints(run.checkpoints_dir)
    for checkpoint in damaged:
        (checkpoint.folder / "state.json").unlink()
    assert [one.step for one in damaged] == [4, 3]

    resume_run(life.workspace, run.run_id)
    life.train(run, ask_after=2)

    assert (run.is_paused, run.resumable) == (True, 2)
    assert [one.step for one in checkpoints(run.checkpoints_dir)] == [2]
    life.resume(run)
    assert same_end(run, whole)
    assert notes(run)[-1] == "Resumed from the checkpoint of step 2."


def test_failed_run_can_go_on_after_the_cause_is_gone(life, whole):
    run = life.make()
    life.train(run, ask_after=3)
    write_json(run.folder / "finished.json", {"outcome": "failed", "error": "The disk is full."})

    life.resume(run)

    assert run.status == RunStatus.COMPLETED
    assert same_end(run, whole)


def test_half_written_folders_are_removed_by_the_next_worker(life):
    run = life.make()
    life.train(run, ask_after=3)
    half_written = (run.checkpoints_dir / ".step-000009.0123456789ab", run.folder / ".model.0123")
    for folder in half_written:
        folder.mkdir()

    life.resume(run)

    assert not any(folder.exists() for folder in half_written)


def test_pause_while_queued_ends_as_paused(life, hold_lock):
    run = life.make()
    hold_lock(RunStore.open(life.workspace).slot_file("cpu"))
    run.pause_file.touch()

    main(run.folder)

    assert (run.status, run.is_paused, run.resumable) == (RunStatus.STOPPED, True, 0)


def test_resume_takes_away_what_ended_the_run(life):
    run = life.make()
    life.train(run, ask_after=2)

    resumed = resume_run(life.workspace, run.run_id)

    assert resumed == run
    assert life.workers == [run]
    assert run.status == RunStatus.QUEUED
    assert not run.pause_file.exists()
    assert not run.is_paused


@pytest.mark.parametrize("status", ["completed", "queued"])
def test_resume_of_a_run_that_cannot_go_on_is_refused(life, status):
    run = life.make()
    if status == "completed":
        write_json(run.folder / "finished.json", {"outcome": "completed"})
    message = (
        f"Run {run.run_id} is {status}; only a run that was paused, stopped, interrupted or "
        "failed can go on."
    )

    with pytest.raises(RunStateError, match=message):
        resume_run(life.workspace, run.run_id)

    assert life.workers == []


def test_second_resume_is_refused_while_the_first_worker_comes_up(life):
    run = life.make()
    life.train(run, ask_after=2)
    resume_run(life.workspace, run.run_id)

    with pytest.raises(RunStateError, match="is queued"):
        resume_run(life.workspace, run.run_id)

    assert life.workers == [run]


def test_second_worker_leaves_the_first_one_alone(life, hold_lock, monkeypatch):
    monkeypatch.setattr("textcls_core.training.worker._LOCK_SECONDS", 0.1)
    run = life.make()
    life.train(run, ask_after=2)
    resume_run(life.workspace, run.run_id)
    before = run.history_file.read_bytes()
    hold_lock(run.lock_file)

    assert main(run.folder) == 1
    assert run.history_file.read_bytes() == before
    assert run.finished == {}


def test_second_worker_of_a_run_that_has_ended_does_nothing(life, whole):
    before = {file: file.stat().st_mtime_ns for file in whole.folder.rglob("*.json*")}

    assert main(whole.folder) == 0
    assert {file: file.stat().st_mtime_ns for file in whole.folder.rglob("*.json*")} == before


def test_resume_of_a_run_on_several_machines_starts_no_local_worker(life):
    run = life.make(num_nodes=2)
    write_json(run.folder / "finished.json", {"outcome": "stopped", "paused": True})

    resume_run(life.workspace, run.run_id)

    assert life.workers == []
    assert run.status == RunStatus.QUEUED


def test_run_that_died_in_mid_epoch_records_the_same_dynamics(life):
    undisturbed = life.make(record_dynamics=True, num_epochs=3)
    life.train(undisturbed)
    expected = undisturbed.dynamics

    run = life.make(record_dynamics=True, num_epochs=3, checkpoint_steps=2)
    life.die(run, after=5)
    assert [file.name for file in run.dynamics_dir.iterdir()] == ["epoch-0001.parquet"]
    assert run.dynamics is None
    life.resume(run)

    found = run.dynamics
    assert found.num_epochs == expected.num_epochs == 3
    assert found.row_ids == expected.row_ids
    assert found.confidence.tolist() == expected.confidence.tolist()
    assert found.variability.tolist() == expected.variability.tolist()
    assert found.correctness.tolist() == expected.correctness.tolist()


def test_rows_of_the_dynamics_are_the_training_rows_of_the_data_set(life, toy_dataset):
    run = life.make(record_dynamics=True, num_epochs=5, batch_size=8)
    life.train(run)

    found = run.dynamics
    assert list(found.row_ids) == toy_dataset.row_ids(toy_dataset.indices("train"))
    assert found.confidence.mean() > 1 / 3
    assert not list(life.make().folder.glob("dynamics"))
