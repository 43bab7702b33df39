"""Causes on disk: found again, stale when they should be, never half there."""

import time

import pytest

from tests.mistakes.causes.cases import dataset_of, make_run
from textcls_core.evaluation.decision import Decision, write_decision
from textcls_core.files import write_text
from textcls_core.mistakes.causes import triage as module
from textcls_core.mistakes.causes.found import (
    ACTIONS,
    CAUSES,
    Cause,
    FoundCause,
    in_order,
)
from textcls_core.mistakes.causes.triage import (
    Coverage,
    Triage,
    TriageFacts,
    read_triage,
    triage_dir,
    triage_stamp,
)

ROWS = [("a", "ham", "train"), ("b", "spam", "train"), ("x", "ham", "test"), ("y", "spam", "test")]


def triage_of(by_row, num_mistakes=4, coverage=()):
    facts = TriageFacts(
        run_id="made", split="test", num_rows=10, num_mistakes=num_mistakes,
        coverage=coverage, seconds=1.5,
    )  # fmt: skip
    return Triage(facts, by_row)


TRIAGE = triage_of(
    {
        "r1": (FoundCause("truncated", "Cut."), FoundCause("ambiguous", "Wavers.")),
        "r2": (FoundCause("ambiguous", "Wavers, <b>too</b>."),),
    }
)


@pytest.fixture
def run(workspace):
    return make_run(workspace, dataset_of(ROWS), {"x": [0.1, 0.9]})


def test_triage_is_found_again(workspace, run):
    TRIAGE.save(triage_dir(workspace, run, "test"))

    found = read_triage(workspace, run, "test")

    assert found is not None
    assert found.by_row == TRIAGE.by_row
    assert found.facts == TRIAGE.facts
    assert list(found.by_row) == ["r1", "r2"]


def test_triage_that_was_not_made_is_none_and_has_no_stamp(workspace, run):
    assert read_triage(workspace, run, "test") is None
    assert triage_stamp(workspace, run, "test") == ""


def test_each_split_has_its_own(workspace, run):
    TRIAGE.save(triage_dir(workspace, run, "test"))

    assert read_triage(workspace, run, "train") is None


def test_temperature_makes_it_stale(workspace, run):
    TRIAGE.save(triage_dir(workspace, run, "test"))
    stamp = triage_stamp(workspace, run, "test")
    run.model_dir.mkdir()
    write_decision(run.model_dir, Decision(temperature=2.0))

    assert stamp
    assert read_triage(workspace, run, "test") is None


def test_another_recipe_makes_it_stale(workspace, run, monkeypatch):
    TRIAGE.save(triage_dir(workspace, run, "test"))
    monkeypatch.setattr(module, "RECIPE", module.RECIPE + 1)

    assert read_triage(workspace, run, "test") is None


@pytest.mark.parametrize("name", ["facts.json", "causes.parquet"])
def test_damaged_file_counts_as_not_there(workspace, run, name):
    folder = triage_dir(workspace, run, "test")
    TRIAGE.save(folder)
    write_text(folder / name, "{")

    assert read_triage(workspace, run, "test") is None


def test_reading_is_quick(workspace, run):
    rows = {f"r{n}": TRIAGE.by_row["r1"] for n in range(20_000)}
    triage_of(rows).save(triage_dir(workspace, run, "test"))

    start = time.perf_counter()
    found = read_triage(workspace, run, "test")

    assert len(found.by_row) == 20_000
    assert time.perf_counter() - start < 2.0


def test_counts_are_the_largest_first():
    assert TRIAGE.counts == {"ambiguous": 2, "truncated": 1}
    assert list(TRIAGE.counts) == ["ambiguous", "truncated"]


def test_rows_with_several_causes_are_listed_once():
    assert TRIAGE.rows_with(["ambiguous", "truncated"]) == ["r1", "r2"]
    assert TRIAGE.rows_with(["rare_class"]) == []


@pytest.mark.parametrize(
    ("coverage", "sentence"),
    [
        (Coverage(cause="truncated", asked=3, looked=3), ""),
        (
            Coverage(cause="truncated", asked=5, looked=3, note="So."),
            "Truncated: looked for in 3 of 5 mistakes. So.",
        ),
        (Coverage(cause="truncated", asked=5, looked=0), "Truncated: not looked for."),
        (Coverage(cause="truncated", asked=5, looked=5, note="So."), "Truncated: So."),
    ],
)
def test_what_was_not_looked_at_is_a_sentence(coverage, sentence):
    facts = triage_of({}, coverage=(coverage,)).facts

    assert facts.not_looked_at == ([sentence] if sentence else [])


def test_causes_of_a_mistake_stand_the_most_specific_first():
    found = in_order([FoundCause("almost_right", ""), FoundCause("label_suspect", "")])

    assert [one.cause for one in found] == ["label_suspect", "almost_right"]


def test_every_cause_has_words_and_every_action_a_cause():
    names: tuple[Cause, ...] = Cause.__args__

    assert set(CAUSES) == set(names)
    assert {words.action for words in CAUSES.values()} == set(ACTIONS)
