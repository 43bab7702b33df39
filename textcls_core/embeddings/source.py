"""Whose encoder makes the vectors: a pretrained model as it is, or a finished run."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from textcls_core.errors import NotFoundError
from textcls_core.models.catalogue import absolute_name, locate
from textcls_core.runs.store import RunStore, checked_id
from textcls_core.workspace import Workspace

_FILES = ("config.json", "tokenizer.json", "tokenizer_config.json", "textcls.json", "*.safetensors")


@dataclass(frozen=True, slots=True)
class Source:
    """A model that can embed texts."""

    name: str
    """Name of a pretrained model, absolute path of a folder, or id of a run."""
    folder: Path
    """Where its files are."""
    is_run: bool

    @property
    def digest(self) -> str:
        """Hex digest of the files that its vectors depend on."""
        return _digest(tuple(_facts(file) for file in _files(self.folder)))


def source_name(source: str) -> str:
    """Return the one name of a source; a folder has several."""
    return source if is_run_id(source) else absolute_name(source)


def is_run_id(source: str) -> bool:
    """Tell whether a source is a run rather than a pretrained model."""
    try:
        checked_id(source)
    except NotFoundError:
        return False
    return True


def open_source(workspace: Workspace, source: str) -> Source:
    """Return the model behind a name; one of the hub is downloaded on first use.

    Args:
        workspace: Where runs are.
        source: `minilm`, a folder, a hub name, or the id of a run.

    Raises:
        ModelError: If the model is missing, unreachable or unsafe.
        NotFoundError: If there is no such run.
        RunStateError: If the run has no finished model.
    """
    if is_run_id(source):
        run = RunStore.open(workspace).open_run(source)
        return Source(run.run_id, run.require_model(), is_run=True)
    return Source(source_name(source), locate(source), is_run=False)


def current_digest(workspace: Workspace, source: str) -> str | None:
    """Return the digest of a source whose files can change, if they are there; else None.

    The embedded model and those of the hub do not change behind their name.
    """
    if is_run_id(source):
        folder = workspace.runs_dir / source / "model"
    elif Path(source).is_absolute():
        folder = Path(source)
    else:
        return None
    return Source(source, folder, is_run=False).digest if folder.is_dir() else None


def _files(folder: Path) -> list[Path]:
    return sorted(file for pattern in _FILES for file in folder.glob(pattern))


def _facts(file: Path) -> tuple[str, int, int]:
    found = file.stat()
    return str(file), found.st_size, found.st_mtime_ns


@lru_cache(maxsize=32)
def _digest(files: tuple[tuple[str, int, int], ...]) -> str:
    """Return the digest of files; it is computed again when one of them has changed."""
    digest = hashlib.sha256()
    for name, *_ in files:
        with Path(name).open("rb") as file:
            digest.update(Path(name).name.encode() + hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
