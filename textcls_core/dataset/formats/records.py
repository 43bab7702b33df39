"""From JSON records to a RawTable: values as strings, lists of values kept as lists."""

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import accumulate, chain, islice
from typing import Any

import pyarrow as pa

from textcls_core.dataset.building import clean_text
from textcls_core.dataset.formats.cells import no_cycle_search, repaired_cell, without_nul
from textcls_core.dataset.formats.row_log import (
    MAX_COLUMNS,
    MAX_FIELD_CHARACTERS,
    RowLog,
    check_width,
)
from textcls_core.dataset.raw_table import LISTS, STRINGS, RawTable

CHUNK_ROWS = 4_000
Record = dict[str, Any]
_SCALARS = (str, int, float, bool, type(None))
_NESTED = "holds a list or object, not a value"


def as_record(pairs: list[tuple[str, Any]]) -> Record:
    """Return a JSON object whose keys can be column names.

    Raises:
        ValueError: If a key is repeated or blank.
    """
    record = {_clean_key(key): value for key, value in pairs}
    if len(record) < len(pairs):
        raise ValueError("the same key twice")
    if "" in record:
        raise ValueError("a key without a name")
    return record


@lru_cache(MAX_COLUMNS)
def _clean_key(key: str) -> str:
    return clean_text(key).strip()


def refuse_constant(constant: str) -> None:
    """Refuse NaN and infinity, which Python would read.

    Raises:
        ValueError: Always.
    """
    raise ValueError(f"{constant} is not a JSON value")


def table_of_records(records: Iterable[tuple[int, Record]], log: RowLog) -> RawTable:
    """Return a table of records with the line on which each starts; bad ones go to the log.

    The first value of a key says whether its column holds values or lists of values.

    Raises:
        DatasetFormatError: If there are too many keys.
    """
    is_list: dict[str, bool | None] = {}
    tables: list[pa.Table] = []
    lines: list[int] = []
    iterator = iter(records)
    with no_cycle_search():
        while batch := list(islice(iterator, CHUNK_ROWS)):
            log.tell(len(lines))
            kept = [item for item in batch if _fits(*item, is_list, log)]
            check_width(len(is_list), log.file_name)
            tables.append(_columns([record for _, record in kept], is_list, log))
            lines += [number for number, _ in kept]
    schema = pa.schema([(name, LISTS if is_list[name] else STRINGS) for name in is_list])
    padded = [_padded(table, schema) for table in tables]
    table = pa.concat_tables(padded) if padded else schema.empty_table()
    return RawTable(log.file_name, table, pa.array(lines, pa.int64()))


def _fits(number: int, record: Record, is_list: dict[str, bool | None], log: RowLog) -> bool:
    """Tell whether the values of a record can be kept; if not, the log says why."""
    news: dict[str, bool | None] = {}
    for name, value in record.items():
        known = is_list.get(name)
        if known is False and value.__class__ is str and len(value) <= MAX_FIELD_CHARACTERS:
            continue
        problem = _problem_of(value, known)
        if problem:
            log.problem(number, f'"{name[:40]}" {problem}')
            return False
        news[name] = known if value is None else isinstance(value, list)
    is_list.update(news)
    return True


def _problem_of(value: Any, is_list: bool | None) -> str | None:
    """Return why a value cannot stand in a column of lists or of values; None fits both."""
    if isinstance(value, dict):
        return _NESTED
    if isinstance(value, list):
        is_flat = all(isinstance(item, _SCALARS) for item in value)
        return None if is_flat and is_list is not False else _NESTED
    if isinstance(value, str) and len(value) > MAX_FIELD_CHARACTERS:
        return f"holds more than {MAX_FIELD_CHARACTERS:,} characters"
    is_alone = is_list and value is not None
    return "holds a value where earlier rows hold a list" if is_alone else None


def _columns(records: list[Record], is_list: Mapping[str, bool | None], log: RowLog) -> pa.Table:
    """Return one chunk of rows; keys that come later are missing here."""
    columns = {}
    for name, holds_lists in is_list.items():
        values = [record.get(name) for record in records]
        columns[name] = _lists(values, log) if holds_lists else string_array(values, log)
    return pa.table(columns)


def string_array(values: Iterable[Any], log: RowLog) -> pa.Array:
    """Return JSON scalars as the strings a CSV file would hold, repaired where needed."""
    strings = [v if v is None or v.__class__ is str else json.dumps(v) for v in values]
    try:
        return without_nul(pa.array(strings, STRINGS), log)
    except UnicodeEncodeError:
        return pa.array([repaired_cell(value, log) for value in strings], STRINGS)


def _lists(values: list[list[Any] | None], log: RowLog) -> pa.Array:
    """Return lists of JSON scalars as lists of strings; null inside a list is left out."""
    flat = [[item for item in value or () if item is not None] for value in values]
    offsets = [0, *accumulate(map(len, flat))]
    missing = pa.array([value is None for value in values])
    items = string_array(chain.from_iterable(flat), log)
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), items, LISTS, mask=missing)


def _padded(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return a chunk with all columns of the table, null where it does not have them."""
    columns = [
        table[field.name].cast(field.type)
        if field.name in table.column_names
        else pa.nulls(table.num_rows, field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)
