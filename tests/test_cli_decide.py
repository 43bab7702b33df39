"""Tests of the verb `decide`, and of `predict` with a rule that is kept."""

import json

import pytest

from tests.pages.conftest import MISTAKES, make_run, save_model
from textcls_core.cli.main import main
from textcls_core.evaluation.decision import Decision
from textcls_core.evaluation.rule import DecisionRule
from textcls_core.evaluation.rule_tuning import RuleRequest
from textcls_core.runs.rules import tune_run_rule, use_rule


@pytest.fixture
def run(workspace, toy_dataset, tiny_model_dir, monkeypatch):
    """A run on `toy` in the default workspace, with a model that was never trained."""
    monkeypatch.setenv("TEXTCLS_HOME", str(workspace.root))
    made = make_run(workspace, "toy", toy_dataset, MISTAKES)
    save_model(made.model_dir, toy_dataset, tiny_model_dir)
    return made


@pytest.fixture
def topics(topics_run, monkeypatch):
    """`topics_run` in the default workspace, with a folder where a model would be."""
    monkeypatch.setenv("TEXTCLS_HOME", str(topics_run.folder.parent.parent))
    topics_run.model_dir.mkdir()
    return topics_run


def answer(capsys, *arguments):
    code = main([*arguments, "--json"])
    captured = capsys.readouterr()
    assert code == 0, captured.err
    return json.loads(captured.out)


def refusal(capsys, *arguments):
    code = main([*arguments])
    captured = capsys.readouterr()
    assert code == 2
    return captured.err


def test_decide_measures_the_rule_that_is_kept(run, capsys):
    found = answer(capsys, "decide", "latest")

    assert found["rule"]["kind"] == "argmax"
    assert found["saved"] is True
    assert found["answered"]["value"] == 1.0
    assert found["accuracy"]["value"] == pytest.approx(30 / 33)
    assert found["num_examples"] == 33
    low, high = found["accuracy"]["interval"]
    assert low < 30 / 33 < high


def test_decide_tunes_and_measures_without_keeping(run, capsys):
    found = answer(capsys, "decide", "latest", "--abstain-below", "0.95", "--coverage", "0.9")

    assert found["answered"]["value"] == 0.0
    assert found["accuracy"] is None
    assert found["conformal"]["coverage"] == 0.9
    assert found["saved"] is False
    assert run.decision == Decision()


def test_decide_keeps_a_rule_and_takes_it_back(run, capsys):
    kept = answer(capsys, "decide", "latest", "--kind", "thresholds", "--save")
    after = run.decision.rule
    reset = answer(capsys, "decide", "latest", "--reset")

    assert kept["saved"] is True
    assert after == tune_run_rule(run, RuleRequest(kind="thresholds"))
    assert reset["rule"]["kind"] == "argmax"
    assert run.decision.rule == DecisionRule()


def test_decide_compares_costs_of_a_file(run, capsys, tmp_path):
    file = tmp_path / "costs.csv"
    file.write_text(",animals,food,weather\nanimals,0,1,1\nfood,9,0,9\nweather,1,1,0\n")

    found = answer(capsys, "decide", "latest", "--costs", str(file), "--abstain-cost", "0.4")

    rules = [cost["rule"] for cost in found["costs"]]
    assert found["rule"]["costs"][1] == [9.0, 0.0, 9.0]
    assert rules[0] == "Most probable class"
    assert rules[-1] == "Least expected cost, or no answer"
    assert found["costs"][0]["mean"] == pytest.approx((2 * 9 + 1) / 33)
    assert found["costs"][0]["saved"] == 0.0


def test_decide_is_readable(run, capsys):
    code = main(["decide", "latest", "--abstain-cost", "0.01"])

    lines = capsys.readouterr().out.splitlines()
    assert code == 0
    assert lines[0].startswith("The answer is the class that is expected to cost least.")
    assert lines[1] == "None of the 33 texts gets an answer."
    assert lines[2] == "Not kept; add --save to do so."
    assert lines[-1].startswith("Least expected cost, or no answer")


def test_decide_tunes_the_thresholds_of_labels(topics, capsys):
    arguments = ("--kind", "thresholds", "--target", "precision", "--at-least", "0.9", "--save")

    found = answer(capsys, "decide", "latest", *arguments)

    assert len(found["rule"]["thresholds"]) == 3
    assert found["macro_f1"] == pytest.approx(2 / 3, abs=0.01)
    assert topics.decision.rule.kind == "thresholds"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--kind", "best"], "kind: Input should be 'argmax'"),
        (["--coverage", "1.5"], "coverage: Input should be less than 1"),
        (["--save"], "Expected a rule to save, got none."),
        (["--reset", "--kind", "argmax"], "Expected --reset alone"),
        (["--target", "recall", "--kind", "thresholds"], "Thresholds for a recall are for models"),
        (["--target", "recall"], "Thresholds for a recall are for models"),
        (["--method", "aps"], "method changes nothing without coverage"),
        (["--abstain-cost", "0.2", "--costs", "none.csv"], "none.csv"),
    ],
)
def test_decide_refuses_what_makes_no_sense(run, capsys, arguments, message):
    assert message in refusal(capsys, "decide", "latest", *arguments)


def test_decide_refuses_a_file_of_another_encoding(run, capsys, tmp_path):
    file = tmp_path / "costs.csv"
    file.write_bytes("änimals".encode("latin-1"))

    message = refusal(capsys, "decide", "latest", "--costs", str(file))

    assert "Expected costs.csv to be UTF-8 text" in message


def test_decide_without_validation_rows_says_why(run, capsys):
    run.predictions_file("validation").unlink()

    message = refusal(capsys, "decide", "latest", "--kind", "thresholds")

    assert "has no validation split" in message


def test_predict_follows_the_rule_that_is_kept(run, capsys):
    plain = answer(capsys, "predict", "latest", "--text", "a cat")["predictions"][0]

    use_rule(run, DecisionRule(abstain_below=1.0))
    found = answer(capsys, "predict", "latest", "--text", "a cat")["predictions"][0]

    assert "abstained" not in plain
    assert found["abstained"] is True
    assert found["labels"] == []
    assert (found["label"], found["confidence"]) == (plain["label"], plain["confidence"])
    assert found["probabilities"] == plain["probabilities"]


def test_predict_gives_the_prediction_set(run, capsys):
    use_rule(run, DecisionRule(conformal={"coverage": 0.9, "quantile": 1.0}))

    found = answer(capsys, "predict", "latest", "--text", "a cat")["predictions"][0]

    probabilities = found["probabilities"]
    assert found["prediction_set"] == sorted(probabilities, key=lambda name: -probabilities[name])
    assert "abstained" not in found
