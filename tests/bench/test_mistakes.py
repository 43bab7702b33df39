"""Tests of the marks and filters that `bench mistakes` measures with."""

from bench.__main__ import build_parser
from bench.evaluation import make_run
from bench.mistakes import add_marks, filters_to_try
from textcls_core.mistakes.annotations.store import Annotations
from textcls_core.mistakes.causes.triage import read_triage


def test_bench_marks_all_mistakes_and_a_tenth_of_the_rows(workspace):
    run = make_run(workspace, "many rows", 1_000, 4)

    add_marks(workspace, run)

    wrong = int(run.predictions("test").is_mistake.sum())
    assert len(read_triage(workspace, run, "test").by_row) == wrong
    assert Annotations.open(workspace, "many rows").tag_counts() == {"seen": 100}


def test_bench_tries_different_filters_of_every_kind(workspace):
    run = make_run(workspace, "many rows", 1_000, 4)

    filters = list(filters_to_try(workspace, run))

    assert len({tuple(sorted(wanted.items())) for wanted in filters}) == len(filters) > 50
    assert {name for wanted in filters for name in wanted} == {
        *("outcome", "true", "predicted", "query", "pattern", "sure", "loss", "words", "tag"),
        *("unreviewed", "in_slice", "cause", "order"),
    }


def test_bench_takes_rows():
    options = build_parser().parse_args(["mistakes", "--rows", "5000", "--no-browser"])

    assert (options.rows, options.classes, options.no_browser) == (5_000, 20, True)
