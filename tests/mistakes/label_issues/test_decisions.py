"""Decisions about rows: kept at once, undone one by one, never lost among writers."""

import subprocess
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textcls_core.errors import InvalidArgumentError
from textcls_core.mistakes.label_issues.decisions import Decisions, count_kinds
from textcls_core.workspace import APP_DIR, Workspace

HOSTILE = "'); drop table decisions; -- \u202e \U0001f600"
WRITER = """
import sys
from pathlib import Path
from textcls_core.mistakes.label_issues.decisions import Decisions
decisions = Decisions(Path(sys.argv[1]), "f")
for number in range(15):
    decisions.record(f"{sys.argv[2]}-{number}", "keep")
"""


@pytest.fixture
def decisions(workspace: Workspace) -> Decisions:
    return Decisions.open(workspace, "f")


@pytest.fixture(scope="module")
def shared_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("decisions") / "decisions.sqlite"


def held(decisions: Decisions) -> dict[str, tuple[str, tuple[str, ...]]]:
    return {row: (found.kind, found.labels) for row, found in decisions.by_row().items()}


def test_nothing_is_decided_at_first(decisions: Decisions) -> None:
    assert decisions.in_order() == []


def test_later_decision_takes_the_place_of_the_earlier_one(decisions: Decisions) -> None:
    decisions.record("a", "accept", ["food"])
    decisions.record("b", "drop")
    decisions.record("a", "relabel", ["animals"])

    assert held(decisions) == {"b": ("drop", ()), "a": ("relabel", ("animals",))}
    assert [decision.row_id for decision in decisions.in_order()] == ["b", "a"]


def test_undo_brings_back_what_was_decided_before(decisions: Decisions) -> None:
    decisions.record("a", "accept", ["food"])
    later = decisions.record("a", "drop")

    assert decisions.undo(later)
    assert held(decisions) == {"a": ("accept", ("food",))}


def test_any_decision_can_be_undone_once(decisions: Decisions) -> None:
    first = decisions.record("a", "keep")
    decisions.record("b", "keep")

    assert decisions.undo(first)
    assert not decisions.undo(first)
    assert list(held(decisions)) == ["b"]


def test_versions_do_not_share_decisions(decisions: Decisions, workspace: Workspace) -> None:
    other = Decisions.open(workspace, "other")
    decision_id = decisions.record("a", "keep")

    assert other.in_order() == []
    assert not other.undo(decision_id)


def test_hostile_names_come_back_as_they_were(decisions: Decisions) -> None:
    decisions.record(HOSTILE, "relabel", [HOSTILE, ""])

    assert held(decisions) == {HOSTILE: ("relabel", (HOSTILE, ""))}


@pytest.mark.parametrize(
    ("kind", "labels", "message"),
    [
        ("delete", (), 'Expected one of accept, relabel, drop, keep, got "delete"'),
        ("drop", ("food",), 'Expected no labels for "drop", got 1'),
    ],
)
def test_decision_that_makes_no_sense_is_refused(
    decisions: Decisions, kind, labels, message: str
) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        decisions.record("a", kind, labels)

    assert decisions.in_order() == []


def test_two_processes_and_many_threads_lose_nothing(decisions: Decisions) -> None:
    command = [sys.executable, "-c", WRITER, str(decisions.file)]
    writers = [subprocess.Popen([*command, name], cwd=APP_DIR) for name in ("one", "two")]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: decisions.record(f"here-{number}", "drop"), range(15)))

    assert [writer.wait(timeout=60) for writer in writers] == [0, 0]
    assert count_kinds(decisions.in_order()) == {"accept": 0, "relabel": 0, "drop": 15, "keep": 30}


@settings(max_examples=25)
@given(steps=st.lists(st.tuples(st.booleans(), st.integers(0, 3)), max_size=8))
def test_undo_of_the_last_is_the_inverse_of_recording(shared_file: Path, steps) -> None:
    """A stack per row says what holds after any order of decisions and undos."""
    decisions = Decisions(shared_file, uuid.uuid4().hex)
    stacks: dict[str, list[tuple[int, str]]] = {}
    for is_undo, number in steps:
        stack = stacks.setdefault(f"row {number}", [])
        if not is_undo:
            kind = ("keep", "drop")[len(stack) % 2]
            stack.append((decisions.record(f"row {number}", kind), kind))
        elif stack:
            decisions.undo(stack.pop()[0])

    expected = {row: stack[-1][1] for row, stack in stacks.items() if stack}
    assert {row: found.kind for row, found in decisions.by_row().items()} == expected
