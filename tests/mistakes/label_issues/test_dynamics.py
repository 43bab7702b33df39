"""What a run that recorded its dynamics adds to the queue of label issues."""

import numpy as np
import pytest

from tests.label_issues import plant, stored_queue
from textcls_core.config import RunConfig
from textcls_core.mistakes.label_issues.dynamics import cartography, recorded_runs
from textcls_core.mistakes.label_issues.queue import Learned, reasons
from textcls_core.runs.dynamics import Dynamics, save_epoch
from textcls_core.runs.store import RunStore

RECORD = {
    "labels": ["food"],
    "suggested_labels": ["food"],
    "disagreeing": 0,
    "num_neighbours": 10,
}


def dynamics(row_ids, confidence):
    confidence = np.array(confidence, float)
    right = (confidence > 0.5).astype(float)
    forgotten = np.zeros(len(right), int)
    return Dynamics(tuple(row_ids), confidence, confidence / 10, right, 4, forgotten)


@pytest.fixture
def queue(workspace, toy_dataset):
    noisy, _ = plant(toy_dataset, 8)
    return stored_queue(workspace, toy_dataset, noisy, "noisy")


def test_low_confidence_is_evidence_in_words():
    learned = Learned("my run", 0.08, 0.97, 4)

    assert reasons(RECORD, learned) == [
        "In training (my run) its own label got 8.0 % on average over 4 epochs; 97.0 % of the rows "
        "got more."
    ]


def test_confidence_like_that_of_other_rows_is_no_evidence():
    learned = Learned("my run", 0.3, 0.5, 4)

    assert reasons(RECORD, learned) == []
    assert learned.sentence == (
        "In training (my run) its own label got 30.0 % on average over 4 epochs."
    )


def test_rows_are_joined_by_id_in_the_order_of_the_queue(queue):
    issues = queue[1]
    chosen = [issues.row_ids[place] for place in (9, 2, 5)]

    found = cartography(issues, dynamics([*chosen, "unknown"], [0.9, 0.1, 0.4, 0.2]), "my run")

    assert found.places.tolist() == [2, 5, 9]
    assert found.points == pytest.approx(np.array([[0.01, 0.1], [0.04, 0.4], [0.09, 0.9]]))
    assert found.num_never_right == 2
    assert found.learned(2) == Learned("my run", 0.1, 0.75, 4)
    assert found.learned(3) is None


def test_no_row_in_common_is_an_empty_map(queue):
    found = cartography(queue[1], dynamics(["unknown"], [0.5]), "my run")

    assert found.points.shape == (0, 2)
    assert found.learned(0) is None
    assert found.num_never_right == 0


def test_a_sample_is_the_same_every_time_and_in_the_order_of_the_queue(queue):
    row_ids = queue[1].row_ids
    found = cartography(queue[1], dynamics(row_ids, np.linspace(0, 1, len(row_ids))), "my run")

    sample = found.sample(20)
    assert len(set(sample.tolist())) == 20
    assert sample.tolist() == sorted(found.sample(20).tolist())
    assert found.sample(10_000).tolist() == list(range(len(row_ids)))


def test_runs_of_the_version_with_two_epochs_are_found_newest_first(workspace, queue):
    fingerprint = queue[0].fingerprint

    def make(name, epochs, fingerprint=fingerprint):
        settings = {"name": name, "dataset": "noisy", "dataset_fingerprint": fingerprint}
        run, _ = RunStore.open(workspace).create(RunConfig.create(settings))
        for epoch in range(1, epochs + 1):
            save_epoch(run.dynamics_dir, epoch, ["a"], np.ones(1), np.ones(1))

    make("old", 2)
    make("other version", 2, "f" * 64)
    make("one epoch", 1)
    make("none", 0)
    make("new", 3)

    runs = recorded_runs(workspace, fingerprint)
    assert [run.config.name for run in runs] == ["new", "old"]
