"""Tests of the study file: shared by processes, whole again after a kill."""

import subprocess
import sys

import pytest
from optuna.trial import TrialState

from tests.groups import make_group
from textcls_core.errors import TrainingError
from textcls_core.training import study as study_module
from textcls_core.training.study import JournalLock, draw, open_study, trials_in
from textcls_core.workspace import APP_DIR, Workspace

SPACE = ("learning_rate=1e-5:1e-3:log", "seed=1:9", "loss=cross_entropy,focal")
ASK_AND_TELL = """
import sys
from pathlib import Path
from textcls_core.runs.group import RunGroup
from textcls_core.training.study import open_study
study = open_study(Path(sys.argv[1]) / "study.journal", RunGroup(Path(sys.argv[1])).plan)
for _ in range(5):
    study.tell(study.ask(), 0.5)
"""


@pytest.fixture
def group(tmp_path):
    return make_group(Workspace(tmp_path), "random", SPACE)


@pytest.fixture
def journal(group):
    return group.folder / "study.journal"


def test_a_study_is_found_again_with_its_trials(group, journal):
    first = open_study(journal, group.plan)
    first.tell(first.ask(), 0.5)

    second = open_study(journal, group.plan)

    assert [trial.value for trial in trials_in(second)] == [0.5]
    assert second.direction.name == "MAXIMIZE"


def test_a_draw_has_the_types_of_the_settings_and_is_kept(group, journal):
    trial = open_study(journal, group.plan).ask()

    settings = draw(trial, group.plan)

    assert [type(value) for value in settings.values()] == [float, int, str]
    assert draw(trial, group.plan) == settings == trial.params


def test_a_line_cut_off_by_a_kill_is_dropped_before_the_next_is_written(group, journal):
    study = open_study(journal, group.plan)
    study.tell(study.ask(), 0.5)
    whole = journal.read_bytes()
    journal.write_bytes(whole + b'{"op_code": 4, "worker_id": "half a li')

    again = open_study(journal, group.plan)
    again.tell(again.ask(), 0.25)

    assert journal.read_bytes().startswith(whole)
    assert [t.value for t in trials_in(open_study(journal, group.plan))] == [0.5, 0.25]


def test_a_journal_of_half_a_line_is_emptied(group, journal):
    journal.write_bytes(b'{"op_co')

    study = open_study(journal, group.plan)

    assert trials_in(study) == []
    assert journal.read_bytes().endswith(b"\n")


def test_a_lock_that_stays_taken_is_reported(journal, hold_lock, monkeypatch):
    monkeypatch.setattr(study_module, "LOCK_SECONDS", 0.0)
    hold_lock(journal.with_suffix(".lock"))

    with pytest.raises(TrainingError, match="is locked by another process and stays so"):
        JournalLock(journal).acquire()


def test_processes_that_write_at_the_same_time_lose_nothing(group, journal):
    open_study(journal, group.plan)
    arguments = [sys.executable, "-c", ASK_AND_TELL, str(group.folder)]

    children = [subprocess.Popen(arguments, cwd=APP_DIR) for _ in range(2)]
    codes = [child.wait() for child in children]

    trials = trials_in(open_study(journal, group.plan), TrialState.COMPLETE)
    assert codes == [0, 0]
    assert [trial.number for trial in trials] == list(range(10))
