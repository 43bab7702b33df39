"""Tests of `dataset rows`."""

import json

import pytest

from textcls_core.cli.main import main
from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.store import DatasetStore


@pytest.fixture
def run(workspace, monkeypatch, capsys):
    """Run `dataset rows set` on six rows; return exit code, output and errors."""
    rows = Rows(
        ["a bus", "the Bus stop", "a train", "no", "soup", "rice"],
        ["x", "x", "x", "y", "y", "y"],
        ["train", "test"] * 3,
        {"price": ["1", "2", "3", "4", "5", "6"]},
    )
    DatasetStore(workspace.datasets_dir).save(build_dataset(rows), "set", "for this test")
    monkeypatch.setenv("TEXTCLS_HOME", str(workspace.root))

    def run_(*arguments):
        code = main(["dataset", "rows", "set", *arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run_


def test_rows_are_filtered_sorted_and_counted(run):
    code, out, _ = run("--text", "bus", "--sort=-price", "--json")

    found = json.loads(out)
    assert code == 0
    assert [row["text"] for row in found["rows"]] == ["the Bus stop", "a bus"]
    assert (found["num_rows"], found["by_split"]) == (2, {"train": 1, "test": 1})
    assert found["by_class"] == {"x": 2, "y": 0}


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        (["--where", "price=2..4"], 3),
        (["--where", "price=2"], 1),
        (["--where", "price=..3", "--where", "words=3.."], 1),
        (["--split", "test", "--label", "y"], 2),
        (["--pattern", "^a "], 2),
    ],
)
def test_rows_take_every_filter(run, arguments, count):
    code, out, _ = run(*arguments, "--limit", "0")

    assert code == 0
    assert out.startswith(f"{count} row")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--pattern", "("],
        ["--label", "z"],
        ["--where", "price"],
        ["--where", "nothing=1"],
        ["--sort", "nothing"],
        ["--split", "all"],
    ],
)
def test_rows_refuse_a_filter_that_makes_no_sense(run, arguments):
    code, out, err = run(*arguments)

    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert len(err.strip().splitlines()) == 1
