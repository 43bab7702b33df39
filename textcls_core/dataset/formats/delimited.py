"""CSV, TSV and other delimited text, read row by row so that every problem has its line."""

import csv
from collections.abc import Callable, Iterator
from itertools import islice

from textcls_core.dataset.dialect import guess_delimiter, is_quoted_tsv
from textcls_core.dataset.formats.cells import Row, table_of_cells
from textcls_core.dataset.formats.row_log import RowLog
from textcls_core.dataset.formats.source import Source
from textcls_core.dataset.formats.text import text_file
from textcls_core.dataset.raw_table import RawTable
from textcls_core.dataset.reading_options import ReadingOptions
from textcls_core.errors import DatasetFormatError

HEAD_CHARACTERS = 1_000_000
"""What the separator is guessed from."""
_CSV_FIELD_LIMIT = 2**31 - 1
"""Never reached: cells are measured by us, so that a long one costs its row and not the file."""


def read_delimited(
    source: Source, options: ReadingOptions, log: RowLog, limit: int | None = None
) -> RawTable:
    """Return the columns of a delimited file; bad rows go to the log.

    Args:
        source: The file.
        options: Encoding, delimiter and header, where they are known.
        log: Of this file.
        limit: Number of rows read at most; None reads all.

    Raises:
        DatasetFormatError: If a quote is never closed, or the columns cannot be used.
    """
    csv.field_size_limit(_CSV_FIELD_LIMIT)
    with text_file(source, options, log) as file:
        start = file.tell()
        delimiter = options.delimiter or guess_delimiter(file.read(HEAD_CHARACTERS))
        file.seek(start)
        is_literal = delimiter == "\t" and not is_quoted_tsv(file)
        file.seek(start)
        rows = csv.reader(
            file,
            delimiter=delimiter,
            quoting=csv.QUOTE_NONE if is_literal else csv.QUOTE_MINIMAL,
            strict=True,
        )
        numbered = _numbered(rows, lambda: rows.line_num, log, is_cut=source.is_cut)
        return table_of_cells(islice(numbered, limit), log, has_header=options.has_header)


def _numbered(
    rows: Iterator[list[str]], last_line: Callable[[], int], log: RowLog, *, is_cut: bool
) -> Iterator[Row]:
    """Yield (line on which the row starts, cells); blank lines are skipped."""
    start = 1
    while True:
        try:
            cells = next(rows, None)
        except csv.Error as error:
            if "unexpected end" in str(error):
                if is_cut:
                    return
                raise DatasetFormatError(_unclosed_quote(log.file_name, start)) from error
            log.problem(start, "a quote inside a quoted cell that is not doubled")
            cells = []
        if cells is None:
            return
        if any(map(str.strip, cells)):
            yield start, cells
        start = last_line() + 1


def _unclosed_quote(file_name: str, start: int) -> str:
    return (
        f"{file_name}: a quote opened in line {start:,} is never closed. "
        "Close it, or double every quote inside a quoted text."
    )
