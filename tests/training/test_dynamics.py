"""Recording of training dynamics: from the passes of training, without a change to the training."""

import numpy as np
import pytest
import torch

from tests.training.conftest import NO_CHANGE, copied_weights, set_dropout, weights_of
from textcls_core.config import RunConfig
from textcls_core.errors import InvalidArgumentError
from textcls_core.models.classifier import CPU
from textcls_core.training.dynamics import DynamicsRecorder, given_label
from textcls_core.training.steps import Stepper


def test_probability_is_that_of_the_given_class():
    logits = torch.tensor([[2.0, 0.0, 0.0], [0.0, 1.0, 0.0]])

    probability, hits = given_label(logits, torch.tensor([0, 2]))

    assert probability == pytest.approx([np.e**2 / (np.e**2 + 2), 1 / (np.e + 2)])
    assert hits.tolist() == [1, 0]


def test_probability_of_several_labels_is_the_mean_of_each_being_as_given():
    logits = torch.tensor([[3.0, -1.0], [3.0, 1.0]])

    probability, hits = given_label(logits, torch.tensor([[1.0, 0.0], [1.0, 0.0]]))

    sure, unsure = 1 / (1 + np.exp(-3)), 1 / (1 + np.exp(-1))
    assert probability == pytest.approx([(sure + unsure) / 2, (sure + 1 - unsure) / 2])
    assert hits.tolist() == [1, 0]


def test_rows_seen_several_times_get_the_mean_and_a_step_begun_again_counts_once():
    recorder = DynamicsRecorder(2, "cpu")
    sure, unsure = torch.tensor([[9.0, -9.0]]), torch.tensor([[-9.0, 9.0]])
    label = torch.tensor([0])
    recorder.note(np.array([1]), unsure, label)
    recorder.forget_step()
    recorder.note(np.array([1]), sure, label)
    recorder.note(np.array([1]), unsure, label)
    recorder.finish_step()

    probability, hits = recorder.take_epoch()

    assert probability == pytest.approx([0, 0.5], abs=1e-6)
    assert hits.tolist() == [0, 0.5]
    assert not recorder.sums.any()


@pytest.mark.parametrize(
    "settings",
    [{}, {"packed": True}, {"oversampling": True, "num_train": 19}, {"ema_decay": 0.9}],
    ids=["plain", "packed", "oversampling", "average"],
)
def test_recording_changes_neither_curve_nor_weights(tuner, settings):
    settings = {"num_train": 20, "num_epochs": 2, **settings}
    plain, _ = tuner.run(**settings)
    recorded, _ = tuner.run(record_dynamics=True, **settings)

    assert recorded.observer.history == plain.observer.history
    expected, weights = copied_weights(plain), weights_of(recorded)
    assert all(weights[name].equal(expected[name]) for name in expected)
    assert plain.observer.dynamics == {}
    assert list(recorded.observer.dynamics) == [1, 2]


@pytest.mark.parametrize("packed", [False, True])
def test_without_dropout_and_change_each_epoch_gives_what_the_model_predicts(tuner, packed):
    tuning = tuner.make(
        exact=True,
        packed=packed,
        learning_rate=NO_CHANGE,
        weight_decay=0,
        num_epochs=2,
        batch_size=4,
        gradient_accumulation_steps=2,
        record_dynamics=True,
    )
    tuning.run()

    train = tuning.stepper.train
    probabilities = tuning.stepper.classifier.predict_probabilities(train.tokens, CPU)
    given = probabilities[np.arange(len(train.targets)), train.targets]
    for row_ids, probability, correctness in tuning.observer.dynamics.values():
        assert row_ids == train.row_ids
        assert probability == pytest.approx(given, abs=1e-5)
        assert correctness.tolist() == (probabilities.argmax(1) == train.targets).tolist()


@pytest.mark.parametrize("pause_after", [1, 3, 5, 7])
def test_an_epoch_that_was_cut_comes_out_as_if_it_was_not(tuner, tmp_path, pause_after):
    settings = {"num_train": 20, "num_epochs": 3, "record_dynamics": True}
    whole, _ = tuner.run(**settings)
    first = tuner.make(root=tmp_path, pause_after=pause_after, **settings)
    first.run()
    second = tuner.resumed(tmp_path, **settings)
    second.run()

    assert list(first.observer.dynamics) == list(range(1, pause_after // 3 + 1))
    found = {**first.observer.dynamics, **second.observer.dynamics}
    assert sorted(found) == [1, 2, 3]
    for epoch, (_, probability, correctness) in whole.observer.dynamics.items():
        assert found[epoch][1].tolist() == probability.tolist()
        assert found[epoch][2].tolist() == correctness.tolist()


def test_steps_after_the_newest_checkpoint_that_were_lost_are_done_again(tuner, tmp_path):
    settings = {"num_train": 20, "num_epochs": 2, "record_dynamics": True}
    whole, _ = tuner.run(**settings)
    # The checkpoint is of step 2; step 3 and the first file were lost or are written again.
    tuner.make(root=tmp_path, pause_after=2, **settings).run()
    for _ in range(2):
        again = tuner.resumed(tmp_path, **settings)
        again.checkpoints_dir = None  # it is killed before it saves
        again.run()

        assert again.observer.dynamics[1][1].tolist() == whole.observer.dynamics[1][1].tolist()
        assert again.observer.dynamics[2][1].tolist() == whole.observer.dynamics[2][1].tolist()


def test_an_epoch_that_was_stopped_is_left_out(tuner):
    tuning, _ = tuner.run(num_train=20, num_epochs=3, record_dynamics=True, stop_after=5)

    assert list(tuning.observer.dynamics) == [1]


def test_a_step_that_ran_out_of_memory_counts_each_row_once(tuner, monkeypatch):
    settings = {"num_train": 16, "record_dynamics": True, "exact": True}
    plain = tuner.make(learning_rate=NO_CHANGE, **settings)
    plain.run()
    short = tuner.make(learning_rate=NO_CHANGE, **settings)
    set_dropout(short.model, 0.0)
    real = Stepper._summed_loss
    failed = []

    def fail_once(self, rows):
        share = real(self, rows)
        if not failed:
            failed.append(rows)
            raise RuntimeError("CUDA out of memory")
        return share

    monkeypatch.setattr(Stepper, "_summed_loss", fail_once)
    short.run()

    assert short.stepper.halvings == 1
    assert short.observer.dynamics[1][1] == pytest.approx(plain.observer.dynamics[1][1], abs=1e-6)


@pytest.mark.parametrize("setting", ["num_processes", "num_nodes"])
def test_several_processes_are_refused_with_the_way_out(setting):
    with pytest.raises(InvalidArgumentError, match="works with one process only; set num_process"):
        RunConfig.create({"dataset": "toy", "record_dynamics": True, setting: 2})
