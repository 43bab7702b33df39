"""RowLog: what went wrong in which row, kept while a file is read."""

from collections.abc import Callable
from dataclasses import dataclass, field

from textcls_core.errors import DatasetFormatError
from textcls_core.jobs.progress import Report, ignore
from textcls_core.wording import plural

MAX_COLUMNS = 1_000
MAX_FIELD_CHARACTERS = 1_000_000
MAX_PROBLEMS_SHOWN = 5
TOO_LONG = f"a cell longer than {MAX_FIELD_CHARACTERS:,} characters"
_MEGABYTE = 1024**2
UNREADABLE = "bytes that are not in the encoding of the file"


@dataclass(slots=True)
class RowLog:
    """Problems and repairs of one file."""

    file_name: str
    skip_bad_rows: bool = False
    replace_unreadable: bool = False
    unit: str = "line"
    """What people count in this kind of file: a line or a row."""
    num_repaired: int = 0
    report: Report = ignore
    """Told how far the file is read; may raise to stop."""
    num_rows: int = 0
    """Rows of the file, where it says so; else 0."""
    place: Callable[[], tuple[int, int]] | None = None
    """Gives the bytes read and all bytes of a text file."""
    _problems: list[tuple[int, str]] = field(default_factory=list)

    def tell(self, num_read: int) -> None:
        """Report that so many rows were read.

        Called between thousands of rows, so that reading a large file can be watched and stopped.
        """
        if self.place is None:
            self.report(num_read, self.num_rows, "Reading rows")
            return
        done, total = self.place()
        self.report(done // _MEGABYTE, total // _MEGABYTE, "Reading megabytes")

    def problem(self, number: int, what: str) -> None:
        """Note a row that cannot be used, by its line or row number, from 1."""
        self._problems.append((number, what))

    def problems(self) -> tuple[str, ...]:
        """Return one sentence per row that cannot be used, in the order of the file."""
        return tuple(f"{self.unit} {number:,}: {what}" for number, what in sorted(self._problems))

    def check(self) -> None:
        """Refuse the file if it has problems that nobody allowed to skip.

        Raises:
            DatasetFormatError: With the first places and the way out.
        """
        if not self._problems or self.skip_bad_rows:
            return
        shown = "; ".join(self.problems()[:MAX_PROBLEMS_SHOWN])
        more = len(self._problems) - MAX_PROBLEMS_SHOWN
        rest = f"; and {more:,} more" if more > 0 else ""
        raise DatasetFormatError(
            f"{self.file_name} has {plural(len(self._problems), 'row')} that cannot be read "
            f"({shown}{rest}). "
            "Correct them, or import again and skip bad rows."
        )


def check_width(num_columns: int, file_name: str) -> None:
    """Refuse a table with more columns than can be shown and kept.

    Raises:
        DatasetFormatError: If there are more than `MAX_COLUMNS`.
    """
    if num_columns > MAX_COLUMNS:
        raise DatasetFormatError(
            f"{file_name} has {num_columns:,} columns; at most {MAX_COLUMNS:,} are read. "
            "Check the separator, or keep only the columns you need."
        )
