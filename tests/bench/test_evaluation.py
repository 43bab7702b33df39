"""Tests of the runs that `bench evaluation` makes, and of how it times their figures."""

import pytest

from bench.__main__ import build_parser
from bench.evaluation import make_run, time_intervals
from textcls_core.evaluation.by_task import figures_of


@pytest.mark.parametrize("num_classes", [5, 40])
def test_evaluation_makes_a_finished_run_that_is_mostly_right(workspace, num_classes):
    run = make_run(workspace, "made", 2_000, num_classes)

    result = figures_of(run.predictions("test"))
    beside = result.confusion[
        range(num_classes), [(c + 1) % num_classes for c in range(num_classes)]
    ]
    assert run.has_model
    assert (result.num_examples, len(result.label_names)) == (2_000, num_classes)
    assert 0.8 < result.accuracy < 0.97
    assert beside.sum() > 0.1 * (1 - result.accuracy) * 2_000


def test_evaluation_times_every_part(workspace):
    run = make_run(workspace, "made", 300, 4)

    seconds = time_intervals(workspace, run, repeats=1)

    assert set(seconds) == {
        *("load_seconds", "figures_seconds", "group_seconds", "bootstrap_seconds")
    }
    assert seconds["bootstrap_seconds"] > 0


def test_evaluation_takes_rows_and_classes():
    options = build_parser().parse_args(["evaluation", "--rows", "500", "--classes", "7"])

    assert (options.rows, options.classes, options.matrix_classes) == (500, 7, 150)
