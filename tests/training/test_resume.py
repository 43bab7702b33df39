"""Tests of resuming: a run that was paused anywhere ends bit for bit like one that was not."""

import pytest

from tests.training.conftest import NO_CHANGE, Tuner, copied_weights, weights_of
from textcls_core.errors import TrainingError
from textcls_core.runs.checkpoint import checkpoints, newest_whole
from textcls_core.training import loop
from textcls_core.training import optimizer as optimizer_module

SMALL = {"num_train": 20, "num_epochs": 2, "warmup_ratio": 0.2}
"""Six steps in two epochs; the last step of each has four texts."""
VARIANTS = {
    "plain": {},
    "packed": {"packed": True},
    "evaluation steps": {"evaluation_steps": 2},
    "average": {"ema_decay": 0.9, "evaluation_steps": 1},
    "lora": {"lora_rank": 2, "learning_rate": 1e-2},
    "oversampling": {"oversampling": True, "num_train": 19},
    "accumulation": {"batch_size": 2, "gradient_accumulation_steps": 4, "packed": True},
    "windows": {"long_documents": "windows", "max_windows": 3, "packed": True},
    "token budget": {"max_tokens_per_batch": 40},
    "steps by tokens": {"tokens_per_step": 50, "packed": True},
    "focal, cosine, frozen": {"loss": "focal", "lr_scheduler_type": "cosine", "freeze_layers": 1},
    "attention dropout": {"attention_dropout": 0.1},
    "mean pooling": {"pooling": "mean", "layer_wise_learning_rate_decay": 0.8},
}


@pytest.fixture
def _lazy(monkeypatch):
    """Update the word embedding of the tiny model lazily."""
    monkeypatch.setattr(optimizer_module, "_LAZY_ROWS", 10)


def test_a_run_whose_memory_ran_out_goes_on_in_batches_as_small(tuner, tmp_path):
    first = tuner.make(root=tmp_path, pause_after=2, **SMALL)
    first.stepper.halvings = 2
    first.run()

    second = tuner.resumed(root=tmp_path, **SMALL)

    assert second.stepper.halvings == 2


def train_in_pieces(tuner, root, ends, **settings):
    """Train in one process after another, each paused after so many steps; return the last."""
    rows, best_steps, tuning = [], [], None
    for count, pause_after in enumerate([*ends, None]):
        make = tuner.resumed if count else tuner.make
        tuning = make(root=root, pause_after=pause_after, **settings)
        outcome = tuning.run()
        assert outcome.ended_by == ("pause" if pause_after else "go")
        rows += tuning.observer.history
        best_steps += tuning.observer.best_steps
    return tuning, rows, best_steps


def assert_same_run(actual, whole):
    tuning, rows, best_steps = actual
    assert rows == whole.observer.history
    assert best_steps == whole.observer.best_steps
    expected, weights = copied_weights(whole), weights_of(tuning)
    assert all(weights[name].equal(expected[name]) for name in expected)
    assert tuning.progress.tokens_seen == whole.progress.tokens_seen


@pytest.mark.parametrize("settings", VARIANTS.values(), ids=VARIANTS.keys())
def test_run_that_was_paused_anywhere_ends_bit_for_bit_the_same(
    tuner, long_tuner, tmp_path, settings
):
    tuner = long_tuner if "long_documents" in settings else tuner
    settings = {**SMALL, **settings}
    whole, outcome = tuner.run(root=tmp_path / "whole", **settings)

    places = range(1, outcome.steps + 1) if settings == SMALL else (2, 3)
    for step in places:  # in the middle and at the end of an epoch
        pieces = train_in_pieces(tuner, tmp_path / f"{step}", [step], **settings)

        assert_same_run(pieces, whole)


@pytest.mark.usefixtures("_lazy")
@pytest.mark.parametrize("settings", [{}, {"evaluation_steps": 2, "packed": True}], ids=str)
def test_lazy_embedding_is_resumed_bit_for_bit(tuner, tmp_path, settings):
    settings = {**SMALL, **settings}
    whole, outcome = tuner.run(root=tmp_path / "whole", **settings)
    assert whole.stepper.optimizer.embedding is not None

    for step in range(1, outcome.steps + 1):
        pieces = train_in_pieces(tuner, tmp_path / f"{step}", [step], **settings)

        assert_same_run(pieces, whole)


@pytest.mark.usefixtures("_lazy")
def test_run_in_a_new_process_for_every_step_is_the_same(tuner, tmp_path):
    settings = {**SMALL, "evaluation_steps": 2, "packed": True}
    whole, outcome = tuner.run(root=tmp_path / "whole", **settings)

    pieces = train_in_pieces(tuner, tmp_path / "pieces", [1] * outcome.steps, **settings)

    assert_same_run(pieces, whole)


def test_run_that_died_after_a_checkpoint_repeats_its_last_steps_exactly(tuner, tmp_path):
    whole, _ = tuner.run(**SMALL)
    dying = tuner.make(root=tmp_path, checkpoint_steps=4, **SMALL)
    run_step = type(dying)._run_step
    dying.observer.on_rows = lambda _rows: None
    steps = [planned for _, planned in dying.plan.remaining(0)][:5]
    for number, planned in enumerate(steps):
        run_step(dying, number // 3 + 1, planned)
        dying._save_if_due()

    resumed = tuner.resumed(tmp_path, **SMALL)
    resumed.run()

    assert resumed.observer.column("train_loss") == whole.observer.column("train_loss")[4:]
    expected = copied_weights(whole)
    assert all(value.equal(expected[name]) for name, value in weights_of(resumed).items())


def test_patience_that_ran_out_in_the_paused_step_is_still_out_after_it(tuner, tmp_path):
    settings = {**SMALL, "evaluation_steps": 1, "early_stopping_patience": 2}
    settings["learning_rate"] = NO_CHANGE
    whole, outcome = tuner.run(**settings)
    assert (outcome.steps, outcome.stopped_early) == (3, True)

    pieces = train_in_pieces(tuner, tmp_path, [3], **settings)

    assert_same_run(pieces, whole)


def test_stopped_run_goes_on_with_the_same_losses(tuner, tmp_path):
    whole, _ = tuner.run(**SMALL)
    _, outcome = tuner.run(root=tmp_path, stop_after=4, **SMALL)

    resumed = tuner.resumed(tmp_path, **SMALL)
    resumed.run()

    assert outcome.ended_by == "stop"
    assert resumed.observer.column("train_loss") == whole.observer.column("train_loss")[4:]
    expected = copied_weights(whole)
    assert all(value.equal(expected[name]) for name, value in weights_of(resumed).items())


def test_validation_after_a_stop_is_known_to_its_checkpoint(tuner, tmp_path):
    tuner.run(root=tmp_path, stop_after=3, **SMALL)  # the end of an epoch, already saved
    stopped, _ = tuner.run(root=tmp_path, stop_after=4, **SMALL)

    resumed = tuner.resumed(tmp_path, **SMALL)

    assert resumed.progress.evaluated_step == stopped.progress.evaluated_step == 4
    assert resumed.progress.best_value == stopped.progress.best_value


def test_run_without_a_folder_saves_nothing(tuner, monkeypatch):
    def fail(*_args):
        raise AssertionError("saved")

    monkeypatch.setattr(loop.TrainingState, "save", fail)

    tuner.run(num_train=8)


@pytest.mark.parametrize(
    ("settings", "steps"),
    [
        ({}, [6, 3]),  # every epoch ends with one
        ({"checkpoint_steps": 2}, [6, 4]),
        ({"checkpoint_steps": 5}, [6, 5]),
    ],
    ids=str,
)
def test_checkpoints_are_saved_as_often_as_asked_for(tuner, tmp_path, settings, steps):
    tuner.run(root=tmp_path, **SMALL, **settings)

    assert [checkpoint.step for checkpoint in checkpoints(tmp_path)] == steps


def test_short_epochs_share_a_checkpoint(tuner, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "_SHORT_EPOCH_SECONDS", 3600.0)

    tuner.run(root=tmp_path, **SMALL)

    assert [checkpoint.step for checkpoint in checkpoints(tmp_path)] == [6]


def test_checkpoints_are_also_saved_after_some_minutes(tuner, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "_CHECKPOINT_SECONDS", 0.0)

    tuner.run(root=tmp_path, stop_after=2, **SMALL)

    assert [checkpoint.step for checkpoint in checkpoints(tmp_path)] == [2, 1]


def test_step_that_was_just_saved_is_not_saved_again(tuner, tmp_path, monkeypatch):
    saved = []
    save = loop.TrainingState.save
    monkeypatch.setattr(
        loop.TrainingState,
        "save",
        lambda state, root, step, facts: (saved.append(step), save(state, root, step, facts)),
    )

    tuner.run(root=tmp_path, pause_after=3, **SMALL)

    assert saved == [3]


def test_checkpoint_of_other_texts_is_refused(tuner, long_dataset, tmp_path):
    tuner.run(root=tmp_path, pause_after=1, **SMALL)
    other = Tuner(tuner.model_dir, long_dataset)
    message = (
        r"The checkpoint of step 1 was made with other texts or another tokenizer\. "
        r"Start a new run with the same settings\."
    )

    with pytest.raises(TrainingError, match=message):
        other.resumed(tmp_path, **SMALL)


def test_checkpoint_of_another_model_is_refused(tuner, tiny_models, tmp_path):
    tuner.run(root=tmp_path, pause_after=1, **SMALL)
    other = Tuner(tiny_models["distilbert"], tuner.dataset)
    message = r"The checkpoint of step 1 does not fit this model \(.*\)\. Start a new run"

    with pytest.raises(TrainingError, match=message):
        other.resumed(tmp_path, **SMALL)


@pytest.mark.parametrize("settings", [{"lora_rank": 2}, {"freeze_layers": 0}], ids=str)
def test_checkpoint_of_other_settings_is_refused(tuner, tmp_path, settings):
    first = {} if "lora_rank" in settings else {"freeze_layers": 1}
    tuner.run(root=tmp_path, pause_after=1, **SMALL, **first)

    with pytest.raises(TrainingError, match="does not fit this model"):
        tuner.resumed(tmp_path, **SMALL, **settings)


def test_checkpoint_without_its_tensors_is_refused(tuner, tmp_path):
    tuner.run(root=tmp_path, pause_after=1, **SMALL)
    tuning = tuner.make(**SMALL)
    checkpoint, _ = newest_whole(tmp_path)
    (checkpoint.folder / "state.safetensors").write_bytes(b"garbage")

    with pytest.raises(TrainingError, match="does not fit this model"):
        tuning.resume(checkpoint)
