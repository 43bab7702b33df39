"""What to import and how, as plain values that a job, a page and a restart of the app agree on."""

import hashlib
from itertools import islice
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict

from textcls_core.dataset.formats.source import Source
from textcls_core.dataset.importing import Imported, ImportPlan, import_tables
from textcls_core.dataset.reading import read_table
from textcls_core.dataset.reading_options import ReadingOptions
from textcls_core.errors import DatasetFormatError
from textcls_core.jobs.progress import Report, ignore

LARGE_BYTES = 20 * 1024**2
"""From this size on, files are imported by a job: some 200,000 short texts, a few seconds."""
_PACKED_STARTS = (b"PK", b"\x1f\x8b", b"PAR1")
_PACKED_FACTOR = 4
"""How much more a compressed byte holds, roughly."""
_ID_CHARACTERS = 16
_MAX_COUNTED_FILES = 20_000


class ImportFile(BaseModel):
    """One file or folder as it was when somebody chose it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    name: str
    """What it is called; shown in messages."""
    size_bytes: int
    modified_ns: int

    @classmethod
    def of(cls, path: Path, name: str) -> Self:
        """Return a file that exists."""
        found = path.stat()
        size = _folder_bytes(path) if path.is_dir() else found.st_size
        return cls(path=str(path), name=name, size_bytes=size, modified_ns=found.st_mtime_ns)

    @property
    def weight(self) -> int:
        """Bytes to read, roughly, after unpacking."""
        source = Source(self.name, Path(self.path))
        is_packed = not source.is_folder and source.head(4).startswith(_PACKED_STARTS)
        return self.size_bytes * (_PACKED_FACTOR if is_packed else 1)

    def require_unchanged(self) -> None:
        """Refuse a file that is not the one that was chosen.

        Raises:
            DatasetFormatError: If it is gone or was written to.
        """
        if not Path(self.path).exists():
            raise DatasetFormatError(f"{self.name} is gone. Choose the file again.")
        if ImportFile.of(Path(self.path), self.name) != self:
            raise DatasetFormatError(
                f"{self.name} changed after it was chosen. Choose the file again."
            )


class ImportRequest(BaseModel):
    """All that decides which rows an import gives."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    files: tuple[ImportFile, ...]
    """One file, or a training and a test file."""
    options: ReadingOptions = ReadingOptions()
    plan: ImportPlan = ImportPlan()

    @property
    def request_id(self) -> str:
        """Name made of everything above."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:_ID_CHARACTERS]

    @property
    def is_large(self) -> bool:
        """Whether the import takes longer than somebody would wait for a page."""
        return sum(file.weight for file in self.files) >= LARGE_BYTES

    @property
    def reason(self) -> str:
        """Why the version exists that this import makes."""
        return "imported from " + " and ".join(file.name for file in self.files)


def read_request(request: ImportRequest, report: Report = ignore) -> Imported:
    """Return the data set that a request gives; nothing is stored.

    Args:
        request: What to import and how.
        report: Told how far it is; may raise to stop.

    Raises:
        DatasetFormatError: If a file changed, cannot be read, or has no usable row.
    """
    tables = []
    for file in request.files:
        file.require_unchanged()
        tables.append(read_table(Path(file.path), request.options, file.name, report=report))
    test = tables[1] if len(tables) > 1 else None
    return import_tables(tables[0], test, request.plan, report)


def _folder_bytes(folder: Path) -> int:
    """Return the size of the first files below a folder; enough to tell that it is large."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return sum(file.stat().st_size for file in islice(files, _MAX_COUNTED_FILES))
