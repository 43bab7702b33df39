"""Tests of the copies of metrics for other tools; both are read back with their own readers."""

import logging
import shutil

import pytest

from textcls_core.errors import InvalidArgumentError
from textcls_core.training import trackers as module
from textcls_core.training.trackers import (
    Tracker,
    figures,
    mlflow_uri,
    open_trackers,
    require_trackers,
)

RUN_ID = "20260101-120000-0123abcd"
CONFIG = {"name": "My *run*", "dataset": "toy", "num_epochs": 3, "report_to": ["mlflow"]}
NAN, INFINITY = float("nan"), float("inf")


@pytest.fixture
def folder(tmp_path):
    """A run folder inside a workspace."""
    folder = tmp_path / "workspace" / "runs" / RUN_ID
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def at_once(monkeypatch):
    """Send every row when it comes."""
    monkeypatch.setattr(module, "_SEND_SECONDS", 0.0)
    monkeypatch.setattr(module, "_FIRST_WAIT", 0.0)


def training(step, loss=0.5):
    return {"step": step, "epoch": 1, "train_loss": loss, "learning_rate": 1e-4}


def validation(step, loss=0.25):
    return {"step": step, "epoch": 1, "validation_loss": loss, "validation_macro_f1": 0.75}


def tracker(name, folder):
    return open_trackers([name], folder, CONFIG, RUN_ID)[0]


def in_tensorboard(folder):
    """Return what TensorBoard reads: steps and values by tag."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    accumulator = EventAccumulator(str(folder / "tensorboard")).Reload()
    return {
        tag: [(event.step, round(event.value, 6)) for event in accumulator.Scalars(tag)]
        for tag in accumulator.Tags()["scalars"]
    }


def in_mlflow(folder, metric):
    """Return the MLflow run, and steps and values of one metric."""
    from mlflow import MlflowClient

    client = MlflowClient(mlflow_uri(folder.parent.parent))
    experiment = client.get_experiment_by_name("textcls")
    runs = client.search_runs([experiment.experiment_id])
    assert len(runs) == 1
    history = client.get_metric_history(runs[0].info.run_id, metric)
    return runs[0], [(point.step, point.value) for point in history]


class Broken:
    """A tool that fails for its first calls."""

    def __init__(self, failures):
        self.failures = failures
        self.sent = []
        self.outcome = None

    def send(self, rows):
        if self.failures:
            self.failures -= 1
            raise ConnectionError("server gone\nsecond line")
        self.sent += [row["step"] for _, row in rows]

    def close(self, outcome):
        self.outcome = outcome


@pytest.mark.parametrize("name", ["tensorboard", "mlflow"])
def test_tracker_that_is_not_installed_names_the_command(monkeypatch, name):
    monkeypatch.setattr(module, "find_spec", lambda _: None)

    with pytest.raises(InvalidArgumentError) as caught:
        require_trackers([name])

    assert str(caught.value) == (
        f"report_to names {name}, which is not installed here. Install it with "
        '"pip install -r requirements-tracking.txt", or take it out of report_to.'
    )


def test_tracker_requirements_file_is_there():
    from textcls_core.workspace import APP_DIR

    assert (APP_DIR / module.REQUIREMENTS).is_file()


def test_no_trackers_need_nothing(monkeypatch, folder):
    monkeypatch.setattr(module, "find_spec", lambda _: None)

    assert open_trackers([], folder, CONFIG, RUN_ID) == []


def test_tracker_figures_are_finite_numbers_only():
    row = {"step": 1, "epoch": 1, "a": 1, "b": NAN, "c": INFINITY, "d": True, "e": "x", "f": None}

    assert figures(row) == {"a": 1.0}


def test_tensorboard_reads_training_and_validation(folder):
    written = tracker("tensorboard", folder)
    written.on_rows([training(1, 0.75), training(2, 0.5), validation(2)])
    written.close()

    assert in_tensorboard(folder) == {
        "train/loss": [(1, 0.75), (2, 0.5)],
        "train/learning_rate": [(1, 1e-4), (2, 1e-4)],
        "validation/loss": [(2, 0.25)],
        "validation/macro_f1": [(2, 0.75)],
    }


def test_tensorboard_keeps_the_settings_as_text(folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    tracker("tensorboard", folder).close()

    events = EventAccumulator(str(folder / "tensorboard")).Reload().Tensors("settings")
    assert b'    name: "My *run*"\n' in events[0].tensor_proto.string_val[0]


def test_tensorboard_leaves_out_what_is_no_number(folder):
    written = tracker("tensorboard", folder)
    written.on_rows([training(1, NAN), training(2)])
    written.close()

    assert in_tensorboard(folder)["train/loss"] == [(2, 0.5)]


def test_tensorboard_leaves_out_notes_and_what_they_count(folder):
    before = tracker("tensorboard", folder)
    before.on_rows([training(1), training(2)])
    before.close()
    resumed = tracker("tensorboard", folder)
    resumed.on_rows([{"step": 2, "note": "Resumed from step 2.", "resumed_from": 2}, training(3)])
    resumed.close()

    found = in_tensorboard(folder)
    assert [step for step, _ in found["train/loss"]] == [1, 2, 3]
    assert "train/resumed_from" not in found


def test_tensorboard_resumed_replaces_the_steps_done_again(folder):
    killed = tracker("tensorboard", folder)
    killed.on_rows([training(1, 0.1), training(2, 0.2), validation(2), training(3, 0.3)])
    killed._send()

    resumed = tracker("tensorboard", folder)
    resumed.on_rows([training(3, 0.4), training(4, 0.5)])
    resumed.close()

    found = in_tensorboard(folder)
    assert [step for step, _ in found["train/loss"]] == [1, 2, 3, 4]
    assert found["train/loss"][2:] == [(3, 0.4), (4, 0.5)]
    assert found["validation/loss"] == [(2, 0.25)]


@pytest.mark.usefixtures("at_once")
def test_tensorboard_on_a_full_disk_loses_nothing_when_there_is_space_again(folder, monkeypatch):
    written = tracker("tensorboard", folder)
    written.on_rows([training(1)])
    with monkeypatch.context() as full:
        full.setattr(module._TensorBoard, "_write", refuse)
        written.on_rows([training(2)])
    written.on_rows([training(3)])
    written.close()

    assert in_tensorboard(folder)["train/loss"] == [(1, 0.5), (2, 0.5), (3, 0.5)]


def test_tensorboard_does_not_bring_back_a_run_that_was_deleted(folder, caplog):
    shutil.rmtree(folder)

    written = tracker("tensorboard", folder)
    written.on_rows([training(1)])
    written.close()

    assert not folder.exists()
    assert "tensorboard takes no figures now" in caplog.text


def refuse(*arguments, **options):
    raise OSError(28, "No space left on device")


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory):
    """An MLflow database with its tables, which take seconds to make."""
    workspace = tmp_path_factory.mktemp("mlflow")
    module._Mlflow(workspace, {}, "first").close("completed")
    from mlflow import MlflowClient

    client = MlflowClient(mlflow_uri(workspace))
    for run in client.search_runs(["1"]):
        client.delete_run(run.info.run_id)
    return workspace / "mlflow.db"


@pytest.fixture
def mlflow_folder(folder, empty_database, monkeypatch):
    """A run folder in a workspace with an MLflow database."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    shutil.copy(empty_database, folder.parent.parent)
    return folder


@pytest.mark.slow
def test_mlflow_reads_metrics_settings_and_the_end(mlflow_folder):
    written = tracker("mlflow", mlflow_folder)
    written.on_rows([training(1, 0.75), training(2), validation(2)])
    written.close("completed")

    run, losses = in_mlflow(mlflow_folder, "train_loss")
    assert losses == [(1, 0.75), (2, 0.5)]
    assert run.data.metrics["validation_macro_f1"] == 0.75
    assert run.data.params["num_epochs"] == "3"
    assert run.info.run_name == "My *run*"
    assert run.info.status == "FINISHED"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("outcome", "state"),
    [("stopped", "FINISHED"), ("failed", "FAILED"), ("interrupted", "KILLED")],
)
def test_mlflow_knows_how_the_run_ended(mlflow_folder, outcome, state):
    tracker("mlflow", mlflow_folder).close(outcome)

    assert in_mlflow(mlflow_folder, "train_loss")[0].info.status == state


@pytest.mark.slow
def test_mlflow_resumed_is_the_same_run_without_repeated_steps(mlflow_folder):
    killed = tracker("mlflow", mlflow_folder)
    killed.on_rows([training(1), training(2), validation(2), training(3)])
    killed._send()

    resumed = tracker("mlflow", mlflow_folder)
    resumed.on_rows([validation(2), training(3), training(4), validation(4)])
    resumed.close()

    run, losses = in_mlflow(mlflow_folder, "train_loss")
    assert [step for step, _ in losses] == [1, 2, 3, 4]
    assert [step for step, _ in in_mlflow(mlflow_folder, "validation_loss")[1]] == [2, 4]
    assert run.info.status == "FINISHED"


@pytest.mark.slow
def test_mlflow_leaves_out_what_is_no_number(mlflow_folder):
    written = tracker("mlflow", mlflow_folder)
    written.on_rows([training(1, NAN), training(2, INFINITY), training(3)])
    written.close()

    assert in_mlflow(mlflow_folder, "train_loss")[1] == [(3, 0.5)]


@pytest.mark.slow
def test_mlflow_takes_more_rows_than_fit_into_one_call(mlflow_folder):
    written = tracker("mlflow", mlflow_folder)
    written.on_rows([training(step) for step in range(1, 1_201)])
    written.close()

    assert [step for step, _ in in_mlflow(mlflow_folder, "train_loss")[1]] == [*range(1, 1_201)]


@pytest.mark.slow
def test_mlflow_server_that_is_gone_does_not_stop_the_run(folder, monkeypatch, caplog):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    written = tracker("mlflow", folder)
    written.on_rows([training(1)])
    written.close()

    warnings = [record for record in caplog.records if record.name == module.__name__]
    assert len(warnings) == 1
    assert "mlflow takes no figures now" in warnings[0].message


@pytest.mark.slow
def test_mlflow_calls_nobody(mlflow_folder):
    tracker("mlflow", mlflow_folder).close()
    from mlflow.telemetry.utils import is_telemetry_disabled

    assert is_telemetry_disabled()


def test_mlflow_uses_the_server_of_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://tracking.example")

    assert mlflow_uri(tmp_path) == "http://tracking.example"


@pytest.mark.usefixtures("at_once")
def test_tracker_that_fails_is_logged_once_and_gets_everything_later(caplog):
    sink = Broken(failures=3)
    passed_on = Tracker("mlflow", lambda: sink)
    with caplog.at_level(logging.WARNING):
        for step in range(1, 6):
            passed_on.on_rows([training(step)])
        passed_on.close("stopped")

    assert sink.sent == [1, 2, 3, 4, 5]
    assert sink.outcome == "stopped"
    assert [record.message for record in caplog.records] == [
        "mlflow takes no figures now (server gone). The run goes on and keeps all of them in its "
        "folder; sending them is tried again."
    ]


def test_tracker_that_fails_is_left_alone_for_a_while():
    attempts = []
    sink = Broken(failures=100)
    passed_on = Tracker("mlflow", lambda: attempts.append(1) or sink)
    for step in range(1, 1_000):
        passed_on.on_rows([training(step)])

    assert len(attempts) == 1


@pytest.mark.usefixtures("at_once")
def test_tracker_that_always_fails_does_not_fill_the_memory(monkeypatch):
    monkeypatch.setattr(module, "_MOST_WAITING", 10)
    passed_on = Tracker("mlflow", lambda: Broken(failures=1))
    for step in range(1, 100):
        passed_on.on_rows([training(step)])

    assert len(passed_on._waiting) == 10


def test_tracker_collects_rows_between_two_calls():
    sink = Broken(failures=0)
    passed_on = Tracker("tensorboard", lambda: sink)
    passed_on.on_rows([training(1)])
    passed_on.on_rows([training(2)])

    assert sink.sent == []
    passed_on.close()
    assert sink.sent == [1, 2]


@pytest.mark.usefixtures("at_once")
def test_tracker_whose_end_fails_is_no_error(monkeypatch):
    sink = Broken(failures=0)
    monkeypatch.setattr(sink, "close", refuse)

    Tracker("mlflow", lambda: sink).close()
