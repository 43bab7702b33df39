"""From bytes to text: real file type, byte-order marks, UTF-8 or a clear refusal."""

import codecs
import re

from charset_normalizer import from_bytes

from textcls_core.errors import DatasetFormatError
from textcls_core.wording import plural

MAX_FILE_BYTES = 2 * 1024**3

_FOREIGN_TYPES = (
    (b"PK\x03\x04", "a zip archive or an Excel file"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"(\xb5/\xfd", "a Zstandard archive"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF89a", "a GIF image"),
    (b"%PDF", "a PDF document"),
    (b"PAR1", "a Parquet file"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"\x80\x02", "a Python pickle"),
    (b"\x80\x03", "a Python pickle"),
    (b"\x80\x04\x95", "a Python pickle"),
    (b"\x80\x05\x95", "a Python pickle"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"SQLite format 3\0", "an SQLite database"),
)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UNREADABLE = re.compile("[\udc80-\udcff]")
_LINES_SHOWN = 5
_CHANCE = 10
"""Lines of a foreign encoding for each one that happens to be readable."""


def decode(
    data: bytes, file_name: str, encoding: str | None = None, *, keep_unreadable: bool = False
) -> str:
    """Return the text of a file without its byte-order mark.

    Args:
        data: The whole file.
        file_name: Shown in messages.
        encoding: A Python codec name; without it a byte-order mark decides, else UTF-8.
        keep_unreadable: Mark bytes that cannot be read instead of refusing the file, so that the
            caller can leave out their rows; see `has_unreadable_bytes`.

    Raises:
        DatasetFormatError: If the file is empty, of another type, or not in that encoding.
    """
    if not data.strip():
        raise DatasetFormatError(f"{file_name} is empty. Choose a file with at least one row.")
    _refuse_foreign_type(data, file_name)
    mark, marked_encoding = _byte_order_mark(data)
    codec = _codec(encoding or marked_encoding or "utf-8", file_name)
    skip = len(mark) if codec == "utf-8" and mark == codecs.BOM_UTF8 else 0
    try:
        text = data[skip:].decode(codec, "surrogateescape" if keep_unreadable else "strict")
    except UnicodeDecodeError as error:
        raise DatasetFormatError(_explain(data, file_name, codec, error.start + skip)) from error
    except (LookupError, UnicodeError) as error:  # codecs that are not of text, such as "hex"
        raise DatasetFormatError(_not_an_encoding(codec, file_name)) from error
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise DatasetFormatError(f"{file_name} is empty. Choose a file with at least one row.")
    return text


def has_unreadable_bytes(text: str) -> bool:
    """Tell whether `text` holds bytes that `decode` marked as unreadable."""
    return not text.isascii() and _UNREADABLE.search(text) is not None


def detect_encoding(data: bytes) -> str | None:
    """Return the most likely codec of `data`, judged on its first 200 kB, or None."""
    best = from_bytes(data[:200_000]).best()
    return None if best is None else best.encoding


def _refuse_foreign_type(data: bytes, file_name: str) -> None:
    for magic, description in _FOREIGN_TYPES:
        if data.startswith(magic):
            raise DatasetFormatError(
                f"{file_name} is {description}, not text. Expected CSV, TSV or JSON Lines: "
                "export it as one of these."
            )
    head = data[:512].removeprefix(codecs.BOM_UTF8).lstrip().lower()
    if head.startswith((b"<!doctype html", b"<html", b"<?xml")):
        raise DatasetFormatError(
            f"{file_name} is a web page or XML, not data: probably an error page saved by a "
            "download. Download the file again."
        )


def _byte_order_mark(data: bytes) -> tuple[bytes, str | None]:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return mark, encoding
    return b"", None


def _codec(encoding: str, file_name: str) -> str:
    try:
        return codecs.lookup(encoding).name
    except (LookupError, ValueError) as error:
        raise DatasetFormatError(_not_an_encoding(encoding, file_name)) from error


def _not_an_encoding(encoding: str, file_name: str) -> str:
    return (
        f'"{encoding[:40]}" is not an encoding that Python knows (reading {file_name}). '
        "Use for example utf-8, cp1252 or gb18030."
    )


def _explain(data: bytes, file_name: str, codec: str, position: int) -> str:
    """Say which lines cannot be decoded and what to do about them."""
    lines = _lines(data, codec)
    unreadable = [number for number, line in enumerate(lines, 1) if has_unreadable_bytes(line)]
    unreadable = unreadable or [data.count(b"\n", 0, position) + 1]
    readable = sum(not line.isascii() and not has_unreadable_bytes(line) for line in lines)
    is_mixed = readable > len(unreadable) / _CHANCE
    shown = ", ".join(f"{number:,}" for number in unreadable[:_LINES_SHOWN])
    more = ", ..." if len(unreadable) > _LINES_SHOWN else ""
    return (
        f"{file_name} is not {codec}: {plural(len(unreadable), 'line')} cannot be read "
        f"(line {shown}{more}), the first at byte 0x{data[position]:02x}. "
        f"{_advice(data, codec, is_mixed=is_mixed)}"
    )


def _advice(data: bytes, codec: str, *, is_mixed: bool) -> str:
    if is_mixed:
        return (
            f"Other lines are {codec}, so the file mixes encodings: "
            "correct these lines, or import again and skip bad rows."
        )
    likely = detect_encoding(data)
    if likely and codecs.lookup(likely).name != codec:
        return f'It looks like {likely}: set the encoding to "{likely}" and check the preview.'
    return "Set the encoding it was written in."


def _lines(data: bytes, codec: str) -> list[str]:
    """Return the lines with unreadable bytes marked, or none where the codec cannot mark them."""
    try:
        text = data.decode(codec, "surrogateescape")
    except UnicodeError:
        return []
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
