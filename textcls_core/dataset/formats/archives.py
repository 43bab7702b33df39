"""Packed files: one flat data file in a zip or gzip archive, unpacked under a cap."""

import gzip
import io
import re
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from textcls_core.dataset.formats.source import Source, shown_name
from textcls_core.errors import DatasetFormatError
from textcls_core.jobs.progress import Report, ignore

Packing = Literal["zip", "gzip"]
MAX_RATIO = 100
"""Unpacked bytes for each packed one."""
MAX_UNPACKED_BYTES = 8 * 1024**3
MAX_MEMBERS = 1_000
_ALWAYS_ALLOWED_BYTES = 1024**2
"""Small files of repeated rows pack better than any ratio."""
_BLOCK_BYTES = 1024**2
DAMAGE = (
    zlib.error, zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError,
    ValueError, struct.error,
)  # fmt: skip
"""How a damaged archive shows while it is read."""
_DIRECTORY_END = b"PK\x05\x06"
_UNSAFE_NAME = re.compile(r"[/\\\0]|^\.\.?$|^[A-Za-z]:")
_PACKED_STARTS = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b")


@dataclass(frozen=True, slots=True)
class Unpacked:
    """The data file inside a packed one."""

    source: Source
    packing: Packing | None
    """None for a file that is not packed."""
    member: str | None = None
    """Name inside the archive, safe to show."""


def packing_of(source: Source) -> Packing | None:
    """Return how a file is packed; None for one that is not, or that is a workbook."""
    start = source.head(4)
    if start.startswith(b"\x1f\x8b"):
        return "gzip"
    is_zip = start in (b"PK\x03\x04", b"PK\x05\x06")
    return "zip" if is_zip and not is_workbook(source) else None


def is_workbook(source: Source) -> bool:
    """Tell whether a zip archive is an Excel workbook."""
    with opened_zip(source) as archive:
        return "xl/workbook.xml" in archive.namelist()


@contextmanager
def unpacked(
    source: Source, num_bytes: int | None = None, report: Report = ignore
) -> Iterator[Unpacked]:
    """Give the data file in a packed file, or the file itself if it is not packed.

    Args:
        source: The file.
        num_bytes: Unpack no more than this from the beginning; None unpacks all.
        report: Told how much is unpacked; may raise to stop.

    Raises:
        DatasetFormatError: If it is damaged, encrypted, too large unpacked, or holds anything but
            one data file.
    """
    packing = packing_of(source)
    if packing is None:
        yield Unpacked(source, None)
        return
    with tempfile.TemporaryDirectory(prefix="textcls-") as folder:
        target = Path(folder) / "data"
        with _opened(source, packing) as (file, member), target.open("wb") as copy:
            is_cut = copy_capped(file, copy, source, num_bytes, report)
        inner = Source(source.name, target, is_cut=is_cut)
        if inner.head(4).startswith(_PACKED_STARTS) and not _holds_workbook(inner):
            raise DatasetFormatError(
                f"{source.name} holds another archive. Expected one data file: unpack it first."
            )
        yield Unpacked(inner, packing, member)


def _holds_workbook(source: Source) -> bool:
    return source.head(2) == b"PK" and (source.is_cut or is_workbook(source))


@contextmanager
def _opened(source: Source, packing: Packing) -> Iterator[tuple[IO[bytes], str]]:
    """Give the one data file in an archive and its name."""
    try:
        if packing == "gzip":
            with source.open() as raw, gzip.GzipFile(fileobj=raw) as unzipped:
                yield io.BufferedReader(unzipped), shown_name(source.name.removesuffix(".gz"))
            return
        with opened_zip(source) as archive:
            member = _only_member(archive, source.name)
            with archive.open(member) as file:
                yield file, shown_name(member.filename)
    except DAMAGE as e:
        raise DatasetFormatError(
            f"{source.name} is a damaged {packing} archive ({str(e)[:80]}). Download it again."
        ) from e


@contextmanager
def opened_zip(source: Source) -> Iterator[zipfile.ZipFile]:
    """Give a zip archive with at most `MAX_MEMBERS` files.

    Raises:
        DatasetFormatError: If it is damaged or holds more files.
    """
    num_members = _count_members(source)
    if num_members > MAX_MEMBERS:
        raise DatasetFormatError(
            f"{source.name} is a zip archive of {num_members:,} files or more. "
            "Expected exactly one data file: unpack it first."
        )
    try:
        with source.open() as raw, zipfile.ZipFile(raw) as archive:
            yield archive
    except DAMAGE as error:
        raise DatasetFormatError(
            f"{source.name} is a damaged zip archive ({error}). Download it again."
        ) from error


def _count_members(source: Source) -> int:
    """Return the number of files that a zip archive says it has, before reading their names."""
    with source.open() as file:
        size = file.seek(0, 2)
        file.seek(max(size - 66_000, 0))
        tail = file.read()
    position = tail.rfind(_DIRECTORY_END)
    if position < 0 or len(tail) < position + 12:
        return 0
    return int(struct.unpack_from("<H", tail, position + 10)[0])


def _only_member(archive: zipfile.ZipFile, file_name: str) -> zipfile.ZipInfo:
    """Return the one data file of an archive; what macOS adds does not count.

    Raises:
        DatasetFormatError: If there is not exactly one, or it is encrypted or not flat.
    """
    members = [
        member
        for member in archive.infolist()
        if not member.filename.startswith(("__MACOSX/", ".")) or ".." in member.filename
    ]
    if len(members) != 1:
        found = f"{len(members):,} files" if members else "none"
        raise DatasetFormatError(
            f"{file_name} is a zip archive; expected exactly one data file in it, found {found}. "
            "Unpack it and choose one file."
        )
    member = members[0]
    if _UNSAFE_NAME.search(member.filename):
        raise DatasetFormatError(
            f"{file_name} holds its file in a folder ({shown_name(member.filename)}). Expected one "
            "data file at the top of the archive: unpack it first."
        )
    if member.flag_bits & 1:
        raise DatasetFormatError(
            f"{file_name} is encrypted. Unpack it with its password and choose the data file."
        )
    return member


def copy_capped(
    file: IO[bytes],
    target: IO[bytes],
    source: Source,
    num_bytes: int | None = None,
    report: Report = ignore,
) -> bool:
    """Copy what is unpacked, and tell whether it was cut at `num_bytes`.

    Raises:
        DatasetFormatError: If it grows beyond any honest archive.
    """
    packed = source.size_bytes
    allowed = min(max(MAX_RATIO * packed, _ALWAYS_ALLOWED_BYTES), MAX_UNPACKED_BYTES)
    total = 0
    while block := file.read(_BLOCK_BYTES):
        total += len(block)
        if total > allowed:
            raise DatasetFormatError(
                f"{source.name} unpacks to more than {allowed // 1024**2:,} MiB, "
                f"{MAX_RATIO} times its size or the limit. Unpack it yourself and choose the file."
            )
        target.write(block)
        report(total // _BLOCK_BYTES, 0, "Unpacking megabytes")
        if num_bytes is not None and total >= num_bytes:
            return True
    return False
