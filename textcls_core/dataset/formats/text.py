"""Text files: opened in their encoding, refused with the lines that are not in it."""

import codecs
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from textcls_core.dataset.encoding import codec_of, explain, open_as_text
from textcls_core.dataset.formats.row_log import RowLog
from textcls_core.dataset.formats.source import Source
from textcls_core.dataset.reading_options import ReadingOptions
from textcls_core.errors import DatasetFormatError

_HEAD_BYTES = 64


@contextmanager
def text_file(
    source: Source, options: ReadingOptions, log: RowLog | None = None
) -> Iterator[TextIO]:
    r"""Give the text of a file without its byte-order mark, every line break as `\n`.

    Bytes that are not in the encoding are marked, see `has_unreadable_bytes`, if the options allow
    to skip or replace them.

    Args:
        source: The file.
        options: Its encoding, where it is known.
        log: Of this file; is told where to see how much was read.

    Raises:
        DatasetFormatError: If there is no such encoding, or the text is not in it.
    """
    codec = codec_of(source.head(_HEAD_BYTES), source.name, options.encoding)
    is_lenient = options.skip_bad_rows or options.replace_unreadable
    try:
        raw = source.open()
        with open_as_text(raw, codec, is_lenient=is_lenient) as file:
            if log is not None:
                log.place = lambda: (raw.tell(), source.size_bytes)
            yield file
    except UnicodeDecodeError as error:
        raise DatasetFormatError(explain(source.open, source.name, codec, error)) from error


def cut_to_lines(source: Source, codec: str, num_bytes: int) -> Source:
    """Return the whole lines at the beginning of a file, or the file itself if it is short."""
    head = source.head(num_bytes + 1)
    if len(head) <= num_bytes and not source.is_cut:
        return Source(source.name, head)
    text = codecs.getincrementaldecoder(codec)("replace").decode(head[:num_bytes])
    lines = io.StringIO(text, newline=None).getvalue()
    whole = lines[: lines.rfind("\n") + 1] or lines
    return Source(source.name, whole.encode("utf-8", "surrogatepass"), is_cut=True)
