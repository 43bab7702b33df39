"""From any file to a RawTable: what it is, its first rows, all of its rows."""

from dataclasses import replace
from pathlib import Path

from textcls_core.dataset.formats.delimited import read_delimited
from textcls_core.dataset.formats.json_lines import read_json_lines
from textcls_core.dataset.formats.row_log import RowLog
from textcls_core.dataset.formats.source import Source, shown_name
from textcls_core.dataset.raw_table import RawTable
from textcls_core.dataset.reading_options import Detected, ReadingOptions
from textcls_core.dataset.sniffing import sniff
from textcls_core.errors import DatasetFormatError

MAX_FILE_BYTES = 16 * 1024**3


def detect(content: Path | bytes, name: str | None = None) -> Detected:
    """Return what the content of a file says about how to read it.

    Args:
        content: A path, or the bytes of an upload.
        name: What the file is called; shown in messages instead of the name of the path.

    Raises:
        DatasetFormatError: If it is empty, or of a type that holds no table.
    """
    source = _source(content, name)
    return Detected(format=sniff(source), size_bytes=source.size_bytes)


def preview(
    content: Path | bytes,
    options: ReadingOptions | None = None,
    name: str | None = None,
    *,
    num_rows: int = 20,
) -> RawTable:
    """Return the first rows, cheap for any size; bad rows are left out.

    Args:
        content: A path, or the bytes of an upload.
        options: What differs from what was detected.
        name: What the file is called.
        num_rows: Rows returned at most.

    Raises:
        DatasetFormatError: If the file cannot be read that way at all.
    """
    lenient = {"skip_bad_rows": True, "replace_unreadable": True}
    options = (options or ReadingOptions()).model_copy(update=lenient)
    table = _read(_source(content, name), options, num_rows + 1)
    lines = None if table.line_numbers is None else table.line_numbers[:num_rows]
    return replace(table, table=table.table[:num_rows], line_numbers=lines)


def read_table(
    content: Path | bytes, options: ReadingOptions | None = None, name: str | None = None
) -> RawTable:
    """Return the columns of a file.

    Args:
        content: A path, or the bytes of an upload.
        options: What differs from what was detected, and what to do with bad rows.
        name: What the file is called; shown in messages instead of the name of the path.

    Raises:
        DatasetFormatError: If the file cannot be read; the message names the place and the way out.
    """
    return _read(_source(content, name), options or ReadingOptions(), None)


def _source(content: Path | bytes, name: str | None) -> Source:
    known = name or (content.name if isinstance(content, Path) else "")
    return Source(shown_name(known), content)


def _read(source: Source, options: ReadingOptions, limit: int | None) -> RawTable:
    if source.size_bytes > MAX_FILE_BYTES:
        raise DatasetFormatError(
            f"{source.name} is larger than {MAX_FILE_BYTES // 1024**3} GiB. "
            "Split it into smaller files."
        )
    found = sniff(source)
    format_ = options.format or found
    log = RowLog(source.name, options.skip_bad_rows, options.replace_unreadable)
    read = read_json_lines if format_ == "jsonl" else read_delimited
    table = read(source, options, log, limit)
    log.check()
    if not table.num_rows:
        raise DatasetFormatError(f"{source.name} has no rows. Choose a file with at least one row.")
    return replace(table, problems=log.problems(), num_repaired=log.num_repaired)
