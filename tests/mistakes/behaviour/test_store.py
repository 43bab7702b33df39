"""Behavioural tests on disk: kept at once, taken away and brought back, safe among writers."""

import subprocess
import sys

import pytest

from textcls_core.errors import InvalidArgumentError, StorageError
from textcls_core.mistakes.behaviour import store
from textcls_core.mistakes.behaviour.kinds import BehaviourTest
from textcls_core.mistakes.behaviour.store import BehaviourTests
from textcls_core.workspace import APP_DIR, Workspace

HOSTILE = "'); drop table tests; -- \u202e \U0001f600 ![a](http://127.0.0.1:9/a.png)"
FIRST = BehaviourTest("label", "a cat", label="animals")
SECOND = BehaviourTest("same", "a dog", "a cat", note=HOSTILE, author="Ann")
WRITER = """
import sys
from pathlib import Path
from textcls_core.mistakes.behaviour.kinds import BehaviourTest
from textcls_core.mistakes.behaviour.store import BehaviourTests
tests = BehaviourTests(Path(sys.argv[1]), "toy")
for number in range(30):
    tests.add([BehaviourTest("label", f"{sys.argv[2]} {number}", label="animals")])
    tests.add([BehaviourTest("label", f"both {number}", label="animals", author=sys.argv[2])])
"""


@pytest.fixture
def tests(tmp_path):
    return BehaviourTests.open(Workspace(tmp_path), "toy")


def test_nothing_is_there_at_first_and_reading_makes_no_file(tests):
    assert tests.all() == []
    assert tests.stamp == ""
    assert not tests.file.exists()


def test_tests_come_back_in_the_order_they_were_written(tests):
    assert tests.add([SECOND]) == 1
    assert tests.add([FIRST, SECOND]) == 1

    assert tests.all() == [SECOND, FIRST]


def test_a_test_that_is_there_gets_the_newer_note(tests):
    tests.add([SECOND])
    newer = BehaviourTest("same", "a dog", "a cat", note="new", author="Bob")

    assert tests.add([newer]) == 0
    assert tests.all() == [newer]


def test_what_is_taken_away_comes_back(tests):
    tests.add([FIRST, SECOND])

    assert tests.remove([FIRST.test_id]) == 1
    assert tests.remove([FIRST.test_id, "unknown"]) == 0
    assert tests.all() == [SECOND]
    assert tests.restore([FIRST.test_id]) == 1
    assert tests.restore([FIRST.test_id]) == 0
    assert tests.all() == [FIRST, SECOND]


def test_a_removed_test_stands_again_when_it_is_added(tests):
    tests.add([FIRST])
    tests.remove([FIRST.test_id])

    assert tests.add([FIRST]) == 1
    assert tests.all() == [FIRST]


def test_every_change_changes_the_stamp(tests):
    stamps = [tests.stamp]
    for change in (
        lambda: tests.add([FIRST]),
        lambda: tests.add([SECOND]),
        lambda: tests.remove([FIRST.test_id]),
        lambda: tests.restore([FIRST.test_id]),
    ):
        change()
        stamps.append(tests.stamp)

    assert len(set(stamps)) == len(stamps)


def test_other_data_sets_have_their_own(tests):
    other = BehaviourTests(tests.file, HOSTILE)
    tests.add([FIRST])
    stamp = tests.stamp
    other.add([FIRST])
    other.remove([FIRST.test_id])

    assert tests.all() == [FIRST]
    assert tests.stamp == stamp
    assert other.all() == []


def test_too_many_are_refused_as_a_whole(tests, monkeypatch):
    monkeypatch.setattr(store, "MAX_TESTS", 1)
    tests.add([FIRST])

    with pytest.raises(
        InvalidArgumentError, match="Expected at most 1 tests for a data set, got 2"
    ):
        tests.add([SECOND])
    assert tests.all() == [FIRST]


def test_a_damaged_file_is_a_sentence(tests):
    tests.file.write_bytes(b"no database" * 100)

    with pytest.raises(StorageError, match="sqlite could not be written"):
        tests.add([FIRST])


def test_several_writers_lose_nothing(tests):
    children = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tests.file), name], cwd=APP_DIR)
        for name in ("one", "two")
    ]
    codes = [child.wait() for child in children]

    texts = [test.text for test in tests.all()]
    assert codes == [0, 0]
    assert len(texts) == len(set(texts)) == 90
