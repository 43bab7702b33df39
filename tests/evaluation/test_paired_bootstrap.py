"""Differences on resampled rows, against figures measured row by row."""

import numpy as np
import pytest

from tests.cases import CASES, make_label_sets, make_predictions
from textcls_core.evaluation.alignment import pair_up
from textcls_core.evaluation.by_task import figures_of, predictions_of, task_of
from textcls_core.evaluation.paired_bootstrap import (
    Patterns,
    class_shares,
    resampled_changes,
    shares,
)

SINGLE = ("accuracy", "balanced_accuracy", "macro_f1", "weighted_f1")
MULTI = (*SINGLE, "micro_f1", "hamming_loss")


def random_pair(generator, num_rows=40, num_labels=4):
    """Return two random predictions of the same rows."""
    true = generator.integers(0, num_labels, num_rows)
    names = [f"class {n}" for n in range(num_labels)]
    scores = generator.random((2, num_rows, num_labels))
    scores[:, np.arange(num_rows), true] += 0.3
    shown = scores / scores.sum(axis=2, keepdims=True)
    return make_predictions(true, shown[0], names), make_predictions(true, shown[1], names)


def random_sets(generator, num_rows=40, num_labels=4):
    """Return two random multi-label predictions of the same rows."""
    targets = generator.random((num_rows, num_labels)) < 0.4
    names = [f"label {n}" for n in range(num_labels)]
    one, another = generator.random((2, num_rows, num_labels))
    return make_label_sets(targets, one, names), make_label_sets(targets, another, names)


def drawn(predictions, rows):
    """Return the predictions of rows, which may repeat."""
    targets = getattr(predictions, "targets", getattr(predictions, "true_label_ids", None))
    row_ids = tuple(predictions.row_ids[row] for row in rows)
    return predictions_of(
        row_ids, targets[rows], predictions.probabilities[rows], predictions.label_names
    )


@pytest.mark.parametrize("make", [random_pair, random_sets])
@pytest.mark.parametrize("repeat", range(5))
def test_patterns_give_the_figures_of_any_sample(generator, make, repeat):
    pair = make(np.random.default_rng(repeat))
    rows = generator.integers(0, 40, 40)
    patterns, task = Patterns.of(pair), task_of(pair[0])
    sample = np.bincount(patterns.cells[rows], minlength=len(patterns.true))[None, :]

    found = [shares(totals, task) for totals in patterns.totals(sample)]

    expected = [figures_of(drawn(predictions, rows)) for predictions in pair]
    names = SINGLE if make is random_pair else MULTI
    for one, figures in zip(found, expected, strict=True):
        assert {name: one[name][0] for name in names} == pytest.approx(
            {name: getattr(figures, name) for name in names}, abs=1e-12
        )


@pytest.mark.parametrize("name", CASES)
def test_patterns_give_the_figures_of_every_corner(name):
    pair = (CASES[name], CASES[name])
    patterns = Patterns.of(pair)
    everything = np.bincount(patterns.cells)[None, :]

    totals, _ = patterns.totals(everything)

    figures = figures_of(CASES[name])
    found = {**shares(totals, "single_label")}
    assert found["macro_f1"][0] == pytest.approx(figures.macro_f1, abs=1e-12)
    assert class_shares(totals)["f1"][0].tolist() == pytest.approx(
        [one.f1 for one in figures.per_class], abs=1e-12
    )


def test_resampled_changes_of_equal_runs_are_zero(generator):
    one, _ = random_pair(generator)

    over_all, by_class = resampled_changes((one, one), None, num_samples=20, seed=0)

    assert all((values == 0).all() for values in over_all.values())
    assert all((values == 0).all() for values in by_class.values())


@pytest.mark.parametrize("make", [random_pair, random_sets])
def test_resampled_changes_have_a_number_per_sample(generator, make):
    pair = make(generator)

    over_all, by_class = resampled_changes(pair, None, num_samples=30, seed=0)

    assert {values.shape for values in over_all.values()} == {(30,)}
    assert {values.shape for values in by_class.values()} == {(30, 4)}


def test_resampled_changes_scatter_around_the_difference(generator):
    pair = random_pair(generator, num_rows=400)

    over_all, _ = resampled_changes(pair, None, num_samples=2_000, seed=0)

    was, now = (figures_of(one) for one in pair)
    both_right = np.stack([~one.is_mistake for one in pair]).astype(float)
    error = (both_right[1] - both_right[0]).std() / np.sqrt(400)
    assert over_all["accuracy"].mean() == pytest.approx(now.accuracy - was.accuracy, abs=0.004)
    assert over_all["accuracy"].std() == pytest.approx(error, rel=0.1)
    assert over_all["loss"].mean() == pytest.approx(now.loss - was.loss, abs=0.01)


def test_resampled_changes_draw_groups_as_one(generator):
    """With every row copied four times, intervals are as wide as without the copies."""
    pair = random_pair(generator, num_rows=100)
    copies = np.tile(np.arange(100), 4)
    many = tuple(drawn(one, copies) for one in pair)

    alone = resampled_changes(pair, None, num_samples=2_000, seed=0)[0]
    grouped = resampled_changes(many, copies, num_samples=2_000, seed=0)[0]

    assert grouped["accuracy"].std() == pytest.approx(alone["accuracy"].std(), rel=0.1)
    assert grouped["loss"].std() == pytest.approx(alone["loss"].std(), rel=0.1)


def test_resampled_changes_depend_on_nothing_but_the_seed(generator, monkeypatch):
    pair = random_pair(generator)
    first = resampled_changes(pair, None, num_samples=50, seed=3)[0]["macro_f1"]

    again = resampled_changes(pair, None, num_samples=50, seed=3)[0]["macro_f1"]
    other = resampled_changes(pair, None, num_samples=50, seed=4)[0]["macro_f1"]

    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_resampled_changes_in_blocks_are_as_many(generator, monkeypatch):
    monkeypatch.setattr("textcls_core.evaluation.paired_bootstrap._NUMBERS_AT_ONCE", 100)
    pair = random_pair(generator)

    over_all, _ = resampled_changes(pair, None, num_samples=50, seed=0)

    assert over_all["accuracy"].shape == (50,)
    assert len(np.unique(over_all["accuracy"])) > 5


def test_patterns_are_no_more_than_the_different_outcomes(generator):
    pair = pair_up(*random_pair(generator, num_rows=400, num_labels=2))

    assert len(Patterns.of(pair).true) <= 8
