"""Annotations: kept at once, undone in one step, never lost among writers."""

import shutil
import sqlite3
import subprocess
import sys
import uuid
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textcls_core.errors import InvalidArgumentError, StorageError
from textcls_core.mistakes import sqlite_file
from textcls_core.mistakes.annotations.annotation import Annotation
from textcls_core.mistakes.annotations.store import Annotations
from textcls_core.workspace import APP_DIR, Workspace

HOSTILE = "'); drop table changes; -- \u202e \U0001f600 ![a](http://127.0.0.1:9/a.png)"
WRITER = """
import sys
from pathlib import Path
from textcls_core.mistakes.annotations.store import Annotations
annotations = Annotations(Path(sys.argv[1]), "toy")
for number in range(500):
    annotations.tag([f"row-{number}"], f"by {sys.argv[2]}", author=sys.argv[2])
    print(number, flush=True)
"""


@pytest.fixture
def annotations(tmp_path: Path) -> Annotations:
    return Annotations.open(Workspace(tmp_path), "toy")


@pytest.fixture(scope="module")
def shared_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("annotations") / "annotations.sqlite"


def test_nothing_is_said_at_first_and_reading_makes_no_file(annotations) -> None:
    assert annotations.by_row() == {}
    assert annotations.merges() == {}
    assert annotations.batches() == []
    assert annotations.stamp == ""
    assert not annotations.file.exists()


def test_everything_said_about_a_row_comes_back(annotations) -> None:
    annotations.tag(["a"], "two  topics")
    annotations.tag(["a"], "odd")
    annotations.note(["a"], "first\nsecond")
    annotations.propose(["a"], ["food", "animals"])
    annotations.drop(["a"])
    annotations.review(["a", "b"])

    assert annotations.by_row() == {
        "a": Annotation(
            "a", ("odd", "two topics"), "first\nsecond", ("food", "animals"), True, True
        ),
        "b": Annotation("b", is_reviewed=True),
    }


def test_what_is_taken_back_leaves_nothing(annotations) -> None:
    annotations.tag(["a"], "odd")
    annotations.note(["a"], "why")
    annotations.propose(["a"], [])
    annotations.drop(["a"])
    annotations.tag(["a"], "odd", holds=False)
    annotations.note(["a"], "  ")
    annotations.propose(["a"], None)
    annotations.drop(["a"], holds=False)

    assert annotations.by_row() == {}


def test_no_label_at_all_is_a_proposal(annotations) -> None:
    annotations.propose(["a"], [])

    assert annotations.by_row()["a"].proposed == ()


def test_data_sets_do_not_share_annotations(annotations) -> None:
    other = Annotations(annotations.file, "other")
    batch = annotations.review(["a"])

    assert other.by_row() == {}
    assert not other.undo(batch)
    assert other.stamp == ""


def test_stamp_changes_with_every_change_and_undo(annotations) -> None:
    stamps = [annotations.stamp]
    batch = annotations.review(["a"])
    stamps.append(annotations.stamp)
    annotations.review(["a"])
    stamps.append(annotations.stamp)
    annotations.undo(batch)
    stamps.append(annotations.stamp)
    Annotations(annotations.file, "other").review(["a"])

    assert len(set(stamps)) == 4
    assert annotations.stamp == stamps[-1]


def test_batch_is_undone_as_one_and_only_once(annotations) -> None:
    rows = [str(number) for number in range(1_000)]
    annotations.tag(rows[:1], "odd")
    batch = annotations.tag(rows, "odd")

    assert len(annotations.by_row()) == 1_000
    assert annotations.undo(batch)
    assert not annotations.undo(batch)
    assert annotations.by_row() == {"0": Annotation("0", ("odd",))}


def test_undo_leaves_what_others_said_since(annotations) -> None:
    mine = annotations.propose(["a"], ["food"], author="me")
    annotations.propose(["a"], ["animals"], author="you")

    annotations.undo(mine)

    assert annotations.by_row()["a"].proposed == ("animals",)


def test_batches_say_who_did_what_newest_first(annotations) -> None:
    annotations.tag(["a", "b"], "odd", author="Ann")
    annotations.review(["b"], author="\ud800Bob")
    undone = annotations.drop(["a"])
    annotations.undo(undone)

    said = [(one.author, one.what, one.num_rows) for one in annotations.batches()]

    assert said == [("�Bob", "reviewed", 1), ("Ann", 'tagged "odd"', 2)]
    assert [one.what for one in annotations.batches(row_id="a")] == ['tagged "odd"']
    assert len(annotations.batches(limit=1)) == 1


def test_known_tags_come_with_their_counts(annotations) -> None:
    annotations.tag(["a"], "rare")
    annotations.tag(["a", "b"], "odd")

    assert annotations.tag_counts() == {"odd": 2, "rare": 1}


def test_hostile_words_come_back_as_they_were(annotations) -> None:
    annotations.tag([HOSTILE], HOSTILE[:40])
    annotations.note([HOSTILE], HOSTILE)
    annotations.propose([HOSTILE], [HOSTILE])

    said = Annotations(annotations.file, "toy").by_row()[HOSTILE]

    assert (said.tags, said.note, said.proposed) == ((HOSTILE[:40],), HOSTILE, (HOSTILE,))


def test_nul_and_half_characters_cannot_break_the_file(annotations) -> None:
    annotations.note(["a"], "x\0y\ud800")

    assert annotations.by_row()["a"].note == "xy�"


@pytest.mark.parametrize(
    ("say", "message"),
    [
        (lambda a: a.tag(["r"], " \n "), "Expected a tag of 1 to 60 characters, got 0"),
        (lambda a: a.tag(["r"], "x" * 10_000), "Expected a tag of 1 to 60 .*, got 10,000"),
        (lambda a: a.note(["r"], "x" * 10_001), "a note of at most 10,000 .*, got 10,001"),
        (lambda a: a.propose(["r"], ["food", " "]), "each with at least one visible character"),
        (lambda a: a.review([]), "Expected at least one row to change, got none"),
        (lambda a: a.review(["a", ""]), "Expected a row id of 1 to 200 characters"),
        (lambda a: a.review(["x" * 300]), 'got "x{39}…" with 300'),
        (lambda a: a.merge("food", "food"), "Expected another class than .food."),
        (lambda a: a.merge("food", ""), "each with at least one visible character"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_kept(annotations, say, message: str) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        say(annotations)

    assert annotations.batches() == []


def test_merges_are_kept_replaced_and_taken_back(annotations) -> None:
    annotations.merge("food", "animals")
    annotations.merge("weather", "food")

    assert annotations.merges() == {"food": "animals", "weather": "food"}
    with pytest.raises(InvalidArgumentError, match="which is the same or is to be merged into it"):
        annotations.merge("animals", "weather")
    annotations.merge("food", None)
    assert annotations.merges() == {"weather": "food"}
    assert annotations.by_row() == {}
    assert {batch.num_rows for batch in annotations.batches()} == {0}


@pytest.mark.slow
def test_eight_processes_lose_nothing(annotations) -> None:
    names = [f"writer {number}" for number in range(8)]
    command = [sys.executable, "-c", WRITER, str(annotations.file)]
    quiet = subprocess.DEVNULL
    writers = [subprocess.Popen([*command, name], cwd=APP_DIR, stdout=quiet) for name in names]

    assert [writer.wait(timeout=240) for writer in writers] == [0] * 8

    kept = annotations.by_row()
    tags = tuple(f"by {name}" for name in names)
    assert len(kept) == 500
    assert all(annotation.tags == tags for annotation in kept.values())
    assert annotations.tag_counts() == dict.fromkeys(tags, 500)


@pytest.mark.slow
def test_a_killed_writer_loses_nothing_it_was_told_is_kept(annotations) -> None:
    command = [sys.executable, "-c", WRITER, str(annotations.file), "the killed one"]
    writer = subprocess.Popen(command, cwd=APP_DIR, stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    told = [int(writer.stdout.readline()) for _ in range(40)]

    writer.kill()
    told += [int(line) for line in writer.communicate()[0].split()]

    assert {f"row-{number}" for number in told} <= set(annotations.by_row())
    annotations.tag(["another row"], "after it")
    assert "another row" in annotations.by_row()


FIELDS = st.sampled_from(["tag", "note", "propose", "drop", "review"])


@settings(max_examples=40)
@given(
    steps=st.lists(
        st.tuples(st.booleans(), FIELDS, st.sets(st.sampled_from("abc"), min_size=1)), max_size=10
    )
)
def test_what_is_renewed_in_memory_is_what_a_fresh_reader_finds(shared_file: Path, steps) -> None:
    name = uuid.uuid4().hex
    annotations, batches = Annotations(shared_file, name), []
    for number, (is_undo, kind, rows) in enumerate(steps):
        if is_undo and batches:
            annotations.undo(batches.pop())
        elif kind in {"drop", "review"}:
            batches.append(getattr(annotations, kind)(rows, holds=number % 3 > 0))
        else:
            value = {"tag": f"t{number % 2}", "note": f"n{number}", "propose": [f"l{number}"]}[kind]
            batches.append(getattr(annotations, kind)(rows, value))
        annotations.by_row()

        copy = shared_file.with_name(f"{uuid.uuid4().hex}.sqlite")
        with sqlite3.connect(shared_file) as source, sqlite3.connect(copy) as target:
            source.backup(target)
        assert annotations.by_row() == Annotations(copy, name).by_row()


@settings(max_examples=40)
@given(steps=st.lists(st.tuples(st.booleans(), st.sampled_from("ab")), max_size=8))
def test_undo_of_the_last_is_the_inverse_of_saying(shared_file: Path, steps) -> None:
    """A stack per row says what holds after any order of proposals and undos."""
    annotations = Annotations(shared_file, uuid.uuid4().hex)
    stacks: dict[str, list[tuple[int, str]]] = {}
    for number, (is_undo, row) in enumerate(steps):
        stack = stacks.setdefault(row, [])
        if not is_undo:
            label = f"label {number}"
            stack.append((annotations.propose([row], [label]), label))
        elif stack:
            annotations.undo(stack.pop()[0])

    expected = {row: (stack[-1][1],) for row, stack in stacks.items() if stack}
    assert {row: one.proposed for row, one in annotations.by_row().items()} == expected


def test_file_that_is_replaced_is_read_anew(annotations, tmp_path) -> None:
    annotations.tag(["a"], "odd")
    assert len(annotations.by_row()) == 1
    other = Annotations(tmp_path / "other.sqlite", "toy")
    other.tag(["b"], "even")

    annotations.file.unlink()
    shutil.move(other.file, annotations.file)

    assert list(annotations.by_row()) == ["b"]


def test_backup_copied_into_the_file_is_read_anew(annotations, tmp_path) -> None:
    annotations.tag(["a"], "odd")
    with (
        closing(sqlite3.connect(annotations.file)) as file,
        closing(sqlite3.connect(tmp_path / "backup.sqlite")) as backup,
    ):
        file.backup(backup)
        annotations.tag(["a", "b"], "even")
        assert len(annotations.by_row()) == 2

        backup.backup(file)

    assert annotations.by_row() == {"a": Annotation("a", ("odd",))}


def test_file_that_another_program_holds_is_a_sentence(annotations, monkeypatch) -> None:
    annotations.review(["a"])
    monkeypatch.setattr(sqlite_file, "SECONDS_TO_WAIT", 0.05)
    holder = sqlite3.connect(annotations.file, isolation_level=None)
    holder.execute("begin immediate")

    with pytest.raises(StorageError, match=r"annotations.sqlite could not be written .*locked"):
        annotations.review(["b"])

    holder.execute("rollback")
    holder.close()
    assert list(annotations.by_row()) == ["a"]


def test_damaged_file_is_a_sentence(annotations) -> None:
    annotations.file.write_bytes(b"not a database at all, however long this text may be " * 40)

    with pytest.raises(StorageError, match=r"could not be read .*Restore it from a backup"):
        annotations.by_row()
    with pytest.raises(StorageError, match=r"could not be written .*It is damaged"):
        annotations.review(["a"])


def test_full_disk_keeps_nothing_of_a_batch(annotations, monkeypatch) -> None:
    annotations.review(["a"])
    connect = sqlite_file._connect

    def small(path):
        connection = connect(path)
        connection.execute("pragma max_page_count = 12")
        return connection

    monkeypatch.setattr(sqlite_file, "_connect", small)
    with pytest.raises(StorageError, match=r"nothing was changed. The disk is full"):
        annotations.review([str(number) for number in range(10_000)])

    assert list(annotations.by_row()) == ["a"]


def test_file_that_may_not_be_written_is_a_sentence(annotations, monkeypatch) -> None:
    annotations.review(["a"])

    def read_only(path):
        return sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)

    monkeypatch.setattr(sqlite_file, "_connect", read_only)
    with pytest.raises(StorageError, match=r"readonly database.*Allow this user to write"):
        annotations.review(["b"])

    assert list(annotations.by_row()) == ["a"]
