import json
import math
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from textcls_core.errors import InvalidArgumentError
from textcls_core.files import (
    new_directory,
    read_json,
    remove_leftovers,
    replaced_directory,
    restore_directory,
    temporary_sibling,
    to_json,
    write_json,
    write_text,
)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def fill(folder: Path, text: str) -> None:
    (folder / "a.txt").write_text(text)


def fill_and_fail(folder: Path) -> None:
    fill(folder, "new")
    raise KeyError("stop")


def no_space(*_):
    raise OSError(28, "No space left on device")


def rename_but_the_second() -> Callable[[Path, Path], None]:
    """Return a rename that finds no space on its second call only."""
    calls = iter([shutil.move, lambda *_: no_space(), shutil.move])
    return lambda path, to: next(calls)(path, to)


# Files


def test_write_text_makes_the_folder(tmp_path):
    write_text(tmp_path / "new" / "a.txt", "caf\u00e9\n")

    assert (tmp_path / "new" / "a.txt").read_text(encoding="utf-8") == "caf\u00e9\n"


def test_write_text_replaces_the_content(tmp_path):
    write_text(tmp_path / "a.txt", "a long old text")

    write_text(tmp_path / "a.txt", "new")

    assert (tmp_path / "a.txt").read_text() == "new"


def test_write_text_leaves_nothing_beside_the_file(tmp_path):
    write_text(tmp_path / "a.txt", "new")

    assert names_in(tmp_path) == ["a.txt"]


def test_readers_see_the_old_or_the_new_content_only(tmp_path):
    file = tmp_path / "a.txt"
    texts = ["old " * 50_000, "new " * 60_000]
    write_text(file, texts[0])
    writer = threading.Thread(target=lambda: [write_text(file, texts[i % 2]) for i in range(60)])

    writer.start()
    seen = {file.read_text() for _ in iter(writer.is_alive, False)}
    writer.join()

    assert seen <= set(texts)


def test_readers_keep_the_file_they_have_open(tmp_path):
    write_text(tmp_path / "a.txt", "old")

    with (tmp_path / "a.txt").open() as reader:
        write_text(tmp_path / "a.txt", "new")

        assert reader.read() == "old"


@pytest.mark.parametrize("step", ["os.fsync", "pathlib.Path.replace"])
def test_a_failing_write_keeps_the_old_content(tmp_path, monkeypatch, step):
    write_text(tmp_path / "a.txt", "old")
    monkeypatch.setattr(step, no_space)

    with pytest.raises(OSError, match="No space left on device"):
        write_text(tmp_path / "a.txt", "new")

    assert (tmp_path / "a.txt").read_text() == "old"
    assert names_in(tmp_path) == ["a.txt"]


def test_temporary_sibling_is_removed_when_it_was_not_used(tmp_path):
    with temporary_sibling(tmp_path / "a.txt") as temporary:
        temporary.write_text("draft")

    assert names_in(tmp_path) == []


def test_temporary_sibling_is_hidden_beside_the_file(tmp_path):
    with temporary_sibling(tmp_path / "a.txt") as temporary:
        assert temporary.parent == tmp_path
        assert temporary.name.startswith(".a.txt.")


# JSON


def test_written_json_comes_back(tmp_path):
    value = {"name": "caf\u00e9 \U0001f600", "counts": [1, 2.5, None, True], "nested": {"a": []}}

    write_json(tmp_path / "a.json", value)

    assert read_json(tmp_path / "a.json") == value


def test_written_json_can_be_read_by_people(tmp_path):
    write_json(tmp_path / "a.json", {"name": "caf\u00e9"})

    assert (tmp_path / "a.json").read_text(encoding="utf-8") == '{\n  "name": "caf\u00e9"\n}\n'


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_json_refuses_numbers_that_json_does_not_have(tmp_path, value):
    with pytest.raises(ValueError, match="Out of range float values are not JSON compliant"):
        write_json(tmp_path / "a.json", {"loss": value})

    assert names_in(tmp_path) == []


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_to_json_refuses_numbers_that_json_does_not_have(value):
    with pytest.raises(ValueError, match="Out of range float values are not JSON compliant"):
        to_json([value])


def test_to_json_writes_one_line():
    text = to_json({"text": "a\nb", "name": "caf\u00e9"})

    assert text == '{"text": "a\\nb", "name": "caf\u00e9"}'


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b'{"a": 1', b"not JSON", b"\xff\xfe", b"{}{}"],
    ids=["empty", "torn", "cut", "prose", "not UTF-8", "two"],
)
def test_read_json_explains_a_damaged_file(tmp_path, content):
    (tmp_path / "a.json").write_bytes(content)

    with pytest.raises(
        InvalidArgumentError,
        match=r"^a\.json is not valid JSON \(.+\)\. Delete it or restore it from a backup\.$",
    ):
        read_json(tmp_path / "a.json")


def test_read_json_names_the_line_of_the_damage(tmp_path):
    (tmp_path / "a.json").write_text('{\n"a": oops}')

    with pytest.raises(InvalidArgumentError, match="line 2 column 6"):
        read_json(tmp_path / "a.json")


def test_read_json_of_a_missing_file_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"a\.json"):
        read_json(tmp_path / "a.json")


# Folders


def test_new_directory_appears_when_it_is_complete(tmp_path):
    with new_directory(tmp_path / "runs" / "a") as folder:
        fill(folder, "new")
        assert not (tmp_path / "runs" / "a").exists()

    assert (tmp_path / "runs" / "a" / "a.txt").read_text() == "new"
    assert names_in(tmp_path / "runs") == ["a"]


def test_new_directory_is_dropped_when_the_block_fails(tmp_path):
    with pytest.raises(KeyError, match="stop"), new_directory(tmp_path / "a") as folder:
        fill_and_fail(folder)

    assert names_in(tmp_path) == []


def test_new_directory_never_touches_one_that_exists(tmp_path):
    (tmp_path / "a").mkdir()
    fill(tmp_path / "a", "old")

    with pytest.raises(FileExistsError, match="a"), new_directory(tmp_path / "a") as folder:
        fill(folder, "new")

    assert (tmp_path / "a" / "a.txt").read_text() == "old"
    assert names_in(tmp_path) == ["a"]


def test_new_directory_loses_the_race_politely(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "exists", lambda _: False)
    (tmp_path / "a").mkdir()
    fill(tmp_path / "a", "old")

    with pytest.raises(FileExistsError, match="a"), new_directory(tmp_path / "a") as folder:
        fill(folder, "new")

    assert (tmp_path / "a" / "a.txt").read_text() == "old"


def test_new_directory_passes_other_errors_on(tmp_path):
    with pytest.raises(OSError, match="No space left on device"), new_directory(tmp_path / "a"):
        no_space()

    assert names_in(tmp_path) == []


def test_replaced_directory_may_be_the_first_one(tmp_path):
    with replaced_directory(tmp_path / "a") as folder:
        fill(folder, "new")

    assert (tmp_path / "a" / "a.txt").read_text() == "new"


def test_replaced_directory_holds_only_the_new_files(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "old.txt").write_text("old")

    with replaced_directory(tmp_path / "a") as folder:
        fill(folder, "new")

    assert names_in(tmp_path / "a") == ["a.txt"]


def test_replaced_directory_leaves_nothing_beside_it(tmp_path):
    (tmp_path / "a").mkdir()

    with replaced_directory(tmp_path / "a") as folder:
        fill(folder, "new")

    assert names_in(tmp_path) == ["a"]


def test_replaced_directory_keeps_the_old_one_when_the_block_fails(tmp_path):
    (tmp_path / "a").mkdir()
    fill(tmp_path / "a", "old")

    with pytest.raises(KeyError, match="stop"), replaced_directory(tmp_path / "a") as folder:
        fill_and_fail(folder)

    assert (tmp_path / "a" / "a.txt").read_text() == "old"
    assert names_in(tmp_path) == ["a"]


def test_replaced_directory_keeps_the_old_one_when_it_cannot_move_the_new_one(
    tmp_path, monkeypatch
):
    (tmp_path / "a").mkdir()
    fill(tmp_path / "a", "old")
    monkeypatch.setattr(Path, "rename", rename_but_the_second())

    with pytest.raises(OSError, match="No space left"), replaced_directory(tmp_path / "a"):
        pass

    assert (tmp_path / "a" / "a.txt").read_text() == "old"


class Killed(BaseException):
    """Stands for the end of the process; nothing that runs after it counts."""


def kill_at_rename(monkeypatch, number: int) -> None:
    """Let the process die at the rename with this number, with nothing cleaned up."""
    renames = iter(range(number))
    rename = Path.rename

    def rename_or_die(path: Path, to: Path) -> None:
        if next(renames, None) is None:
            raise Killed
        rename(path, to)

    monkeypatch.setattr(Path, "rename", rename_or_die)
    monkeypatch.setattr(shutil, "rmtree", lambda *_, **__: None)


def replace_until_killed(target: Path, monkeypatch, number: int) -> None:
    with replaced_directory(target) as folder:
        fill(folder, "new")
        kill_at_rename(monkeypatch, number)


def replace_and_die(target: Path, monkeypatch, number: int) -> None:
    with monkeypatch.context() as patched, pytest.raises(Killed):
        replace_until_killed(target, patched, number)


@pytest.fixture
def old_directory(tmp_path):
    (tmp_path / "a").mkdir()
    fill(tmp_path / "a", "old")
    return tmp_path / "a"


@pytest.mark.parametrize("number", [0, 1])
def test_restore_directory_brings_the_old_one_back(old_directory, monkeypatch, number):
    replace_and_die(old_directory, monkeypatch, number)

    restore_directory(old_directory)

    assert (old_directory / "a.txt").read_text() == "old"
    assert not (old_directory.parent / ".a.previous").exists()


def test_restore_directory_keeps_a_new_one_that_is_in_place(old_directory, monkeypatch):
    with monkeypatch.context() as patched, replaced_directory(old_directory) as folder:
        fill(folder, "new")
        patched.setattr(shutil, "rmtree", lambda *_, **__: None)  # died before the last removal

    restore_directory(old_directory)

    assert (old_directory / "a.txt").read_text() == "new"
    assert names_in(old_directory.parent) == ["a"]


def test_restore_directory_without_a_replacement_changes_nothing(old_directory):
    restore_directory(old_directory)

    assert (old_directory / "a.txt").read_text() == "old"
    assert names_in(old_directory.parent) == ["a"]


def test_restore_directory_of_nothing_makes_nothing(tmp_path):
    restore_directory(tmp_path / "a")

    assert names_in(tmp_path) == []


def test_replaced_directory_first_restores_the_one_of_a_killed_process(old_directory, monkeypatch):
    replace_and_die(old_directory, monkeypatch, 1)

    with pytest.raises(KeyError, match="stop"), replaced_directory(old_directory) as folder:
        fill_and_fail(folder)

    assert (old_directory / "a.txt").read_text() == "old"


def test_json_of_the_same_value_is_the_same_text(tmp_path):
    value = json.loads('{"b": 1, "a": 2}')

    write_json(tmp_path / "a.json", value)
    write_json(tmp_path / "b.json", value)

    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_remove_leftovers_takes_away_what_killed_writers_left(tmp_path):
    kept = [".0123456789abcdef.previous", "whole", ".hidden", ".a.0123456789ab.json"]
    for name in (*kept, ".whole.0123456789ab", ".file.json.0123456789ab"):
        (tmp_path / name).mkdir()
    (tmp_path / ".file.txt.ab0123456789").write_text("half")

    remove_leftovers(tmp_path)

    assert names_in(tmp_path) == sorted(kept)


def test_new_directory_of_a_killed_writer_is_a_leftover(tmp_path):
    with new_directory(tmp_path / "a") as temporary:
        fill(temporary, "whole")
    temporary.mkdir()  # as if the other writer had died before the last step

    remove_leftovers(tmp_path)

    assert names_in(tmp_path) == ["a"]


def test_remove_leftovers_of_no_folder_does_nothing(tmp_path):
    remove_leftovers(tmp_path / "none")
