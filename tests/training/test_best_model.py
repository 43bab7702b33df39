"""Tests of which model a training keeps, and when it stops early."""

import pytest

from tests.training.conftest import NO_CHANGE
from textcls_core.errors import TrainingError
from textcls_core.evaluation.metric_names import METRICS, metrics_of
from textcls_core.training import loop


def scripted(monkeypatch, figures):
    """Replace what validations find; each is (loss, accuracy, macro_f1)."""
    names = ("loss", "accuracy", "macro_f1")
    results = iter([dict(zip(names, values, strict=True)) for values in figures])
    monkeypatch.setattr(loop, "validation_values", lambda _predictions: next(results))


def test_early_stopping_waits_for_its_patience(tuner):
    tuning, outcome = tuner.run(
        num_train=16, num_epochs=10, early_stopping_patience=2, learning_rate=NO_CHANGE
    )

    assert outcome.stopped_early
    assert outcome.ended_by == "go"
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


@pytest.mark.parametrize(
    ("values", "best_steps"),
    [([None, 0.3, None, 0.2], [4, 8]), ([0.3, None, None, 0.4], [2])],
)
def test_undefined_validation_is_never_the_best(tuner, monkeypatch, values, best_steps):
    results = iter([{"brier": value} for value in values])
    monkeypatch.setattr(loop, "validation_values", lambda _predictions: next(results))

    tuning, _ = tuner.run(num_train=16, num_epochs=4, metric_for_best_model="validation_brier")

    assert tuning.observer.best_steps == best_steps
    assert tuning.observer.column("validation_brier") == values


def test_run_without_a_defined_validation_says_that_it_kept_no_model(tuner, monkeypatch):
    monkeypatch.setattr(loop, "validation_values", lambda _predictions: {"macro_roc_auc": None})
    message = r"^validation_macro_roc_auc was undefined at every validation, so no model could be "

    with pytest.raises(TrainingError, match=message):
        tuner.run(num_train=8, metric_for_best_model="validation_macro_roc_auc")


@pytest.mark.parametrize(
    "name", [name for name in METRICS if name in metrics_of("single_label", 3)]
)
def test_every_figure_can_decide_which_model_is_kept(tuner, monkeypatch, name):
    better = [0.2, 0.5, 0.4] if METRICS[name].sign < 0 else [0.5, 0.2, 0.4]
    results = iter([{name: value} for value in better])
    monkeypatch.setattr(loop, "validation_values", lambda _predictions: next(results))

    tuning, outcome = tuner.run(
        num_train=8,
        num_epochs=9,
        early_stopping_patience=1,
        metric_for_best_model=f"validation_{name}",
    )

    assert (tuning.observer.best_steps, outcome.steps) == ([1, 2], 3)
    assert outcome.stopped_early


def test_stop_keeps_the_best_model(tuner, monkeypatch):
    scripted(monkeypatch, [(0.2, 0.9, 0.9), (0.3, 0.8, 0.8)])

    tuning, _ = tuner.run(num_epochs=5, stop_after=7)

    assert tuning.observer.best_steps == [5]
