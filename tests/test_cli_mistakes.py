"""Tests of `mistakes RUN`: the filters of the page, causes and annotations."""

import json

import numpy as np
import pytest

from tests.pages.conftest import MISTAKES, make_run
from textcls_core.cli.main import main
from textcls_core.mistakes.annotations.store import Annotations
from textcls_core.mistakes.causes.found import CAUSES, FoundCause
from textcls_core.mistakes.causes.triage import Coverage, Triage, TriageFacts, triage_dir
from textcls_core.runs.saved_slices import SavedSlices
from textcls_core.runs.slice_conditions import Condition


@pytest.fixture
def run(workspace, toy_dataset, monkeypatch):
    """A completed run with three known mistakes on the test split; it has no model."""
    monkeypatch.setenv("TEXTCLS_HOME", str(workspace.root))
    return make_run(workspace, "toy", toy_dataset, MISTAKES)


@pytest.fixture
def wrong(run):
    """Row ids of the three mistakes."""
    predictions = run.predictions("test")
    return [predictions.row_ids[row] for row in np.flatnonzero(predictions.is_mistake)]


@pytest.fixture
def causes(workspace, run, wrong):
    """Causes of two of the mistakes, on disk."""
    found = {
        wrong[0]: (FoundCause("truncated", "Cut."), FoundCause("rare_class", "Rare.")),
        wrong[1]: (FoundCause("truncated", "Cut too."),),
    }
    coverage = tuple(Coverage(cause=cause, asked=3, looked=3) for cause in CAUSES)
    facts = TriageFacts(
        run_id=run.run_id, split="test", num_rows=33, num_mistakes=3, coverage=coverage, seconds=1
    )
    folder = triage_dir(workspace, run, "test")
    folder.parent.mkdir(parents=True, exist_ok=True)
    Triage(facts, found).save(folder)
    return found


def answer(capsys, *arguments):
    code = main(["mistakes", "latest", *arguments, "--json"])
    captured = capsys.readouterr()
    assert code == 0, captured.err
    return json.loads(captured.out)


def refusal(capsys, *arguments):
    code = main(["mistakes", "latest", *arguments])
    assert code == 2
    return capsys.readouterr().err


def test_rows_have_the_stable_fields(run, causes, wrong, capsys):
    rows = {row["row_id"]: row for row in answer(capsys)["rows"]}

    assert set(rows[wrong[0]]) == {
        *("row_id", "text", "true", "predicted", "confidence", "loss", "outcome"),
        *("probabilities", "causes", "evidence", "annotation"),
    }
    assert rows[wrong[0]]["causes"] == ["truncated", "rare_class"]
    assert rows[wrong[0]]["evidence"] == ["Cut.", "Rare."]
    assert rows[wrong[2]]["causes"] == rows[wrong[2]]["evidence"] == []
    assert rows[wrong[0]]["annotation"] is None


def test_rows_have_what_people_said(workspace, run, causes, wrong, capsys):
    notes = Annotations.open(workspace, "toy")
    notes.tag([wrong[1]], "odd")
    notes.review([wrong[1]])

    rows = {row["row_id"]: row for row in answer(capsys)["rows"]}

    assert rows[wrong[1]]["annotation"] == {
        "row_id": wrong[1],
        "tags": ["odd"],
        "note": "",
        "proposed": None,
        "dropped": False,
        "reviewed": True,
    }
    assert answer(capsys, "--tag", "odd")["count"] == 1
    assert answer(capsys, "--tag", "none")["count"] == 2
    assert answer(capsys, "--unreviewed")["count"] == 2


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        (["--outcome", "all"], 33),
        (["--outcome", "right-and-sure"], 30),
        (["--outcome", "wrong-but-unsure"], 0),
        (["--true", "food"], 2),
        (["--predicted", "food"], 1),
        (["--min-confidence", "0.95"], 0),
        (["--max-confidence", "0.93"], 3),
        (["--loss", "3.2.."], 3),
        (["--loss", "..3.2"], 0),
        (["--outcome", "all", "--words", "1..2"], 4),
        (["--outcome", "all", "--pattern", "(?i)^THE"], 9),
        (["--cause", "truncated"], 2),
        (["--cause", "ambiguous"], 0),
        (["--cause", "none"], 1),
        (["--slice", "food"], 2),
        (["--query", "NOTHING like it"], 0),
    ],
)
def test_filters_are_effective(workspace, run, causes, capsys, arguments, count):
    SavedSlices.open(workspace, "toy").save("food", [Condition(kind="class", value="food")])

    assert answer(capsys, *arguments)["count"] == count


@pytest.mark.parametrize("order", ["loss", "confidence", "margin", "entropy", "position"])
def test_orders_keep_the_rows(run, causes, wrong, capsys, order):
    rows = answer(capsys, "--order", order)["rows"]

    assert sorted(row["row_id"] for row in rows) == sorted(wrong)


def test_limit_cuts_the_rows_and_not_the_count(run, causes, capsys):
    found = answer(capsys, "--limit", "1")

    assert (found["count"], len(found["rows"])) == (3, 1)


def test_causes_that_nobody_looked_for_are_looked_for(run, capsys, monkeypatch):
    asked = []

    def ensure(workspace, asked_run, split, progress):
        asked.append((asked_run.run_id, split))
        progress(1, 2, "Looking")
        return Triage(None, {})

    monkeypatch.setattr("textcls_core.mistakes.causes.job.ensure_triage", ensure)
    code = main(["mistakes", "latest", "--json"])

    captured = capsys.readouterr()
    assert code == 0
    assert asked == [(run.run_id, "test")]
    assert " 50 %  Looking" in captured.err
    assert json.loads(captured.out)["count"] == 3


def test_causes_are_left_alone_when_not_wanted(run, capsys, monkeypatch):
    monkeypatch.setattr("textcls_core.mistakes.causes.job.ensure_triage", None)

    rows = answer(capsys, "--no-causes")["rows"]

    assert [row["causes"] for row in rows] == [[], [], []]


def test_lines_are_readable(run, causes, wrong, capsys):
    main(["mistakes", "latest", "--order", "position"])

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert lines[0].startswith(f"{wrong[0]}  ")
    assert "92.0 %  [truncated, rare_class]  " in lines[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--outcome", "wrong"], "Expected an outcome (mistakes, wrong-and-sure, "),
        (["--cause", "bad luck"], "Expected a cause (label_suspect, "),
        (["--loss", "5"], 'Expected --loss LOW..HIGH, LOW.. or ..HIGH, got "5".'),
        (["--tag", "unheard"], 'No row of this split has the tag "unheard".'),
        (["--slice", "unheard"], 'No slice is named "unheard".'),
        (["--pattern", "["], "regular expression"),
        (["--order", "forgetting"], "Expected rows whose training was recorded"),
        (["--tokens", "1..2"], "The tokens of these texts were not counted."),
        (["--truncated"], "their tokens were not counted"),
    ],
)
def test_what_is_not_there_is_refused_in_a_line(run, causes, capsys, arguments, message):
    assert message in refusal(capsys, *arguments)


def test_a_run_with_several_labels_lists_them(topics_run, capsys, monkeypatch):
    monkeypatch.setenv("TEXTCLS_HOME", str(topics_run.folder.parent.parent))
    found = answer(capsys, "--no-causes", "--true", "weather")

    assert found["count"] == len(found["rows"]) > 0
    assert all("weather" in row["true"] for row in found["rows"])
    assert all("weather" not in row["predicted"] for row in found["rows"])
