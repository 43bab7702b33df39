"""Tests of the training loop: what it does when, and every setting does what it says."""

import math

import numpy as np
import pytest
import torch

from tests.training.conftest import TIMES, Tuner, copied_weights, weights_of
from textcls_core.dataset.store import DatasetStore
from textcls_core.errors import TrainingError
from textcls_core.evaluation.evaluation import evaluate
from textcls_core.evaluation.metric_names import metrics_of
from textcls_core.models.catalogue import locate
from textcls_core.models.classifier import CPU
from textcls_core.models.device import Compute
from textcls_core.training.splits import predict

COMPILE = torch.compile


@pytest.fixture(scope="module")
def plain_history(tiny_model_dir, toy_dataset):
    """What a fine-tuning without any changed setting reports."""
    return Tuner(tiny_model_dir, toy_dataset).history()


@pytest.mark.parametrize("family", ["bert", "distilbert", "roberta", "gpt2"])
def test_every_family_of_models_trains(tiny_models, toy_dataset, family):
    tuning = Tuner(tiny_models[family], toy_dataset).make(num_train=8, warmup_ratio=0.0)
    before = copied_weights(tuning)

    tuning.run()

    changed = [name for name, value in weights_of(tuning).items() if not value.equal(before[name])]
    assert all(math.isfinite(loss) for loss in tuning.observer.column("train_loss"))
    assert len(changed) > 20


def test_training_learns_the_toy_classes(tuner):
    tuning, _ = tuner.run(num_train=96, num_epochs=6, batch_size=16, learning_rate=1e-2)

    losses = tuning.observer.column("validation_loss")
    assert losses[-1] < 0.5 * losses[0]
    assert max(tuning.observer.column("validation_accuracy")) > 0.8


def test_same_seed_gives_an_identical_history(tuner):
    first = tuner.history(num_epochs=2, attention_dropout=0.1)

    again = tuner.history(num_epochs=2, attention_dropout=0.1)

    assert again == first


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 43},
        {"learning_rate": 2e-3},
        {"weight_decay": 0.5},
        {"warmup_ratio": 0.6},
        {"max_grad_norm": 0.01},
        {"attention_dropout": 0.5},
        {"max_length": 8},
        {"batch_size": 4},
        {"gradient_accumulation_steps": 2},
        {"num_epochs": 2},
        {"evaluation_steps": 1},
        {"lr_scheduler_type": "cosine", "num_epochs": 3},
        {"layer_wise_learning_rate_decay": 0.5},
        {"label_smoothing_factor": 0.1},
        {"class_weights": "balanced"},
        {"loss": "focal"},
        {"oversampling": True},
        {"pooling": "mean"},
        {"freeze_embeddings": True},
        {"freeze_layers": 1},
        {"lora_rank": 4},
        {"ema_decay": 0.9},
        {"max_tokens_per_batch": 20},
        {"tokens_per_step": 50},
        {"max_length": 8, "long_documents": "head_tail"},
        {"packed": True},
    ],
    ids=str,
)
def test_setting_is_effective(tuner, plain_history, change):
    assert tuner.history(**change) != plain_history


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_compiled_model_trains_and_keeps_its_names(tuner, monkeypatch):
    compiled = []

    def compile_eagerly(model, **options):
        compiled.append(options)
        return COMPILE(model, backend="eager", **options)

    monkeypatch.setattr(torch, "compile", compile_eagerly)

    tuning, outcome = tuner.run(num_train=16, torch_compile=True)

    assert compiled == [{"dynamic": True}]
    assert outcome.steps > 1
    assert all(math.isfinite(loss) for loss in tuning.observer.column("train_loss"))
    assert not [name for name in weights_of(tuning) if "_orig_mod" in name]


def test_seed_alone_decides_dropout(tuner, plain_history):
    tuning = tuner.make(num_train=16)
    torch.manual_seed(12345)

    tuning.run()

    assert tuning.observer.history == plain_history


def test_largest_seed_is_accepted(tuner):
    _, outcome = tuner.run(num_train=8, seed=2**32 - 1, gradient_accumulation_steps=1)

    assert outcome.steps == 1


def test_bf16_trains_nearly_like_fp32(tuner):
    exact = tuner.run()[0].observer.column("train_loss")

    rounded, _ = tuner.run(compute=Compute("cpu", "bf16", ()))

    assert rounded.observer.column("train_loss") == pytest.approx(exact, abs=0.1)
    assert {value.dtype for value in weights_of(rounded).values()} == {torch.float32}


def test_learning_rate_follows_the_schedule(tuner):
    tuning, _ = tuner.run(num_epochs=2, warmup_ratio=0.2)

    expected = [0.5, 1, 1, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125]
    assert tuning.observer.column("learning_rate") == pytest.approx([1e-3 * f for f in expected])


def test_training_rows_count_steps_and_epochs_from_one(tuner):
    tuning, outcome = tuner.run(num_train=20, num_epochs=2)

    rows = [(row["step"], row["epoch"]) for row in tuning.observer.rows if "train_loss" in row]
    assert rows == [(1, 1), (2, 1), (3, 1), (4, 2), (5, 2), (6, 2)]
    assert tuning.plan.num_steps == outcome.steps == 6


def test_training_rows_carry_what_the_charts_show(tuner):
    tuning, _ = tuner.run(num_train=8)

    row = tuning.observer.rows[0]
    assert set(row) == {"step", "epoch", "train_loss", "gradient_norm", "learning_rate", *TIMES}
    assert all(row[name] > 0 for name in set(row) - {"train_seconds"})


def test_evaluation_rows_equal_an_evaluation_of_the_model(tuner):
    tuning, _ = tuner.run()

    figures = evaluate(predict(tuning.stepper.classifier, tuning.validation, CPU))
    row = tuning.observer.rows[-1]
    for name in ("loss", "accuracy", "balanced_accuracy", "macro_f1", "weighted_f1"):
        assert row[f"validation_{name}"] == getattr(figures, name)
    known = {name for name in row if name.startswith("validation_")}
    assert known == {f"validation_{name}" for name in metrics_of("single_label", 3)}
    np.testing.assert_array_equal(
        tuning.observer.validations[-1].probabilities,
        predict(tuning.stepper.classifier, tuning.validation, CPU).probabilities,
    )


def test_outcome_counts_tokens_without_padding(tuner):
    tuning, outcome = tuner.run(num_epochs=2)

    tokens = outcome.tokens_per_second * outcome.train_seconds
    assert tokens == pytest.approx(2 * tuning.stepper.train.tokens.lengths.sum())
    assert outcome.ended_by == "go"
    assert not outcome.stopped_early


def test_evaluation_comes_after_every_epoch(tuner):
    tuning, _ = tuner.run(num_train=16, num_epochs=3)

    evaluations = [row["step"] for row in tuning.observer.rows if "validation_loss" in row]
    assert evaluations == [2, 4, 6]


def test_evaluation_steps_add_evaluations_but_none_twice(tuner):
    tuning, _ = tuner.run(num_epochs=2, evaluation_steps=2)

    evaluations = [row["step"] for row in tuning.observer.rows if "validation_loss" in row]
    assert evaluations == [2, 4, 5, 6, 8, 10]


def test_rows_come_in_the_order_of_their_steps(tuner):
    tuning, _ = tuner.run(num_epochs=2, evaluation_steps=2)

    steps = tuning.observer.column("step")
    assert steps == sorted(steps)


def test_stop_is_obeyed_after_the_step_in_which_it_was_asked_for(tuner):
    tuning, outcome = tuner.run(num_epochs=5, stop_after=7)

    assert outcome.ended_by == "stop"
    assert outcome.steps == 7
    assert tuning.observer.column("step") == [1, 2, 3, 4, 5, 5, 6, 7, 7]


def test_stop_before_the_first_evaluation_still_gives_a_model(tuner):
    tuning, _ = tuner.run(stop_after=1)

    assert tuning.observer.best_steps == [1]


def test_stop_is_asked_for_once_per_step(tuner):
    tuning, outcome = tuner.run(num_epochs=2)

    assert tuning.observer.steps_asked == outcome.steps


def poison_head(tuning, *, from_step):
    """Make the logits NaN from one training step on."""
    calls = []

    def hook(module, _inputs, output):
        calls.extend([1] * module.training)
        return output * math.nan if len(calls) >= from_step else output

    tuning.stepper.classifier.model.classifier.register_forward_hook(hook)


def poison_gradient(tuning):
    """Make the gradient infinite and leave the loss as it is."""
    tuning.stepper.classifier.model.classifier.weight.register_hook(
        lambda gradient: gradient * math.inf
    )


def test_loss_that_is_no_number_ends_the_training_with_the_step(tuner):
    tuning = tuner.make(learning_rate=0.25)
    poison_head(tuning, from_step=3)
    message = (
        r"The loss became nan and the gradient norm nan at step 3\. "
        r"Lower the learning rate \(now 0\.25\) or use precision fp32\."
    )

    with pytest.raises(TrainingError, match=message):
        tuning.run()

    assert tuning.observer.column("step") == [1, 2]
    assert tuning.observer.best_steps == []


def test_loss_that_is_no_number_after_a_validation_ends_like_a_stop(tuner):
    tuning = tuner.make(num_epochs=2)
    poison_head(tuning, from_step=8)

    outcome = tuning.run()

    assert (outcome.ended_by, outcome.steps) == ("stop", 7)
    assert "at step 8." in outcome.error
    assert tuning.observer.best_steps == [5]


def test_gradient_that_is_no_number_ends_the_training_with_the_step(tuner):
    tuning = tuner.make()
    poison_gradient(tuning)

    with pytest.raises(TrainingError, match=r"The loss became \d.* gradient norm .* at step 1\."):
        tuning.run()

    assert tuning.observer.rows == []


def test_predict_keeps_the_order_of_the_split(tuner):
    tuning = tuner.make()

    predictions = predict(tuning.stepper.classifier, tuning.validation, CPU)

    ids = tuner.dataset.row_ids(np.arange(tuner.dataset.num_examples))
    rows = np.array([ids.index(row_id) for row_id in predictions.row_ids])
    assert predictions.true_label_ids.tolist() == tuner.dataset.label_ids[rows].tolist()
    np.testing.assert_allclose(
        predictions.probabilities,
        tuning.stepper.classifier.predict_probabilities(tuner.dataset.texts(rows)),
        atol=1e-6,
    )


@pytest.mark.slow
def test_minilm_learns_from_a_few_steps_on_bbc_news(workspace_template):
    dataset = DatasetStore.open(workspace_template).load("bbc-news")
    tuning = Tuner(locate("minilm"), dataset).make(
        num_train=24, num_epochs=2, learning_rate=3e-4, warmup_ratio=0.0
    )

    tuning.run()

    losses = tuning.observer.column("train_loss")
    assert len(losses) == 6
    assert np.mean(losses[3:]) < 0.9 * np.mean(losses[:3])
