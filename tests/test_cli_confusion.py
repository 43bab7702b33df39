"""Tests of the verbs `confusion` and `curves`."""

import json

import pytest

from tests.pages.conftest import MISTAKES, make_run
from textcls_core.cli.main import main
from textcls_core.evaluation.curves import curves_of
from textcls_core.evaluation.label_errors import outcome_counts


@pytest.fixture
def home(workspace, monkeypatch):
    monkeypatch.setenv("TEXTCLS_HOME", str(workspace.root))
    return workspace


@pytest.fixture
def run(home, toy_dataset):
    return make_run(home, "toy", toy_dataset, MISTAKES)


def answer(capsys, *arguments):
    code = main([*arguments, "--json"])
    captured = capsys.readouterr()
    assert code == 0, captured.err
    return json.loads(captured.out)


def lines(capsys, *arguments):
    assert main(list(arguments)) == 0
    return capsys.readouterr().out.splitlines()


def complaint(capsys, *arguments):
    assert main(list(arguments)) == 2
    return capsys.readouterr().err


def test_confusion_gives_counts_and_the_most_frequent_pairs(run, capsys):
    found = answer(capsys, "confusion", run.run_id)

    assert found["labels"] == ["animals", "food", "weather"]
    assert found["counts"] == [[11, 0, 0], [2, 9, 0], [0, 1, 10]]
    assert found["pairs"] == [
        {"true": "food", "predicted": "animals", "rows": 2, "share": pytest.approx(2 / 11)},
        {"true": "weather", "predicted": "food", "rows": 1, "share": pytest.approx(1 / 11)},
    ]


def test_confusion_counts_follow_the_order_of_classes(run, capsys):
    found = answer(capsys, "confusion", run.run_id, "--order", "f1")

    assert found["labels"] == ["food", "animals", "weather"]
    assert found["counts"] == [[9, 2, 0], [0, 11, 0], [1, 0, 10]]


def test_confusion_is_readable(run, capsys):
    assert lines(capsys, "confusion", run.run_id) == [
        "   rows  of true  true -> predicted",
        "      2   18.2 %  food -> animals",
        "      1    9.1 %  weather -> food",
    ]


def test_confusion_without_mistakes_says_so(run, capsys):
    assert lines(capsys, "confusion", run.run_id, "--split", "train") == ["No mistakes."]


def test_confusion_against_another_run_gives_the_difference(home, toy_dataset, run, capsys):
    other = make_run(home, "toy", toy_dataset, {("food", "animals"): 1})

    found = answer(capsys, "confusion", run.run_id, "--against", other.run_id)

    assert found["difference"] == [[0, 0, 0], [1, -1, 0], [0, 1, -1]]
    assert found["pairs"][0] == {
        **{"true": "food", "predicted": "animals", "rows": 2, "other_rows": 1},
        "difference": 1,
    }
    assert lines(capsys, "confusion", run.run_id, "--against", other.run_id)[1] == (
        "     +1        2        1  food -> animals"
    )


def test_confusion_against_itself_says_that_nothing_differs(run, capsys):
    printed = lines(capsys, "confusion", run.run_id, "--against", run.run_id)

    assert printed == ["No cell off the diagonal differs."]


def test_confusion_of_an_unknown_order_is_refused(run, capsys):
    assert complaint(capsys, "confusion", run.run_id, "--order", "x") == (
        'error: Expected an order (label, name, size, f1, confusion), got "x".\n'
    )


def test_confusion_of_label_sets_counts_every_label(topics_run, monkeypatch, capsys):
    monkeypatch.setenv("TEXTCLS_HOME", str(topics_run.folder.parent.parent))
    counts = outcome_counts(topics_run.predictions("test"))

    found = answer(capsys, "confusion", topics_run.run_id)

    assert found["labels"][2] == {
        "label": "weather",
        **{"true_positive": 0, "false_negative": int(counts[2, 1])},
        **{"false_positive": 0, "true_negative": int(counts[2, 3])},
    }
    assert found["errors_together"] == []
    assert lines(capsys, "confusion", topics_run.run_id)[3].startswith("weather")


def test_confusion_against_a_run_with_label_sets_is_refused(topics_run, run, capsys):
    message = complaint(capsys, "confusion", run.run_id, "--against", topics_run.run_id)

    assert message.startswith("error: Expected two runs with one label per text to compare, got")


def test_curves_give_areas_and_points(run, capsys):
    expected = curves_of(run.predictions("test"))

    found = answer(capsys, "curves", run.run_id)

    assert found["macro_roc_auc"] == expected.macro_roc.area
    assert found["macro_average_precision"] == expected.macro_precision_recall.area
    assert [row["label"] for row in found["per_class"]] == ["animals", "food", "weather"]
    assert found["per_class"][1]["roc_auc"] == expected.classes[1].roc.area
    points = found["per_class"][1]["roc"]
    assert points["true_positive_rate"] == expected.classes[1].roc.y.tolist()


def test_curves_are_readable(run, capsys):
    header, mean, first, *_ = lines(capsys, "curves", run.run_id)

    assert header.split() == ["class", "AUC", "AP", "support"]
    assert mean.startswith("mean of the classes")
    assert first.split()[0] == "animals"
