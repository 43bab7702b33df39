"""Tests of the coordinator: real Optuna and real run folders, but nothing is trained."""

import numpy as np
import pytest

from tests.fake_workers import NUM_VALIDATIONS, lead, states
from tests.groups import finish, make_group
from textcls_core.errors import ModelError
from textcls_core.files import read_json, write_json
from textcls_core.runs.group import RunGroup
from textcls_core.runs.group_figures import members_of
from textcls_core.runs.run import RunStatus
from textcls_core.training import search
from textcls_core.training.groups import resume_quietly
from textcls_core.training.study import MIN_COMPLETED, open_study

LEARNING_RATE = ("learning_rate=1e-5:1e-3:log",)


@pytest.mark.parametrize("kind", ["random", "tpe"])
def test_every_trial_is_one_run_inside_the_space(workspace, workers, kind):
    group = make_group(workspace, kind, (*LEARNING_RATE, "num_epochs=2,3"), num_planned=8)

    code, group = lead(group)

    assert code == 0
    assert group.status == RunStatus.COMPLETED
    assert [group.number_of(run) for run in group.members] == list(range(1, 9))
    assert len({run.config.learning_rate for run in group.members}) == 8
    for run in group.members:
        assert 1e-5 <= run.config.learning_rate <= 1e-3
        assert run.config.num_epochs in {2, 3}


def test_a_search_is_repeatable(workspace, workers):
    drawn = []

    for second in (0, 1):
        group = make_group(
            workspace, "tpe", LEARNING_RATE, 6, group_id=f"20260101-12000{second}-0123abcd"
        )
        drawn.append([run.config.learning_rate for run in lead(group)[1].members])

    assert drawn[0] == drawn[1]


def test_another_seed_is_another_search(workspace, workers):
    drawn = []

    for seed in (1, 2):
        group_id = f"20260101-12000{seed}-0123abcd"
        group = make_group(workspace, "random", LEARNING_RATE, 2, group_id=group_id, seed=seed)
        drawn += [run.config.learning_rate for run in lead(group)[1].members]

    assert len(set(drawn)) == 4


def test_tpe_draws_where_earlier_trials_did_well(workspace, workers):
    group = make_group(workspace, "tpe", LEARNING_RATE, 30)

    _, group = lead(group)

    rates = [run.config.learning_rate for run in group.members]
    near = [0.5e-4 <= rate <= 2e-4 for rate in rates]
    assert sum(near[-10:]) > sum(near[:10])


def test_runs_that_fall_behind_are_stopped_and_recorded_as_pruned(workspace, workers):
    group = make_group(workspace, "random", LEARNING_RATE, 16)

    _, group = lead(group)

    ends = group.ends.values()
    pruned = [end for end in ends if end.ending == "pruned"]
    assert pruned
    assert {end.ending for end in ends} == {"completed", "pruned"}
    assert "Behind the median of earlier trials at validation" in pruned[0].reason
    assert states(group).count("PRUNED") == len(pruned)


def test_pruning_compares_with_the_median_of_completed_trials_at_the_same_validation(
    workspace, workers
):
    group = make_group(workspace, "random", LEARNING_RATE, 16)

    _, group = lead(group)

    trials = open_study(group.folder / "study.journal", group.plan).trials
    for trial in trials:
        before = [t for t in trials[: trial.number] if t.state.name == "COMPLETE"]
        behind = [place for place in range(1, NUM_VALIDATIONS) if is_behind(trial, place, before)]
        assert (trial.state.name == "PRUNED") == bool(behind)
        assert not behind or list(trial.intermediate_values)[-1] == behind[0]


def is_behind(trial, place, before):
    """Work out by hand whether a trial is to be pruned at a validation."""
    values = trial.intermediate_values
    if place not in values or len(before) < MIN_COMPLETED:
        return False
    best = max(value for at, value in values.items() if at <= place)
    return best < np.median([other.intermediate_values[place] for other in before])


def test_nothing_is_pruned_when_pruning_is_off(workspace, workers):
    group = make_group(workspace, "random", LEARNING_RATE, 8)
    facts = read_json(group.folder / "group.json")
    write_json(group.folder / "group.json", {**facts, "prune": False})

    _, group = lead(RunGroup(group.folder))

    assert {end.ending for end in group.ends.values()} == {"completed"}


def test_a_loss_is_minimised(workspace, workers):
    group = make_group(workspace, "tpe", LEARNING_RATE, 5, metric_for_best_model="validation_loss")

    _, group = lead(group)

    study = open_study(group.folder / "study.journal", group.plan)
    assert study.best_value == min(end.value for end in group.ends.values())


@pytest.mark.parametrize(
    ("metric", "direction"), [("validation_brier", "MINIMIZE"), ("validation_mcc", "MAXIMIZE")]
)
def test_a_study_goes_in_the_direction_of_its_metric(workspace, metric, direction):
    group = make_group(workspace, "tpe", LEARNING_RATE, 5, metric_for_best_model=metric)

    study = open_study(group.folder / "study.journal", group.plan)

    assert study.direction.name == direction


def test_settings_that_contradict_are_skipped_with_the_reason(workspace, workers):
    space = ("lora_rank=0,4,8", "freeze_layers=0,2,3")
    group = make_group(workspace, "random", space, num_planned=9)

    _, group = lead(group)

    reasons = {end.reason for end in group.ends.values() if end.ending == "skipped"}
    assert any("LoRA already leaves all pretrained weights" in reason for reason in reasons)
    assert group.status == RunStatus.COMPLETED
    for run in group.members:
        assert not (run.config.lora_rank and run.config.freeze_layers)


def test_settings_that_were_tried_are_not_trained_again(workspace, workers):
    group = make_group(workspace, "random", ("num_epochs=2,3",), num_planned=6)

    _, group = lead(group)

    again = [end for end in group.ends.values() if end.ending == "skipped"]
    assert len(group.members) == 2
    assert len(again) == 4
    assert all(end.reason.endswith("had the same settings.") for end in again)
    assert set(states(group)) == {"COMPLETE"}


def test_failing_runs_end_the_search_with_the_reason(workspace, workers):
    workers.outcome = "failed"
    group = make_group(workspace, "random", LEARNING_RATE, 10)

    code, group = lead(group)

    assert code == 1
    assert group.status == RunStatus.FAILED
    assert group.error == "3 runs in a row failed, the last one because: Out of memory."
    assert len(group.members) == 3


def test_runs_that_cannot_even_start_end_the_search_with_the_reason(
    workspace, workers, monkeypatch
):
    def refuse(*_):
        raise ModelError("The model is gone.")

    monkeypatch.setattr("textcls_core.training.groups.start_run", refuse)

    code, group = lead(make_group(workspace, "random", LEARNING_RATE, 10))

    assert code == 1
    assert group.error.endswith("because: The model is gone.")
    assert [member.reason for member in members_of(group)] == ["The model is gone."] * 3


def test_a_failed_search_can_be_led_again(workspace, workers):
    workers.outcome = "failed"
    _, group = lead(make_group(workspace, "random", LEARNING_RATE, 5))
    workers.outcome = "completed"

    code, group = lead(group)

    assert code == 0
    assert group.error == ""
    assert group.status == RunStatus.COMPLETED
    assert states(group) == ["FAIL"] * 3 + ["COMPLETE"] * 2


def test_an_unforeseen_error_reaches_the_page(workspace, workers, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(search.Search, "_work", fail)

    code, group = lead(make_group(workspace, "random", LEARNING_RATE, 5))

    assert code == 1
    assert "No space left on device" in group.error


def test_a_cancelled_search_stops_its_run_and_starts_no_more(workspace, workers, monkeypatch):
    group = make_group(workspace, "random", LEARNING_RATE, 5)

    def cancel_then_work(_seconds):
        group.request_cancel()
        workers.work()

    monkeypatch.setattr(search.time, "sleep", cancel_then_work)
    _, group = lead(group)

    assert group.status == RunStatus.STOPPED
    assert [end.reason for end in group.ends.values()] == ["The search was cancelled."]
    assert [run.status for run in group.members] == [RunStatus.STOPPED]


def test_a_run_stopped_by_hand_is_recorded_as_such(workspace, workers, monkeypatch):
    group = make_group(workspace, "random", LEARNING_RATE, 2)

    def stop_the_first(_seconds):
        workers.work()
        if len(workers.runs) == 1 and workers.runs[0].status.is_active:
            workers.runs[0].request_stop()

    monkeypatch.setattr(search.time, "sleep", stop_the_first)
    _, group = lead(group)

    assert [(e.ending, e.reason) for e in group.ends.values()] == [
        ("stopped", "Stopped by hand."),
        ("completed", ""),
    ]


def test_a_paused_trial_stays_open_while_the_others_are_tried(workspace, workers, monkeypatch):
    group = make_group(workspace, "random", LEARNING_RATE, 3)
    pause_the_first(workers, monkeypatch)

    code, group = lead(group)

    assert code == 0
    assert states(group) == ["RUNNING", "COMPLETE", "COMPLETE"]
    assert [end.number for end in group.ends.values()] == [2, 3]
    assert group.status == RunStatus.STOPPED
    assert group.can_resume


def test_a_paused_trial_that_is_resumed_is_told_to_the_study(workspace, workers, monkeypatch):
    group = make_group(workspace, "random", LEARNING_RATE, 2)
    pause_the_first(workers, monkeypatch)
    _, group = lead(group)
    monkeypatch.setattr(search.time, "sleep", workers.work)

    resume_quietly(group.members[0])
    _, group = lead(RunGroup(group.folder))

    assert states(group) == ["COMPLETE", "COMPLETE"]
    assert [end.number for end in group.ends.values()] == [1, 2]
    assert group.status == RunStatus.COMPLETED


def pause_the_first(workers, monkeypatch):
    def work(_seconds):
        workers.work()
        if len(workers.runs) == 1 and workers.runs[0].status.is_active:
            workers.runs[0].request_pause()

    monkeypatch.setattr(search.time, "sleep", work)


def test_a_killed_worker_goes_on_once(workspace, workers, monkeypatch):
    group = make_group(workspace, "random", LEARNING_RATE, 2)
    resumed = []

    def revive(run):
        resumed.append(run.run_id)
        workers.killed.clear()

    def kill_the_first_once(_seconds):
        if not resumed:
            workers.killed[:] = workers.runs[:1]
        workers.work()

    monkeypatch.setattr(search, "resume_quietly", revive)
    monkeypatch.setattr(search.time, "sleep", kill_the_first_once)
    _, group = lead(group)

    assert resumed == [group.members[0].run_id]
    assert [end.ending for end in group.ends.values()] == ["completed", "completed"]


def test_a_run_that_could_not_go_on_and_kept_its_best_says_why(workspace, workers, monkeypatch):
    group = make_group(workspace, "random", LEARNING_RATE, 2)

    def break_the_first(_seconds):
        workers.work()
        if len(workers.runs) == 1 and workers.runs[0].status.is_active:
            finish(workers.runs[0], "stopped", error="The loss became nan.")

    monkeypatch.setattr(search.time, "sleep", break_the_first)
    _, group = lead(group)

    assert [(e.ending, e.reason) for e in group.ends.values()] == [
        ("stopped", "The loss became nan."),
        ("completed", ""),
    ]


def test_a_worker_that_is_killed_again_fails_its_trial_alone(workspace, workers, monkeypatch):
    group = make_group(workspace, "random", LEARNING_RATE, 2)
    monkeypatch.setattr(search, "resume_quietly", lambda _: None)

    def kill_the_first(_seconds):
        workers.killed[:] = workers.runs[:1]
        workers.work()

    monkeypatch.setattr(search.time, "sleep", kill_the_first)
    _, group = lead(group)

    assert [end.ending for end in group.ends.values()] == ["failed", "completed"]
    assert group.ends[1].reason == "The worker ended without a word, twice."
    assert group.status == RunStatus.COMPLETED
