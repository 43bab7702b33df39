"""From rows of cells to a RawTable: header, width, repairs, and the place of every bad row."""

import gc
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice, zip_longest

import pyarrow as pa
import pyarrow.compute as pc

from textcls_core.dataset.building import clean_text
from textcls_core.dataset.dialect import looks_like_header
from textcls_core.dataset.encoding import has_unreadable_bytes, replace_unreadable_bytes
from textcls_core.dataset.formats.row_log import (
    MAX_COLUMNS,
    MAX_FIELD_CHARACTERS,
    TOO_LONG,
    UNREADABLE,
    RowLog,
    check_width,
)
from textcls_core.dataset.raw_table import STRINGS, RawTable
from textcls_core.errors import DatasetFormatError

HEADER_ROWS = 1_000
"""Rows that decide whether the first one is a header."""
CHUNK_ROWS = 4_000
Row = tuple[int, Sequence[str | None]]
"""Line on which a row starts, and its cells."""


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Some rows as columns, filled with null to the longest one."""

    columns: list[pa.Array]
    lengths: list[int]
    """Cells of each row."""
    lines: list[int]


def table_of_cells(rows: Iterator[Row], log: RowLog, *, has_header: bool | None) -> RawTable:
    """Return a table of rows that are not blank; bad ones go to the log.

    Args:
        rows: In the order of the file; cells are separated, not cleaned.
        log: Of this file.
        has_header: Whether the first row names the columns; None looks at the first rows.

    Raises:
        DatasetFormatError: If there are too many columns, or two of the same name.
    """
    first = list(islice(rows, HEADER_ROWS))
    if not first:
        return RawTable(log.file_name, pa.table({}))
    check_width(len(first[0][1]), log.file_name)
    if has_header is None:
        has_header = looks_like_header([[cell or "" for cell in cells] for _, cells in first])
    header = first.pop(0)[1] if has_header else None
    with no_cycle_search():
        chunks = [_chunk(part, log) for part in _batches(chain(first, rows), log)]
    widths = Counter([] if header is None else [len(header)])
    for chunk in chunks:
        widths.update(chunk.lengths)
    width = widths.most_common(1)[0][0] if widths else 0
    check_width(width, log.file_name)
    names = _names(header, width, chunks, log.file_name)
    parts = [_part(chunk, len(names), log) for chunk in chunks]
    schema = pa.schema([(name, STRINGS) for name in names])
    tables = [pa.table(part.columns, schema=schema) for part in parts]
    return RawTable(
        log.file_name,
        pa.concat_tables(tables) if tables else schema.empty_table(),
        pa.array(chain.from_iterable(part.lines for part in parts), pa.int64()),
        has_header=has_header,
        num_short_rows=sum(length < len(names) for part in parts for length in part.lengths),
    )


@contextmanager
def no_cycle_search() -> Iterator[None]:
    """Make no search for reference cycles while millions of small lists come and go.

    They hold none, and looking for them takes more than half of the time of reading.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _batches(rows: Iterable[Row], log: RowLog) -> Iterator[list[Row]]:
    iterator, num_read = iter(rows), 0
    while batch := list(islice(iterator, CHUNK_ROWS)):
        num_read += len(batch)
        log.tell(num_read)
        yield batch


def _chunk(rows: list[Row], log: RowLog) -> _Chunk:
    """Return rows as clean columns; those in another encoding go to the log."""
    lines, cells = map(list, zip(*rows, strict=True))
    lengths = list(map(len, cells))
    if max(lengths) > MAX_COLUMNS:  # they cannot be kept, only counted
        cells = [row[: MAX_COLUMNS + 1] for row in cells]
    columns = list(zip_longest(*cells))
    try:
        arrays = [pa.array(column, STRINGS) for column in columns]
    except UnicodeEncodeError:
        return _repaired_chunk(lines, cells, log)
    return _Chunk([without_nul(array, log) for array in arrays], lengths, lines)


def _repaired_chunk(lines: list[int], cells: list[Sequence[str | None]], log: RowLog) -> _Chunk:
    """Return rows of which some hold characters that cannot be stored, repaired or left out."""
    kept: list[tuple[int, list[str | None]]] = []
    for line, row in zip(lines, cells, strict=True):
        if not log.replace_unreadable and any(has_unreadable_bytes(cell or "") for cell in row):
            log.problem(line, UNREADABLE)
        else:
            kept.append((line, [repaired_cell(cell, log) for cell in row]))
    columns = list(zip_longest(*(row for _, row in kept)))
    return _Chunk(
        [pa.array(column, STRINGS) for column in columns],
        [len(row) for _, row in kept],
        [line for line, _ in kept],
    )


def repaired_cell(cell: str | None, log: RowLog) -> str | None:
    """Return a cell that screen and storage can take, counting those that had to change."""
    if cell is None:
        return None
    cleaned = clean_text(replace_unreadable_bytes(cell))
    log.num_repaired += cleaned != cell
    return cleaned


def without_nul(array: pa.Array, log: RowLog) -> pa.Array:
    """Return strings without NUL characters, counting the cells that had some."""
    num_found = pc.sum(pc.match_substring(array, "\0")).as_py() or 0
    if not num_found:
        return array
    log.num_repaired += num_found
    return pc.replace_substring(array, "\0", "")


def _names(
    header: Sequence[str | None] | None, width: int, chunks: Sequence[_Chunk], file_name: str
) -> list[str]:
    """Return the names of the columns: of the header up to the last one that is used, or made."""
    if header is None:
        return [f"column_{position + 1}" for position in range(width)]
    used = max((i + 1 for i, name in enumerate(header) if (name or "").strip()), default=0)
    for position in range(used, len(header)):
        if any(_has_text(chunk, position) for chunk in chunks):
            used = position + 1
    return column_names(header[:used], file_name)


def _has_text(chunk: _Chunk, position: int) -> bool:
    if position >= len(chunk.columns):
        return False
    trimmed = pc.utf8_trim_whitespace(chunk.columns[position])
    return bool(pc.any(pc.not_equal(trimmed, "")).as_py())


def column_names(header: Sequence[str | None], file_name: str) -> list[str]:
    """Return clean, distinct column names.

    Raises:
        DatasetFormatError: If a name is repeated.
    """
    names = [clean_text(cell or "").strip() or f"column_{i + 1}" for i, cell in enumerate(header)]
    repeated = sorted(name for name, count in Counter(names).items() if count > 1)
    if repeated:
        raise DatasetFormatError(
            f'{file_name} has more than one column named "{repeated[0][:40]}". '
            "Rename one of them, or say that the file has no header."
        )
    return names


def _part(chunk: _Chunk, width: int, log: RowLog) -> _Chunk:
    """Return the rows of a chunk that can be used, with as many columns as the table has."""
    problems = {**_long_rows(chunk, width), **long_cells(chunk.columns[:width])}
    for position, problem in problems.items():
        log.problem(chunk.lines[position], problem)
    num_rows = len(chunk.lines)
    missing = [pa.nulls(num_rows, STRINGS)] * (width - len(chunk.columns))
    columns = [*chunk.columns[:width], *missing]
    if not problems:
        return _Chunk(columns, chunk.lengths, chunk.lines)
    kept = [position for position in range(num_rows) if position not in problems]
    return _Chunk(
        [column.take(pa.array(kept, pa.int64())) for column in columns],
        [chunk.lengths[position] for position in kept],
        [chunk.lines[position] for position in kept],
    )


def _long_rows(chunk: _Chunk, width: int) -> dict[int, str]:
    """Return the positions of rows with more cells than columns; blank ones do not count."""
    found = {}
    beyond = chunk.columns[width:]
    for position, length in enumerate(chunk.lengths) if beyond else ():
        if length > width:
            cells = [(column[position].as_py() or "").strip() for column in beyond]
            used = max((i + 1 for i, cell in enumerate(cells) if cell), default=0)
            if used:
                num_cells = length if length > MAX_COLUMNS else width + used
                found[position] = f"{num_cells} cells where {width} were expected"
    return found


def long_cells(columns: Sequence[pa.Array]) -> dict[int, str]:
    """Return the positions of rows with a cell that is too long to keep."""
    found = set()
    for column in columns:
        lengths = pc.utf8_length(column)
        if (pc.max(lengths).as_py() or 0) > MAX_FIELD_CHARACTERS:
            is_long = pc.greater(lengths, MAX_FIELD_CHARACTERS)
            found.update(pc.indices_nonzero(is_long).to_pylist())
    return dict.fromkeys(sorted(found), TOO_LONG)
