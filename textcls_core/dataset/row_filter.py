"""What to keep of the rows of a version, in which order, and how many are kept."""

from dataclasses import dataclass

from textcls_core.dataset.text_dataset import Split
from textcls_core.wording import shorten


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers of a column, ends included; None leaves an end open."""

    column: str
    """`characters`, `words` or a further column of the file."""
    low: float | None = None
    high: float | None = None

    @classmethod
    def parse(cls, column: str, text: str) -> "Range | None":
        """Return the range that `10..20`, `10..` or `..20` means, or None.

        Example:
            >>> Range.parse("words", "10..")
            Range(column='words', low=10.0, high=None)
        """
        low, dots, high = text.partition("..")
        try:
            ends = [float(end) if end else None for end in (low, high)]
        except ValueError:
            return None
        return cls(column, *ends) if dots and ends != [None, None] else None


@dataclass(frozen=True, slots=True)
class RowFilter:
    """What to keep; every criterion left at its default keeps everything."""

    split: Split | None = None
    label: str | None = None
    """Class name."""
    text: str = ""
    """Words, parts of words and "phrases" the text must contain, whatever their case."""
    pattern: str = ""
    """Regular expression (RE2) that must be found in the text."""
    ranges: tuple[Range, ...] = ()
    values: tuple[tuple[str, str], ...] = ()
    """Further columns with the value they must have."""
    row_ids: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """What to sort by; ties, and no column at all, keep the order of the file."""

    column: str = ""
    """`text`, `characters`, `words`, `split`, `label`, `row_id` or a further column."""
    is_descending: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows a filter keeps."""

    total: int
    by_split: dict[str, int]
    """For every split, whatever split the filter names."""
    by_class: dict[str, int]
    """For every class, whatever class the filter names."""


def describe_filter(row_filter: RowFilter) -> str:
    """Return in a few words what a filter keeps, for the reason of a version.

    Example:
        >>> describe_filter(RowFilter(split="train", text="late"))
        'rows with split train, text late'
    """
    ranges = [
        (item.column, "..".join("" if end is None else f"{end:g}" for end in (item.low, item.high)))
        for item in row_filter.ranges
    ]
    ids = () if row_filter.row_ids is None else (("row", f"{len(row_filter.row_ids):,} chosen"),)
    fixed = (
        ("split", row_filter.split),
        ("class", row_filter.label),
        ("text", row_filter.text),
        ("pattern", row_filter.pattern),
    )
    parts = [*fixed, *ranges, *row_filter.values, *ids]
    return "rows with " + ", ".join(f"{name} {shorten(value)}" for name, value in parts if value)
