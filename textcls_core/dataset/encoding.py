"""From bytes to text: byte-order marks, UTF-8 or a clear refusal."""

import codecs
import io
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO, TextIO

from charset_normalizer import from_bytes

from textcls_core.dataset.reading_options import ChangedLine
from textcls_core.errors import DatasetFormatError
from textcls_core.wording import plural

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UNREADABLE = re.compile("[\udc80-\udcff]")
_LINES_SHOWN = 5
_SAMPLE_BYTES = 200_000
_CHANCE = 10
"""Lines of a foreign encoding for each one that happens to be readable."""


def codec_of(head: bytes, file_name: str, encoding: str | None = None) -> str:
    """Return the Python codec to read a file with.

    Args:
        head: At least its first four bytes.
        file_name: Shown in messages.
        encoding: A Python codec name; without it a byte-order mark decides, else UTF-8.

    Raises:
        DatasetFormatError: If Python does not know that encoding.
    """
    chosen = encoding or marked_encoding(head) or "utf-8"
    try:
        codec = codecs.lookup(chosen).name
        "a".encode(codec)  # codecs that are not of text, such as "hex", fail here
    except (LookupError, ValueError) as error:
        raise DatasetFormatError(_not_an_encoding(chosen, file_name)) from error
    return codec


def marked_encoding(head: bytes) -> str | None:
    """Return the encoding that a byte-order mark names, or None."""
    return next((encoding for mark, encoding in _MARKS if head.startswith(mark)), None)


def open_as_text(file: BinaryIO, codec: str, *, is_lenient: bool = False) -> TextIO:
    r"""Return the text of a file without its byte-order mark, every line break as `\n`.

    Args:
        file: Closed together with the text.
        codec: A codec of text.
        is_lenient: Mark bytes that cannot be read instead of failing at them, see
            `has_unreadable_bytes`.
    """
    errors = "surrogateescape" if is_lenient else "strict"
    text = io.TextIOWrapper(file, codec, errors, newline=None)
    if text.read(1) != "\ufeff":
        text.seek(0)
    return text


def has_unreadable_bytes(text: str) -> bool:
    """Tell whether `text` holds bytes that `open_as_text` marked as unreadable."""
    return not text.isascii() and _UNREADABLE.search(text) is not None


def replace_unreadable_bytes(text: str) -> str:
    """Return `text` with U+FFFD for every byte that was marked as unreadable."""
    return _UNREADABLE.sub("\ufffd", text)


def detect_encoding(data: bytes) -> str | None:
    """Return the most likely codec of `data`, judged on its first 200 kB, or None."""
    best = from_bytes(data[:_SAMPLE_BYTES]).best()
    return None if best is None else best.encoding


def changed_lines(
    open_file: Callable[[], BinaryIO], encoding: str, limit: int = _LINES_SHOWN
) -> tuple[ChangedLine, ...]:
    """Return the first lines that another encoding than UTF-8 reads differently.

    Args:
        open_file: Opens the file from its beginning.
        encoding: A codec of text.
        limit: Number of lines returned at most.
    """
    with (
        io.TextIOWrapper(open_file(), "utf-8-sig", "replace", newline=None) as before,
        io.TextIOWrapper(open_file(), encoding, "replace", newline=None) as after,
    ):
        pairs = enumerate(zip(before, after, strict=False), 1)
        different = (
            ChangedLine(line=number, before=old.rstrip("\n"), after=new.rstrip("\n"))
            for number, (old, new) in pairs
            if old != new
        )
        return tuple(islice(different, limit))


@dataclass(frozen=True, slots=True)
class Survey:
    """Which lines of a file are not in an encoding."""

    first_lines: list[int]
    """The first five unreadable lines, from 1."""
    num_unreadable: int
    num_readable: int
    """Lines with more than ASCII that can be read."""
    sample: bytes
    """Unreadable lines, enough of them to guess their encoding."""

    @property
    def is_mixed(self) -> bool:
        """Tell whether some lines are in the encoding and others are not."""
        return self.num_readable > self.num_unreadable / _CHANCE


def survey(file: BinaryIO, codec: str) -> Survey:
    """Return which lines of a file, opened at its beginning, are not in an encoding."""
    first_lines: list[int] = []
    sample = b""
    num_unreadable = num_readable = 0
    for number, line in _numbered_lines(file, codec):
        if line.isascii():
            continue
        if not has_unreadable_bytes(line):
            num_readable += 1
            continue
        num_unreadable += 1
        if len(first_lines) < _LINES_SHOWN:
            first_lines.append(number)
        if len(sample) < _SAMPLE_BYTES:
            with suppress(UnicodeError):  # not every codec can write the marks back
                sample += line.encode(codec, "surrogateescape")
    return Survey(first_lines, num_unreadable, num_readable, sample)


def _numbered_lines(file: BinaryIO, codec: str) -> Iterator[tuple[int, str]]:
    """Yield the lines with unreadable bytes marked, or none where the codec cannot mark them."""
    with suppress(UnicodeError), open_as_text(file, codec, is_lenient=True) as text:
        yield from enumerate(text, 1)


def explain(
    open_file: Callable[[], BinaryIO], file_name: str, codec: str, error: UnicodeDecodeError
) -> str:
    """Say which lines cannot be decoded and what to do about them."""
    found = survey(open_file(), codec)
    shown = ", ".join(f"{number:,}" for number in found.first_lines)
    more = ", ..." if found.num_unreadable > _LINES_SHOWN else ""
    lines = f"{plural(found.num_unreadable, 'line')} cannot be read (line {shown}{more}), the first"
    return (
        f"{file_name} is not {codec}: {lines if shown else 'it cannot be read, the first time'} "
        f"at byte 0x{error.object[error.start]:02x}. {_advice(found, codec)}"
    )


def _advice(found: Survey, codec: str) -> str:
    if found.is_mixed and found.num_unreadable:
        return (
            f"Other lines are {codec}, so the file mixes encodings: "
            "correct these lines, or import again and skip bad rows or replace what is unreadable."
        )
    likely = detect_encoding(found.sample) if found.sample else None
    if likely and codecs.lookup(likely).name != codec:
        return f'It looks like {likely}: set the encoding to "{likely}" and check the preview.'
    return "Set the encoding it was written in."


def _not_an_encoding(encoding: str, file_name: str) -> str:
    return (
        f'"{encoding[:40]}" is not an encoding that Python knows (reading {file_name}). '
        "Use for example utf-8, cp1252 or gb18030."
    )
