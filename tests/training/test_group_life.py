"""Tests of cancelling, continuing, joining and awaiting groups; no worker is started."""

import pytest

from tests.groups import GROUP_ID, add_member, figures, finish, make_group, pause
from textcls_core.config import RunConfig
from textcls_core.errors import RunStateError
from textcls_core.runs.group import RunGroup
from textcls_core.runs.run import RunStatus
from textcls_core.training import groups
from textcls_core.training.groups import cancel, join, plan_seeds, resume, start_group, wait

CONFIG = RunConfig.create({"dataset": "toy", "seed": 7})

pytestmark = pytest.mark.usefixtures("embedded_unchecked")


def test_cancelling_stops_active_members_and_starts_no_more(workspace, started):
    group = start_group(workspace, plan_seeds(CONFIG, 3), GROUP_ID)
    finish(started[0], validation=figures(0.9), test=figures(0.9))

    cancel(workspace, GROUP_ID)
    (started[2].folder / "config.json").unlink()
    start_group(workspace, plan_seeds(CONFIG, 3), GROUP_ID)

    assert [run.stop_file.exists() for run in started] == [False, True, True]
    assert len(started) == 3
    assert group.is_cancelled


def test_a_member_that_starts_while_the_group_is_cancelled_is_stopped(workspace, monkeypatch):
    group = make_group(workspace)
    monkeypatch.setattr(
        "textcls_core.training.launch._start_worker", lambda _: group.request_cancel()
    )

    run = groups.start_member(group, 1, group.plan.member_config(GROUP_ID, 1, {"seed": 1}))

    assert run is not None
    assert run.stop_file.exists()
    config = group.plan.member_config(GROUP_ID, 2, {"seed": 2})
    assert groups.start_member(group, 2, config) is None


def test_a_search_at_work_can_be_joined(workspace, coordinators, hold_lock):
    group = make_group(workspace, "tpe", ("seed=1:9",))
    hold_lock(group.coordinator_lock(1))

    join(workspace, GROUP_ID)

    assert coordinators == [group.folder]


@pytest.mark.parametrize(
    ("kind", "what"), [("tpe", "search"), ("seeds", "group of seeds")], ids=["search", "seeds"]
)
def test_only_a_search_at_work_can_be_joined(workspace, coordinators, kind, what):
    make_group(workspace, kind, ("seed=1,2,3",))

    with pytest.raises(RunStateError, match=f"is a {what} and interrupted; only a search that is"):
        join(workspace, GROUP_ID)

    assert coordinators == []


def test_a_search_has_no_more_coordinators_than_it_may(workspace, coordinators, monkeypatch):
    make_group(workspace, "tpe", ("seed=1:9",))
    monkeypatch.setattr(RunGroup, "num_coordinators", groups.MAX_COORDINATORS)

    with pytest.raises(RunStateError, match="16 coordinators work on group"):
        join(workspace, GROUP_ID)

    assert coordinators == []


def test_a_group_that_has_ended_cannot_be_cancelled(workspace):
    group = make_group(workspace, num_planned=1)
    finish(add_member(group, 1, seed=1), validation=figures(0.9), test=figures(0.9))

    with pytest.raises(
        RunStateError, match=rf"Group {GROUP_ID} is already completed; there is nothing to cancel"
    ):
        cancel(workspace, GROUP_ID)


def test_resume_starts_the_members_that_are_missing(workspace, started):
    group = make_group(workspace)
    finish(add_member(group, 1, seed=1), validation=figures(0.9), test=figures(0.9))

    resumed = resume(workspace, GROUP_ID)

    assert [run.config.seed for run in started] == [2, 3]
    assert resumed.status in {RunStatus.RUNNING, RunStatus.QUEUED}


@pytest.mark.parametrize("leave", [pause, lambda run: run], ids=["paused", "killed"])
def test_resume_lets_paused_and_killed_members_go_on(workspace, started, leave):
    group = make_group(workspace, num_planned=2, space=("seed=1,2",))
    finish(add_member(group, 1, seed=1), validation=figures(0.9), test=figures(0.9))
    waiting = leave(add_member(group, 2, seed=2))

    resumed = resume(workspace, GROUP_ID)

    assert started == [waiting]
    assert not waiting.is_paused
    assert resumed.status == RunStatus.RUNNING


def test_a_paused_group_can_be_cancelled(workspace):
    group = make_group(workspace, num_planned=1)
    pause(add_member(group, 1, seed=1))

    cancel(workspace, GROUP_ID)

    assert (group.status, group.can_resume) == (RunStatus.STOPPED, False)


def test_a_member_that_somebody_else_resumed_is_left_alone(workspace, started, hold_lock):
    run = add_member(make_group(workspace), 1, seed=1)
    hold_lock(run.lock_file)

    groups.resume_quietly(run)

    assert started == []


def test_resume_of_a_search_starts_a_coordinator(workspace, coordinators):
    group = make_group(workspace, "tpe", ("seed=1:9",))

    resume(workspace, GROUP_ID)

    assert coordinators == [group.folder]


def test_a_search_without_coordinator_is_resumed_while_its_last_run_trains(
    workspace, coordinators, hold_lock
):
    group = make_group(workspace, "tpe", ("seed=1:9",))
    hold_lock(add_member(group, 1, seed=1).lock_file)

    resume(workspace, GROUP_ID)

    assert coordinators == [group.folder]


def test_a_search_with_a_coordinator_is_not_resumed(workspace, coordinators, hold_lock):
    hold_lock(make_group(workspace, "tpe", ("seed=1:9",)).coordinator_lock(1))

    with pytest.raises(RunStateError, match="is running; only one that somebody left behind"):
        resume(workspace, GROUP_ID)


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (lambda group: group.request_cancel(), "is stopped; only one that somebody left behind or"),
        (
            lambda group: [finish(add_member(group, n, seed=n)) for n in (1, 2, 3)],
            "is completed; only one that somebody left behind or paused can be resumed",
        ),
    ],
    ids=["cancelled", "nothing missing"],
)
def test_a_group_that_cannot_go_on_says_so(workspace, prepare, message):
    prepare(make_group(workspace))

    with pytest.raises(RunStateError, match=message):
        resume(workspace, GROUP_ID)


def test_waiting_ends_with_the_group(workspace, monkeypatch):
    group = make_group(workspace, num_planned=1)
    run = add_member(group, 1, age_seconds=0, seed=1)
    monkeypatch.setattr(groups.time, "sleep", lambda _: finish(run, validation=figures(0.9)))

    assert wait(RunGroup(group.folder)) == RunStatus.COMPLETED
