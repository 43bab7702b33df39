"""Tests of `dataset import` with everything that can be chosen."""

import json

import pytest

from textcls_core.cli.main import main
from textcls_core.dataset.store import DatasetStore

MAILS = "id;subject;body;tags\n" + "".join(
    f"m{n};Subject {n};Body {n};{'ab'[n % 2]}{'|c' if n % 3 else ''}\n" for n in range(40)
)


@pytest.fixture
def run(workspace, monkeypatch, capsys):
    """Run the verb on a file in a new workspace; return exit code, JSON and error."""
    monkeypatch.setenv("TEXTCLS_HOME", str(workspace.root))

    def run_(file, *arguments):
        code = main(["dataset", "import", str(file), "--name", "mine", "--json", *arguments])
        captured = capsys.readouterr()
        return code, json.loads(captured.out) if captured.out else None, captured.err

    return run_


@pytest.fixture
def mails(tmp_path):
    file = tmp_path / "mails.csv"
    file.write_text(MAILS)
    return file


def texts_of(workspace) -> list[str]:
    return DatasetStore.open(workspace).load("mine").texts()


def test_import_joins_columns_and_keeps_ids(run, workspace, mails):
    chosen = "--text", "subject", "--text", "body", "--join", ": ", "--row-id", "id"

    code, made, _ = run(mails, *chosen, "--label", "tags")

    dataset = DatasetStore.open(workspace).load("mine")
    assert code == 0
    assert dataset.texts()[0] == "Subject 0: Body 0"
    assert dataset.row_ids()[:2] == ["m0", "m1"]
    assert made["columns"]["text"] == ["subject", "body"]


def test_import_says_how_labels_were_read(run, mails):
    _, made, _ = run(mails, "--text", "body", "--label", "tags", "--delimiter", "|")

    assert made["task"] == "multi_label"
    assert made["label_names"] == ["a", "b", "c"]
    assert made["label_format"]["kind"] == "delimited"


def test_import_reads_label_columns_from_a_threshold_on(run, tmp_path):
    file = tmp_path / "f.csv"
    rows = "".join(f"text {n},{n % 2},0.{n % 10}\n" for n in range(40))
    file.write_text("body,good,fast\n" + rows)

    _, made, _ = run(file, "--label", "good", "--label", "fast", "--threshold", "0.95")

    assert made["label_names"] == ["good"]
    assert made["label_format"] == {
        **{"kind": "columns", "delimiter": ",", "names": [], "threshold": 0.95}
    }


def test_import_takes_positions_and_a_names_file(run, tmp_path):
    file, names = tmp_path / "f.tsv", tmp_path / "names.txt"
    file.write_text("".join(f"text {n}\t{n % 2}\n" for n in range(40)))
    names.write_text("joy\nanger\n")

    _, made, _ = run(file, "--names-file", str(names), "--no-header", "--separator", "tab")

    assert made["label_names"] == ["anger", "joy"]


def test_import_puts_right_what_is_asked_for(run, workspace, tmp_path):
    file = tmp_path / "f.csv"
    file.write_text("text,label\n" + "".join(f"text {n},{'aAbB'[n % 4]}\n" for n in range(40)) * 2)

    _, made, _ = run(file, "--fix", "merge-labels", "--fix", "drop_duplicates")

    kinds = [finding["kind"] for finding in made["findings"]]
    assert made["label_names"] == ["A", "B"]
    assert made["num_examples"] == 40
    assert kinds[:2] == ["fixed_merge_labels", "fixed_drop_duplicates"]


def test_import_makes_another_split(run, mails):
    _, made, _ = run(mails, "--label", "tags", "--shares", "0.5,0.25,0.25", "--seed", "3")

    assert made["split_counts"] == {"train": 20, "validation": 10, "test": 10}


def test_import_strict_stores_nothing_that_cannot_be_trained(run, workspace, tmp_path):
    file = tmp_path / "f.csv"
    file.write_text("text,label\na,x\nb,x\n")

    code, made, error = run(file, "--strict")

    assert (code, made) == (2, None)
    assert "cannot be trained on. All 2 rows have the label" in error
    assert run(file)[0] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--text", "nope"], 'Column "nope" (chosen as text) is missing'),
        (["--row-id", "tags", "--label", "subject"], "cannot be the row id: it has"),
        (["--fix", "mend"], '"mend" is not a fix'),
        (["--label-format", "magic"], "kind: "),
        (["--threshold", "7"], "threshold: "),
        (["--shares", "a,b"], "Expected three shares such as"),
        (["--shares", "0.1,0.1,0.1"], "three shares that add up to 1"),
        (["--split-by", "group"], "needs a column"),
        (["--names-file", "/nowhere/names.txt"], "cannot be read as UTF-8"),
        (["--label", "tags", "--label-format", "lists"], "not a list of labels"),
    ],
)
def test_import_refuses_a_bad_choice_in_one_line(run, mails, arguments, message):
    code, made, error = run(mails, *arguments)

    assert (code, made) == (2, None)
    assert error.startswith("error: ")
    assert message in error
    assert error.count("\n") == 1


def test_import_from_the_hub_needs_a_network(run, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    code, _, error = run("hub:owner/name")

    assert code == 2
    assert "HF_HUB_OFFLINE is set" in error
