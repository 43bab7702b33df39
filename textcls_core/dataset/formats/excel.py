"""Excel workbooks: one sheet as rows of cells, without formulas, macros or styles."""

import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import BinaryIO

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from textcls_core.dataset.formats.archives import DAMAGE, copy_capped, opened_zip
from textcls_core.dataset.formats.cells import Row, table_of_cells
from textcls_core.dataset.formats.row_log import RowLog, check_width
from textcls_core.dataset.formats.source import Source
from textcls_core.dataset.raw_table import RawTable
from textcls_core.dataset.reading_options import ReadingOptions
from textcls_core.errors import DatasetFormatError, did_you_mean

MAX_CELLS = 20_000_000
"""Of the rectangle around all cells of a sheet, which is what the reader keeps in memory."""
_CELL_PLACE = re.compile(rb'\sr="([A-Z]{0,3})([0-9]{1,7})"')
_OVERLAP_BYTES = 32
_SHEETS = "xl/worksheets/"
Cell = int | float | str | bool | dt.date | dt.time | dt.timedelta


def read_excel(
    source: Source, options: ReadingOptions, log: RowLog, limit: int | None = None
) -> RawTable:
    """Return the columns of one sheet of an .xlsx workbook.

    Args:
        source: The file.
        options: The sheet, and whether its first row names the columns.
        log: Of this file.
        limit: Number of rows read at most; None reads all.

    Raises:
        DatasetFormatError: If it is damaged or too large, or has no such sheet.
    """
    log.unit = "row"
    with _opened(source) as workbook:
        rows = _rows(_sheet(workbook, options.sheet, source.name))
        return table_of_cells(islice(rows, limit), log, has_header=options.has_header)


def sheet_names(source: Source) -> tuple[str, ...]:
    """Return the names of the sheets, in the order of the workbook.

    Raises:
        DatasetFormatError: If it is damaged or too large.
    """
    with _opened(source) as workbook:
        return tuple(workbook.sheet_names)


@contextmanager
def _opened(source: Source) -> Iterator[CalamineWorkbook]:
    """Give a workbook whose parts were all unpacked under the cap before."""
    try:
        with CalamineWorkbook.from_filelike(_checked_copy(source)) as workbook:
            yield workbook
    except (CalamineError, *DAMAGE) as error:
        raise DatasetFormatError(_damaged(source, error)) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # how the reader's own bugs arrive
            raise
        raise DatasetFormatError(_damaged(source, error)) from error


def _damaged(source: Source, error: BaseException) -> str:
    return (
        f"{source.name} is a damaged Excel workbook ({str(error)[:80]}). "
        "Open it in Excel and save it again, or export the sheet as CSV."
    )


def _checked_copy(source: Source) -> BinaryIO:
    """Return the workbook with its parts stored unpacked, so that no part can unpack further.

    Raises:
        DatasetFormatError: If a part unpacks to far too much, or a sheet spans too many cells.
    """
    copy = io.BytesIO()
    with opened_zip(source) as archive, zipfile.ZipFile(copy, "w") as plain:
        for member in archive.infolist():
            if member.filename.startswith("xl/media/"):
                continue
            part = io.BytesIO()
            with archive.open(member) as file:
                copy_capped(file, part, source)
            if member.filename.startswith(_SHEETS):
                _check_extent(part.getbuffer(), source.name)
            plain.writestr(member.filename, part.getbuffer())
    copy.seek(0)
    return copy


def _check_extent(sheet: memoryview, file_name: str) -> None:
    """Refuse a sheet whose cells lie so far apart that the space between them fills memory."""
    num_rows = num_columns = 1
    for match in _CELL_PLACE.finditer(sheet):
        num_rows = max(num_rows, int(match[2]))
        num_columns = max(num_columns, _column_number(match[1]))
    check_width(num_columns, file_name)
    if num_rows * num_columns > MAX_CELLS:
        raise DatasetFormatError(
            f"A sheet of {file_name} spans {num_rows:,} rows and {num_columns:,} columns; at most "
            f"{MAX_CELLS:,} cells are read. Export it as CSV or Parquet."
        )


def _column_number(letters: bytes) -> int:
    """Return the number of a column, from 1; 0 without letters.

    Example:
        >>> _column_number(b"A"), _column_number(b"AB"), _column_number(b"")
        (1, 28, 0)
    """
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number


def _sheet(workbook: CalamineWorkbook, name: str | None, file_name: str) -> CalamineSheet:
    """Return the sheet of that name, or the first one with cells.

    Raises:
        DatasetFormatError: If there is no such sheet, or none with cells.
    """
    names = workbook.sheet_names
    if name is not None:
        if name not in names:
            raise DatasetFormatError(
                f'Sheet "{name[:40]}" is missing in {file_name}. {did_you_mean(name, names)}'
            )
        return workbook.get_sheet_by_name(name)
    for known in names:
        sheet = workbook.get_sheet_by_name(known)
        if sheet.start is not None:
            return sheet
    raise DatasetFormatError(f"{file_name} has no rows. Choose a workbook with filled cells.")


def _rows(sheet: CalamineSheet) -> Iterator[Row]:
    for number, cells in enumerate(sheet.iter_rows(), 1):
        row = [_as_string(cell) for cell in cells]
        if any(map(str.strip, row)):
            yield number, row


def _as_string(cell: Cell) -> str:
    """Return a cell as a CSV export would write it.

    Example:
        >>> _as_string(3.0), _as_string(0.5), _as_string(True), _as_string(dt.date(2026, 1, 2))
        ('3', '0.5', 'true', '2026-01-02')
    """
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cell if isinstance(cell, str) else str(cell)
