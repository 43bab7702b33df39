"""Tests of all figures of a split together, with their intervals."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases import (
    CASES,
    CLASS_ABSENT,
    MIXED,
    NO_EXAMPLE,
    ONE_EXAMPLE,
    PERFECT,
    make_label_sets,
    make_predictions,
)
from tests.evaluation.strategies import EXACT, many_cases, tied_label_sets, tied_predictions
from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.by_task import figures_of
from textcls_core.evaluation.metric_names import METRICS, metrics_of
from textcls_core.evaluation.metrics import measure, validation_values

SHARED = ("accuracy", "balanced_accuracy", "macro_f1", "weighted_f1", "loss")
ONE_LABEL = {
    *SHARED,
    *("micro_f1", "mcc", "cohen_kappa", "brier", "macro_roc_auc", "macro_average_precision"),
}
LABEL_SETS = {
    *SHARED,
    *("micro_f1", "hamming_loss", "brier", "label_ranking_average_precision"),
    *("macro_roc_auc", "macro_average_precision", "micro_roc_auc", "micro_average_precision"),
}


def some_predictions(generator, num_rows=300, num_classes=6):
    """Return predictions that are right in about four of five rows."""
    true = generator.integers(0, num_classes, num_rows)
    scores = generator.normal(size=(num_rows, num_classes)) + 3 * np.eye(num_classes)[true]
    odds = np.exp(scores)
    names = [f"class {c}" for c in range(num_classes)]
    return make_predictions(true, odds / odds.sum(axis=1, keepdims=True), names)


@many_cases
@given(tied_predictions())
def test_figures_of_one_label_are_those_of_the_training(predictions):
    figures, metrics = figures_of(predictions), measure(predictions, num_samples=10)

    for name in SHARED:
        assert metrics.values[name].value == pytest.approx(getattr(figures, name), **EXACT)


@many_cases
@given(tied_label_sets())
def test_figures_of_label_sets_are_those_of_the_training(predictions):
    figures, metrics = figures_of(predictions), measure(predictions, num_samples=10)

    for name in (*SHARED, "micro_f1", "hamming_loss"):
        assert metrics.values[name].value == pytest.approx(getattr(figures, name), **EXACT)


@many_cases
@given(st.one_of(tied_predictions(), tied_label_sets()))
def test_values_of_a_validation_are_those_of_all_figures(predictions):
    values, metrics = validation_values(predictions), measure(predictions, num_samples=10)

    known = {name: value for name, value in values.items() if value is not None}
    assert set(known) == set(metrics.values)
    for name, value in known.items():
        assert value == pytest.approx(metrics.values[name].value, **EXACT)


@many_cases
@given(st.one_of(tied_predictions(), tied_label_sets()))
def test_values_of_a_validation_are_exactly_those_of_the_headline(predictions):
    values, figures = validation_values(predictions), figures_of(predictions)

    assert {name: values[name] for name in SHARED} == {
        name: getattr(figures, name) for name in SHARED
    }


def test_values_of_a_validation_are_named_by_task_and_number_of_labels(generator):
    targets, scores = generator.random((30, 6)) < 0.3, generator.random((30, 6))

    one = validation_values(some_predictions(generator, num_rows=30))
    several = validation_values(make_label_sets(targets, scores, list("abcdef")))

    assert tuple(one) == metrics_of("single_label", 6)
    assert tuple(several) == metrics_of("multi_label", 6)
    assert None not in {*one.values(), *several.values()}


@pytest.mark.parametrize(
    ("predictions", "undefined"),
    [
        (ONE_EXAMPLE, {"macro_roc_auc", "macro_average_precision"}),
        (CLASS_ABSENT, set()),
        (
            make_label_sets([[1, 0, 1], [1, 0, 1]], [[0.9, 0.2, 0.7], [0.8, 0.6, 0.7]]),
            {"macro_roc_auc", "macro_average_precision"},
        ),
        (
            make_label_sets([[0, 0, 0], [0, 0, 0]], [[0.9, 0.2, 0.7], [0.8, 0.6, 0.7]]),
            {*("macro_roc_auc", "macro_average_precision"), "micro_roc_auc"}
            | {"micro_average_precision"},
        ),
    ],
)
def test_values_of_rows_that_are_all_alike_are_undefined_where_nothing_can_be_ranked(
    predictions, undefined
):
    values = validation_values(predictions)

    assert {name for name, value in values.items() if value is None} == undefined


def test_values_of_no_rows_are_refused():
    with pytest.raises(InvalidArgumentError, match="Expected at least one prediction"):
        validation_values(NO_EXAMPLE)


def test_every_figure_of_one_label_has_an_interval_around_it(generator):
    metrics = measure(some_predictions(generator))

    assert set(metrics.values) == ONE_LABEL | {f"top_{k}_accuracy" for k in (2, 3, 5)}
    for metric in metrics.values.values():
        assert metric.interval.low < metric.value <= metric.interval.high


def test_every_figure_of_label_sets_has_an_interval_around_it(generator):
    targets = generator.random((300, 4)) < 0.3
    scores = np.clip(0.3 * targets + generator.random((300, 4)) * 0.9, 0, 1)

    metrics = measure(make_label_sets(targets, scores, list("abcd")))

    assert set(metrics.values) == LABEL_SETS
    for metric in metrics.values.values():
        assert metric.interval.low < metric.value < metric.interval.high


def test_figures_are_listed_in_one_order(generator):
    names = list(measure(some_predictions(generator), num_samples=10).values)

    assert names == [name for name in METRICS if name in names]


def test_top_k_is_left_out_where_every_class_is_among_them():
    assert "top_2_accuracy" in measure(MIXED, num_samples=10).values
    assert "top_3_accuracy" not in measure(MIXED, num_samples=10).values


def test_intervals_are_seeded(generator):
    predictions = some_predictions(generator)

    assert measure(predictions, seed=1) == measure(predictions, seed=1)
    assert measure(predictions, seed=1) != measure(predictions, seed=2)


def test_levels_of_many_rows_move_an_interval_less_than_another_seed(generator, monkeypatch):
    predictions = some_predictions(generator, num_rows=3_000)

    levels, other_seed = (measure(predictions, seed=seed).values for seed in (0, 1))
    monkeypatch.setattr("textcls_core.evaluation.metrics._MAX_LEVELS", 3_000)
    exact = measure(predictions).values

    for name in ("loss", "brier"):
        low, high = exact[name].interval.to_json()
        assert levels[name].value == pytest.approx(exact[name].value, **EXACT)
        assert levels[name].interval.to_json() == pytest.approx(
            [low, high], abs=0.08 * (high - low)
        )
        assert other_seed[name].interval != levels[name].interval


def test_copies_do_not_make_figures_more_certain(generator):
    once = some_predictions(generator)
    twice = make_predictions(
        np.tile(once.true_label_ids, 2), np.tile(once.probabilities, (2, 1)), once.label_names
    )

    metrics = measure(twice, np.tile(np.arange(300), 2))

    assert (metrics.num_examples, metrics.num_groups) == (600, 300)
    for name, metric in measure(once).values.items():
        grouped = metrics.values[name]
        width = metric.interval.high - metric.interval.low
        assert grouped.value == pytest.approx(metric.value)
        assert grouped.interval.high - grouped.interval.low == pytest.approx(width, rel=0.12)
        alone = measure(twice, num_samples=200).values[name].interval
        assert alone.high - alone.low < 0.9 * width


def test_perfect_predictions_have_an_interval_of_the_accuracy_only():
    metrics = measure(PERFECT)

    assert metrics.values["accuracy"].interval.to_json() == pytest.approx([0.5101, 1], abs=1e-4)
    assert metrics.values["macro_f1"].interval is None
    assert metrics.values["macro_roc_auc"].interval is None


def test_classes_without_rows_are_left_out_of_the_ranking():
    metrics = measure(CLASS_ABSENT, num_samples=10)

    assert metrics.classes_without_ranking == ("news",)
    assert metrics.per_class[2].roc_auc is None
    assert metrics.per_class[2].average_precision is None
    known = [scores.roc_auc for scores in metrics.per_class[:2]]
    assert metrics.values["macro_roc_auc"].value == pytest.approx(np.mean(known))


def test_one_row_has_no_ranking():
    metrics = measure(ONE_EXAMPLE, num_samples=10)

    assert "macro_roc_auc" not in metrics.values
    assert metrics.values["accuracy"].interval.to_json() == pytest.approx([0.2065, 1], abs=1e-4)
    assert metrics.values["loss"].interval is None


def test_measuring_no_rows_is_refused():
    with pytest.raises(InvalidArgumentError, match="Expected at least one prediction, got none"):
        measure(NO_EXAMPLE)


@pytest.mark.parametrize("predictions", CASES.values(), ids=CASES)
def test_json_can_be_written_and_keeps_the_fields_of_the_training(predictions):
    figures = figures_of(predictions)

    found = measure(predictions, num_samples=10).to_json(figures)

    assert json.loads(json.dumps(found, allow_nan=False)) == found
    known = figures.to_json()
    assert {name: found[name] for name in known if name != "per_class"} == {
        name: value for name, value in known.items() if name != "per_class"
    }
    for row, old in zip(found["per_class"], known["per_class"], strict=True):
        assert row.items() >= old.items()
        assert set(row) - set(old) == {"roc_auc", "average_precision", "brier"}


def test_json_says_how_the_intervals_were_made(generator):
    predictions = some_predictions(generator)

    found = measure(predictions, num_samples=50, seed=7).to_json(figures_of(predictions))

    assert found["intervals"] == {
        **{"confidence": 0.95, "num_samples": 50, "seed": 7},
        "num_groups": 300,
    }
    assert found["accuracy_interval"][0] < found["accuracy"] < found["accuracy_interval"][1]
