"""`bench label-dynamics`: its figures on a run and a queue that are there, and its arguments."""

from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from bench import label_dynamics
from bench.__main__ import build_parser
from textcls_core.runs.dynamics import Dynamics


@pytest.fixture
def measured(monkeypatch, toy_dataset):
    """Figures of a run that finds all flipped labels, and a queue that finds none of them."""
    found = {}

    def plant(dataset, noise, seed):
        noisy, flipped = label_plant(dataset, noise, seed)
        found["flipped"], found["noisy"] = flipped, noisy
        return noisy, flipped

    def start(_workspace, config):
        assert config.record_dynamics
        rows = found["noisy"].indices("train")
        low = np.where(found["flipped"][rows], 0.1, 0.9)
        row_ids = tuple(found["noisy"].row_ids(rows))
        forgotten = np.zeros(len(low), int)
        dynamics = Dynamics(row_ids, low, low, low, config.num_epochs, forgotten)
        return SimpleNamespace(dynamics=dynamics, finished={"train_seconds": 1.0})

    def queue(*_):
        row_ids = found["noisy"].row_ids(np.arange(found["noisy"].num_examples))
        scores = np.where(found["flipped"], 0.0, 1.0)
        return SimpleNamespace(row_ids=row_ids, table=pa.table({"score": scores}))

    label_plant = label_dynamics.plant_noise
    monkeypatch.setattr(label_dynamics, "load", lambda _: toy_dataset)
    monkeypatch.setattr(label_dynamics, "plant_noise", plant)
    monkeypatch.setattr(label_dynamics, "start_run", start)
    monkeypatch.setattr(label_dynamics, "wait", lambda _: "completed")
    monkeypatch.setattr(label_dynamics, "compute_label_issues", queue)
    return lambda *arguments: label_dynamics.measure(
        build_parser().parse_args(["label-dynamics", *arguments])
    )


def test_each_method_is_measured_on_the_training_rows(measured, toy_dataset):
    figures = measured("--seeds", "0,1", "--noise", "0.2")

    assert figures["average_precision_dynamics"] == {"mean": 1.0, "min": 1.0}
    assert figures["average_precision_queue"]["mean"] < 0.3
    assert [run["rows"] for run in figures["runs"]] == [len(toy_dataset.indices("train"))] * 2
    assert [(run["epochs"], run["train_seconds"]) for run in figures["runs"]] == [(4, 1.0)] * 2
    assert all(run["flipped"] > 0 for run in figures["runs"])


def test_one_epoch_is_refused(capsys):
    with pytest.raises(SystemExit):
        build_parser().parse_args(["label-dynamics", "--epochs", "1"])
    assert "--epochs" in capsys.readouterr().err
