"""Tests of the figures of a group against NumPy, and of who counts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.groups import add_member, figures, finish, make_group, validate
from textcls_core.files import to_json, write_json
from textcls_core.runs.group import TrialEnd
from textcls_core.runs.group_figures import (
    Spread,
    best_member,
    group_json,
    members_of,
    seconds_left,
    summary,
    validation_score,
)
from textcls_core.runs.history import append_rows
from textcls_core.workspace import Workspace

VALUES = st.lists(st.floats(0, 1), min_size=2, max_size=30)


@pytest.fixture
def workspace(tmp_path):
    """An empty workspace."""
    return Workspace(tmp_path)


@pytest.fixture
def group(workspace):
    """Four members: two completed, one stopped with the best model, one failed."""
    group = make_group(workspace, "tpe", ("seed=1:9",), num_planned=5)
    for number, accuracy in ((1, 0.8), (2, 0.9)):
        run = add_member(group, number, seed=number)
        finish(run, validation=figures(accuracy), test=figures(accuracy - 0.1))
    finish(add_member(group, 3, seed=3), "stopped", validation=figures(0.95), test=figures(0.5))
    finish(add_member(group, 4, seed=4), "failed", error="Out of memory.")
    group.record_end(TrialEnd(number=3, ending="pruned", settings={"seed": 3}, reason="Behind."))
    group.record_end(TrialEnd(number=5, ending="skipped", settings={"seed": 9}, reason="Twice."))
    return group


@given(VALUES)
def test_spread_equals_numpy(values):
    spread = Spread.of(values)

    assert spread.mean == pytest.approx(np.mean(values))
    assert spread.standard_deviation == pytest.approx(np.std(values, ddof=1), abs=1e-12)
    assert (spread.min, spread.max, spread.n) == (np.min(values), np.max(values), len(values))


def test_one_value_has_no_spread():
    assert Spread.of([0.5]) == Spread(0.5, None, 0.5, 0.5, 1)


def test_the_summary_is_over_completed_members_alone(group):
    spreads = summary(members_of(group))

    accuracy = spreads["test"]["accuracy"]
    assert accuracy.n == 2
    assert accuracy.mean == pytest.approx(np.mean([0.7, 0.8]))
    assert accuracy.standard_deviation == pytest.approx(np.std([0.7, 0.8], ddof=1))
    assert set(spreads["validation"]) == {"loss", "accuracy", "macro_f1"}


def test_the_summary_of_nothing_is_empty(workspace):
    assert summary(members_of(make_group(workspace))) == {"validation": {}, "test": {}}


def test_the_best_member_is_chosen_on_validation_among_those_with_a_model(group):
    best = best_member(members_of(group), "validation_macro_f1")

    assert best is not None
    assert (best.number, best.score) == (3, 0.95)


def test_the_best_member_by_loss_has_the_smallest(workspace):
    group = make_group(workspace, metric_for_best_model="validation_loss")
    for number, accuracy in ((1, 0.8), (2, 0.9)):
        finish(add_member(group, number, seed=number), validation=figures(accuracy))

    best = best_member(members_of(group), "validation_loss")

    assert best is not None
    assert (best.number, best.score) == (2, 0.1)


def test_the_best_member_by_brier_score_has_the_smallest(workspace):
    group = make_group(workspace, metric_for_best_model="validation_brier")
    for number, value in ((1, 0.4), (2, 0.1), (3, None)):
        run = add_member(group, number, seed=number)
        finish(run, validation=figures(0.5))
        row = {"step": 1, "epoch": 1, "validation_loss": 1.0, "validation_brier": value}
        with run.history_file.open("a") as file:
            append_rows(file, [row])

    members = members_of(group)
    best = best_member(members, "validation_brier")

    assert best is not None
    assert (best.number, best.score) == (2, 0.1)
    assert members[2].score is None


def test_nobody_is_best_before_somebody_ended(workspace):
    group = make_group(workspace)
    validate(add_member(group, 1, seed=1), 0.9)

    assert best_member(members_of(group), "validation_macro_f1") is None


def test_members_tell_what_became_of_each(group):
    members = members_of(group)

    assert [(m.number, m.label, str(m.status), m.ending, m.reason) for m in members] == [
        (1, "trial 1", "completed", None, ""),
        (2, "trial 2", "completed", None, ""),
        (3, "trial 3", "stopped", "pruned", "Behind."),
        (4, "trial 4", "failed", None, "Out of memory."),
        (5, "trial 5", "None", "skipped", "Twice."),
    ]


def test_the_score_of_a_training_member_is_its_best_validation(workspace):
    run = add_member(make_group(workspace), 1, seed=1)
    before = validation_score(run, "validation_accuracy")

    validate(run, 0.5, 0.7, 0.6)

    assert before is None
    assert validation_score(run, "validation_accuracy") == 0.7
    assert validation_score(run, "validation_loss") == pytest.approx(0.3)


def test_the_json_of_a_group_has_its_stable_fields(group):
    shown = group_json(group)

    assert to_json(shown)
    assert shown["status"] == "completed"
    assert shown["best"] == shown["members"][2]["run_id"]
    assert shown["summary"]["validation"]["accuracy"]["n"] == 2
    assert shown["members"][4]["status"] == "skipped"
    assert shown["members"][0]["test"]["accuracy"] == pytest.approx(0.7)
    assert {"kind", "planned", "space", "metric", "dataset", "model", "name"} <= set(shown)


def test_the_time_left_is_the_mean_time_of_those_that_ended_for_each_of_the_rest(workspace):
    group = make_group(workspace, num_planned=4)
    for number, seconds in ((1, 10), (2, 30)):
        run = add_member(group, number, seed=number)
        finish(run, validation=figures(0.9), finished_at=f"2026-01-01T12:00:{seconds}+00:00")
        write_json(run.folder / "started.json", {"started_at": "2026-01-01T12:00:00+00:00"})

    assert seconds_left(group) == 40


def test_the_time_left_is_unknown_before_a_run_has_ended(workspace):
    group = make_group(workspace)
    add_member(group, 1, seed=1)

    assert seconds_left(group) is None
