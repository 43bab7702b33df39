"""Cells that a spreadsheet would run as formulas: a quote put before them, and taken away again.

A text such as `=1+1` or `@mention` is data here and a formula in a spreadsheet. An export puts `'`
before every cell that starts like one, and before every cell that looks as if that had been done
already. Taking one quote away from the cells that look so therefore gives every text back exactly.
"""

import re
from collections.abc import Sequence
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from textcls_core.errors import InvalidArgumentError

_STARTS = r"[=+\-@\t\r\n\x00\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}]"
"""What starts a formula; the last four are = + - @ in full width, which some spreadsheets read."""
_RISKY, _ESCAPED = f"^('*{_STARTS})", f"^'('*{_STARTS})"
_RISKY_TEXT, _ESCAPED_TEXT = (
    re.compile(re.sub(r"\\x\{(\w+)\}", r"\\u\1", pattern)) for pattern in (_RISKY, _ESCAPED)
)
EXPORTED_COLUMNS = (("row_id", "text", "label", "split"), ("row_id", "text", "labels", "split"))
"""How the columns of an export begin: with one label per text, and with several."""

Column = TypeVar("Column", pa.Array, pa.ChunkedArray)


def escape_formula(text: str) -> str:
    """Return text that a spreadsheet shows as it is.

    Example:
        >>> escape_formula("=1+1"), escape_formula("'=1+1"), escape_formula("1+1")
        ("'=1+1", "''=1+1", '1+1')
    """
    return _RISKY_TEXT.sub(r"'\1", text)


def unescape_formula(text: str) -> str:
    """Return the text that `escape_formula` was given.

    Example:
        >>> unescape_formula("'=1+1"), unescape_formula("'tis")
        ('=1+1', "'tis")
    """
    return _ESCAPED_TEXT.sub(r"\1", text)


def escape_formulas(column: Column) -> Column:
    """Return a column of strings with `escape_formula` done to every cell."""
    return pc.replace_substring_regex(column, pattern=_RISKY, replacement=r"'\1")


def unescape_formulas(column: Column) -> Column:
    """Return a column of strings with `unescape_formula` done to every cell."""
    return pc.replace_substring_regex(column, pattern=_ESCAPED, replacement=r"\1")


def is_formula_safe(table: pa.Table) -> bool:
    """Tell whether a table read from CSV was written by our export, so that quotes come off.

    Its columns begin like those of an export, and no cell starts like a formula: an export leaves
    none, and a file in which one is left cannot be told from texts that begin with a quote.
    """
    if tuple(table.column_names[:4]) not in EXPORTED_COLUMNS:
        return False
    strings = [column for column in table.itercolumns() if pa.types.is_string(column.type)]
    pattern = f"^{_STARTS}"
    return not any(pc.any(pc.match_substring_regex(column, pattern)).as_py() for column in strings)


def unescape_table(table: pa.Table) -> pa.Table:
    """Return a table with the quotes taken away from all cells and column names.

    Raises:
        InvalidArgumentError: If two columns would have the same name.
    """
    names = [unescape_formula(name) for name in table.column_names]
    _require_distinct(names)
    columns = [
        unescape_formulas(column) if pa.types.is_string(column.type) else column
        for column in table.itercolumns()
    ]
    return pa.table(dict(zip(names, columns, strict=True)))


def _require_distinct(names: Sequence[str]) -> None:
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated is not None:
        raise InvalidArgumentError(
            f'Two columns would be called "{repeated[:40]}" without the quote that protects '
            "spreadsheets. Rename one of them."
        )
