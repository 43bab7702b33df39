"""The verbs of data set versions."""

import json

import pyarrow.parquet as pq
import pytest

from tests.pages.conftest import make_run
from tests.test_cli import answer, complaint, home  # noqa: F401 - a fixture
from textcls_core.cli.main import main
from textcls_core.config import RunConfig
from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.store import DatasetStore
from textcls_core.runs.settings import clone_config
from textcls_core.training.launch import command_line, pin


@pytest.fixture
def reviews(home):  # noqa: F811
    """Forty rows with an author and a day."""
    texts = [f"=text {n}" for n in range(40)]
    extra = {
        "author": [f"author {n % 4}" for n in range(40)],
        "day": [f"2024-01-{1 + n % 28:02}" for n in range(40)],
    }
    rows = Rows(texts, ["a", "b"] * 20, ["train"] * 20 + ["test"] * 20, extra)
    return DatasetStore.open(home).save(build_dataset(rows), "reviews", "imported")


def test_split_makes_a_version_with_its_parent(reviews, capsys):
    made = answer(capsys, "dataset", "split", "reviews", "--shares", "0.5,0.25,0.25", "--seed", "3")

    assert (made["version"], made["parent"]) == (2, reviews.fingerprint)
    assert made["reason"] == "split anew stratified by class: 50 % / 25 % / 25 %, seed 3"
    assert made["split_counts"] == {"train": 20, "validation": 10, "test": 10}
    assert made["classes"][0] == {"class": "a", "train": 10, "validation": 5, "test": 5, "all": 20}


@pytest.mark.parametrize(("by", "column"), [("group", "author"), ("time", "day")])
def test_split_by_a_column_says_so(reviews, capsys, by, column):
    made = answer(capsys, "dataset", "split", "reviews", "--by", by, "--column", column)

    assert f'"{column}"' in made["reason"]


def test_split_keeps_near_duplicates_together(reviews, capsys):
    made = answer(capsys, "dataset", "split", "reviews", "--by", "near_duplicates")

    assert made["reason"].startswith("split anew with texts kept together that share most of")
    assert made["split_counts"]["train"] == 28


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--by", "nope"], "--by: Input should be 'stratified'"),
        (["--by", "time"], "A split by time needs a column"),
        (["--by", "time", "--column", "author"], 'Column "author" holds 40 cells'),
        (["--by", "group", "--column", "x"], 'Column "x" is not in this data set'),
        (["--shares", "1,2"], "--shares.2: Field required"),
        (["--shares", "a,b,c"], "Expected three numbers such as 0.7,0.15,0.15"),
        (["--shares", "0.5,0.2,0.2"], "Expected three shares that add up to 1"),
        (["--seed", "-1"], "--seed: Input should be greater"),
    ],
)
def test_split_refuses_what_it_cannot_do(reviews, capsys, arguments, message):
    assert message in complaint(capsys, "dataset", "split", "reviews", *arguments)


def test_versions_tell_where_each_came_from_and_who_uses_it(home, reviews, capsys):  # noqa: F811
    answer(capsys, "dataset", "split", "reviews")
    run = make_run(home, "reviews", DatasetStore.open(home).load(reviews.fingerprint), {})

    versions = answer(capsys, "dataset", "versions", "reviews")

    assert [item["version"] for item in versions] == [1, 2]
    assert [item["parent_version"] for item in versions] == [None, 1]
    assert [item["runs"] for item in versions] == [[run.run_id], []]


def test_diff_counts_and_shows_rows(reviews, capsys):
    made = answer(capsys, "dataset", "split", "reviews")

    diff = answer(capsys, "dataset", "diff", reviews.fingerprint, "reviews", "--rows", "2")

    assert (diff["before"], diff["after"]) == (reviews.fingerprint, made["fingerprint"])
    assert diff["counts"]["split"] + diff["num_unchanged"] == 40
    assert len(diff["examples"]["split"]) == 2


def test_diff_is_readable(reviews, capsys):
    answer(capsys, "dataset", "split", "reviews")

    main(["dataset", "diff", reviews.fingerprint, "reviews", "--rows", "1"])

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("reviews v1 to reviews v2: ")
    assert lines[1].startswith("Split changed: ")


def test_shift_names_its_tests(reviews, capsys):
    found = answer(capsys, "dataset", "shift", "reviews")

    kinds = [(test["kind"], test["split"]) for test in found["tests"]]
    assert kinds == [("classes", "test"), ("lengths", "test"), ("words", "test")]


@pytest.mark.parametrize("file_format", ["csv", "jsonl", "parquet"])
def test_export_writes_a_file(reviews, capsys, tmp_path, file_format):
    file = tmp_path / "new" / "out"

    said = answer(
        capsys, "dataset", "export", "reviews", "--format", file_format, "--output", str(file)
    )

    assert said["num_bytes"] == file.stat().st_size
    assert (said["version"], said["num_examples"]) == (1, 40)
    if file_format == "csv":
        assert '"\'=text 0"' in file.read_text()
    elif file_format == "jsonl":
        assert json.loads(file.read_text().split("\n")[0])["text"] == "=text 0"
    else:
        assert pq.read_table(file).column_names[:4] == ["row_id", "text", "label", "split"]


def test_export_refuses_another_format(reviews, capsys, tmp_path):
    said = complaint(
        capsys, "dataset", "export", "reviews", "--format", "xml", "--output", str(tmp_path / "x")
    )

    assert said == 'error: Expected a format (csv, jsonl, parquet), got "xml".\n'


def test_delete_takes_a_fingerprint_only(home, reviews, capsys):  # noqa: F811
    assert "Expected the fingerprint of one version" in complaint(
        capsys, "dataset", "delete", "reviews"
    )

    answer(capsys, "dataset", "delete", reviews.fingerprint[:16])

    assert DatasetStore.open(home).get(reviews.fingerprint) is None


def test_delete_refuses_a_version_with_a_run(home, reviews, capsys):  # noqa: F811
    make_run(home, "reviews", DatasetStore.open(home).load("reviews"), {})

    assert "is used by 1 run" in complaint(capsys, "dataset", "delete", reviews.fingerprint)


def test_runs_name_the_version_they_used(home, reviews, capsys):  # noqa: F811
    make_run(home, "reviews", DatasetStore.open(home).load("reviews"), {})
    answer(capsys, "dataset", "split", "reviews")

    (listed,) = answer(capsys, "runs", "list")
    main(["runs", "list"])

    assert listed["dataset_version"] == 1
    assert listed["dataset_fingerprint"] == reviews.fingerprint
    assert "[reviews v1]" in capsys.readouterr().out


def test_command_of_a_run_names_its_version_when_there_is_a_newer_one(
    home,  # noqa: F811
    reviews,
    capsys,
):
    run = make_run(home, "reviews", DatasetStore.open(home).load("reviews"), {})
    answer(capsys, "dataset", "split", "reviews")

    words = command_line(run.config).split()
    again, _ = pin(home, RunConfig.create({"dataset": words[words.index("--dataset") + 1]}))

    assert again.dataset_fingerprint == reviews.fingerprint
    assert clone_config(run.config, {"seed": 1}).dataset_fingerprint == reviews.fingerprint


def test_list_names_damaged_versions_beside_the_others(home, reviews, capsys):  # noqa: F811
    (home.datasets_dir / reviews.dataset_id / "dataset.json").write_text("{")

    code = main(["dataset", "list", "--json"])
    captured = capsys.readouterr()

    assert code == 0
    assert {item["dataset"] for item in json.loads(captured.out)} == {"bbc-news", "toy"}
    assert f"{reviews.dataset_id}/dataset.json does not describe a data set" in captured.err
