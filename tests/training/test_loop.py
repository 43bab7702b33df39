"""Tests of the training loop: it equals training by hand, and every setting does what it says."""

import copy
import dataclasses
import functools
import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer, BertForSequenceClassification

from textcls_core.config import RunConfig
from textcls_core.dataset.store import DatasetStore
from textcls_core.errors import TrainingError
from textcls_core.evaluation.evaluation import evaluate
from textcls_core.models.catalogue import locate
from textcls_core.models.classifier import CPU, Classifier
from textcls_core.models.device import Compute
from textcls_core.training import loop
from textcls_core.training.loop import FineTuning, TokenizedSplit, predict
from textcls_core.training.plan import plan_epoch

TIMES = {"examples_per_second", "tokens_per_second", "train_seconds"}
NO_CHANGE = 1e-30
"""A learning rate that leaves every weight as it is."""


class Recorder:
    """An observer that keeps what it hears and asks for a stop after some step."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.rows = []
        self.best_steps = []
        self.stop_after = stop_after
        self.steps_asked = 0

    def on_rows(self, rows):
        self.rows.extend(rows)

    def on_best(self, _classifier):
        self.best_steps.append(self.rows[-1]["step"])

    def should_stop(self):
        self.steps_asked += 1
        return self.steps_asked == self.stop_after

    @property
    def history(self):
        """Rows without what a clock decides."""
        return [
            {name: value for name, value in row.items() if name not in TIMES} for row in self.rows
        ]

    def column(self, name):
        return [row[name] for row in self.rows if name in row]


class Tuner:
    """Makes fine-tunings on the first toy texts that differ from one another in a few settings."""

    def __init__(self, model_dir, dataset) -> None:
        self.model_dir = model_dir
        self.dataset = dataset

    def split(self, classifier, name, num_examples):
        rows = self.dataset.indices(name)[:num_examples]
        tokens = classifier.tokenize(self.dataset.texts(rows))
        row_ids = tuple(self.dataset.row_ids(rows))
        return TokenizedSplit(row_ids, tokens, self.dataset.label_ids[rows])

    def make(self, *, stop_after=None, num_train=40, exact=False, compute=CPU, **settings):
        config = RunConfig.create(
            {
                "dataset": "toy",
                "num_epochs": 1,
                "max_length": 32,
                "learning_rate": 1e-3,
                "batch_size": 8,
                **settings,
            }
        )
        classifier = pretrained(
            self.model_dir,
            self.dataset.label_names,
            config.max_length,
            config.attention_dropout,
            config.seed,
        )
        classifier = dataclasses.replace(classifier, model=copy.deepcopy(classifier.model))
        if exact:
            make_exact(classifier.model)
        train = self.split(classifier, "train", num_train)
        validation = self.split(classifier, "validation", 12)
        return FineTuning(classifier, train, validation, config, compute, Recorder(stop_after))

    def run(self, **settings):
        """Return a finished fine-tuning and its outcome."""
        tuning = self.make(**settings)
        return tuning, tuning.run()

    def history(self, **settings):
        return self.run(num_train=16, **settings)[0].observer.history


@functools.cache
def pretrained(model_dir, label_names, max_length, attention_dropout, seed):
    """Load a classifier once; whoever trains it makes a copy."""
    return Classifier.from_pretrained(
        model_dir,
        label_names,
        max_length=max_length,
        attention_dropout=attention_dropout,
        seed=seed,
    )


def set_dropout(model, share):
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = share


def make_exact(model):
    """Leave out dropout, and compute in double precision.

    The gradient of a key bias is zero but for rounding, which Adam would blow up to full steps.
    """
    set_dropout(model, 0.0)
    model.double()


def weights_of(tuning):
    return {name: value.detach() for name, value in tuning.classifier.model.named_parameters()}


def assert_same_weights(actual, expected, tolerance=1e-6):
    gaps = {name: float((actual[name] - expected[name]).abs().max()) for name in expected}
    assert max(gaps.values()) <= tolerance, gaps


def mean_loss(classifier, texts, label_ids):
    """Return the mean cross-entropy of texts, from probabilities alone."""
    chosen = classifier.predict_probabilities(texts)[np.arange(len(texts)), label_ids]
    return float(-np.log(chosen).mean())


def scripted(monkeypatch, figures):
    """Replace what validations find; each is (loss, accuracy, macro_f1)."""
    names = ("loss", "accuracy", "macro_f1")
    results = iter([SimpleNamespace(**dict(zip(names, row, strict=True))) for row in figures])
    monkeypatch.setattr(loop, "evaluate", lambda _predictions: next(results))


@pytest.fixture
def tuner(tiny_model_dir, toy_dataset):
    return Tuner(tiny_model_dir, toy_dataset)


@pytest.fixture(scope="module")
def plain_history(tiny_model_dir, toy_dataset):
    """What a fine-tuning without any changed setting reports."""
    return Tuner(tiny_model_dir, toy_dataset).history()


def train_by_hand(model_dir, dataset):
    """Do three optimizer steps of 8 texts with nothing but torch and transformers.

    Learning rate 1e-3 with a warm-up of one of three steps; returns weights and losses.
    """
    torch.manual_seed(42)
    tokenizer = AutoTokenizer.from_pretrained(model_dir)
    model = BertForSequenceClassification.from_pretrained(model_dir, num_labels=3)
    make_exact(model)
    model.train()
    rows = dataset.indices("train")[:24]
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


def test_loop_equals_training_written_by_hand(tuner):
    expected_weights, expected_losses = train_by_hand(tuner.model_dir, tuner.dataset)

    tuning, outcome = tuner.run(num_train=24, exact=True, warmup_ratio=0.34)

    assert outcome.steps == 3
    assert tuning.observer.column("train_loss") == pytest.approx(expected_losses, abs=1e-6)
    assert_same_weights(weights_of(tuning), expected_weights)


def test_accumulation_of_2x8_equals_a_batch_of_16(tuner):
    whole, _ = tuner.run(exact=True, batch_size=16)

    cut, _ = tuner.run(exact=True, batch_size=8, gradient_accumulation_steps=2)

    assert cut.observer.column("train_loss") == pytest.approx(
        whole.observer.column("train_loss"), abs=1e-6
    )
    assert_same_weights(weights_of(cut), weights_of(whole))


def test_uneven_last_step_is_averaged_over_its_own_documents(tuner):
    tuning = tuner.make(
        num_train=28,
        exact=True,
        batch_size=8,
        gradient_accumulation_steps=2,
        learning_rate=NO_CHANGE,
    )
    plan = plan_epoch(
        tuning.train.tokens.lengths, seed=42, epoch=1, batch_size=8, gradient_accumulation_steps=2
    )
    rows = np.concatenate(plan[1].micro_batches)
    positions = tuner.dataset.indices("train")[rows]
    texts, label_ids = tuner.dataset.texts(positions), tuner.dataset.label_ids[positions]
    expected = mean_loss(tuning.classifier, texts, label_ids)

    tuning.run()

    assert [len(batch) for batch in plan[1].micro_batches] == [8, 4]
    assert tuning.observer.column("train_loss")[1] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("family", ["bert", "distilbert", "roberta", "gpt2"])
def test_every_family_of_models_trains(tiny_models, toy_dataset, family):
    tuning = Tuner(tiny_models[family], toy_dataset).make(num_train=8, warmup_ratio=0.0)
    before = {name: value.clone() for name, value in weights_of(tuning).items()}

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
    ],
    ids=lambda change: next(iter(change)),
)
def test_setting_is_effective(tuner, plain_history, change):
    assert tuner.history(**change) != plain_history


def test_dropout_of_the_model_is_on_in_training(tuner, plain_history):
    tuning = tuner.make(num_train=16)
    set_dropout(tuning.classifier.model, 0.0)

    tuning.run()

    assert tuning.observer.history != plain_history


def test_seed_alone_decides_dropout(tuner, plain_history):
    tuning = tuner.make(num_train=16)
    torch.manual_seed(12345)

    tuning.run()

    assert tuning.observer.history == plain_history


def test_dropout_depends_on_the_seed(tuner):
    first, second = (tuner.make(num_train=1, seed=seed) for seed in (1, 2))
    second.classifier.model.load_state_dict(first.classifier.model.state_dict())

    first.run()
    second.run()

    assert first.observer.column("train_loss") != second.observer.column("train_loss")


def test_dropout_is_another_in_every_step(tuner):
    tuning, _ = tuner.run(num_train=1, num_epochs=5, learning_rate=NO_CHANGE)

    assert len(set(tuning.observer.column("train_loss"))) == 5


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
    assert tuning.num_steps == outcome.steps == 6


def test_training_rows_carry_what_the_charts_show(tuner):
    tuning, _ = tuner.run(num_train=8)

    row = tuning.observer.rows[0]
    assert set(row) == {"step", "epoch", "train_loss", "gradient_norm", "learning_rate", *TIMES}
    assert all(row[name] > 0 for name in row)


def test_evaluation_rows_equal_an_evaluation_of_the_model(tuner):
    tuning, _ = tuner.run()

    figures = evaluate(predict(tuning.classifier, tuning.validation, CPU))
    row = tuning.observer.rows[-1]
    assert row["validation_loss"] == figures.loss
    assert row["validation_accuracy"] == figures.accuracy
    assert row["validation_macro_f1"] == figures.macro_f1


def test_outcome_counts_tokens_without_padding(tuner):
    tuning, outcome = tuner.run(num_epochs=2)

    tokens = outcome.tokens_per_second * outcome.train_seconds
    assert tokens == pytest.approx(2 * tuning.train.tokens.lengths.sum())
    assert not outcome.was_stopped
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


def test_early_stopping_waits_for_its_patience(tuner):
    tuning, outcome = tuner.run(
        num_train=16, num_epochs=10, early_stopping_patience=2, learning_rate=NO_CHANGE
    )

    assert outcome.stopped_early
    assert not outcome.was_stopped
    assert outcome.steps == 6  # the best epoch and two more
    assert tuning.observer.best_steps == [2]


def test_early_stopping_counts_evaluations_inside_an_epoch(tuner):
    _, outcome = tuner.run(
        num_epochs=10, early_stopping_patience=2, evaluation_steps=1, learning_rate=NO_CHANGE
    )

    assert outcome.stopped_early
    assert outcome.steps == 3


def test_early_stopping_counts_anew_after_an_improvement(tuner, monkeypatch):
    scripted(monkeypatch, [(1, 0, 0.1), (1, 0, 0.1), (1, 0, 0.2), (1, 0, 0.2), (1, 0, 0.2)])

    tuning, outcome = tuner.run(num_train=16, num_epochs=10, early_stopping_patience=2)

    assert outcome.steps == 10
    assert tuning.observer.best_steps == [2, 6]


def test_no_patience_means_no_early_stop(tuner):
    _, outcome = tuner.run(
        num_train=16, num_epochs=4, early_stopping_patience=0, learning_rate=NO_CHANGE
    )

    assert outcome.steps == 8
    assert not outcome.stopped_early


@pytest.mark.parametrize(
    ("metric", "best_steps"),
    [
        ("validation_loss", [2, 4]),
        ("validation_accuracy", [2, 4, 6]),
        ("validation_macro_f1", [2]),
    ],
)
def test_metric_for_best_model_decides_which_model_is_kept(tuner, monkeypatch, metric, best_steps):
    scripted(monkeypatch, [(0.5, 0.6, 0.9), (0.4, 0.7, 0.9), (0.4, 0.8, 0.8)])

    tuning, _ = tuner.run(num_train=16, num_epochs=3, metric_for_best_model=metric)

    assert tuning.observer.best_steps == best_steps


def test_stop_is_obeyed_after_the_step_in_which_it_was_asked_for(tuner):
    tuning, outcome = tuner.run(num_epochs=5, stop_after=7)

    assert outcome.was_stopped
    assert outcome.steps == 7
    assert tuning.observer.column("step") == [1, 2, 3, 4, 5, 5, 6, 7, 7]


def test_stop_keeps_the_best_model(tuner, monkeypatch):
    scripted(monkeypatch, [(0.2, 0.9, 0.9), (0.3, 0.8, 0.8)])

    tuning, _ = tuner.run(num_epochs=5, stop_after=7)

    assert tuning.observer.best_steps == [5]


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

    tuning.classifier.model.classifier.register_forward_hook(hook)


def poison_gradient(tuning):
    """Make the gradient infinite and leave the loss as it is."""
    tuning.classifier.model.classifier.weight.register_hook(lambda gradient: gradient * math.inf)


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


def test_gradient_that_is_no_number_ends_the_training_with_the_step(tuner):
    tuning = tuner.make()
    poison_gradient(tuning)

    with pytest.raises(TrainingError, match=r"The loss became \d.* gradient norm .* at step 1\."):
        tuning.run()

    assert tuning.observer.rows == []


def test_predict_keeps_the_order_of_the_split(tuner):
    tuning = tuner.make()

    predictions = predict(tuning.classifier, tuning.validation, CPU)

    rows = tuner.dataset.indices("validation")[:12]
    assert list(predictions.row_ids) == tuner.dataset.row_ids(rows)
    assert predictions.true_label_ids.tolist() == tuner.dataset.label_ids[rows].tolist()
    np.testing.assert_allclose(
        predictions.probabilities,
        tuning.classifier.predict_probabilities(tuner.dataset.texts(rows)),
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
