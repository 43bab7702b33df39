"""From bytes to text: real file type, byte-order marks, UTF-8 or a clear refusal."""

import codecs

from charset_normalizer import from_bytes

from textcls_core.errors import DatasetFormatError

MAX_FILE_BYTES = 2 * 1024**3

_FOREIGN_TYPES = (
    (b"PK\x03\x04", "a zip archive or an Excel file"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"%PDF", "a PDF document"),
    (b"PAR1", "a Parquet file"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"\x80\x04\x95", "a Python pickle"),
)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decode(data: bytes, file_name: str, encoding: str | None = None) -> str:
    """Return the text of a file without its byte-order mark.

    Args:
        data: The whole file.
        file_name: Shown in messages.
        encoding: A Python codec name; without it a byte-order mark decides, else UTF-8.

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
        text = data[skip:].decode(codec)
    except UnicodeDecodeError as error:
        raise DatasetFormatError(_explain(data, file_name, codec, error.start + skip)) from error
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise DatasetFormatError(f"{file_name} is empty. Choose a file with at least one row.")
    return text


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
    head = data[:512].lstrip().lower()
    if head.startswith((b"<!doctype html", b"<html")):
        raise DatasetFormatError(
            f"{file_name} is a web page, not data: probably an error page saved by a download. "
            "Download the file again."
        )


def _byte_order_mark(data: bytes) -> tuple[bytes, str | None]:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return mark, encoding
    return b"", None


def _codec(encoding: str, file_name: str) -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError as error:
        raise DatasetFormatError(
            f'"{encoding}" is not an encoding that Python knows (reading {file_name}). '
            "Use for example utf-8, cp1252 or gb18030."
        ) from error


def _explain(data: bytes, file_name: str, codec: str, position: int) -> str:
    """Say where decoding failed and which encoding would read the file."""
    line = data.count(b"\n", 0, position) + 1
    likely = detect_encoding(data)
    advice = (
        f'It looks like {likely}: set the encoding to "{likely}" and check the preview.'
        if likely and codecs.lookup(likely).name != codec
        else "Set the encoding it was written in."
    )
    return (
        f"{file_name} is not {codec}: byte 0x{data[position]:02x} in line {line:,} cannot be read. "
        f"{advice}"
    )
