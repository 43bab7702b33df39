"""Tests of the only writer of a run's history, best model and newest predictions."""

import logging

import pytest

from tests.cases import MIXED
from textcls_core.config import RunConfig
from textcls_core.evaluation.decision import Decision, read_decision, write_decision
from textcls_core.models.classifier import Classifier
from textcls_core.runs.checkpoint import Checkpoint
from textcls_core.runs.store import RunStore
from textcls_core.training.checkpoint import restore_best
from textcls_core.training.run_writer import RunWriter, SilentObserver

VALIDATION = {
    "step": 7,
    "epoch": 2,
    "validation_loss": 0.5,
    "validation_accuracy": 0.875,
    "validation_macro_f1": 0.75,
}


@pytest.fixture
def run(tmp_path):
    return RunStore(tmp_path).create(RunConfig.create({"dataset": "toy"}))[0]


def test_writer_replaces_the_model_in_one_step(run, tiny_model_dir):
    writer = RunWriter(run)
    first, better = (
        Classifier.from_pretrained(tiny_model_dir, ("a", "b", "c"), max_length=32, seed=seed)
        for seed in (1, 2)
    )
    writer.on_best(first)

    writer.on_best(better)

    kept = Classifier.load(run.model_dir).model.classifier.weight
    assert kept.equal(better.model.classifier.weight)
    assert [file.name for file in run.folder.iterdir() if "model" in file.name] == ["model"]


def test_writer_logs_validations_and_notes_in_sentences(run, caplog):
    caplog.set_level(logging.INFO, "textcls_core.worker")

    RunWriter(run).on_rows([{"step": 7, "train_loss": 1.0}, VALIDATION, {"step": 7, "note": "Hi."}])

    assert caplog.messages == [
        "epoch 2, step 7: validation accuracy 87.5 %, macro-F1 75.0 %, loss 0.5000",
        "Hi.",
    ]
    assert len(run.history.rows) == 3


def test_writer_after_a_torn_line_loses_no_row(run):
    run.history_file.write_text('{"step": 1, "train_loss": 2.0}\n{"step": 2, "tra')

    RunWriter(run).on_rows([{"step": 2, "train_loss": 1.5}, {"step": 3, "train_loss": 1.0}])

    assert [row["train_loss"] for row in run.history.training] == [2.0, 1.5, 1.0]


def test_writer_keeps_the_newest_validation(run):
    assert run.live_predictions() is None

    RunWriter(run).on_validation(MIXED)

    assert run.live_predictions().row_ids == MIXED.row_ids


@pytest.mark.parametrize(
    ("files", "command"),
    [((), "go"), (("stop",), "stop"), (("pause",), "pause"), (("stop", "pause"), "stop")],
)
def test_writer_passes_on_what_the_files_ask_for(run, files, command):
    writer = RunWriter(run)
    for name in files:
        (run.folder / name).touch()

    assert writer.command() == command


def test_writer_passes_on_a_signal_to_stop(run):
    writer = RunWriter(run)
    writer.was_terminated = True

    assert writer.command() == "stop"


def test_silent_observer_writes_nothing_and_asks_for_nothing(run):
    before = sorted(run.folder.iterdir())
    observer = SilentObserver()

    observer.on_rows([VALIDATION])
    observer.on_validation(MIXED)

    assert observer.command() == "go"
    assert sorted(run.folder.iterdir()) == before


def test_model_of_a_run_that_goes_on_has_no_temperature(tmp_path):
    best_dir, saved = tmp_path / "model", tmp_path / "step-10" / "best"
    for folder in (best_dir, saved):
        folder.mkdir(parents=True)
        (folder / "model.safetensors").write_bytes(b"weights")
    write_decision(best_dir, Decision(temperature=2.0))

    restore_best(Checkpoint(tmp_path / "step-10"), best_dir)

    assert read_decision(best_dir) == Decision()
    assert (best_dir / "model.safetensors").read_bytes() == b"weights"
