"""Source: the bytes of one file, on disk or in memory, under a name that is safe to show."""

import io
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from textcls_core.errors import DatasetFormatError

_MAX_NAME_CHARACTERS = 80
_READ_ONLY = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""A FIFO opens at once and is then refused, instead of waiting for a writer."""


@dataclass(frozen=True, slots=True)
class Source:
    """What to read."""

    name: str
    """Safe to show."""
    content: Path | bytes
    is_cut: bool = False
    """True when `content` is only the beginning of a file."""

    @property
    def is_folder(self) -> bool:
        """Tell whether it is a folder."""
        return isinstance(self.content, Path) and os.path.isdir(self.content)  # noqa: PTH112 - never raises

    @property
    def folder(self) -> Path:
        """The path of a folder.

        Raises:
            DatasetFormatError: If it is none.
        """
        if isinstance(self.content, bytes) or not self.is_folder:
            raise DatasetFormatError(f"{self.name} is not a folder.")
        return self.content

    def open(self) -> BinaryIO:
        """Return the bytes as a file that is read from its beginning.

        Raises:
            DatasetFormatError: If it is not a regular file or may not be read.
        """
        if isinstance(self.content, bytes):
            return io.BytesIO(self.content)
        try:
            number = os.open(self.content, _READ_ONLY)
        except OSError as error:
            raise DatasetFormatError(_refused(self.name, error)) from error
        if not stat.S_ISREG(os.fstat(number).st_mode):
            os.close(number)
            raise DatasetFormatError(_not_a_file(self.name))
        return os.fdopen(number, "rb")

    def head(self, num_bytes: int) -> bytes:
        """Return the first bytes."""
        with self.open() as file:
            return file.read(num_bytes)

    @property
    def size_bytes(self) -> int:
        """Length of the file; 0 for a folder."""
        if isinstance(self.content, bytes):
            return len(self.content)
        return 0 if self.is_folder else self._status(self.content).st_size

    def changed_at(self) -> tuple[int, int]:
        """Return what differs after someone wrote to the file; always equal for bytes."""
        if isinstance(self.content, bytes):
            return (0, 0)
        status = self._status(self.content)
        return status.st_mtime_ns, status.st_size

    def _status(self, path: Path) -> os.stat_result:
        """Return what the system knows about the path.

        Raises:
            DatasetFormatError: If it is gone.
        """
        try:
            return path.stat()
        except OSError as error:
            raise DatasetFormatError(_refused(self.name, error)) from error


def shown_name(name: str) -> str:
    """Return a file name for messages: no control or direction characters, at most 80 long."""
    visible = "".join(character for character in name if character.isprintable())
    return visible[:_MAX_NAME_CHARACTERS].strip() or "The file"


def _refused(name: str, error: OSError) -> str:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return _not_a_file(name)
    return f"{name} cannot be opened: {error.strerror}."


def _not_a_file(name: str) -> str:
    return f"{name} is not a file. Expected a file with data, or a folder with one class each."
