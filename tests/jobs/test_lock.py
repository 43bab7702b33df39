"""Tests of the lock that tells whether a worker is alive."""

import os
import signal
import subprocess
import sys

from textcls_core.jobs.lock import ProcessLock, is_locked
from textcls_core.workspace import APP_DIR

PROBE_OFTEN = """
import sys
from pathlib import Path
from textcls_core.jobs.lock import is_locked
print(sum(is_locked(Path(sys.argv[1])) for _ in range(3000)))
"""
HOLD_SHARED = """
import fcntl, sys, time
file = open(sys.argv[1])
fcntl.lockf(file, fcntl.LOCK_SH)
print("held", flush=True)
time.sleep(0.3)
"""
HOLD_AND_FORK = """
import os, sys, time
from pathlib import Path
from textcls_core.jobs.lock import ProcessLock
lock = ProcessLock(Path(sys.argv[1]))
lock.acquire()
child = os.fork()
if child:
    print(child, flush=True)
time.sleep(60)
"""


def start_python(code, path):
    return subprocess.Popen(
        [sys.executable, "-c", code, str(path)], cwd=APP_DIR, stdout=subprocess.PIPE, text=True
    )


def kill_without_reaping(process):
    """Kill a process and leave it as a zombie, as a busy parent does."""
    os.kill(process.pid, signal.SIGKILL)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)


def test_lock_of_a_missing_file_is_not_held(tmp_path):
    assert not is_locked(tmp_path / "lock")
    assert not (tmp_path / "lock").exists()


def test_lock_file_alone_means_nothing(tmp_path):
    (tmp_path / "lock").touch()

    assert not is_locked(tmp_path / "lock")


def test_lock_is_held_while_its_process_lives(tmp_path, hold_lock):
    hold_lock(tmp_path / "lock")

    assert is_locked(tmp_path / "lock")


def test_lock_is_free_at_once_after_sigkill_of_its_process(tmp_path, hold_lock):
    child = hold_lock(tmp_path / "lock")

    kill_without_reaping(child)

    os.kill(child.pid, 0)  # a probe of the pid would still say that it lives
    assert not is_locked(tmp_path / "lock")


def test_lock_is_not_kept_by_a_forked_child(tmp_path):
    parent = start_python(HOLD_AND_FORK, tmp_path / "lock")
    child_pid = int(parent.stdout.readline())

    kill_without_reaping(parent)

    assert not is_locked(tmp_path / "lock")
    os.kill(child_pid, signal.SIGKILL)
    parent.communicate()


def test_lock_is_taken_by_one_process_only(tmp_path, hold_lock):
    hold_lock(tmp_path / "lock")

    assert not ProcessLock(tmp_path / "lock").acquire()


def test_lock_can_be_taken_after_the_death_of_its_owner(tmp_path, hold_lock):
    kill_without_reaping(hold_lock(tmp_path / "lock"))

    assert ProcessLock(tmp_path / "lock").acquire()


def test_acquire_waits_no_longer_than_asked_for(tmp_path, hold_lock):
    hold_lock(tmp_path / "lock")

    assert not ProcessLock(tmp_path / "lock").acquire(timeout_seconds=0.3)


def test_acquire_again_by_the_owner_keeps_the_lock(tmp_path):
    lock = ProcessLock(tmp_path / "lock")

    assert lock.acquire()
    assert lock.acquire()
    assert start_python(PROBE_OFTEN, tmp_path / "lock").communicate()[0] == "3000\n"


def test_release_frees_the_lock_for_others(tmp_path):
    lock = ProcessLock(tmp_path / "lock")
    lock.acquire()

    lock.release()

    assert start_python(PROBE_OFTEN, tmp_path / "lock").communicate()[0] == "0\n"


def test_release_of_a_lock_that_is_not_held_does_nothing(tmp_path):
    lock = ProcessLock(tmp_path / "lock")

    lock.release()

    assert lock.acquire()


def test_probing_does_not_steal_the_lock(tmp_path, hold_lock):
    hold_lock(tmp_path / "lock")

    answers = [is_locked(tmp_path / "lock") for _ in range(20)]

    assert answers == [True] * 20
    assert not ProcessLock(tmp_path / "lock").acquire()


def test_probing_keeps_nothing_locked(tmp_path):
    (tmp_path / "lock").touch()

    is_locked(tmp_path / "lock")

    assert start_python(PROBE_OFTEN, tmp_path / "lock").communicate()[0] == "0\n"


def test_two_probes_at_once_do_not_see_each_other(tmp_path):
    (tmp_path / "lock").touch()

    probes = [start_python(PROBE_OFTEN, tmp_path / "lock") for _ in range(2)]

    assert [probe.communicate()[0] for probe in probes] == ["0\n", "0\n"]


def test_acquire_outlasts_a_probe(tmp_path):
    (tmp_path / "lock").touch()
    probe = start_python(HOLD_SHARED, tmp_path / "lock")
    probe.stdout.readline()
    lock = ProcessLock(tmp_path / "lock")

    assert not lock.acquire()
    assert lock.acquire(timeout_seconds=10)
    probe.communicate()
