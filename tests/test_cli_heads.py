"""Tests of `heads RUN`."""

import json
import shutil

import pytest

from tests.pages.conftest import make_run, save_model
from textcls_core.cli.main import main
from textcls_core.explanation.head_titles import STATISTICS
from textcls_core.files import read_json, write_json


@pytest.fixture
def run(workspace, toy_dataset, tiny_model_dir, monkeypatch):
    """A completed run on `toy` that began from the tiny model."""
    monkeypatch.setenv("TEXTCLS_HOME", str(workspace.root))
    run = make_run(workspace, "toy", toy_dataset, {}, model=str(tiny_model_dir))
    save_model(run.model_dir, toy_dataset, tiny_model_dir)
    return run


def heads(capsys, *arguments):
    code = main(["heads", *arguments])
    return code, capsys.readouterr()


def test_heads_prints_all_statistics_of_every_head(run, capsys):
    code, printed = heads(capsys, run.run_id, "--sample", "4", "--by", "on_itself", "--json")

    found = json.loads(printed.out)
    assert code == 0
    assert (found["run_id"], found["split"], found["num_texts"]) == (run.run_id, "test", 4)
    assert sorted((head["layer"], head["head"]) for head in found["heads"]) == [
        (0, 0), (0, 1), (1, 0), (1, 1)
    ]  # fmt: skip
    first = found["heads"][0]
    assert set(first) == {
        *("layer", "head", "mostly", "kinds", "words"),
        *STATISTICS,
        *(f"{name}_deviation" for name in STATISTICS),
    }
    shares = [head["on_itself"] for head in found["heads"]]
    assert shares == sorted(shares, reverse=True)


def test_heads_prints_lines_for_people(run, capsys):
    code, printed = heads(capsys, run.run_id, "--sample", "2", "--split", "train")

    lines = printed.out.splitlines()
    assert code == 0
    assert lines[0] == "2 texts; layer, head, entropy (bits)"
    assert len(lines) == 5
    assert "Looking at every head" in printed.err


def test_heads_say_how_windows_count(run, capsys):
    config = run.folder / "config.json"
    write_json(config, read_json(config) | {"long_documents": "windows"})

    _, printed = heads(capsys, run.run_id, "--sample", "2")

    said = "A text in several windows counts once, with the mean of its windows."
    assert printed.out.splitlines()[-1] == said


def test_heads_moved_compares_with_the_base_model(run, capsys):
    code, printed = heads(capsys, run.run_id, "--moved", "--sample", "2", "--json")

    found = json.loads(printed.out)
    assert code == 0
    assert found["base"] == run.config.model
    assert [head["moved"] for head in found["heads"]] == pytest.approx([0] * 4, abs=1e-4)


def test_heads_moved_says_that_the_base_model_is_gone(
    run, toy_dataset, workspace, tmp_path, capsys
):
    gone = tmp_path / "gone"
    other = make_run(workspace, "toy", toy_dataset, {}, model=str(gone))
    shutil.copytree(run.model_dir, other.model_dir)

    code, printed = heads(capsys, other.run_id, "--moved", "--sample", "2")

    assert code == 2
    assert "gone is not a model folder: config.json is missing" in printed.err


def test_heads_of_label_sets(topics_run, topics_dataset, tiny_model_dir, monkeypatch, capsys):
    monkeypatch.setenv("TEXTCLS_HOME", str(topics_run.folder.parent.parent))
    save_model(topics_run.model_dir, topics_dataset, tiny_model_dir)

    code, printed = heads(capsys, topics_run.run_id, "--sample", "3", "--json")

    assert code == 0
    assert json.loads(printed.out)["num_texts"] == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--by", "size"], 'Expected a statistic (entropy, distance'),
        (["--by", "entropy", "--moved"], "Expected --by or --moved, got both."),
        (["--split", "all"], "Expected a split"),
        (["--sample", "0"], "Invalid value for '--sample'"),
    ],
)  # fmt: skip
def test_heads_refuses_what_it_does_not_know(run, capsys, arguments, message):
    code, printed = heads(capsys, run.run_id, *arguments)

    assert code == 2
    assert message in printed.err
