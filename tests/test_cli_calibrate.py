"""Tests of the command line's `calibrate`."""

import json

import pytest

from tests.calibration import make_too_sure
from tests.pages.conftest import make_run
from textcls_core.cli.main import main
from textcls_core.evaluation.by_task import with_temperature
from textcls_core.evaluation.calibration import expected_calibration_error
from textcls_core.evaluation.decision import Decision, read_decision, write_decision
from textcls_core.evaluation.rule import DecisionRule
from textcls_core.runs.temperature import fitted_temperature


@pytest.fixture
def run(workspace, toy_dataset, monkeypatch):
    """A completed run that is too sure: it says 92 %, and is right in two of three rows."""
    monkeypatch.setenv("TEXTCLS_HOME", str(workspace.root))
    return make_too_sure(make_run(workspace, "toy", toy_dataset, {}))


def answer(capsys, *arguments):
    code = main([*arguments, "--json"])
    captured = capsys.readouterr()
    assert code == 0, captured.err
    return json.loads(captured.out)


def complaint(capsys, *arguments):
    code = main(list(arguments))
    captured = capsys.readouterr()
    assert code == 2
    assert captured.err.count("\n") == 1
    return captured.err


def test_calibrate_proposes_and_keeps_nothing(run, capsys):
    found = answer(capsys, "calibrate", "latest")

    raw, fit = run.raw_predictions("test"), fitted_temperature(run)
    assert (found["temperature"], found["saved"], found["split"]) == (1, False, "test")
    assert found["fit"] == fit.to_json()
    assert found["before"]["expected_calibration_error"] == expected_calibration_error(raw)
    assert found["after"]["temperature"] == fit.temperature > 1
    tempered = with_temperature(raw, fit.temperature)
    assert found["after"]["expected_calibration_error"] == expected_calibration_error(tempered)
    assert read_decision(run.model_dir) == Decision()


def test_calibrate_saves_what_it_proposes(run, capsys):
    found = answer(capsys, "calibrate", run.run_id, "--save")

    kept = read_decision(run.model_dir).temperature
    assert found["saved"]
    assert found["temperature"] == kept == fitted_temperature(run).temperature
    assert found["dropped_rule"] is False


def test_evaluate_uses_what_was_saved(run, capsys):
    before = answer(capsys, "evaluate", "latest")
    main(["calibrate", "latest", "--save"])
    capsys.readouterr()

    after = answer(capsys, "evaluate", "latest")

    assert after["loss"] < before["loss"]
    assert after["accuracy"] == before["accuracy"]


def test_calibrate_goes_back(run, capsys):
    main(["calibrate", "latest", "--save"])
    capsys.readouterr()

    found = answer(capsys, "calibrate", "latest", "--reset")

    assert (found["saved"], found["temperature"]) == (True, 1)
    assert read_decision(run.model_dir) == Decision()


def test_calibrate_says_that_a_rule_is_dropped(run, capsys):
    write_decision(run.model_dir, Decision(rule=DecisionRule(abstain_below=0.8)))

    main(["calibrate", "latest", "--save"])

    assert "The rule for decisions was tuned on other probabilities" in capsys.readouterr().out
    assert read_decision(run.model_dir).rule == DecisionRule()


def test_calibrate_tells_scripts_that_a_rule_is_dropped(run, capsys):
    write_decision(run.model_dir, Decision(rule=DecisionRule(abstain_below=0.8)))

    assert answer(capsys, "calibrate", "latest", "--save")["dropped_rule"]


def test_calibrate_is_readable(run, capsys):
    main(["calibrate", "latest"])

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "temperature in use: 1.00 (as trained)"
    assert lines[1].startswith("fitted on 33 validation rows: ")
    assert lines[2] == "Log loss on the validation rows is smallest at this temperature."
    assert lines[3].startswith("test rows ")
    assert lines[4].split()[:3] == ["expected", "calibration", "error,"]
    assert lines[-3].startswith("animals ")


def test_calibrate_measures_the_split_that_is_asked_for(run, capsys):
    found = answer(capsys, "calibrate", "latest", "--split", "validation")

    assert found["before"]["expected_calibration_error"] == found["fit"]["error_before"]
    assert found["after"]["expected_calibration_error"] == found["fit"]["error_after"]


def test_calibrate_without_validation_rows_measures_only(run, capsys):
    run.predictions_file("validation").unlink()

    found = answer(capsys, "calibrate", "latest")
    main(["calibrate", "latest"])

    assert found["fit"] is None
    assert found["before"]["loss"] == found["after"]["loss"]
    assert "No temperature can be fitted" in capsys.readouterr().out
    assert "no predictions for validation rows" in complaint(
        capsys, "calibrate", "latest", "--save"
    )


def test_calibrate_of_several_labels(topics_run, monkeypatch, capsys):
    monkeypatch.setenv("TEXTCLS_HOME", str(topics_run.folder.parent.parent))
    topics_run.model_dir.mkdir()

    found = answer(capsys, "calibrate", "latest", "--save")

    assert found["fit"]["error_after"] <= found["fit"]["error_before"]
    assert found["temperature"] == read_decision(topics_run.model_dir).temperature
    assert [one["label"] for one in found["after"]["per_class"]] == ["animals", "food", "weather"]


def test_calibrate_cannot_save_and_go_back_at_once(run, capsys):
    assert complaint(capsys, "calibrate", "latest", "--save", "--reset") == (
        "error: Expected --save or --reset, got both. Leave one out.\n"
    )


def test_calibrate_of_a_run_without_a_model_is_refused(run, capsys):
    run.model_dir.rmdir()

    message = complaint(capsys, "calibrate", "latest", "--save")

    assert "Expected the folder of a model, but it is gone" in message
