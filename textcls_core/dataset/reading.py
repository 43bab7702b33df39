"""From any file to a RawTable: what it is, its first rows, all of its rows."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from textcls_core.dataset.detection import choose_format, describe, name_notes
from textcls_core.dataset.encoding import codec_of
from textcls_core.dataset.formats.archives import Unpacked, unpacked
from textcls_core.dataset.formats.cells import HEADER_ROWS
from textcls_core.dataset.formats.columnar import read_arrow, read_parquet
from textcls_core.dataset.formats.delimited import read_delimited
from textcls_core.dataset.formats.excel import read_excel
from textcls_core.dataset.formats.folders import read_folder
from textcls_core.dataset.formats.hub import read_hub
from textcls_core.dataset.formats.huggingface import read_huggingface
from textcls_core.dataset.formats.json_lines import read_json_lines
from textcls_core.dataset.formats.json_records import read_json
from textcls_core.dataset.formats.row_log import RowLog
from textcls_core.dataset.formats.source import Source, shown_name
from textcls_core.dataset.formats.text import cut_to_lines
from textcls_core.dataset.raw_table import RawTable
from textcls_core.dataset.reading_options import TEXT_FORMATS, Detected, Format, ReadingOptions
from textcls_core.dataset.sniffing import sniff
from textcls_core.errors import DatasetFormatError
from textcls_core.jobs.progress import Report, ignore

MAX_FILE_BYTES = 16 * 1024**3
_PREVIEW_BYTES = 1024**2
Read = Callable[[Source, ReadingOptions, RowLog, int | None], RawTable]
_READERS: dict[Format, Read] = {
    "csv": read_delimited,
    "json": read_json,
    "jsonl": read_json_lines,
    "parquet": read_parquet,
    "arrow": read_arrow,
    "excel": read_excel,
    "folder": read_folder,
    "huggingface": read_huggingface,
}


def detect(content: Path | bytes, name: str | None = None) -> Detected:
    """Return what the content of a file or folder says about how to read it.

    Args:
        content: A path, or the bytes of an upload.
        name: What the file is called; shown in messages instead of the name of the path.

    Raises:
        DatasetFormatError: If it is empty, or of a type that holds no table.
    """
    with _opened(content, name, is_preview=True) as (inner, outer):
        return describe(inner, outer)


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
    with _opened(content, name, is_preview=True) as (inner, outer):
        table = _head(inner, outer, options, max(num_rows + 1, HEADER_ROWS))
    lines = None if table.line_numbers is None else table.line_numbers[:num_rows]
    return replace(table, table=table.table[:num_rows], line_numbers=lines)


def read_table(
    content: Path | bytes,
    options: ReadingOptions | None = None,
    name: str | None = None,
    *,
    report: Report = ignore,
) -> RawTable:
    """Return the columns of a file or folder.

    Args:
        content: A path, or the bytes of an upload.
        options: What differs from what was detected, and what to do with bad rows.
        name: What the file is called; shown in messages instead of the name of the path.
        report: Told how far it is; may raise to stop.

    Raises:
        DatasetFormatError: If the file cannot be read; the message names the place and the way out.
    """
    with _opened(content, name, report=report) as (inner, outer):
        before = outer.changed_at()
        table = _read(inner, outer, options or ReadingOptions(), report)
        if outer.changed_at() != before:
            raise DatasetFormatError(
                f"{outer.name} changed while it was read. Wait until it is written, then try again."
            )
    return table


def read_hub_table(name: str, options: ReadingOptions | None = None) -> RawTable:
    """Return the columns of a data set on the Hugging Face hub, `owner/name[:configuration]`.

    Raises:
        DatasetFormatError: If it does not exist or the hub cannot be reached.
    """
    options = options or ReadingOptions()
    log = RowLog(shown_name(name), options.skip_bad_rows, options.replace_unreadable, "row")
    return _finished(read_hub(name.strip(), options, log), log)


@contextmanager
def _opened(
    content: Path | bytes, name: str | None, *, is_preview: bool = False, report: Report = ignore
) -> Iterator[tuple[Unpacked, Source]]:
    """Give the data file to read and the file it may be packed in.

    Args:
        content: A path, or the bytes of an upload.
        name: What the file is called.
        is_preview: Unpack only the beginning, where that is enough.
        report: Told how much is unpacked.
    """
    known = name or (content.name if isinstance(content, Path) else "")
    outer = Source(shown_name(known), content)
    if outer.is_folder:
        yield Unpacked(outer, None), outer
        return
    if outer.size_bytes > MAX_FILE_BYTES:
        raise DatasetFormatError(
            f"{outer.name} is larger than {MAX_FILE_BYTES // 1024**3} GiB. "
            "Split it into smaller files."
        )
    if is_preview:
        with unpacked(outer, _PREVIEW_BYTES) as inner:
            if not inner.source.is_cut or sniff(inner.source) in TEXT_FORMATS:
                yield inner, outer
                return
    with unpacked(outer, report=report) as inner:
        yield inner, outer


def _read(inner: Unpacked, outer: Source, options: ReadingOptions, report: Report) -> RawTable:
    """Return all rows."""
    format_ = choose_format(inner, outer, options)
    log = RowLog(outer.name, options.skip_bad_rows, options.replace_unreadable, report=report)
    table = _READERS[format_](inner.source, options, log, None)
    return replace(_finished(table, log), notes=(*name_notes(inner, outer, format_), *table.notes))


def _head(inner: Unpacked, outer: Source, options: ReadingOptions, limit: int) -> RawTable:
    """Return the first rows, of a text file from its first lines alone.

    As many as decide about a header when the file is read as a whole.
    """
    format_ = choose_format(inner, outer, options)
    log = RowLog(outer.name, skip_bad_rows=True, replace_unreadable=True)
    source = inner.source
    if format_ in TEXT_FORMATS:
        codec = codec_of(source.head(4), outer.name, options.encoding)
        source = cut_to_lines(source, codec, _PREVIEW_BYTES)
        if source.is_cut:  # and decoded; a short file is as it was
            options = options.model_copy(update={"encoding": "utf-8"})
    try:
        return _finished(_READERS[format_](source, options, log, limit), log)
    except DatasetFormatError:
        if format_ != "json" or not source.is_cut:
            raise
    with unpacked(outer) as whole:  # JSON by column: its first rows are all over the file
        return _READERS[format_](whole.source, options, log, limit)


def _finished(table: RawTable, log: RowLog) -> RawTable:
    """Return a table with what the log knows.

    Raises:
        DatasetFormatError: If there are bad rows that may not be skipped, or no rows.
    """
    log.check()
    if not table.num_rows:
        raise DatasetFormatError(
            f"{log.file_name} has no rows. Choose a file with at least one row."
        )
    return replace(table, problems=log.problems(), num_repaired=log.num_repaired, unit=log.unit)
