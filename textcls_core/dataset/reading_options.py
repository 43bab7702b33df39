"""What is known about a file before it is read, and what may be changed about it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

Format = Literal["csv", "json", "jsonl", "parquet", "arrow", "excel", "folder", "huggingface"]
"""Tab-separated files are `csv` with another delimiter."""
TEXT_FORMATS: tuple[Format, ...] = ("csv", "json", "jsonl")
"""Formats with an encoding; one may be read as another, binary ones are what they are."""


class ReadingOptions(BaseModel):
    """How to read a file; everything left out is detected."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Format | None = None
    """Read the content as this, whatever it looks like."""
    encoding: str | None = None
    """Python codec name; None reads a byte-order mark, else UTF-8."""
    delimiter: str | None = None
    """The one character between cells."""
    has_header: bool | None = None
    """Whether the first line of a delimited file or a sheet names the columns."""
    sheet: str | None = None
    """Sheet of a workbook; None takes the first one with cells."""
    columns: tuple[str, ...] | None = None
    """Columns to read from Parquet and Arrow; None reads all."""
    skip_bad_rows: bool = False
    """Leave out rows that cannot be read instead of refusing the file."""
    replace_unreadable: bool = False
    """Replace bytes that are not in the encoding by U+FFFD and count them, instead of refusing."""


class ChangedLine(BaseModel):
    """A line that another encoding reads differently."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    line: int
    """From 1."""
    before: str
    """As UTF-8 reads it, with U+FFFD for bytes it cannot read."""
    after: str
    """As the other encoding reads it."""


class Detected(BaseModel):
    """What the content of a file says about how to read it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Format
    compression: Literal["zip", "gzip"] | None = None
    """How the file is packed."""
    member: str | None = None
    """Name of the one file inside a packed file, safe to show."""
    size_bytes: int
    """Of the file as it is, packed or not; 0 for a folder."""
    encoding: str | None = None
    """Codec name; None for formats that bring their own."""
    encoding_is_guess: bool = False
    """True when a person should confirm it: `ReadingOptions.encoding` has to be set."""
    changed_lines: tuple[ChangedLine, ...] = ()
    """Up to five lines that show what a guessed encoding changes."""
    num_unreadable_lines: int = 0
    """Lines that are not in UTF-8 although others with more than ASCII are."""
    unreadable_lines: tuple[int, ...] = ()
    """The first five of them, from 1."""
    delimiter: str | None = None
    """Between the cells of a delimited file."""
    has_header: bool | None = None
    """Whether the first line of a delimited file or a sheet names the columns."""
    sheets: tuple[str, ...] = ()
    """Names of the sheets of a workbook, in its order."""
    splits: tuple[str, ...] = ()
    """Splits that folders or a Hugging Face data set bring along; column `split` holds them."""
    notes: tuple[str, ...] = ()
    """One sentence for each thing worth knowing, for example a name that misleads."""
