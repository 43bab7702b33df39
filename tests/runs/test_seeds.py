"""Runs that differ in nothing but their seed."""

import pytest

from tests.pages.conftest import make_run
from textcls_core.config import RunConfig
from textcls_core.files import write_json
from textcls_core.runs.seeds import differ_in_seed_only, seed_siblings, seed_spread

WRONG = [{}, {("food", "animals"): 3}, {("food", "animals"): 6}]


@pytest.fixture
def seeds(workspace, toy_dataset):
    """Three runs with the seeds 1, 2 and 3: 0, 3 and 6 mistakes among 33 test rows."""
    return [
        make_run(workspace, "toy", toy_dataset, mistakes, seed=seed, name=f"seed {seed}")
        for seed, mistakes in enumerate(WRONG, 1)
    ]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"seed": 7}, True),
        ({"seed": 7, "group": "20260101-120000-0123abcd", "name": "other"}, True),
        ({}, True),
        ({"seed": 7, "num_epochs": 9}, False),
        ({"dataset_fingerprint": "ab"}, False),
        ({"num_folds": 3, "fold": 1}, False),
    ],
)
def test_differ_in_seed_only_ignores_names(change, expected):
    one = RunConfig.create({"dataset": "toy"})

    assert differ_in_seed_only(one, one.model_copy(update=change)) is expected


def test_seed_siblings_are_one_run_for_each_seed(workspace, toy_dataset, seeds):
    again = make_run(workspace, "toy", toy_dataset, {}, seed=1)
    other = make_run(workspace, "toy", toy_dataset, {}, seed=4, num_epochs=9)

    found = seed_siblings(again, [*seeds, again, other])

    assert [run.run_id for run in found] == [again.run_id, seeds[1].run_id, seeds[2].run_id]


def test_seed_siblings_were_trained_to_their_end(seeds):
    write_json(seeds[1].folder / "finished.json", {"outcome": "stopped"})

    assert seed_siblings(seeds[0], seeds) == [seeds[0], seeds[2]]


def test_seed_spread_is_over_all_seeds(seeds):
    spread = seed_spread(seeds[0], seeds, "test")

    assert spread.n == 3
    assert (spread.min, spread.max) == (pytest.approx(27 / 33), 1.0)
    assert spread.mean == pytest.approx(30 / 33)
    assert spread.standard_deviation == pytest.approx(3 / 33)


def test_seed_spread_needs_two_seeds(seeds):
    assert seed_spread(seeds[0], seeds[:1], "test") is None


def test_seed_spread_of_an_unrecorded_figure_is_unknown(seeds):
    assert seed_spread(seeds[0], seeds, "test", "kappa") is None
