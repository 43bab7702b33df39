"""`annotations ...` and `runs clone --dataset`: the whole way from a remark to a new run."""

import json

import pytest

from tests.pages.conftest import MISTAKES, make_run
from tests.test_cli import answer, complaint, home  # noqa: F401 - a fixture
from textcls_core.cli.main import main
from textcls_core.dataset.store import DatasetStore
from textcls_core.runs.store import RunStore


@pytest.fixture
def rows(home, toy_dataset):  # noqa: F811
    """Ids of training and test rows labelled `food`."""
    food = toy_dataset.label_names.index("food")
    ids, labels = toy_dataset.row_ids(), toy_dataset.label_ids
    return {
        split: [ids[row] for row in toy_dataset.indices(split) if labels[row] == food]
        for split in ("train", "test")
    }


def test_what_is_added_is_listed(rows, capsys):
    first, second = rows["train"][:2]
    added = answer(
        capsys, "annotations", "add", "toy", "--row", first, "--row", second,
        "--tag", "odd", "--note", "why", "--propose", "animals", "--reviewed", "--author", "Ann",
    )  # fmt: skip

    said = {
        "tags": ["odd"], "note": "why", "proposed": ["animals"], "dropped": False, "reviewed": True,
    }  # fmt: skip
    assert added["rows"] == [{"row_id": row, **said} for row in (first, second)]
    answer(capsys, "annotations", "add", "toy", "--row", first, "--untag", "odd", "--drop")
    listed = answer(capsys, "annotations", "list", "toy", "--tag", "odd")
    assert [row["row_id"] for row in listed["rows"]] == [second]
    assert listed["tags"] == {"odd": 1}
    assert listed["pending"]["relabels"] == {second: ["animals"]}
    assert listed["pending"]["drops"] == [first]
    assert [(batch["author"], batch["num_rows"]) for batch in listed["batches"]] == [
        ("", 1),
        ("Ann", 2),
    ]


def test_batch_is_undone_once(rows, capsys):
    added = answer(capsys, "annotations", "add", "toy", "--row", rows["train"][0], "--reviewed")
    batch = str(added["batches"][0])

    answer(capsys, "annotations", "undo", "toy", batch)

    assert answer(capsys, "annotations", "list", "toy")["rows"] == []
    assert "is undone already. Newest: none" in complaint(
        capsys, "annotations", "undo", "toy", batch
    )


def test_apply_makes_the_version_that_a_dry_run_showed(rows, home, capsys):  # noqa: F811
    answer(capsys, "annotations", "add", "toy", "--row", rows["train"][0], "--propose", "animals")
    answer(capsys, "annotations", "add", "toy", "--row", rows["test"][0], "--drop")

    shown = answer(capsys, "annotations", "apply", "toy", "--dry-run")
    assert shown["made"] is None
    assert DatasetStore.open(home).find("toy").version == 1
    assert main(["annotations", "apply", "toy", "--dry-run"]) == 0
    assert "1 test row changed: figures on the test rows cannot" in capsys.readouterr().out

    made = answer(capsys, "annotations", "apply", "toy")

    assert made["diff"] == shown["diff"]
    assert made["diff"]["by_split"]["removed"] == {"test": 1}
    assert made["made"]["version"] == 2
    assert made["made"]["reason"] == "annotations: 1 row relabelled, 1 row dropped"
    assert "changes toy v2, got none" in complaint(capsys, "annotations", "apply", "toy")


def test_classes_are_merged(rows, home, capsys):  # noqa: F811
    answer(capsys, "annotations", "add", "toy", "--merge", "food", "--into", "animals")

    answer(capsys, "annotations", "apply", "toy")

    assert DatasetStore.open(home).find("toy").label_names == ("animals", "weather")


@pytest.mark.parametrize("name", ["said.csv", "said.jsonl"])
def test_export_and_import_bring_everything_back(rows, home, capsys, tmp_path, name):  # noqa: F811
    row = rows["train"][0]
    answer(capsys, "annotations", "add", "toy", "--row", row, "--note", "=1+1\nnext", "--tag", "x")
    before = answer(capsys, "annotations", "list", "toy")["rows"]
    file = tmp_path / name
    assert answer(capsys, "annotations", "export", "toy", "--output", str(file))["rows"] == 1
    home.annotations_file.unlink()

    report = answer(capsys, "annotations", "import", "toy", str(file), "--author", "Ann")

    assert (report["rows"], report["changed"], report["unknown_row_ids"]) == (1, 1, [])
    assert answer(capsys, "annotations", "list", "toy")["rows"] == before


def test_import_names_rows_that_are_not_there(rows, capsys, tmp_path):
    file = tmp_path / "said.jsonl"
    file.write_text(json.dumps({"row_id": "nowhere", "tags": ["kept"]}))

    assert main(["annotations", "import", "toy", str(file)]) == 0
    assert "1 row id is not in the newest version (nowhere)" in capsys.readouterr().out
    assert answer(capsys, "annotations", "list", "toy")["tags"] == {"kept": 1}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["add", "toy"], "Expected something to say, got nothing"),
        (["add", "toy", "--tag", "x"], "Expected at least one --row, got none"),
        (["add", "toy", "--row", "nowhere", "--tag", "x"], "1 of 1 rows are not in this data set"),
        (["add", "toy", "--row", "a", "--propose", "fod"], '"fod" is not a label of toy v1. Known'),
        (["add", "toy", "--merge", "food"], "Expected --merge and --into, got one of them"),
        (["add", "toy", "--merge", "food", "--into", "x"], '"x" is not a label of toy v1'),
        (["add", "toy", "--merge", "food", "--into", "food"], 'another class than "food"'),
        (["list", "nothing"], 'Data set "nothing" does not exist'),
        (["export", "toy", "--output", "said.txt"], "Expected a file that ends in .csv or .jsonl"),
        (["apply", "toy"], "Expected a proposal, a drop or a merge that changes toy v1, got none"),
    ],
)
def test_what_makes_no_sense_is_refused(rows, capsys, arguments, message):
    assert message in complaint(capsys, "annotations", *arguments)


def test_row_gets_exactly_one_label(rows, capsys):
    said = ["--propose", "food", "--propose", "animals"]

    refused = complaint(capsys, "annotations", "add", "toy", "--row", rows["train"][0], *said)

    assert "Expected exactly one label, because every row of toy v1 has one; got 2" in refused


def test_damaged_file_is_the_fault_of_the_machine(rows, home, capsys):  # noqa: F811
    home.annotations_file.write_bytes(b"no database" * 100)

    assert main(["annotations", "list", "toy"]) == 1

    assert "error: annotations.sqlite could not be read" in capsys.readouterr().err


def test_clone_trains_on_the_newest_version(rows, home, toy_dataset, capsys, monkeypatch):  # noqa: F811
    monkeypatch.setattr("textcls_core.training.launch._start_worker", lambda _run: None)
    run = make_run(home, "toy", toy_dataset, MISTAKES, seed=7)
    answer(capsys, "annotations", "add", "toy", "--row", rows["train"][0], "--propose", "animals")
    made = answer(capsys, "annotations", "apply", "toy")["made"]

    cloned = answer(capsys, "runs", "clone", run.run_id, "--dataset", "toy")

    config = RunStore.open(home).open_run(cloned["run_id"]).config
    assert (config.dataset_fingerprint, config.seed) == (made["fingerprint"], 7)
