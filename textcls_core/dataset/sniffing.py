"""What a file is, judged by its content; its name only serves to warn."""

import codecs
import re

from textcls_core.dataset.dialect import first_lines
from textcls_core.dataset.encoding import codec_of
from textcls_core.dataset.formats.huggingface import is_huggingface
from textcls_core.dataset.formats.source import Source
from textcls_core.dataset.reading_options import Format
from textcls_core.errors import DatasetFormatError

EXPECTED = "Expected CSV, TSV, JSON, JSON Lines, Parquet, Arrow or Excel"
_HEAD_BYTES = 1_000_000
_FOREIGN_TYPES = (
    (b"\xfd7zXZ", "an xz archive"),
    (b"BZh", "a bzip2 archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"(\xb5/\xfd", "a Zstandard archive"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF89a", "a GIF image"),
    (b"%PDF", "a PDF document"),
    (b"FEA1", "a Feather file of version 1"),
    (b"ORC", "an ORC file"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\xd0\xcf\x11\xe0", "an old or password-protected Office document"),
    (b"\x80\x02", "a Python pickle"),
    (b"\x80\x03", "a Python pickle"),
    (b"\x80\x04\x95", "a Python pickle"),
    (b"\x80\x05\x95", "a Python pickle"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"SQLite format 3\0", "an SQLite database"),
)
_RECORD_START = re.compile(r"""\s*\{\s*(?:["'}]|$)""")
_NESTED = re.compile(r'"\s*:\s*[\[{]')
_ARRAY_START = re.compile(r"\s*\[\s*[{\]]")


def sniff(source: Source) -> Format:
    """Return the format of a file that is not packed.

    Raises:
        DatasetFormatError: If it is empty, or of a type that holds no table.
    """
    if source.is_folder:
        return "huggingface" if is_huggingface(source.folder) else "folder"
    head = source.head(_HEAD_BYTES)
    if not head.strip() and not _has_text(source):
        raise DatasetFormatError(_empty(source.name))
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith((b"ARROW1", b"\xff\xff\xff\xff")):
        return "arrow"
    if head.startswith(b"PK\x03\x04"):  # other archives were unpacked before
        return "excel"
    _refuse_foreign_type(head, source.name)
    return sniff_text(_text(source, head))


def sniff_text(text: str) -> Format:
    """Return the format of a text by its first lines."""
    if _ARRAY_START.match(text):
        return "json"
    lines = first_lines(text, 20)
    starts = [bool(_RECORD_START.match(line)) for line in lines]
    if not starts[0] and sum(starts) <= len(lines) / 2:
        return "csv"
    return "json" if _is_one_object(lines) else "jsonl"


def _is_one_object(lines: list[str]) -> bool:
    """Tell whether lines are one JSON object with nested values rather than one per line."""
    if len(lines) == 1:
        return _NESTED.search(lines[0]) is not None
    is_whole = lines[0].rstrip().endswith(("}", "},"))
    return not is_whole and sum(line.startswith("{") for line in lines) == 1


def _text(source: Source, head: bytes) -> str:
    """Return the beginning of a text file.

    Raises:
        DatasetFormatError: If there is nothing in it but blanks.
    """
    codec = codec_of(head, source.name)
    text = codecs.getincrementaldecoder(codec)("replace").decode(head).removeprefix("\ufeff")
    if not text.strip() and len(head) < _HEAD_BYTES:
        raise DatasetFormatError(_empty(source.name))
    return text


def _has_text(source: Source) -> bool:
    """Tell whether there is anything but white space in a file."""
    with source.open() as file:
        return any(part.strip() for part in iter(lambda: file.read(_HEAD_BYTES), b""))


def _empty(file_name: str) -> str:
    return f"{file_name} is empty. Choose a file with at least one row."


def _refuse_foreign_type(head: bytes, file_name: str) -> None:
    for magic, description in _FOREIGN_TYPES:
        if head.startswith(magic):
            raise DatasetFormatError(
                f"{file_name} is {description}, not data in rows. {EXPECTED}: "
                "export it as one of these."
            )
    start = head[:512].removeprefix(codecs.BOM_UTF8).lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html", b"<?xml")):
        raise DatasetFormatError(
            f"{file_name} is a web page or XML, not data: probably an error page saved by a "
            "download. Download the file again."
        )
