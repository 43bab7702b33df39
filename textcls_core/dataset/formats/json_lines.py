"""JSON Lines: one object per line; a broken line costs itself, not the file."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any, TextIO

from textcls_core.dataset.encoding import has_unreadable_bytes, replace_unreadable_bytes
from textcls_core.dataset.formats.records import (
    Record,
    as_record,
    refuse_constant,
    table_of_records,
)
from textcls_core.dataset.formats.row_log import MAX_FIELD_CHARACTERS, UNREADABLE, RowLog
from textcls_core.dataset.formats.source import Source
from textcls_core.dataset.formats.text import text_file
from textcls_core.dataset.raw_table import RawTable
from textcls_core.dataset.reading_options import ReadingOptions

_DECODER = json.JSONDecoder(object_pairs_hook=as_record, parse_constant=refuse_constant)


def read_json_lines(
    source: Source, options: ReadingOptions, log: RowLog, limit: int | None = None
) -> RawTable:
    """Return the columns of a file with one JSON object per line; bad lines go to the log.

    Args:
        source: The file.
        options: Its encoding, where it is known.
        log: Of this file.
        limit: Number of rows read at most; None reads all.
    """
    with text_file(source, options, log) as file:
        return table_of_records(islice(_records(file, log), limit), log)


def _records(file: TextIO, log: RowLog) -> Iterator[tuple[int, Record]]:
    for number, line in enumerate(file, 1):
        if line.strip():
            record = _parse(line.strip(), number, log)
            if record is not None:
                yield number, record


def _parse(line: str, number: int, log: RowLog) -> Record | None:
    """Return one JSON object, or None after noting the problem."""
    if len(line) > MAX_FIELD_CHARACTERS:
        log.problem(number, f"longer than {MAX_FIELD_CHARACTERS:,} characters")
        return None
    if has_unreadable_bytes(line):
        if not log.replace_unreadable:
            log.problem(number, UNREADABLE)
            return None
        line = replace_unreadable_bytes(line)
        log.num_repaired += 1
    try:
        record: Any = _DECODER.decode(line)
    except (ValueError, RecursionError) as error:
        log.problem(number, f"not JSON ({str(error).split(':')[0]})")
        return None
    if not isinstance(record, dict):
        log.problem(number, f"expected a JSON object, found {type(record).__name__}")
        return None
    return record
