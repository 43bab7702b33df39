"""Raw tables for tests: made from columns, or read from bytes."""

import pyarrow as pa

from textcls_core.dataset.raw_table import LISTS, STRINGS, RawTable
from textcls_core.dataset.reading import read_table
from textcls_core.dataset.reading_options import ReadingOptions


def raw_table(file_name: str, columns: dict[str, list], lines: list[int] | None = None) -> RawTable:
    """Return a table as a reader makes it; a column with a list holds lists."""
    types = {
        name: LISTS if any(isinstance(value, list) for value in values) else STRINGS
        for name, values in columns.items()
    }
    arrays = [pa.array(values, types[name]) for name, values in columns.items()]
    numbers = None if lines is None else pa.array(lines, pa.int64())
    return RawTable(file_name, pa.table(arrays, schema=pa.schema(types.items())), numbers)


def read_bytes(data: bytes, name: str, options: ReadingOptions | None = None) -> RawTable:
    """Read an upload."""
    return read_table(data, options, name)


def columns_of(table: RawTable) -> dict[str, list]:
    """Return the columns in Python."""
    return table.table.to_pydict()
