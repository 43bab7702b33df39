"""Tests of the group folder: its members, and the status that follows from its files."""

import pytest

from tests.groups import GROUP_ID, add_member, figures, finish, make_group, pause
from textcls_core.config import RunConfig
from textcls_core.errors import InvalidArgumentError
from textcls_core.files import write_json
from textcls_core.runs.group import RunGroup, TrialEnd, member_run_id
from textcls_core.runs.run import RunStatus
from textcls_core.runs.store import RunStore, checked_id
from textcls_core.workspace import Workspace

DONE = {"validation": figures(0.9), "test": figures(0.9)}


@pytest.fixture
def workspace(tmp_path):
    """An empty workspace: groups need no data set to be read."""
    return Workspace(tmp_path)


def reopened(group):
    return RunGroup(group.folder)


def skip(group, number):
    group.record_end(TrialEnd(number=number, ending="skipped", settings={}, reason="No."))


@pytest.mark.parametrize("number", [1, 64, 1000])
def test_member_ids_are_run_ids_that_keep_the_number(workspace, number):
    group = make_group(workspace)

    run = add_member(group, number, seed=5)

    assert checked_id(run.run_id) == run.run_id == member_run_id(GROUP_ID, number)
    assert group.number_of(run) == number


def test_members_are_the_runs_that_name_the_group_in_the_order_of_their_numbers(workspace):
    group = make_group(workspace)
    second, first = add_member(group, 2, seed=2), add_member(group, 1, seed=1)
    RunStore.open(workspace).create(RunConfig.create({"dataset": "toy"}))

    assert group.members == (first, second)
    assert [group.settings_of(run) for run in group.members] == [{"seed": 1}, {"seed": 2}]


def test_a_run_that_joined_by_hand_is_a_member_without_a_number(workspace):
    group = make_group(workspace)
    config = RunConfig.create({"dataset": "toy", "group": GROUP_ID})
    run, _ = RunStore.open(workspace).create(config)

    assert group.members == (run,)
    assert group.number_of(run) == 0


@pytest.mark.parametrize(
    ("kind", "space", "number", "settings", "label"),
    [
        ("seeds", ("seed=1,2",), 2, {"seed": 7}, "seed 7"),
        ("folds", (), 2, {"fold": 2}, "fold 2 of 5"),
        ("grid", ("seed=1,2",), 3, {"seed": 7}, "combination 3"),
        ("tpe", ("seed=1:9",), 4, {"seed": 7}, "trial 4"),
    ],
)
def test_members_are_called_by_what_makes_them_different(
    workspace, kind, space, number, settings, label
):
    group = make_group(workspace, kind, space, num_folds=5, fold=1)

    config = group.plan.member_config(GROUP_ID, number, settings)

    assert config.name == f"minilm on toy, {label}"
    assert config.group == GROUP_ID


def test_a_member_with_contradicting_settings_is_refused(workspace):
    group = make_group(workspace, "grid", ("lora_rank=0,4",), freeze_embeddings=True)

    with pytest.raises(InvalidArgumentError, match="LoRA already leaves all pretrained weights"):
        group.plan.member_config(GROUP_ID, 1, {"lora_rank": 4})


def test_a_new_group_without_members_is_queued_and_an_old_one_interrupted(workspace):
    new = make_group(workspace, age_seconds=0)
    old = make_group(workspace, group_id="20260101-120001-0123abcd")

    assert (new.status, old.status) == (RunStatus.QUEUED, RunStatus.INTERRUPTED)


def test_a_group_whose_members_all_wait_is_queued(workspace, hold_lock):
    group = make_group(workspace)
    hold_lock(add_member(group, 1, seed=1).lock_file)

    assert group.status == RunStatus.QUEUED


def test_a_group_is_running_while_a_member_is_active(workspace, hold_lock):
    group = make_group(workspace)
    finish(add_member(group, 1, seed=1))
    hold_lock(add_member(group, 2, seed=2).lock_file)

    assert group.status == RunStatus.RUNNING


def test_a_group_is_running_while_a_coordinator_is_alive(workspace, hold_lock):
    group = make_group(workspace, "tpe", ("seed=1:9",))
    hold_lock(group.coordinator_lock(2))

    assert group.has_coordinator
    assert group.status == RunStatus.RUNNING


def test_a_cancelled_group_is_stopping_and_then_stopped(workspace, hold_lock):
    group = make_group(workspace)
    worker = hold_lock(add_member(group, 1, seed=1).lock_file)
    group.request_cancel()

    before = group.status
    worker.kill()
    worker.wait()

    assert (before, group.status) == (RunStatus.STOPPING, RunStatus.STOPPED)


def test_a_group_is_completed_when_every_planned_member_has_ended(workspace):
    group = make_group(workspace)
    finish(add_member(group, 1, seed=1), **DONE)
    finish(add_member(group, 2, seed=2), "failed", error="No.")

    before = group.status
    skip(group, 3)

    assert (before, reopened(group).status) == (RunStatus.INTERRUPTED, RunStatus.COMPLETED)


def test_a_group_without_a_completed_member_has_failed(workspace):
    group = make_group(workspace, num_planned=2)
    finish(add_member(group, 1, seed=1), "failed", error="No.")
    skip(group, 2)

    assert group.status == RunStatus.FAILED


def test_a_paused_member_keeps_its_group_open(workspace):
    group = make_group(workspace, num_planned=2)
    finish(add_member(group, 1, seed=1), **DONE)
    paused = pause(add_member(group, 2, seed=2))

    assert group.status == RunStatus.STOPPED
    assert group.num_ended == 1
    assert group.waiting == [paused]
    assert group.can_resume
    assert group.can_cancel


def test_members_that_are_missing_beside_a_paused_one_interrupt_a_group(workspace):
    group = make_group(workspace, num_planned=2, age_seconds=0)
    pause(add_member(group, 1, seed=1))

    assert group.status == RunStatus.INTERRUPTED


def test_a_search_that_cannot_go_on_has_failed_and_says_why(workspace):
    group = make_group(workspace, "tpe", ("seed=1:9",))
    write_json(group.failed_file, {"error": "3 runs in a row failed."})

    assert group.status == RunStatus.FAILED
    assert group.error == "3 runs in a row failed."


def test_a_killed_member_interrupts_a_group_unless_its_coordinator_took_note(workspace):
    group = make_group(workspace, "tpe", ("seed=1:9",), num_planned=2)
    finish(add_member(group, 1, seed=1), **DONE)
    add_member(group, 2, seed=2)

    before = group.status
    group.record_end(TrialEnd(number=2, ending="failed", settings={}, reason="Killed."))

    assert (before, group.status) == (RunStatus.INTERRUPTED, RunStatus.COMPLETED)


def test_ends_are_read_back_by_number(workspace):
    group = make_group(workspace)
    ends = {
        n: TrialEnd(number=n, ending="pruned", settings={"seed": n, "learning_rate": 0.1}, value=n)
        for n in (2, 11, 3)
    }

    for end in ends.values():
        group.record_end(end)

    assert group.ends == ends
    assert list(group.ends) == [2, 3, 11]


def test_a_damaged_plan_names_its_file(workspace):
    group = make_group(workspace)
    write_json(group.folder / "group.json", {"kind": "seeds"})

    with pytest.raises(
        InvalidArgumentError, match=rf"{GROUP_ID}/group\.json does not describe a group of this ver"
    ):
        _ = reopened(group).plan


def test_a_group_left_behind_can_be_resumed_unless_it_was_cancelled(workspace):
    group = make_group(workspace)

    before = group.can_resume
    group.request_cancel()

    assert (before, group.can_resume) == (True, False)


def test_a_group_whose_members_all_ended_cannot_be_resumed(workspace):
    group = make_group(workspace, "tpe", ("seed=1:9",), num_planned=1)
    finish(add_member(group, 1, seed=1), **DONE)

    assert not group.can_resume
