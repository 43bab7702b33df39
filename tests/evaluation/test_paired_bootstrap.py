"""Differences on resampled rows, against figures measured row by row."""

import numpy as np
import pytest

from tests.cases import make_label_sets, make_predictions
from textcls_core.evaluation.by_task import figures_of, predictions_of
from textcls_core.evaluation.paired_bootstrap import paired_figures

SINGLE = ("accuracy", "balanced_accuracy", "macro_f1", "weighted_f1", "loss")
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


@pytest.mark.parametrize(
    ("make", "names"), [(random_pair, SINGLE), (random_sets, MULTI)], ids=["single", "multi"]
)
@pytest.mark.parametrize("repeat", range(3))
def test_paired_figures_are_those_of_each_run(make, names, repeat):
    pair = make(np.random.default_rng(repeat))

    over_all, by_class = paired_figures(pair, None, num_samples=2, seed=0)

    was, now = (figures_of(one) for one in pair)
    for name in names:
        assert over_all[name].reference == pytest.approx(getattr(was, name), abs=1e-12)
        assert over_all[name].other == pytest.approx(getattr(now, name), abs=1e-12)
    for name in ("precision", "recall", "f1"):
        assert by_class[name].other.tolist() == pytest.approx(
            [getattr(one, name) for one in now.per_class], abs=1e-12
        )


def test_paired_figures_of_equal_runs_are_zero(generator):
    one, _ = random_pair(generator)

    over_all, by_class = paired_figures((one, one), None, num_samples=20, seed=0)

    assert all((one.differences == 0).all() for one in over_all.values())
    assert all((one.differences == 0).all() for one in by_class.values())


@pytest.mark.parametrize("make", [random_pair, random_sets])
def test_paired_figures_have_a_number_per_sample(generator, make):
    pair = make(generator)

    over_all, by_class = paired_figures(pair, None, num_samples=30, seed=0)

    assert {one.differences.shape for one in over_all.values()} == {(30,)}
    assert {one.differences.shape for one in by_class.values()} == {(30, 4)}


def test_paired_figures_scatter_around_the_difference(generator):
    pair = random_pair(generator, num_rows=400)

    over_all, _ = paired_figures(pair, None, num_samples=2_000, seed=0)

    was, now = (figures_of(one) for one in pair)
    both_right = np.stack([~one.is_mistake for one in pair]).astype(float)
    error = (both_right[1] - both_right[0]).std() / np.sqrt(400)
    changes, losses = over_all["accuracy"].differences, over_all["loss"].differences
    assert changes.mean() == pytest.approx(now.accuracy - was.accuracy, abs=0.004)
    assert changes.std() == pytest.approx(error, rel=0.1)
    assert losses.mean() == pytest.approx(now.loss - was.loss, abs=0.01)


def test_paired_figures_draw_groups_as_one(generator):
    """With every row copied four times, intervals are as wide as without the copies."""
    pair = random_pair(generator, num_rows=100)
    copies = np.tile(np.arange(100), 4)
    many = tuple(drawn(one, copies) for one in pair)

    alone = paired_figures(pair, None, num_samples=2_000, seed=0)[0]
    grouped = paired_figures(many, copies, num_samples=2_000, seed=0)[0]

    for name in ("accuracy", "loss"):
        expected = alone[name].differences.std()
        assert grouped[name].differences.std() == pytest.approx(expected, rel=0.1)


def test_paired_figures_depend_on_nothing_but_the_seed(generator):
    pair = random_pair(generator)
    first = paired_figures(pair, None, num_samples=50, seed=3)[0]["macro_f1"].differences

    again = paired_figures(pair, None, num_samples=50, seed=3)[0]["macro_f1"].differences
    other = paired_figures(pair, None, num_samples=50, seed=4)[0]["macro_f1"].differences

    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
