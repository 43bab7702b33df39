"""Source: the bytes of one file, on disk or in memory, under a name that is safe to show."""

import io
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from textcls_core.errors import DatasetFormatError

_MAX_NAME_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class Source:
    """What to read."""

    name: str
    """Safe to show."""
    content: Path | bytes
    is_cut: bool = False
    """True when `content` is only the beginning of a file."""

    def open(self) -> BinaryIO:
        """Return the bytes as a file that is read from its beginning.

        Raises:
            DatasetFormatError: If it is not a regular file or may not be read.
        """
        if isinstance(self.content, bytes):
            return io.BytesIO(self.content)
        try:
            number = os.open(self.content, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
            if not stat.S_ISREG(os.fstat(number).st_mode):
                os.close(number)
                raise DatasetFormatError(_not_a_file(self.name))
            return os.fdopen(number, "rb")
        except (FileNotFoundError, NotADirectoryError) as error:
            raise DatasetFormatError(_not_a_file(self.name)) from error
        except OSError as error:
            raise DatasetFormatError(f"{self.name} cannot be opened: {error.strerror}.") from error

    def head(self, num_bytes: int) -> bytes:
        """Return the first bytes."""
        with self.open() as file:
            return file.read(num_bytes)

    @property
    def size_bytes(self) -> int:
        """Length of the file."""
        if isinstance(self.content, bytes):
            return len(self.content)
        with self.open() as file:
            return os.fstat(file.fileno()).st_size


def shown_name(name: str) -> str:
    """Return a file name for messages: no control or direction characters, at most 80 long."""
    visible = "".join(character for character in name if character.isprintable())
    return visible[:_MAX_NAME_CHARACTERS].strip() or "The file"


def _not_a_file(name: str) -> str:
    return f"{name} is not a file. Expected a file with data, or a folder with one class each."
