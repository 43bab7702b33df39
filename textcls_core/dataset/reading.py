"""Read CSV, TSV and JSON Lines into columns of strings, naming the line of every problem."""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from textcls_core.dataset.building import clean_text
from textcls_core.dataset.dialect import (
    first_lines,
    guess_delimiter,
    is_quoted_tsv,
    looks_like_header,
)
from textcls_core.dataset.encoding import MAX_FILE_BYTES, decode, has_unreadable_bytes
from textcls_core.dataset.raw_table import STRINGS, RawTable
from textcls_core.errors import DatasetFormatError
from textcls_core.wording import plural

MAX_COLUMNS = 1_000
MAX_FIELD_CHARACTERS = 1_000_000
MAX_PROBLEMS_SHOWN = 5
_MAX_NAME_CHARACTERS = 80
_CSV_FIELD_LIMIT = 2**31 - 1
"""Never reached: cells are measured by us, so that a long one costs its row and not the file."""
_OBJECT_START = re.compile(r"""\s*\{\s*(?:["'}]|$)""")
_UNREADABLE = "bytes that are not in the encoding of the file"
_ARRAY_START = re.compile(r"\s*\[\s*\{")


class ReadOptions(BaseModel):
    """How to read a file; everything left out is detected."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    encoding: str | None = None
    """Python codec name; None reads a byte-order mark, else UTF-8."""
    has_header: bool | None = None
    """Whether the first line of CSV or TSV names the columns."""
    skip_bad_rows: bool = False
    """Leave out rows that cannot be read instead of refusing the file."""


@dataclass(slots=True)
class _Columns:
    """Columns of strings as they stand in the file; None where a row has no value."""

    file_name: str
    columns: dict[str, list[str | None]]
    line_numbers: list[int]
    """Line on which each row starts, from 1."""
    problems: list[str] = field(default_factory=list)
    """One sentence per row that was left out."""
    has_header: bool = True
    """False when column names were made up."""
    num_repaired: int = 0
    """Cells that lost NUL characters or had broken characters replaced by U+FFFD."""
    num_short_rows: int = 0
    """Rows with fewer cells than there are columns."""

    @property
    def num_rows(self) -> int:
        """Number of rows read."""
        return len(self.line_numbers)


@dataclass(slots=True)
class _Reader:
    """Collects good rows and problems of one file."""

    file_name: str
    skip_bad_rows: bool
    problems: list[str] = field(default_factory=list)
    num_repaired: int = 0

    def clean(self, cell: str) -> str:
        """Return a cell that screen and storage can take, counting those that had to change."""
        cleaned = clean_text(cell)
        self.num_repaired += cleaned != cell
        return cleaned

    def problem(self, line: int, what: str) -> None:
        """Note a row that cannot be used."""
        self.problems.append(f"line {line:,}: {what}")

    def check(self) -> None:
        """Refuse the file if it has problems that nobody allowed to skip."""
        if not self.problems or self.skip_bad_rows:
            return
        shown = "; ".join(self.problems[:MAX_PROBLEMS_SHOWN])
        more = len(self.problems) - MAX_PROBLEMS_SHOWN
        rest = f"; and {more:,} more" if more > 0 else ""
        raise DatasetFormatError(
            f"{self.file_name} has {plural(len(self.problems), 'row')} that cannot be read "
            f"({shown}{rest}). "
            "Correct them, or import again and skip bad rows."
        )


def read_file(path: Path, options: ReadOptions | None = None, name: str | None = None) -> RawTable:
    """Return the columns of a CSV, TSV or JSON Lines file.

    Args:
        path: A regular file.
        options: Encoding, header and what to do with bad rows.
        name: Shown in messages instead of the file's own name.

    Raises:
        DatasetFormatError: If the file cannot be read; the message names the line and the way out.
    """
    shown = _shown_name(name or path.name)
    try:
        if not path.is_file():
            raise DatasetFormatError(
                f"{shown} is not a file. Expected a CSV, TSV or JSON Lines file."
            )
        if path.stat().st_size > MAX_FILE_BYTES:
            raise DatasetFormatError(
                f"{shown} is larger than {MAX_FILE_BYTES // 1024**3} GiB. "
                "Split it into smaller files."
            )
        data = path.read_bytes()
    except OSError as error:
        raise DatasetFormatError(f"{shown} cannot be opened: {error.strerror}.") from error
    return read_bytes(data, shown, options)


def read_bytes(data: bytes, name: str, options: ReadOptions | None = None) -> RawTable:
    """Return the columns of a file that is already in memory; see `read_file`."""
    options = options or ReadOptions()
    shown = _shown_name(name)
    text = decode(data, shown, options.encoding, keep_unreadable=options.skip_bad_rows)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    reader = _Reader(shown, options.skip_bad_rows)
    if _is_json_lines(text, shown):
        table = _read_json_lines(text, reader)
    else:
        table = _read_delimited(text, reader, options)
    reader.check()
    if not table.num_rows:
        raise DatasetFormatError(f"{shown} has no rows. Choose a file with at least one row.")
    return RawTable(
        file_name=shown,
        table=pa.table({name: pa.array(v, STRINGS) for name, v in table.columns.items()}),
        line_numbers=pa.array(table.line_numbers),
        has_header=table.has_header,
        num_short_rows=table.num_short_rows,
        num_repaired=reader.num_repaired,
        problems=tuple(reader.problems),
    )


def _shown_name(name: str) -> str:
    """Return a file name for messages: no control or direction characters, at most 80 long."""
    visible = "".join(character for character in name if character.isprintable())
    return visible[:_MAX_NAME_CHARACTERS].strip() or "The file"


def _is_json_lines(text: str, file_name: str) -> bool:
    """Tell whether the first line, or most of the first lines, are JSON objects.

    Raises:
        DatasetFormatError: If the whole file is one JSON array.
    """
    if _ARRAY_START.match(text):
        raise DatasetFormatError(
            f"{file_name} is one JSON array. Expected JSON Lines: one object per line, without "
            "brackets around and commas between them."
        )
    lines = first_lines(text, 20)
    objects = [bool(_OBJECT_START.match(line)) for line in lines]
    return objects[0] or sum(objects) > len(lines) / 2


def _read_json_lines(text: str, reader: _Reader) -> _Columns:
    columns: dict[str, list[str | None]] = {}
    line_numbers: list[int] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        record = _parse_record(line, number, reader)
        if record is None:
            continue
        _append_record(columns, record, len(line_numbers))
        line_numbers.append(number)
        if len(columns) > MAX_COLUMNS:
            raise DatasetFormatError(_too_many_columns(reader.file_name, len(columns)))
    return _Columns(reader.file_name, columns, line_numbers)


def _parse_record(line: str, number: int, reader: _Reader) -> dict[str, str | None] | None:
    """Return one JSON object with its values as strings, or None after noting the problem."""
    if len(line) > MAX_FIELD_CHARACTERS:
        reader.problem(number, f"longer than {MAX_FIELD_CHARACTERS:,} characters")
        return None
    if has_unreadable_bytes(line):
        reader.problem(number, _UNREADABLE)
        return None
    try:
        record = json.loads(line, object_pairs_hook=_as_record, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        reader.problem(number, f"not JSON ({str(error).split(':')[0]})")
        return None
    if not isinstance(record, dict):
        reader.problem(number, f"expected a JSON object, found {type(record).__name__}")
        return None
    nested = [key for key, value in record.items() if isinstance(value, dict | list)]
    if nested:
        reader.problem(number, f'"{nested[0][:40]}" holds a list or object, not a value')
        return None
    return {key: _as_string(value, reader) for key, value in record.items()}


def _as_record(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object whose keys can be column names."""
    record = {clean_text(key).strip(): value for key, value in pairs}
    if len(record) < len(pairs):
        raise ValueError("the same key twice")
    if "" in record:
        raise ValueError("a key without a name")
    return record


def _refuse_constant(constant: str) -> None:
    raise ValueError(f"{constant} is not a JSON value")


def _as_string(value: Any, reader: _Reader) -> str | None:
    """Return a JSON scalar as the string a CSV file would hold."""
    if value is None:
        return None
    return reader.clean(value) if isinstance(value, str) else json.dumps(value)


def _append_record(
    columns: dict[str, list[str | None]], record: dict[str, str | None], num_rows: int
) -> None:
    for key in record:
        columns.setdefault(key, [None] * num_rows)
    for key, values in columns.items():
        values.append(record.get(key))


def _read_delimited(text: str, reader: _Reader, options: ReadOptions) -> _Columns:
    csv.field_size_limit(_CSV_FIELD_LIMIT)
    parsed = _parse_delimited(text, guess_delimiter(text), reader)
    first = next(parsed, None)
    if first is None:
        return _Columns(reader.file_name, {}, [])
    _check_width(len(first[1]), reader.file_name)
    rows = [first, *parsed]
    width = Counter(len(cells) for _, cells in rows).most_common(1)[0][0]
    _check_width(width, reader.file_name)
    has_header = options.has_header
    if has_header is None:
        has_header = looks_like_header([cells for _, cells in rows[:1_000]])
    if has_header:
        num_used = max(_num_used(cells) for _, cells in rows)
        header = rows.pop(0)[1][:num_used]
    else:
        header = [f"column_{i + 1}" for i in range(width)]
    names = _column_names(header, reader.file_name)
    return _to_table(rows, names, reader, has_header=has_header)


def _num_used(cells: Sequence[str]) -> int:
    """Return the number of cells without the blank ones that separators at the end make."""
    return max((i + 1 for i, cell in enumerate(cells) if cell.strip()), default=0)


def _check_width(num_columns: int, file_name: str) -> None:
    if num_columns > MAX_COLUMNS:
        raise DatasetFormatError(_too_many_columns(file_name, num_columns))


def _parse_delimited(text: str, delimiter: str, reader: _Reader) -> Iterator[tuple[int, list[str]]]:
    """Yield (line on which the row starts, cells); blank lines are skipped."""
    is_literal = delimiter == "\t" and not is_quoted_tsv(text)
    rows = csv.reader(
        io.StringIO(text),
        delimiter=delimiter,
        quoting=csv.QUOTE_NONE if is_literal else csv.QUOTE_MINIMAL,
        strict=True,
    )
    start = 1
    while True:
        try:
            cells = next(rows, None)
        except csv.Error as error:
            if "unexpected end" in str(error):
                raise DatasetFormatError(_unclosed_quote(reader.file_name, start)) from error
            reader.problem(start, "a quote inside a quoted cell that is not doubled")
            cells = []
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield start, cells
        start = rows.line_num + 1


def _unclosed_quote(file_name: str, start: int) -> str:
    return (
        f"{file_name}: a quote opened in line {start:,} is never closed. "
        "Close it, or double every quote inside a quoted text."
    )


def _column_names(header: Sequence[str], file_name: str) -> list[str]:
    """Return clean, distinct column names.

    Raises:
        DatasetFormatError: If a name is repeated.
    """
    names = [clean_text(cell).strip() or f"column_{i + 1}" for i, cell in enumerate(header)]
    repeated = sorted(name for name, count in Counter(names).items() if count > 1)
    if repeated:
        raise DatasetFormatError(
            f'{file_name} has more than one column named "{repeated[0][:40]}". '
            "Rename one of them, or say that the file has no header."
        )
    return names


def _to_table(
    rows: Iterable[tuple[int, list[str]]], names: list[str], reader: _Reader, *, has_header: bool
) -> _Columns:
    """Turn rows into columns; rows with too many or too long cells become problems."""
    kept: list[list[str | None]] = []
    line_numbers: list[int] = []
    num_short = 0
    for line, cells in rows:
        while len(cells) > len(names) and not cells[-1].strip():
            cells.pop()
        problem = _problem_of(cells, len(names))
        if problem:
            reader.problem(line, problem)
            continue
        padding = [None] * (len(names) - len(cells))
        num_short += bool(padding)
        kept.append([*map(reader.clean, cells), *padding])
        line_numbers.append(line)
    values = [list(column) for column in zip(*kept, strict=True)] or [[] for _ in names]
    columns = dict(zip(names, values, strict=True))
    return _Columns(
        reader.file_name,
        columns,
        line_numbers,
        has_header=has_header,
        num_short_rows=num_short,
    )


def _problem_of(cells: Sequence[str], expected: int) -> str | None:
    """Return why a row cannot be used, or None."""
    if len(cells) > expected:
        return f"{len(cells)} cells where {expected} were expected"
    if any(len(cell) > MAX_FIELD_CHARACTERS for cell in cells):
        return f"a cell longer than {MAX_FIELD_CHARACTERS:,} characters"
    return _UNREADABLE if any(map(has_unreadable_bytes, cells)) else None


def _too_many_columns(file_name: str, found: int) -> str:
    return (
        f"{file_name} has {found:,} columns; at most {MAX_COLUMNS:,} are read. "
        "Check the separator, or keep only the columns you need."
    )
