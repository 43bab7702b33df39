"""RawTable: the columns of a file as they stand in it, before anyone says what they mean."""

from dataclasses import dataclass

import pyarrow as pa

STRINGS = pa.string()
LISTS = pa.list_(pa.string())


@dataclass(frozen=True, slots=True)
class RawTable:
    """Columns of strings, or of lists of strings, on Arrow; null where a row has no value."""

    file_name: str
    """Safe to show."""
    table: pa.Table
    """N rows; every column is `pa.string()` or `pa.list_(pa.string())`, in any number of chunks."""
    line_numbers: pa.Array | None = None
    """Line of a text file, or row of a sheet, on which each row starts, from 1; int64 of length N.
    None where rows are simply counted."""
    unit: str = "line"
    """What `line_numbers` count: a line or a row."""
    has_header: bool = True
    """False when column names were made up."""
    num_short_rows: int = 0
    """Rows with fewer cells than there are columns."""
    num_repaired: int = 0
    """Cells that lost NUL characters or had broken characters replaced by U+FFFD."""
    problems: tuple[str, ...] = ()
    """One sentence per row that was left out."""
    notes: tuple[str, ...] = ()
    """One sentence for each thing worth knowing that costs no row."""

    @property
    def num_rows(self) -> int:
        """Number of rows read, N."""
        return int(self.table.num_rows)

    @property
    def column_names(self) -> list[str]:
        """Names in the order of the file."""
        return list(self.table.column_names)

    def values(self, column: str) -> list[str | list[str] | None]:
        """Return a column in Python; for tables that are small or were cut to their head."""
        values: list[str | list[str] | None] = self.table[column].to_pylist()
        return values

    def place(self, position: int) -> str:
        """Return where the row at a position (from 0) stands in the file, as people say it."""
        if self.line_numbers is None:
            return f"row {position + 1:,}"
        return f"{self.unit} {self.line_numbers[position].as_py():,}"
