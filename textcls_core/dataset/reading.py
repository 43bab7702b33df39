"""Read CSV, TSV and JSON Lines into columns of strings, naming the line of every problem."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from textcls_core.dataset.building import clean_text
from textcls_core.dataset.encoding import MAX_FILE_BYTES, decode
from textcls_core.errors import DatasetFormatError
from textcls_core.wording import plural

MAX_COLUMNS = 1_000
MAX_FIELD_CHARACTERS = 1_000_000
MAX_PROBLEMS_SHOWN = 5


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
class RawTable:
    """Columns of strings as they stand in the file; None where a row has no value."""

    file_name: str
    columns: dict[str, list[str | None]]
    line_numbers: list[int]
    """Line on which each row starts, from 1."""
    problems: list[str] = field(default_factory=list)
    """One sentence per row that was left out."""
    has_header: bool = True
    """False when column names were made up."""

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
    shown = clean_text(name or path.name)[:80]
    if not path.is_file():
        raise DatasetFormatError(f"{shown} is not a file. Expected a CSV, TSV or JSON Lines file.")
    if path.stat().st_size > MAX_FILE_BYTES:
        raise DatasetFormatError(
            f"{shown} is larger than {MAX_FILE_BYTES // 1024**3} GiB. Split it into smaller files."
        )
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DatasetFormatError(f"{shown} cannot be opened: {error.strerror}.") from error
    return read_bytes(data, shown, options)


def read_bytes(data: bytes, name: str, options: ReadOptions | None = None) -> RawTable:
    """Return the columns of a file that is already in memory; see `read_file`."""
    options = options or ReadOptions()
    text = decode(data, name, options.encoding)
    reader = _Reader(name, options.skip_bad_rows)
    is_json = text.lstrip()[:1] == "{"
    table = _read_json_lines(text, reader) if is_json else _read_delimited(text, reader, options)
    reader.check()
    if not table.num_rows:
        raise DatasetFormatError(f"{name} has no rows. Choose a file with at least one row.")
    table.problems = reader.problems
    return table


def _read_json_lines(text: str, reader: _Reader) -> RawTable:
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
    return RawTable(reader.file_name, columns, line_numbers)


def _parse_record(line: str, number: int, reader: _Reader) -> dict[str, str | None] | None:
    """Return one JSON object with its values as strings, or None after noting the problem."""
    if len(line) > MAX_FIELD_CHARACTERS:
        reader.problem(number, f"longer than {MAX_FIELD_CHARACTERS:,} characters")
        return None
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        reader.problem(number, f"not JSON ({str(error).split(':')[0]})")
        return None
    if not isinstance(record, dict):
        reader.problem(number, f"expected a JSON object, found {type(record).__name__}")
        return None
    nested = [key for key, value in record.items() if isinstance(value, dict | list)]
    if nested:
        reader.problem(
            number, f'"{clean_text(nested[0])[:40]}" holds a list or object, not a value'
        )
        return None
    return {clean_text(key): _as_string(value) for key, value in record.items()}


def _as_string(value: Any) -> str | None:
    """Return a JSON scalar as the string a CSV file would hold."""
    if value is None:
        return None
    return clean_text(value) if isinstance(value, str) else json.dumps(value)


def _append_record(
    columns: dict[str, list[str | None]], record: dict[str, str | None], num_rows: int
) -> None:
    for key in record:
        columns.setdefault(key, [None] * num_rows)
    for key, values in columns.items():
        values.append(record.get(key))


def _read_delimited(text: str, reader: _Reader, options: ReadOptions) -> RawTable:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    delimiter = _delimiter(text)
    rows = list(_parse_delimited(text, delimiter, reader))
    if not rows:
        return RawTable(reader.file_name, {}, [])
    width = Counter(len(cells) for _, cells in rows).most_common(1)[0][0]
    width = max(width, len(rows[0][1])) if options.has_header else width
    if width > MAX_COLUMNS:
        raise DatasetFormatError(_too_many_columns(reader.file_name, width))
    has_header = options.has_header
    if has_header is None:
        has_header = _looks_like_header([cells for _, cells in rows[:1_000]])
    header = rows.pop(0)[1] if has_header else [f"column_{i + 1}" for i in range(width)]
    names = _column_names(header, reader.file_name)
    return _to_table(rows, names, reader, has_header=has_header)


def _parse_delimited(text: str, delimiter: str, reader: _Reader) -> Iterator[tuple[int, list[str]]]:
    """Yield (line on which the row starts, cells); blank lines are skipped."""
    quoting = (
        csv.QUOTE_NONE if delimiter == "\t" and not _is_quoted_tsv(text) else csv.QUOTE_MINIMAL
    )
    csv.field_size_limit(len(text) + 1)
    rows = csv.reader(io.StringIO(text), delimiter=delimiter, quoting=quoting, strict=True)
    start = 1
    while True:
        try:
            cells = next(rows, None)
        except csv.Error as error:
            raise DatasetFormatError(_explain_csv_error(reader.file_name, start, error)) from error
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield start, cells
        start = rows.line_num + 1


def _explain_csv_error(file_name: str, start: int, error: csv.Error) -> str:
    if "unexpected end" in str(error):
        return (
            f"{file_name}: a quote opened in line {start:,} is never closed. "
            "Close it, or double every quote inside a quoted text."
        )
    return (
        f"{file_name}: line {start:,} has a quote where none may stand ({error}). "
        "Double every quote inside a quoted text."
    )


def _is_quoted_tsv(text: str) -> bool:
    """Tell whether quotes in a tab-separated file enclose cells, as some exporters write them."""
    lines = text.split("\n", 200)[:200]
    cells = [cell for line in lines for cell in line.split("\t")]
    quoted = [cell for cell in cells if cell.startswith('"')]
    return bool(quoted) and all(len(cell) > 1 and cell.endswith('"') for cell in quoted)


def _delimiter(text: str) -> str:
    """Return the separator found most evenly in the first lines; a comma when in doubt."""
    lines = [line for line in text.split("\n", 50)[:50] if line.strip()]
    best, best_score = ",", 0.0
    for candidate in "\t,;|":
        counts = [line.count(candidate) for line in lines]
        share = sum(count > 0 for count in counts) / len(counts)
        evenness = Counter(counts).most_common(1)[0][1] / len(counts)
        score = share * (1 + evenness) if counts[0] else 0.0
        if share >= 0.5 and score > best_score:
            best, best_score = candidate, score
    return best


def _looks_like_header(rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether the first row names the columns.

    Names are short, distinct, not numbers, and do not appear again below; label values do.
    """
    first = [cell.strip() for cell in rows[0]]
    if len(set(first)) < len(first) or not all(0 < len(cell) <= 64 for cell in first):
        return False
    if any(_is_number(cell) for cell in first):
        return False
    return all(
        name not in {row[position].strip() for row in rows[1:] if position < len(row)}
        for position, name in enumerate(first)
    )


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _column_names(header: Sequence[str], file_name: str) -> list[str]:
    """Return clean, distinct column names.

    Raises:
        DatasetFormatError: If a name is repeated.
    """
    names = [clean_text(cell).strip() or f"column_{i + 1}" for i, cell in enumerate(header)]
    repeated = sorted(name for name, count in Counter(names).items() if count > 1)
    if repeated:
        raise DatasetFormatError(
            f'{file_name} has more than one column named "{repeated[0][:40]}". Rename one of them.'
        )
    return names


def _to_table(
    rows: Iterable[tuple[int, list[str]]], names: list[str], reader: _Reader, *, has_header: bool
) -> RawTable:
    """Turn rows into columns; rows with too many or too long cells become problems."""
    kept: list[list[str | None]] = []
    line_numbers: list[int] = []
    for line, cells in rows:
        if len(cells) > len(names):
            reader.problem(line, f"{len(cells)} cells where {len(names)} were expected")
        elif any(len(cell) > MAX_FIELD_CHARACTERS for cell in cells):
            reader.problem(line, f"a cell longer than {MAX_FIELD_CHARACTERS:,} characters")
        else:
            padding = [None] * (len(names) - len(cells))
            kept.append([clean_text(cell) for cell in cells] + padding)
            line_numbers.append(line)
    values = [list(column) for column in zip(*kept, strict=True)] or [[] for _ in names]
    columns = dict(zip(names, values, strict=True))
    return RawTable(reader.file_name, columns, line_numbers, has_header=has_header)


def _too_many_columns(file_name: str, found: int) -> str:
    return (
        f"{file_name} has {found:,} columns; at most {MAX_COLUMNS:,} are read. "
        "Check the separator, or keep only the columns you need."
    )
