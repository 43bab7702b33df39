"""The verb `compare`: its JSON, what a person reads, what it refuses."""

import pytest

from tests.pages.conftest import MISTAKES, make_run
from tests.test_cli import answer, complaint, home  # noqa: F401 - a fixture
from textcls_core.cli.main import main


@pytest.fixture
def pair(home, toy_dataset):  # noqa: F811
    """A run with three mistakes, and one without that was trained longer."""
    return (
        make_run(home, "toy", toy_dataset, MISTAKES, name="Worse"),
        make_run(home, "toy", toy_dataset, {}, name="Best", num_epochs=9),
    )


def test_compare_prints_differences_and_tests(pair, capsys):
    worse, best = pair

    found = answer(capsys, "compare", worse.run_id, best.run_id)

    assert found["split"] == "test"
    assert found["num_examples"] == 33
    assert found["reference"] == {"run_id": worse.run_id, "name": "Worse"}
    (one,) = found["comparisons"]
    assert (one["run_id"], one["name"], one["outcome"]) == (best.run_id, "Best", "unclear")
    assert one["mcnemar"] == {
        "fixed": 3,
        "broken": 0,
        "p_value": 0.25,
        "method": "exact binomial",
        "adjusted_p_value": 0.25,
    }
    accuracy = one["figures"]["accuracy"]
    assert accuracy["difference"] == pytest.approx(3 / 33)
    assert accuracy["interval"][0] <= accuracy["difference"] <= accuracy["interval"][1]
    assert len(one["fixed"]) == 3
    assert one["settings"] == [{"name": "num_epochs", "reference": 3, "other": 9}]


def test_compare_takes_more_than_two_runs(pair, home, toy_dataset, capsys):  # noqa: F811
    third = make_run(home, "toy", toy_dataset, {("food", "animals"): 6})

    found = answer(capsys, "compare", *(run.run_id for run in (*pair, third)), "--split", "test")

    assert [one["run_id"] for one in found["comparisons"]] == [pair[1].run_id, third.run_id]


def test_compare_gives_a_person_the_answer_first(pair, capsys):
    code = main(["compare", *(run.run_id for run in pair)])

    lines = capsys.readouterr().out.splitlines()
    assert code == 0
    assert lines[0] == f"reference: Worse ({pair[0].run_id}), 33 test rows"
    assert "No difference can be shown: Best is right on 3 more of 33 test rows" in lines[2]
    assert "  num_epochs: 3 -> 9" in lines


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Missing argument"),
        (["nope"], 'Run "nope" does not exist'),
        (["--split", "dev"], "Expected a split"),
        (["--common"], "No such option"),
    ],
)
def test_compare_refuses_what_it_does_not_know(pair, capsys, arguments, message):
    others = [pair[1].run_id] if arguments[:1] in (["--split"], ["--common"]) else []

    assert message in complaint(capsys, "compare", pair[0].run_id, *others, *arguments)


def test_compare_refuses_a_run_with_itself(pair, capsys):
    error = complaint(capsys, "compare", pair[0].run_id, pair[0].run_id)

    assert "Expected two or more different runs" in error


def test_compare_refuses_other_rows_with_the_reason(pair, topics_run, capsys):
    error = complaint(capsys, "compare", pair[0].run_id, topics_run.run_id)

    assert "cannot be compared on test: one gives exactly one label per text" in error
