"""Tests of coordinators that are killed, continued, and share a search; nothing is trained."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from tests.fake_workers import lead, states
from tests.groups import GROUP_ID, add_member, figures, finish, make_group, validate
from textcls_core.runs.group import RunGroup
from textcls_core.runs.group_figures import members_of
from textcls_core.runs.run import Run, RunStatus
from textcls_core.runs.search_space import parse_space
from textcls_core.training import search
from textcls_core.training.groups import plan_search, start_group, wait
from textcls_core.training.study import JournalLock, open_study
from textcls_core.workspace import APP_DIR

LEARNING_RATE = ("learning_rate=1e-5:1e-3:log",)
LEAD_WITHOUT_TRAINING = """
import sys
from pathlib import Path
from textcls_core.training import launch, search
launch._start_worker = lambda run: None
search._POLL_SECONDS = 0.01
sys.exit(search.main(Path(sys.argv[1])))
"""


class KilledError(BaseException):
    """Stands for kill -9: nothing catches it."""


@pytest.mark.parametrize("fatal_write", [1, 2, 3, 5, 8, 9, 10, 13, 17, 21, 26])
def test_a_coordinator_killed_at_any_write_is_continued_as_if_it_had_not_been(
    workspace, workers, monkeypatch, fatal_write
):
    space = (*LEARNING_RATE, "num_epochs=2,3,4")
    plain = make_group(workspace, "tpe", space, 4, group_id="20260101-120001-0123abcd")
    expected = [dict(end.settings) for end in lead(plain)[1].ends.values()]
    group = make_group(workspace, "tpe", space, 4)
    acquire, writes = JournalLock.acquire, []

    def acquire_or_die(lock):
        writes.append(1)
        if len(writes) == fatal_write:
            raise KilledError
        return acquire(lock)

    monkeypatch.setattr(JournalLock, "acquire", acquire_or_die)
    with pytest.raises(KilledError):
        search.main(group.folder)
    code, group = lead(RunGroup(group.folder))

    assert code == 0
    assert [dict(end.settings) for end in group.ends.values()] == expected
    assert len(group.members) == 4
    assert set(states(group)) <= {"COMPLETE", "PRUNED"}


def test_two_coordinators_share_the_trials(workspace, workers, monkeypatch, hold_lock):
    group = make_group(workspace, "random", LEARNING_RATE, 4)
    other = []

    def work_and_let_another_lead(_seconds):
        if not other:
            other.append(search.Search(group, 2))
            other[0].run()
        workers.work()

    monkeypatch.setattr(search, "is_locked", lambda _: True)
    monkeypatch.setattr(search.time, "sleep", work_and_let_another_lead)
    _, group = lead(group)

    owners = [
        trial.user_attrs["coordinator"]
        for trial in open_study(group.folder / "study.journal", group.plan).trials
    ]
    assert owners == [1, 2, 2, 2]
    assert len(group.members) == 4
    assert set(states(group)) == {"COMPLETE"}


def test_a_trial_of_a_living_coordinator_is_left_to_it(workspace, workers, hold_lock):
    group = make_group(workspace, "random", LEARNING_RATE, 3)
    hold_lock(group.coordinator_lock(1))
    study = open_study(group.folder / "study.journal", group.plan)
    study.ask().set_user_attr("coordinator", 1)

    search.Search(group, 2).run()

    assert states(group) == ["RUNNING", "COMPLETE", "COMPLETE"]


def test_a_second_coordinator_takes_the_next_place(workspace, workers, hold_lock):
    group = make_group(workspace, "random", LEARNING_RATE, 2)
    hold_lock(group.coordinator_lock(1))

    taken = search._take_place(group)

    assert taken is not None
    assert taken[0] == 2
    taken[1].release()


@pytest.mark.slow
def test_a_coordinator_killed_for_real_is_continued(workspace, workers):
    group = make_group(workspace, "random", LEARNING_RATE, 3)
    arguments = [sys.executable, "-c", LEAD_WITHOUT_TRAINING, str(group.folder)]
    process = subprocess.Popen(arguments, cwd=APP_DIR, stderr=subprocess.DEVNULL)
    run = Run(workspace.runs_dir / f"{GROUP_ID[:-4]}0001")
    wait_for(lambda: (run.folder / "config.json").exists(), process)
    was_alive = group.has_coordinator

    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    is_alive = group.has_coordinator
    validate(run, 0.7)
    finish(run, validation=figures(0.7), test=figures(0.7))
    code, group = lead(RunGroup(group.folder))

    assert (was_alive, is_alive, code) == (True, False, 0)
    assert len(group.members) == 3
    assert group.ends[1].value == 0.7
    assert [run.run_id for run in workers.runs] == [m.run_id for m in group.members[1:]]


def wait_for(happened, process):
    """Wait until something has happened, at most until the process ends or a minute is over."""
    deadline = time.monotonic() + 60
    while not happened() and process.poll() is None and time.monotonic() < deadline:
        threading.Event().wait(0.05)  # `time.sleep` is the fake workers' here
    assert happened()


def test_a_run_that_is_still_training_is_adopted(workspace, workers):
    group = make_group(workspace, "random", LEARNING_RATE, 1)
    study = open_study(group.folder / "study.journal", group.plan)
    trial = study.ask()
    rate = trial.suggest_float("learning_rate", 1e-5, 1e-3, log=True)
    trial.set_user_attr("coordinator", 1)
    run = add_member(group, 1, learning_rate=rate)
    workers.start(run)
    validate(run, 0.5, 0.6)
    trial.report(0.5, 1)

    _, group = lead(group)

    assert [member.run_id for member in group.members] == [run.run_id]
    told = open_study(group.folder / "study.journal", group.plan).trials[0]
    assert told.state.name == "COMPLETE"
    assert list(told.intermediate_values) == [1, 2, 3, 4]


@pytest.mark.slow
def test_a_search_and_its_runs_are_processes_that_end_by_themselves(workspace, tiny_config):
    space = parse_space(["learning_rate=1e-3:1e-2:log", "num_epochs=1,2"])
    plan = plan_search(tiny_config, space, "random", 2)

    group = start_group(workspace, plan)
    was_alive = group.has_coordinator
    status = wait(group)

    assert (was_alive, status) == (True, RunStatus.COMPLETED)
    members = members_of(RunGroup(group.folder))
    assert [member.ending for member in members] == ["completed", "completed"]
    assert all(member.score is not None and member.score > 0 for member in members)
