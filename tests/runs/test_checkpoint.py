"""Tests of checkpoints on disk: whole or not there, and never trusted unseen."""

import errno
import json
import os
import re
import shutil

import pytest

from textcls_core.runs import checkpoint as checkpoint_module
from textcls_core.runs.checkpoint import (
    Checkpoint,
    checkpoints,
    new_checkpoint,
    newest_whole,
    remove_newer,
)

FILES = ["best/model.safetensors", "state.json", "state.safetensors"]


def write(root, step, before_the_last_file=lambda: None):
    """Write a checkpoint of three files."""
    with new_checkpoint(root, step) as folder:
        (folder / "state.safetensors").write_bytes(os.urandom(3000))
        before_the_last_file()
        (folder / "state.json").write_text(f'{{"step": {step}}}')
        (folder / "best").mkdir()
        (folder / "best" / "model.safetensors").write_bytes(os.urandom(500))


@pytest.fixture
def root(tmp_path):
    """Checkpoints of steps 5 and 10."""
    folder = tmp_path / "checkpoints"
    write(folder, 5)
    write(folder, 10)
    return folder


def newest(root):
    return checkpoints(root)[0]


def flip_bit(file):
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def truncate(file):
    file.write_bytes(file.read_bytes()[:-1])


def steps_of(root):
    return [checkpoint.step for checkpoint in checkpoints(root)]


def test_checkpoints_are_listed_newest_first(root):
    assert steps_of(root) == [10, 5]
    assert [checkpoint.problem() for checkpoint in checkpoints(root)] == [None, None]


def test_no_folder_means_no_checkpoint(tmp_path):
    assert checkpoints(tmp_path / "none") == []
    assert newest_whole(tmp_path / "none") == (None, [])


def test_manifest_names_size_and_digest_of_every_file(root):
    manifest = json.loads((newest(root).folder / "manifest.json").read_text())

    assert sorted(manifest) == FILES
    assert manifest["state.safetensors"]["size"] == 3000
    assert len(manifest["state.safetensors"]["sha256"]) == 64


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda file: file.unlink(), "is missing"),
        (truncate, r"has [\d,]+ bytes instead of [\d,]+"),
        (lambda file: file.write_bytes(b""), r"has 0 bytes instead of [\d,]+"),
        (flip_bit, "is not what was written"),
    ],
    ids=["missing", "truncated", "empty", "one bit"],
)
def test_damaged_checkpoint_is_skipped_and_named(root, name, damage, problem):
    damage(newest(root).folder / name)

    found, [skipped] = newest_whole(root)

    assert found.step == 5
    assert skipped.startswith("Skipped the checkpoint of step 10: ")
    assert name.rpartition("/")[2] in skipped
    assert re.search(problem, skipped)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "manifest.json is missing or damaged"),
        (b"", "manifest.json is missing or damaged"),
        (b"{", "manifest.json is missing or damaged"),
        (b"\xff\xfe", "manifest.json is missing or damaged"),
        (b"[1, 2]", "manifest.json is missing or damaged"),
        (b"7", "manifest.json is missing or damaged"),
        (b'{"state.json": 3}', "manifest.json is missing or damaged"),
        (b'{"state.json": {}}', "manifest.json is missing or damaged"),
        (b"{}", "manifest.json lists no files"),
        (b"[]", "manifest.json lists no files"),
    ],
)
def test_checkpoint_without_a_good_manifest_is_skipped(root, content, problem):
    manifest = newest(root).folder / "manifest.json"
    manifest.unlink()
    if content is not None:
        manifest.write_bytes(content)

    found, skipped = newest_whole(root)

    assert found.step == 5
    assert skipped == [f"Skipped the checkpoint of step 10: {problem}."]


def test_every_damaged_checkpoint_is_named_if_none_is_whole(root):
    for checkpoint in checkpoints(root):
        (checkpoint.folder / "state.json").unlink()

    found, skipped = newest_whole(root)

    assert found is None
    assert skipped == [
        "Skipped the checkpoint of step 10: state.json is missing.",
        "Skipped the checkpoint of step 5: state.json is missing.",
    ]


def test_only_two_checkpoints_are_kept(root):
    write(root, 15)
    write(root, 20)

    assert steps_of(root) == [20, 15]
    assert sorted(file.name for file in root.iterdir()) == ["step-000015", "step-000020"]


def test_new_checkpoint_of_a_smaller_step_is_kept(root):
    write(root, 3)
    write(root, 4)

    assert steps_of(root) == [10, 5, 4, 3]


def test_checkpoints_after_a_step_are_removed(root):
    remove_newer(root, 5)
    assert steps_of(root) == [5]

    remove_newer(root, 0)
    assert steps_of(root) == []


@pytest.mark.parametrize(
    ("damage", "problem"),
    [(truncate, "state.safetensors has 2,999 bytes instead of 3,000"), (flip_bit, None)],
)
def test_problem_is_found_by_the_sizes_alone_if_files_are_not_to_be_read(root, damage, problem):
    damage(newest(root).folder / "state.safetensors")

    assert newest(root).problem(reads_files=False) == problem


def test_older_checkpoints_are_deleted_only_after_the_new_one_is_whole(root):
    with new_checkpoint(root, 15) as folder:
        (folder / "state.json").write_text("{}")

        assert steps_of(root) == [10, 5]


def test_step_that_is_saved_again_replaces_the_first(root):
    before = (newest(root).folder / "state.safetensors").read_bytes()

    write(root, 10)

    assert steps_of(root) == [10, 5]
    assert newest(root).problem() is None
    assert (newest(root).folder / "state.safetensors").read_bytes() != before


@pytest.mark.parametrize("name", ["step-1", "step-00001x", ".step-000020.ab12", "x", "step--00009"])
def test_other_folders_are_no_checkpoints(root, name):
    (root / name).mkdir()

    assert steps_of(root) == [10, 5]


def test_killed_half_written_folder_is_ignored(root):
    shutil.copytree(newest(root).folder, root / ".step-000015.0123456789ab")

    assert newest_whole(root) == (Checkpoint(root / "step-000010"), [])


def full_disk(*_args, **_options):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("name", ["_flush", "_facts", "write_json"])
@pytest.mark.parametrize("step", [10, 15])
def test_full_disk_while_a_checkpoint_is_finished_leaves_the_older_ones(
    root, monkeypatch, name, step
):
    monkeypatch.setattr(checkpoint_module, name, full_disk)

    with pytest.raises(OSError, match="No space left on device"):
        write(root, step)

    monkeypatch.undo()
    assert steps_of(root) == [10, 5]
    assert newest_whole(root) == (Checkpoint(root / "step-000010"), [])
    assert sorted(file.name for file in root.iterdir()) == ["step-000005", "step-000010"]


@pytest.mark.parametrize("step", [10, 15])
def test_full_disk_while_the_state_is_written_leaves_the_older_ones(root, step):
    with pytest.raises(OSError, match="No space left on device"):
        write(root, step, full_disk)

    assert newest_whole(root) == (Checkpoint(root / "step-000010"), [])


def test_full_disk_before_the_first_folder_leaves_the_older_ones(root, monkeypatch):
    monkeypatch.setattr("pathlib.Path.mkdir", full_disk)

    with pytest.raises(OSError, match="No space left on device"):
        write(root, 15)

    monkeypatch.undo()
    assert steps_of(root) == [10, 5]
