"""JSON as one value: an array of records, records under a key, or one list per column."""

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from textcls_core.dataset.encoding import has_unreadable_bytes
from textcls_core.dataset.formats.records import (
    Record,
    as_record,
    refuse_constant,
    table_of_records,
)
from textcls_core.dataset.formats.row_log import UNREADABLE, RowLog
from textcls_core.dataset.formats.source import Source
from textcls_core.dataset.formats.text import text_file
from textcls_core.dataset.raw_table import RawTable
from textcls_core.dataset.reading_options import ReadingOptions
from textcls_core.errors import DatasetFormatError

MAX_CHARACTERS = 1_000_000_000
"""JSON is read as a whole; larger data belong in JSON Lines or Parquet."""
_BETWEEN = re.compile(r"[\s,]*")
_ARRAY = re.compile(r"""\s*(\{\s*"[^"\\]{1,80}"\s*:\s*)?\[\s*(?=[{\]])""")
_TAIL = 1_000
_AGAIN = "Correct it or write it again; JSON Lines can be read around a broken row."
_DECODER = json.JSONDecoder(object_pairs_hook=as_record, parse_constant=refuse_constant)
_EXPECTED = (
    'Expected an array of records, {"data": [...]} with records, or one list of values per column.'
)


def read_json(
    source: Source, options: ReadingOptions, log: RowLog, limit: int | None = None
) -> RawTable:
    """Return the columns of a JSON file; bad records go to the log.

    Args:
        source: The file.
        options: Its encoding, where it is known.
        log: Of this file.
        limit: Number of rows read at most; None reads all.

    Raises:
        DatasetFormatError: If it is not JSON, or of another shape.
    """
    with text_file(source, options) as file:
        text = file.read(MAX_CHARACTERS + 1)
    if len(text) > MAX_CHARACTERS:
        raise DatasetFormatError(
            f"{source.name} is longer than {MAX_CHARACTERS:,} characters. "
            "Write it as JSON Lines or Parquet."
        )
    array = _ARRAY.match(text)
    if array and (array[1] is None or source.is_cut or _ends_with_array(text)):
        records = _array(text, array, source, log)
    else:
        records = _whole(text, log)
    return table_of_records(islice(records, limit), log)


def _ends_with_array(text: str) -> bool:
    """Tell whether nothing but the end of the object follows the last array."""
    return re.match(r"\s*\}\s*\]", text[: -_TAIL - 1 : -1]) is not None


def _array(
    text: str, opening: re.Match[str], source: Source, log: RowLog
) -> Iterator[tuple[int, Record]]:
    """Yield the records of an array with the line on which each starts."""
    start = opening.end()
    line = 1 + text.count("\n", 0, start)
    while start < len(text) and text[start] != "]":
        try:
            record, end = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError) as error:
            if source.is_cut:
                return
            raise DatasetFormatError(_not_json(source.name, error, line)) from error
        if _is_usable(record, text[start:end], line, log):
            yield line, record
        following = _BETWEEN.match(text, end)
        after = following.end() if following else end
        line += text.count("\n", start, after)
        start = after
    closing = "]" if opening[1] is None else "]}"
    if not source.is_cut and "".join(text[start:].split()) != closing:
        raise DatasetFormatError(
            f"{source.name} is not JSON at line {line:,} (the array of records is not closed, or "
            f"more follows it). {_EXPECTED}"
        )


def _is_usable(record: Any, text: str, line: int, log: RowLog) -> bool:
    """Tell whether an element of the array can be a row; if not, the log says why."""
    problem = None
    if not isinstance(record, dict):
        problem = f"expected a JSON object, found {type(record).__name__}"
    elif has_unreadable_bytes(text) and not log.replace_unreadable:
        problem = UNREADABLE
    if problem:
        log.problem(line, problem)
    return problem is None


def _whole(text: str, log: RowLog) -> Iterator[tuple[int, Record]]:
    """Yield the records of a JSON value that is not one array of records."""
    log.unit = "row"
    try:
        value = _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else None
        raise DatasetFormatError(_not_json(log.file_name, error, line)) from error
    records = _records_in(value, log.file_name) if isinstance(value, dict) else None
    if records is None:
        raise DatasetFormatError(f"{log.file_name} is JSON of another shape. {_EXPECTED}")
    return iter(enumerate(records, 1))


def _records_in(value: dict[str, Any], file_name: str) -> list[Record] | None:
    """Return the records in an object: under one key, spread over columns, or the object itself."""
    lists = [
        item
        for item in value.values()
        if isinstance(item, list) and item and all(isinstance(entry, dict) for entry in item)
    ]
    if len(lists) == 1:
        return list(lists[0])
    if value and all(isinstance(item, dict) for item in value.values()):
        value = {name: list(item.values()) for name, item in value.items()}
    if value and all(isinstance(item, list) for item in value.values()) and not lists:
        return _from_columns(value, file_name)
    is_record = value and not lists and not any(isinstance(v, dict) for v in value.values())
    return [value] if is_record else None


def _from_columns(columns: dict[str, list[Any]], file_name: str) -> list[Record]:
    """Return the rows of lists of equal length.

    Raises:
        DatasetFormatError: If they differ in length.
    """
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f'"{name[:40]}" {count:,}' for name, count in list(lengths.items())[:5])
        raise DatasetFormatError(
            f"{file_name} has columns of different length ({shown}). Write all values of each."
        )
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _not_json(file_name: str, error: Exception, line: int | None) -> str:
    if isinstance(error, json.JSONDecodeError):
        line = error.lineno
    place = "" if line is None else f" at line {line:,}"
    reason = "nested too deeply" if isinstance(error, RecursionError) else str(error).split(":")[0]
    return f"{file_name} is not JSON{place} ({reason}). {_AGAIN}"
