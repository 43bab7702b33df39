"""Writing to disk so that a reader never sees half a file."""

import hashlib
import json
import os
import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from textcls_core.errors import InvalidArgumentError

Model = TypeVar("Model", bound=BaseModel)
_LEFTOVER = re.compile(r"\..+\.[0-9a-f]{12}")
"""Name of a hidden sibling."""
_DIGEST_CHARACTERS = 16


def digest_of(value: Any) -> str:
    """Return a short name that equal JSON values share, for a file named by what it depends on.

    Example:
        >>> digest_of({"a": 1, "b": [2]}) == digest_of({"b": [2], "a": 1})
        True
    """
    canonical = json.dumps(value, sort_keys=True, allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:_DIGEST_CHARACTERS]


def to_json(value: Any) -> str:
    """Return `value` as JSON; NaN and infinity are refused because they are not JSON."""
    return json.dumps(value, allow_nan=False, ensure_ascii=False)


def write_text(path: Path, text: str) -> None:
    """Replace the file at `path` in one step; readers see the old or the new content."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Replace the file at `path` in one step; readers see the old or the new content."""
    with temporary_sibling(path) as temporary:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)


def write_json(path: Path, value: Any) -> None:
    """Replace the file at `path` with `value` as indented JSON, in one step."""
    write_text(path, json.dumps(value, allow_nan=False, ensure_ascii=False, indent=2) + "\n")


def read_json(path: Path) -> Any:
    """Return the JSON value in `path`.

    Raises:
        InvalidArgumentError: If the file does not hold JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        message = f"{path.name} is not valid JSON ({error}). Delete it or restore it from a backup."
        raise InvalidArgumentError(message) from error


def read_model(path: Path, kind: type[Model], noun: str) -> Model:
    """Return the settings in a JSON file.

    Args:
        path: Its name and its folder's name stand in the message.
        kind: What the file describes.
        noun: The same for people.

    Raises:
        InvalidArgumentError: If the file is damaged or from another version of the app.
    """
    try:
        return kind.model_validate(read_json(path))
    except ValidationError as error:
        raise InvalidArgumentError(
            f"{path.parent.name}/{path.name} does not describe a {noun} of this version. "
            "Restore it from a backup, or move the folder away."
        ) from error


@contextmanager
def temporary_sibling(path: Path) -> Iterator[Path]:
    """Give a fresh path beside `path`, removed at the end if it was not renamed into place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _hidden_sibling(path)
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def new_directory(target: Path) -> Iterator[Path]:
    """Give an empty folder that becomes `target` when the block ends without an error.

    Raises:
        FileExistsError: If another writer made `target` first; its content is left as it is.
    """
    temporary = _hidden_sibling(target)
    temporary.mkdir(parents=True)
    try:
        yield temporary
        if target.exists():
            raise FileExistsError(target)
        temporary.rename(target)
    except OSError as error:
        if target.is_dir():  # POSIX reports a lost race as "directory not empty"
            raise FileExistsError(target) from error
        raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def replaced_directory(target: Path) -> Iterator[Path]:
    """Give an empty folder that replaces `target` when the block ends without an error.

    For an instant between two renames there is no `target`; if the second one fails, the old folder
    comes back, and if the process dies just then, `restore_directory` brings it back. The folder
    around it must exist: one that was deleted does not come back.
    """
    restore_directory(target)
    fresh, old = _hidden_sibling(target), _previous(target)
    fresh.mkdir()
    try:
        yield fresh
        if target.exists():
            target.rename(old)
        try:
            fresh.rename(target)
        except OSError:
            if old.exists():
                old.rename(target)
            raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def restore_directory(target: Path) -> None:
    """Undo a replacement of `target` that was killed half way."""
    old = _previous(target)
    if old.exists() and not target.exists():
        old.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def _previous(path: Path) -> Path:
    return path.with_name(f".{path.name}.previous")


def _hidden_sibling(path: Path) -> Path:
    """Return a name beside `path` that nobody uses; what is made there gets usual permissions."""
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:12]}")


def remove_leftovers(folder: Path) -> None:
    """Remove what writers left beside each other when they were killed.

    Only for whoever holds the lock that every writer of this folder takes: what is being written
    now looks the same.
    """
    for path in folder.glob(".*"):
        if _LEFTOVER.fullmatch(path.name):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def describe_refusal(error: OSError) -> str:
    """Return one sentence for a read or write that the system refused."""
    place = f" ({error.filename})" if error.filename else ""
    return (
        f"The system refused a read or write: {error.strerror or error}{place}. "
        "Check free space and permissions of the workspace."
    )
