"""Columns of numbers or dates as moments that can be put in order."""

from collections.abc import Sequence

import duckdb
import numpy as np
import pyarrow as pa

from textcls_core.arrays import Moments
from textcls_core.errors import InvalidArgumentError
from textcls_core.wording import plural, shorten

_FORMATS = (
    "%d.%m.%Y", "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%Y/%m/%d", "%Y/%m/%d %H:%M:%S",
    "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y", "%a %b %d %H:%M:%S %z %Y",
    "%a, %d %b %Y %H:%M:%S %z",
)  # fmt: skip
_DAY_FIRST, _MONTH_FIRST = (
    (f"%{order}/%Y", f"%{order}/%Y %H:%M", f"%{order}/%Y %H:%M:%S") for order in ("d/%m", "m/%d")
)
_READINGS = (
    "try_cast(cell AS DOUBLE)",
    "epoch_us(try_cast(cell AS TIMESTAMPTZ))",
    *(
        f"epoch_us(try_strptime(cell, '{pattern}'))"
        for pattern in (*_FORMATS, *_DAY_FIRST, *_MONTH_FIRST)
    ),
)
"""Ways to read a cell; the first that reads most cells of a sample is used for the column."""
_FIRST_DAYS = range(len(_READINGS) - 2 * len(_DAY_FIRST), len(_READINGS) - len(_DAY_FIRST))
"""Those that read the day first, each so many before the same with the month first."""
_SAMPLE = 1_000
_EXAMPLES = 3


def parse_moments(column: pa.ChunkedArray, name: str) -> Moments:
    """Return a number for each cell that grows with time, shape (N,).

    Read are numbers, ISO 8601 (`2024-01-31`, `2024-01-31T10:00:00Z`), and the usual ways to write a
    date with day, month and year.

    Args:
        column: N strings.
        name: Of the column, for messages.

    Raises:
        InvalidArgumentError: If a cell is empty or cannot be read, or if the dates could be read
            with the day first and with the month first.
    """
    if not len(column):
        return np.zeros(0)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("given", pa.table({"given": column}))
        connection.execute("CREATE TEMP TABLE cells AS SELECT trim(given) AS cell FROM given")
        counts = [f"count({reading})" for reading in _READINGS]
        numbers = connection.execute(
            f"SELECT {', '.join(counts)} FROM (FROM cells WHERE cell <> '' LIMIT {_SAMPLE})"  # noqa: S608
        ).fetchone()
        best = int(np.argmax(numbers or [0]))
        moments = _read(connection, best)
        unread = np.flatnonzero(~np.isfinite(moments))
        if len(unread):
            raise InvalidArgumentError(_unreadable(column, unread, name))
        if best in _FIRST_DAYS and _is_ambiguous(connection, best, moments):
            raise InvalidArgumentError(
                f'The dates in "{name}" can be read with the day first and with the month first. '
                "Write them as year-month-day, for example 2024-01-31."
            )
    return moments


def _read(connection: duckdb.DuckDBPyConnection, reading: int) -> Moments:
    """Return every cell read in one way; NaN where that fails."""
    query = f"SELECT ({_READINGS[reading]})::DOUBLE AS moment FROM cells"  # noqa: S608
    moments = connection.execute(query).fetchnumpy()["moment"]
    return np.asarray(np.ma.filled(moments, np.nan), dtype=np.float64)


def _is_ambiguous(connection: duckdb.DuckDBPyConnection, day_first: int, moments: Moments) -> bool:
    month_first = _read(connection, day_first + len(_DAY_FIRST))
    return bool(np.isfinite(month_first).all() and (month_first != moments).any())


def _unreadable(column: pa.ChunkedArray, unread: Sequence[int] | np.ndarray, name: str) -> str:
    cells = [column[int(row)].as_py() for row in unread[:_EXAMPLES]]
    shown = ", ".join(f'"{shorten(cell, 30)}"' if cell else "an empty cell" for cell in cells)
    return (
        f'Column "{name}" holds {plural(len(unread), "cell")} of {len(column):,} that is no date '
        f"or number like the others, for example {shown}. "
        "Correct them or leave these rows out, and split again."
    )
