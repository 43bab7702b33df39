"""Parquet and Arrow files: columns of any type become strings or lists of strings."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from textcls_core.dataset.formats.arrow_values import as_lists, as_strings, kind_of
from textcls_core.dataset.formats.cells import column_names, long_cells
from textcls_core.dataset.formats.row_log import RowLog, check_width
from textcls_core.dataset.formats.source import Source
from textcls_core.dataset.raw_table import LISTS, STRINGS, RawTable
from textcls_core.dataset.reading_options import ReadingOptions
from textcls_core.errors import DatasetFormatError, did_you_mean

_BATCH_ROWS = 65_536
_MAX_ROWS = 50_000_000
_MAX_BYTES = 16 * 1024**3
ClassNames = Mapping[str, Sequence[str]]
"""Names of the class numbers in a column."""


@dataclass(frozen=True, slots=True)
class _Column:
    """A column that is kept."""

    position: int
    name: str
    holds_lists: bool
    class_names: Sequence[str] | None

    def values(self, batch: pa.RecordBatch, log: RowLog) -> pa.Array:
        """Return its part of a batch as strings or lists of strings."""
        convert = as_lists if self.holds_lists else as_strings
        return convert(batch.column(self.position), self.name, self.class_names, log)


def read_parquet(
    source: Source, options: ReadingOptions, log: RowLog, limit: int | None = None
) -> RawTable:
    """Return the columns of a Parquet file; nested ones are left out with a note.

    Args:
        source: The file.
        options: The columns to read, where not all are wanted.
        log: Of this file.
        limit: Number of rows read at most; None reads all.

    Raises:
        DatasetFormatError: If it is damaged, or has too many rows or columns.
    """
    with damage_explained(source.name, "Parquet"):
        place = source.content
        file = pq.ParquetFile(place if isinstance(place, Path) else pa.BufferReader(place))
        schema = file.schema_arrow
        wanted = wanted_columns(schema, options, source.name)
        log.num_rows = file.metadata.num_rows
        batches = file.iter_batches(min(limit or _BATCH_ROWS, _BATCH_ROWS), columns=wanted)
        kept = pa.schema([schema.field(name) for name in wanted], schema.metadata)
        return table_of_batches(kept, batches, class_names_of(schema), log, limit)


def read_arrow(
    source: Source, options: ReadingOptions, log: RowLog, limit: int | None = None
) -> RawTable:
    """Return the columns of an Arrow (Feather) file or stream; see `read_parquet`."""
    with damage_explained(source.name, "Arrow"), opened_arrow(source) as (schema, batches):
        wanted = wanted_columns(schema, options, source.name)
        kept = pa.schema([schema.field(name) for name in wanted], schema.metadata)
        parts = (batch.select(wanted) for batch in batches)
        return table_of_batches(kept, parts, class_names_of(schema), log, limit)


@contextmanager
def opened_arrow(source: Source) -> Iterator[tuple[pa.Schema, Iterator[pa.RecordBatch]]]:
    """Give the schema and the batches of an Arrow file or stream, read as they are asked for."""
    place = source.content
    opened = pa.memory_map(str(place)) if isinstance(place, Path) else pa.BufferReader(place)
    with opened as file:
        if source.head(6) == b"ARROW1":
            reader = pa.ipc.open_file(file)
            yield reader.schema, (reader.get_batch(i) for i in range(reader.num_record_batches))
        else:
            stream = pa.ipc.open_stream(file)
            yield stream.schema, iter(stream)


@contextmanager
def damage_explained(file_name: str, kind: str) -> Iterator[None]:
    """Turn what Arrow says about a broken file into a message for people."""
    try:
        yield
    except (pa.ArrowException, OSError, EOFError, ValueError) as error:
        reason = str(error).split("\n")[0].rstrip(".")[:120]
        raise DatasetFormatError(
            f"{file_name} is a damaged {kind} file ({reason}). Download or write it again."
        ) from error


def wanted_columns(schema: pa.Schema, options: ReadingOptions, file_name: str) -> list[str]:
    """Return the columns to read, those that the options name or all.

    Raises:
        DatasetFormatError: If there are too many columns, two of one name, or one is missing.
    """
    names = list(schema.names)
    check_width(len(names), file_name)
    column_names(names, file_name)
    if options.columns is None:
        return names
    for name in options.columns:
        if name not in names:
            raise DatasetFormatError(
                f'Column "{name[:40]}" is missing in {file_name}. '
                f"{did_you_mean(name, names)} Choose one of these."
            )
    return list(options.columns)


def table_of_batches(
    schema: pa.Schema,
    batches: Iterable[pa.RecordBatch],
    class_names: ClassNames,
    log: RowLog,
    limit: int | None = None,
) -> RawTable:
    """Return a table of Arrow batches; rows that cannot be kept go to the log.

    Args:
        schema: Of the batches.
        batches: In the order of the file.
        class_names: Columns whose integers number classes.
        log: Of this file.
        limit: Number of rows read at most; None reads all.
    """
    log.unit = "row"
    columns, notes = _columns(schema, class_names)
    if not columns:
        raise DatasetFormatError(
            f"{log.file_name} has no column of values; all of them hold objects. "
            "Write texts and labels as columns of their own."
        )
    names = column_names([column.name for column in columns], log.file_name)
    types = [LISTS if column.holds_lists else STRINGS for column in columns]
    target = pa.schema(list(zip(names, types, strict=True)))
    kept = _Kept(target, log)
    for batch in batches:
        log.tell(kept.num_read)
        rows = batch if limit is None else batch.slice(0, limit - kept.num_read)
        kept.add([column.values(rows, log) for column in columns], rows.num_rows)
        if kept.num_read == limit:
            break
    return RawTable(
        log.file_name,
        pa.Table.from_batches(kept.batches, target),
        kept.numbers(),
        notes=notes,
    )


@dataclass(slots=True)
class _Kept:
    """Rows that can be kept, and where they stood."""

    schema: pa.Schema
    log: RowLog
    batches: list[pa.RecordBatch] = field(default_factory=list)
    num_read: int = 0
    num_bytes: int = 0
    left_out: list[int] = field(default_factory=list)
    """Positions of rows that cannot be kept, in the file."""

    def add(self, arrays: list[pa.Array], num_rows: int) -> None:
        """Keep the rows of a batch that are not too long.

        Raises:
            DatasetFormatError: If there is more than memory can hold.
        """
        batch = pa.record_batch(arrays, schema=self.schema)
        problems = long_cells([array for array in arrays if array.type == STRINGS])
        for position, problem in problems.items():
            self.log.problem(self.num_read + position + 1, problem)
        if problems:
            self.left_out += [self.num_read + position for position in problems]
            batch = batch.filter(pa.array([row not in problems for row in range(num_rows)]))
        self.batches.append(batch)
        self.num_read += num_rows
        self.num_bytes += batch.nbytes
        if self.num_read > _MAX_ROWS or self.num_bytes > _MAX_BYTES:
            raise DatasetFormatError(
                f"{self.log.file_name} holds more than {_MAX_ROWS:,} rows or "
                f"{_MAX_BYTES // 1024**3} GiB of text. Split it into smaller files."
            )

    def numbers(self) -> pa.Array | None:
        """Return the number of each row in the file, or None if none was left out."""
        if not self.left_out:
            return None
        gone = set(self.left_out)
        return pa.array((n + 1 for n in range(self.num_read) if n not in gone), pa.int64())


def _columns(schema: pa.Schema, class_names: ClassNames) -> tuple[list[_Column], tuple[str, ...]]:
    """Return the columns that can be kept, and a note for each that cannot."""
    columns, notes = [], []
    for position, item in enumerate(schema):
        kind = kind_of(item.type)
        if kind == "nested":
            notes.append(
                f'Column "{item.name[:40]}" holds objects ({str(item.type)[:40]}); left out.'
            )
        else:
            names = class_names.get(item.name)
            columns.append(_Column(position, item.name, kind == "list", names))
    return columns, tuple(notes)


def class_names_of(schema: pa.Schema) -> dict[str, list[str]]:
    """Return the class names that a Hugging Face data set wrote into the schema of its file."""
    written = (schema.metadata or {}).get(b"huggingface", b"{}")
    try:
        return class_names_of_info(json.loads(written).get("info", {}))
    except (ValueError, AttributeError, RecursionError):
        return {}


def class_names_of_info(info: Any) -> dict[str, list[str]]:
    """Return the class names in the description of a Hugging Face data set."""
    features = info.get("features") if isinstance(info, dict) else None
    found = {
        name: _feature_names(feature)
        for name, feature in (features.items() if isinstance(features, dict) else ())
    }
    return {name: names for name, names in found.items() if names}


def _feature_names(feature: Any) -> list[str] | None:
    """Return the names of a class label, alone or inside a list; None for other features."""
    if isinstance(feature, list) and len(feature) == 1:
        return _feature_names(feature[0])
    if not isinstance(feature, dict):
        return None
    if "feature" in feature:
        return _feature_names(feature["feature"])
    names = feature.get("names")
    is_label = feature.get("_type") == "ClassLabel" and isinstance(names, list)
    return [str(name) for name in names] if is_label and names else None
