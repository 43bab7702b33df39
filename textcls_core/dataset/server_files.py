"""Files on the server that may be imported: those inside one folder, wherever links point."""

import os
from collections.abc import Iterator
from pathlib import Path

from textcls_core.dataset.formats.source import shown_name
from textcls_core.errors import InvalidArgumentError, did_you_mean
from textcls_core.workspace import Workspace

VARIABLE = "TEXTCLS_DATA"
MAX_LISTED = 200
_MAX_PATH_CHARACTERS = 4_000


def import_folder(workspace: Workspace) -> Path:
    """Return the folder that server-side files are imported from.

    It is `$TEXTCLS_DATA`, or `imports` in the workspace.
    """
    return Path(os.environ.get(VARIABLE) or workspace.root / "imports").resolve()


def resolve_server_path(workspace: Workspace, path: str) -> Path:
    """Return a regular file or a folder inside the import folder.

    Args:
        workspace: Whose import folder is used.
        path: Relative to that folder, or absolute inside it.

    Raises:
        InvalidArgumentError: If it leads out, also through a link, does not exist, or is a device,
            a FIFO or a socket.
    """
    root = import_folder(workspace)
    shown = shown_name(path)
    if not path.strip() or "\0" in path or len(path) > _MAX_PATH_CHARACTERS:
        raise InvalidArgumentError(_expected(shown, root, "is not a path"))
    try:
        found = (root / path.strip()).resolve(strict=True)
    except (OSError, RuntimeError) as error:
        known = list_server_files(workspace)
        message = _expected(shown, root, "does not exist")
        raise InvalidArgumentError(f"{message} {did_you_mean(path, known)}") from error
    if not found.is_relative_to(root):
        raise InvalidArgumentError(_expected(shown, root, "lies outside the import folder"))
    if not (found.is_file() or (found.is_dir() and found != root)):
        raise InvalidArgumentError(_expected(shown, root, "is neither a file nor a folder of data"))
    return found


def list_server_files(workspace: Workspace, limit: int = MAX_LISTED) -> list[str]:
    """Return files and folders at the top of the import folder and one level below, sorted."""
    root = import_folder(workspace)
    found = []
    for path in _entries(root):
        found.append(path.name)
        if path.is_dir():
            found += [f"{path.name}/{below.name}" for below in _entries(path)]
        if len(found) >= limit:
            break
    return found[:limit]


def _entries(folder: Path) -> Iterator[Path]:
    """Yield what can be imported from a folder, in the order of its names; links are left out."""
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return
    for path in entries:
        is_ours = not path.name.startswith(".") and not path.is_symlink()
        if is_ours and (path.is_file() or path.is_dir()):
            yield path


def _expected(shown: str, root: Path, what: str) -> str:
    return (
        f'"{shown}" {what}. Expected a file or folder inside {root}, the import folder '
        f"(set {VARIABLE} to use another one)."
    )
