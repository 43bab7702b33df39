"""Tests of one optimizer step: its gradient is that of the whole step, however it is cut."""

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer, BertForSequenceClassification

from tests.training.conftest import (
    NO_CHANGE,
    copied_weights,
    largest_gap,
    make_exact,
    set_dropout,
    weights_of,
)
from textcls_core.errors import TrainingError
from textcls_core.models.memory import halved
from textcls_core.training import optimizer
from textcls_core.training.plan import StepShape, plan_epoch

CUTS = [(8, 1), (4, 2), (2, 4), (1, 8), (3, 3)]
LIMITED = "Tried to allocate 20.00 MiB"


def train_by_hand(tuner):
    """Do three optimizer steps of 8 texts with nothing but torch and transformers.

    Learning rate 1e-3 with a warm-up of one of three steps; returns weights and losses.
    """
    torch.manual_seed(42)
    tokenizer = AutoTokenizer.from_pretrained(tuner.model_dir)
    model = BertForSequenceClassification.from_pretrained(tuner.model_dir, num_labels=3)
    make_exact(model)
    model.train()
    dataset = tuner.dataset
    rows = dataset.indices("train")
    rows = rows[np.linspace(0, len(rows) - 1, 24).astype(int)]
    texts, labels = dataset.texts(rows), torch.from_numpy(dataset.label_ids[rows])
    parameters = dict(model.named_parameters())
    plain = [name for name in parameters if "bias" in name or "LayerNorm" in name]
    decayed = [name for name in parameters if name not in plain]
    optimizer = torch.optim.AdamW(
        [
            {"params": [parameters[name] for name in decayed], "weight_decay": 0.01},
            {"params": [parameters[name] for name in plain], "weight_decay": 0.0},
        ]
    )
    order = np.random.default_rng([42, 1]).permutation(24)
    losses = []
    for step, learning_rate in enumerate([1e-3, 1e-3, 0.5e-3]):
        chosen = order[8 * step : 8 * step + 8]
        batch = tokenizer([texts[i] for i in chosen], padding=True, return_tensors="pt")
        loss = model(**batch, labels=labels[chosen]).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for group in optimizer.param_groups:
            group["lr"] = learning_rate
        optimizer.step()
        losses.append(loss.item())
    return {name: value.detach() for name, value in parameters.items()}, losses


@pytest.mark.parametrize("packed", [False, True])
def test_loop_equals_training_written_by_hand(tuner, packed):
    expected_weights, expected_losses = train_by_hand(tuner)

    tuning, outcome = tuner.run(num_train=24, exact=True, packed=packed, warmup_ratio=0.34)

    assert outcome.steps == 3
    assert tuning.observer.column("train_loss") == pytest.approx(expected_losses, abs=1e-6)
    assert largest_gap(weights_of(tuning), expected_weights) < 1e-6


def gradients(tuner, batch_size, accumulation, **settings):
    """Return the gradients and the loss of one step of 8 documents."""
    tuning = tuner.make(
        num_train=8,
        exact=True,
        batch_size=batch_size,
        gradient_accumulation_steps=accumulation,
        **settings,
    )
    stepper = tuning.stepper
    shape = StepShape(8, batch_size, is_padded=not stepper.classifier.is_packed)
    [planned] = plan_epoch(stepper.train.tokens.lengths, np.arange(8), seed=1, epoch=1, shape=shape)
    stepper.classifier.model.train()
    loss = stepper._gradients(planned, 1)
    return {name: value.grad for name, value in tuning.model.named_parameters()}, loss.item()


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"class_weights": "balanced", "label_smoothing_factor": 0.1},
        {"loss": "focal"},
    ],
    ids=["plain", "weighted", "focal"],
)
def test_gradient_of_a_step_does_not_depend_on_how_it_is_cut(tuner, packed, settings):
    whole, whole_loss = gradients(tuner, 8, 1, packed=packed, **settings)

    for batch_size, accumulation in CUTS:
        cut, loss = gradients(tuner, batch_size, accumulation, packed=packed, **settings)

        assert loss == pytest.approx(whole_loss, abs=1e-6)
        assert largest_gap(cut, whole) <= 1e-6


@pytest.mark.parametrize("packed", [False, True])
def test_gradient_of_texts_in_windows_does_not_depend_on_how_they_are_cut(long_tuner, packed):
    settings = {"packed": packed, "long_documents": "windows"}
    whole, whole_loss = gradients(long_tuner, 8, 1, **settings)

    cut, loss = gradients(long_tuner, 2, 4, **settings)

    assert loss == pytest.approx(whole_loss, abs=1e-6)
    assert largest_gap(cut, whole) <= 1e-6


def test_packed_gradient_equals_the_padded_one(tuner):
    padded, padded_loss = gradients(tuner, 8, 1)

    packed, packed_loss = gradients(tuner, 8, 1, packed=True)

    assert packed_loss == pytest.approx(padded_loss, abs=1e-6)
    assert largest_gap(packed, padded) <= 1e-6


@pytest.mark.parametrize("packed", [False, True])
def test_accumulation_of_2x8_equals_a_batch_of_16(tuner, packed):
    whole, _ = tuner.run(exact=True, packed=packed, batch_size=16)

    cut, _ = tuner.run(exact=True, packed=packed, batch_size=8, gradient_accumulation_steps=2)

    assert cut.observer.column("train_loss") == pytest.approx(
        whole.observer.column("train_loss"), abs=1e-6
    )
    assert largest_gap(weights_of(cut), weights_of(whole)) < 1e-6


def test_uneven_last_step_is_averaged_over_its_own_documents(tuner):
    tuning = tuner.make(num_train=28, exact=True, batch_size=16, learning_rate=NO_CHANGE)
    stepper = tuning.stepper
    order = np.random.default_rng([42, 1]).permutation(28)[16:]
    probabilities = stepper.classifier.predict_probabilities(stepper.train.tokens.take(order))
    expected = -np.log(probabilities[np.arange(12), stepper.train.targets[order]]).mean()

    tuning.run()

    assert tuning.observer.column("train_loss")[1] == pytest.approx(expected, abs=1e-5)


def test_dropout_of_the_model_is_on_in_training(tuner):
    tuning, dropped = tuner.make(num_train=16), tuner.history()
    set_dropout(tuning.model, 0.0)

    tuning.run()

    assert tuning.observer.history != dropped


def test_dropout_depends_on_the_seed(tuner):
    first, second = (tuner.make(num_train=1, seed=seed) for seed in (1, 2))
    second.model.load_state_dict(first.model.state_dict())

    first.run()
    second.run()

    assert first.observer.column("train_loss") != second.observer.column("train_loss")


def test_dropout_is_another_in_every_step(tuner):
    tuning, _ = tuner.run(num_train=1, num_epochs=5, learning_rate=NO_CHANGE)

    assert len(set(tuning.observer.column("train_loss"))) == 5


class LittleMemory:
    """A forward pass that fails when it is given more than so many texts."""

    def __init__(self, tuning, limit, error=torch.OutOfMemoryError) -> None:
        self.error = error
        self.limit = limit
        self.sizes = []
        self._forward = tuning.stepper.forward
        tuning.stepper.forward = self

    def __call__(self, **batch):
        size = len(batch["input_ids"])
        self.sizes.append(size)
        if size > self.limit:
            raise self.error(f"CUDA out of memory. {LIMITED}")
        return self._forward(**batch)


@pytest.mark.parametrize("error", [torch.OutOfMemoryError, RuntimeError])
def test_run_without_enough_memory_gives_the_same_losses_and_says_so(tuner, error):
    expected, _ = tuner.run(num_train=24, exact=True, batch_size=8)
    tuning = tuner.make(num_train=24, exact=True, batch_size=8)
    memory = LittleMemory(tuning, 2, error)

    outcome = tuning.run()

    assert outcome.steps == 3
    assert tuning.observer.column("train_loss") == pytest.approx(
        expected.observer.column("train_loss"), abs=1e-6
    )
    assert largest_gap(weights_of(tuning), weights_of(expected)) < 1e-6
    assert tuning.observer.notes == [
        "Memory ran out: micro-batches are now cut into 4 parts, the step is the same."
    ]
    assert memory.sizes.count(8) <= 2  # it does not try again in every step


def test_a_validation_without_enough_memory_gives_the_same_figures_and_says_so(tuner):
    settings = {"num_train": 8, "exact": True, "batch_size": 2}
    expected, _ = tuner.run(**settings)
    tuning = tuner.make(**settings)

    def little_memory(module, _, inputs):
        if not module.training and len(inputs["input_ids"]) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")

    tuning.model.register_forward_pre_hook(little_memory, with_kwargs=True)
    tuning.run()

    assert tuning.observer.column("validation_loss") == pytest.approx(
        expected.observer.column("validation_loss"), abs=1e-6
    )
    parts = 2**tuning.stepper.classifier.halvings
    assert tuning.observer.notes == [
        f"Memory ran out: batches of predictions are now cut into {parts} parts."
    ]
    assert tuning.stepper.halvings == 0


def test_weights_whose_moments_do_not_fit_are_refused_before_the_first_step(tuner, monkeypatch):
    def run_out(*_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(optimizer, "_first_moments", run_out)

    with pytest.raises(TrainingError, match="two moments that AdamW keeps of each do not fit, wha"):
        tuner.make(num_train=8)


@pytest.mark.parametrize(("batch_size", "limit"), [(3, 1), (5, 1), (6, 1), (7, 2), (12, 2)])
def test_sizes_that_are_no_power_of_two_are_halved_until_they_fit(tuner, batch_size, limit):
    tuning = tuner.make(num_train=batch_size, batch_size=batch_size)
    LittleMemory(tuning, limit)

    outcome = tuning.run()

    assert outcome.steps == 1


@pytest.mark.parametrize(
    ("settings", "more"),
    [({}, " and double gradient_accumulation_steps"), ({"tokens_per_step": 50}, "")],
)
def test_single_text_that_does_not_fit_ends_the_run_with_advice(tuner, settings, more):
    tuning = tuner.make(num_train=8, **settings)
    LittleMemory(tuning, 0)
    message = rf"Out of memory\. Halve batch_size{more}, or lower max_length\."

    with pytest.raises(TrainingError, match=message):
        tuning.run()


def test_other_runtime_errors_are_not_taken_for_a_lack_of_memory(tuner):
    tuning = tuner.make(num_train=8)

    def fail(**_batch):
        raise RuntimeError("boom")

    tuning.stepper.forward = fail

    with pytest.raises(RuntimeError, match="boom"):
        tuning.run()


def test_lack_of_memory_leaves_no_half_gradient(tuner):
    tuning = tuner.make(num_train=8, batch_size=4, gradient_accumulation_steps=2)
    memory = LittleMemory(tuning, 4)
    before = copied_weights(tuning)
    fail_once(memory)

    tuning.run()

    plain, _ = tuner.run(num_train=8, batch_size=2, gradient_accumulation_steps=4)
    assert largest_gap(weights_of(tuning), before) > 0
    assert tuning.observer.column("gradient_norm") == plain.observer.column("gradient_norm")


def fail_once(memory):
    """Let the second forward pass of all fail, when the first has left its gradient."""
    forward = memory._forward

    def call(**batch):
        if len(memory.sizes) == 2:
            raise torch.OutOfMemoryError(LIMITED)
        return forward(**batch)

    memory._forward = call


@pytest.mark.parametrize(
    ("times", "expected"), [(0, [5, 1]), (1, [3, 2, 1]), (2, [2, 1, 1, 1, 1]), (9, [1] * 6)]
)
def test_halved_cuts_every_micro_batch_and_loses_no_row(times, expected):
    parts = list(halved((np.arange(5), np.array([9])), times))

    assert [len(rows) for rows in parts] == expected
    assert np.concatenate(parts).tolist() == [0, 1, 2, 3, 4, 9]
