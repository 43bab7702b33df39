"""`causes RUN`: counts and actions for a script, sentences for a person."""

import json

import pytest

from tests.mistakes.causes.cases import dataset_of, make_run
from textcls_core.cli.main import main
from textcls_core.mistakes.causes.found import FoundCause
from textcls_core.mistakes.causes.triage import Coverage, Triage, TriageFacts, triage_dir

ROWS = [("a", "ham", "train"), ("b", "spam", "train"), ("x", "ham", "test"), ("y", "spam", "test")]


@pytest.fixture
def run(workspace, monkeypatch):
    """A run whose causes are stored."""
    monkeypatch.setenv("TEXTCLS_HOME", str(workspace.root))
    made = make_run(workspace, dataset_of(ROWS), {"x": (0.1, 0.9), "y": (0.9, 0.1)})
    row_ids = made.predictions("test").row_ids
    facts = TriageFacts(
        run_id=made.run_id,
        split="test",
        num_rows=2,
        num_mistakes=2,
        coverage=(Coverage(cause="truncated", asked=2, looked=1),),
        seconds=1.0,
    )
    both = (FoundCause("truncated", "Cut."), FoundCause("ambiguous", "Wavers."))
    by_row = {row_ids[0]: both, row_ids[1]: both[1:]}
    Triage(facts, by_row).save(triage_dir(workspace, made, "test"))
    return made


def test_script_gets_causes_actions_and_what_was_left_out(run, capsys):
    assert main(["causes", run.run_id, "--json"]) == 0

    value = json.loads(capsys.readouterr().out)
    assert (value["num_mistakes"], value["num_explained"]) == (2, 2)
    assert [(one["cause"], one["count"]) for one in value["causes"]] == [
        ("ambiguous", 2),
        ("truncated", 1),
    ]
    actions = {one["action"]: (one["up_to"], one["first_choice"]) for one in value["actions"]}
    assert actions == {"read_more": (1, 1), "sharpen_classes": (2, 1)}
    assert value["not_looked_at"] == ["Truncated: looked for in 1 of 2 mistakes."]


def test_person_gets_sentences(run, capsys):
    assert main(["causes", "latest"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "2 mistakes in 2 rows, 2 with a likely cause"
    assert lines[1].split() == ["2", "Ambiguous"]
    assert "      2  Sharpen the classes (first choice of 1)" in lines
    assert lines[-1] == "Truncated: looked for in 1 of 2 mistakes."


def test_unknown_split_is_bad_input(run, capsys):
    assert main(["causes", run.run_id, "--split", "dev"]) == 2

    assert "Expected a split" in capsys.readouterr().err


def test_split_without_predictions_is_bad_input(run, capsys):
    assert main(["causes", run.run_id, "--split", "validation"]) == 2

    assert 'has no predictions for "validation"' in capsys.readouterr().err
