"""Tests of the command line on a run that gives several labels per text."""

import json

import pytest

from textcls_core.cli.main import main
from textcls_core.evaluation.by_task import figures_of
from textcls_core.models.classifier import Classifier, Design


@pytest.fixture
def run(topics_run, topics_dataset, tiny_model_dir, monkeypatch):
    """`topics_run` in the default workspace, with a model that was never trained."""
    monkeypatch.setenv("TEXTCLS_HOME", str(topics_run.folder.parent.parent))
    names, design = topics_dataset.label_names, Design(task="multi_label")
    classifier = Classifier.from_pretrained(tiny_model_dir, names, max_length=64, design=design)
    classifier.save(topics_run.model_dir)
    return topics_run


def answer(capsys, *arguments):
    code = main([*arguments, "--json"])
    captured = capsys.readouterr()
    assert code == 0, captured.err
    return json.loads(captured.out)


def test_evaluate_gives_the_figures_of_label_sets(run, capsys):
    found = answer(capsys, "evaluate", "latest")

    known = figures_of(run.predictions("test")).to_json()
    assert {name: found[name] for name in known if name != "per_class"} == {
        name: value for name, value in known.items() if name != "per_class"
    }
    assert (
        found["per_class"][2].items()
        >= {
            **{"label": "weather", "precision": 0.0, "recall": 0.0, "f1": 0.0},
            "support": int(run.predictions("test").targets[:, 2].sum()),
            "roc_auc": 0.5,
        }.items()
    )
    assert (found["num_examples"], found["per_class"][0]["f1"]) == (33, 1.0)
    assert found["macro_f1"] == pytest.approx(2 / 3)
    low, high = found["hamming_loss_interval"]
    assert 0 < low < found["hamming_loss"] < high < 1


def test_evaluate_is_readable(run, capsys):
    code = main(["evaluate", "latest"])

    lines = capsys.readouterr().out.splitlines()
    assert code == 0
    assert lines[0].startswith("Accuracy: ")
    assert any(line.startswith("Micro-F1: ") for line in lines)
    assert any(line.startswith("Hamming loss: ") for line in lines)
    assert lines[-3].split()[:4] == ["animals", "1.000", "1.000", "1.000"]


def test_predict_gives_every_label_its_own_probability(run, capsys):
    found = answer(capsys, "predict", "latest", "--text", "the old cat")["predictions"][0]

    assert set(found) == {"label", "confidence", "labels", "probabilities"}
    given = {name for name, p in found["probabilities"].items() if p >= 0.5}
    assert set(found["labels"]) == given
    [row] = Classifier.load(run.model_dir).predict_probabilities(["the old cat"])
    assert list(found["probabilities"].values()) == pytest.approx(row.tolist())


def test_predict_is_readable(run, capsys):
    main(["predict", "latest", "--text", "the old cat"])

    line = capsys.readouterr().out
    assert " %" in line
    assert "the old cat" in line


def test_explain_gives_every_label_its_own_probability(run, capsys):
    found = answer(capsys, "explain", "latest", "--text", "the old cat")

    [row] = Classifier.load(run.model_dir).predict_probabilities(["the old cat"])
    assert list(found["probabilities"].values()) == pytest.approx(row.tolist(), abs=1e-5)


def test_runs_show_gives_the_test_figures(run, capsys):
    found = answer(capsys, "runs", "show", "latest")

    assert found["test"]["macro_f1"] == pytest.approx(2 / 3)
    assert "baselines" not in found


def test_dataset_baselines_measures_label_sets(run, capsys):
    majority, tfidf = answer(capsys, "dataset", "baselines", "topics")["baselines"]

    assert (majority["title"], tfidf["title"]) == ("Majority per label", "TF-IDF + linear SVM")
    assert {"micro_f1", "hamming_loss"} <= set(majority["test"])
    assert "loss" not in tfidf["test"]
    main(["dataset", "baselines", "topics"])
    assert capsys.readouterr().out.startswith("Majority per label: validation accuracy ")


def test_evaluate_and_runs_show_name_the_baselines_of_label_sets(run, capsys):
    tfidf = answer(capsys, "dataset", "baselines", "topics")["baselines"][1]

    known = answer(capsys, "evaluate", "latest")["baselines"]
    best = answer(capsys, "runs", "show", "latest")["baselines"]

    assert known[1]["hamming_loss"] == tfidf["test"]["hamming_loss"]
    assert best["test_accuracy"] == tfidf["test"]["accuracy"]
