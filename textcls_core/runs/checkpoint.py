"""Checkpoints on disk: whole or not there, and checked before they are trusted. Imports no torch.

A checkpoint is a folder `checkpoints/step-000123/`. It is written under another name, its manifest
(size and sha256 of every file) last, and then renamed into place.
"""

import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from textcls_core.errors import TextclsError
from textcls_core.files import read_json, replaced_directory, write_json

KEPT = 2
"""Checkpoints kept of each run: the newest, and one more in case it is damaged."""
_MANIFEST = "manifest.json"
_NAME = re.compile(r"step-([0-9]{6,})")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A folder with the whole state of a training after a step."""

    folder: Path

    @property
    def step(self) -> int:
        """Optimizer steps done."""
        match = _NAME.fullmatch(self.folder.name)
        assert match is not None  # noqa: S101 - `checkpoints` lists no other folders
        return int(match[1])

    def problem(self, *, reads_files: bool = True) -> str | None:
        """Return what is wrong with the files, or None if all are as they were written.

        Args:
            reads_files: Whether to compare contents too; their sizes alone are known at once.
        """
        try:
            listed = dict(read_json(self.folder / _MANIFEST))
            for name, facts in listed.items():
                problem = _problem_of(self.folder / name, facts, reads_files=reads_files)
                if problem:
                    return problem
        except (OSError, TextclsError, TypeError, ValueError, KeyError):
            return f"{_MANIFEST} is missing or damaged"
        return None if listed else f"{_MANIFEST} lists no files"


def checkpoints(root: Path) -> list[Checkpoint]:
    """Return the checkpoints in a folder, newest first, damaged ones included."""
    folders = root.iterdir() if root.is_dir() else ()
    found = [Checkpoint(folder) for folder in folders if _NAME.fullmatch(folder.name)]
    return sorted(found, key=lambda checkpoint: checkpoint.step, reverse=True)


def newest_whole(root: Path) -> tuple[Checkpoint | None, list[str]]:
    """Return the newest checkpoint that verifies, and one sentence per newer one that does not."""
    skipped: list[str] = []
    for checkpoint in checkpoints(root):
        problem = checkpoint.problem()
        if problem is None:
            return checkpoint, skipped
        skipped.append(f"Skipped the checkpoint of step {checkpoint.step}: {problem}.")
    return None, skipped


def remove_newer(root: Path, step: int) -> None:
    """Remove the checkpoints after `step`, which a training that goes on from there passed over."""
    for checkpoint in checkpoints(root):
        if checkpoint.step > step:
            shutil.rmtree(checkpoint.folder, ignore_errors=True)


@contextmanager
def new_checkpoint(root: Path, step: int) -> Iterator[Path]:
    """Give an empty folder that becomes the checkpoint of `step` when the block ends without error.

    Older checkpoints beyond `KEPT` are deleted, but only after the new one is in place. Those of
    later steps do not count: they were passed over, and the new one must outlive them.
    """
    root.mkdir(exist_ok=True)
    with replaced_directory(root / f"step-{step:06d}") as folder:
        yield folder
        written = [file for file in sorted(folder.rglob("*")) if file.is_file()]
        for file in written:
            _flush(file)
        listed = {file.relative_to(folder).as_posix(): _facts(file) for file in written}
        write_json(folder / _MANIFEST, listed)
    passed = [checkpoint for checkpoint in checkpoints(root) if checkpoint.step <= step]
    for checkpoint in passed[KEPT:]:
        shutil.rmtree(checkpoint.folder, ignore_errors=True)


def _facts(file: Path) -> dict[str, int | str]:
    with file.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
    return {"size": file.stat().st_size, "sha256": digest}


def _problem_of(file: Path, facts: dict[str, int | str], *, reads_files: bool) -> str | None:
    if not file.is_file():
        return f"{file.name} is missing"
    if file.stat().st_size != facts["size"]:
        return f"{file.name} has {file.stat().st_size:,} bytes instead of {facts['size']:,}"
    is_same = not reads_files or _facts(file) == facts
    return None if is_same else f"{file.name} is not what was written"


def _flush(file: Path) -> None:
    """Wait until a file is on the disk."""
    with file.open("rb+") as handle:
        os.fsync(handle.fileno())
