"""Tests of `words RUN`."""

import json

import pytest

from tests.pages.conftest import MISTAKES, make_run, save_model
from textcls_core.cli.main import main

QUICK = ("--method", "gradient_x_input")


@pytest.fixture
def run(workspace, toy_dataset, tiny_model_dir, monkeypatch):
    """A completed run on `toy` with a model and three mistakes on the test split."""
    monkeypatch.setenv("TEXTCLS_HOME", str(workspace.root))
    run = make_run(workspace, "toy", toy_dataset, MISTAKES)
    save_model(run.model_dir, toy_dataset, tiny_model_dir)
    return run


def test_words_of_every_class(run, capsys):
    code = main(["words", run.run_id, *QUICK, "--sample", "20", "--min-rows", "2", "--json"])

    found = json.loads(capsys.readouterr().out)
    assert code == 0
    assert [one["label"] for one in found["classes"]] == ["animals", "food", "weather"]
    assert found["num_rows"] == sum(one["num_rows"] for one in found["classes"]) == 20
    word = found["classes"][0]["words"][0]
    assert sorted(word) == ["high", "low", "mean", "num_rows", "word"]
    assert word["low"] <= word["mean"] <= word["high"]


def test_words_of_mistakes_join_all_classes(run, capsys):
    main(["words", run.run_id, *QUICK, "--mistakes", "--min-rows", "2", "--json"])

    found = json.loads(capsys.readouterr().out)
    assert found["about"] == "mistakes"
    assert found["classes"][-1]["label"] == "all classes"
    assert found["classes"][-1]["num_rows"] == 3


def test_words_of_one_confusion_are_asked_of_its_rows(run, capsys):
    pair = ("--mistakes", "--class", "animals", "--true", "food")
    code = main(["words", run.run_id, *QUICK, *pair, "--min-rows", "2", "--json"])

    found = json.loads(capsys.readouterr().out)
    assert code == 0
    assert (found["true"], found["num_rows"]) == ("food", 2)
    assert [(one["label"], one["num_rows"]) for one in found["classes"]] == [("animals", 2)]


def test_words_of_a_class_are_asked_of_its_rows_alone(run, capsys):
    main(["words", run.run_id, *QUICK, "--class", "food", "--sample", "6", "--json"])

    found = json.loads(capsys.readouterr().out)
    assert found["num_rows"] == found["classes"][0]["num_rows"] == 6


def test_words_of_missed_labels_begin_with_those_that_lower_most(
    topics_run, topics_dataset, tiny_model_dir, workspace, monkeypatch, capsys
):
    monkeypatch.setenv("TEXTCLS_HOME", str(workspace.root))
    save_model(topics_run.model_dir, topics_dataset, tiny_model_dir)

    code = main(["words", topics_run.run_id, *QUICK, "--missed", "--min-rows", "2", "--json"])

    found = json.loads(capsys.readouterr().out)
    everything = found["classes"][-1]
    assert code == 0
    assert (found["about"], everything["label"]) == ("missed", "all classes")
    assert {one["label"] for one in found["classes"] if one["num_rows"]} == {
        "weather", "all classes"
    }  # fmt: skip
    highs = [word["high"] for word in everything["words"]]
    assert highs == sorted(highs)


def test_words_for_people(run, capsys):
    main(["words", run.run_id, *QUICK, "--class", "food", "--sample", "12", "--min-rows", "2"])

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("food: ")
    assert lines[0].endswith("in fewer than 2 rows not ranked")
    assert " to " in lines[1]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--class", "fod"], '"fod" is not a class of this run'),
        (["--method", "lime"], "Expected a method (integrated_gradients, gradient_x_input"),
        (["--split", "dev"], "Expected a split"),
        (["--mistakes", "--split", "train"], "there is no mistake to explain"),
        (["--mistakes", "--missed"], "or --missed (labels not given), got both"),
        (["--missed"], "a row that misses its class was given another. Ask for mistakes."),
        (["--true", "food"], 'Expected no true class here, got "food"'),
        (["--mistakes", "--class", "weather"], 'given "weather" wrongly, got none'),
    ],
)
def test_words_refuse_what_they_cannot_do(run, capsys, options, sentence):
    assert main(["words", run.run_id, *QUICK, *options]) == 2
    assert sentence in capsys.readouterr().err
