"""Versions as files for other programs: CSV, JSON Lines and Parquet, a block of rows at a time.

Every file has the columns `row_id`, `text`, `label` (or `labels`, when a text may have several),
`split`, and those kept from the import. CSV is safe for spreadsheets (see `formulas`); a list of
labels is written there as JSON. An import takes row ids, labels and splits back as they were.
"""

import json
import re
import tempfile
from collections.abc import Iterator
from json.encoder import encode_basestring
from pathlib import Path
from typing import IO, Any, Literal, get_args

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from textcls_core.dataset.formulas import EXPORTED_COLUMNS, escape_formula, escape_formulas
from textcls_core.dataset.store import DatasetInfo, DatasetStore
from textcls_core.errors import DatasetFormatError
from textcls_core.files import temporary_sibling
from textcls_core.jobs.progress import Report, ignore

ExportFormat = Literal["csv", "jsonl", "parquet"]
FORMATS: tuple[ExportFormat, ...] = get_args(ExportFormat)
MAX_DOWNLOAD_ROWS, MAX_DOWNLOAD_BYTES = 200_000, 50_000_000
"""Rows, and bytes of the stored file, up to which a version is sent to a browser."""
_BLOCK = 65_536
_UNSAFE = re.compile(r"[^A-Za-z0-9_]+")
_MAX_NAME = 40


def export_version(
    store: DatasetStore,
    info: DatasetInfo,
    file_format: ExportFormat,
    target: Path,
    report: Report = ignore,
) -> None:
    """Write a version to a file, which is there whole or not at all.

    Args:
        store: Where the version lies.
        info: The version.
        file_format: What to write.
        target: File to make or replace.
        report: Told how many rows are written.

    Raises:
        DatasetFormatError: If the stored rows are damaged.
    """
    try:
        stored = pq.ParquetFile(store.path(info))
        with stored, temporary_sibling(target) as temporary:
            with temporary.open("wb") as file:
                _WRITERS[file_format](_counted(_blocks(stored, info), info, report), file)
            temporary.replace(target)
    except pa.ArrowException as error:
        raise DatasetFormatError(
            f'The rows of data set "{info.name}" ({info.dataset_id}) are damaged. '
            "Import the file again to repair it."
        ) from error


def export_bytes(store: DatasetStore, info: DatasetInfo, file_format: ExportFormat) -> bytes:
    """Return a version as the bytes of a file, for sets that fit into memory several times."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "export"
        export_version(store, info, file_format, file)
        return file.read_bytes()


def fits_download(info: DatasetInfo, stored_bytes: int) -> bool:
    """Tell whether a version is small enough to be sent to a browser."""
    return info.num_examples <= MAX_DOWNLOAD_ROWS and stored_bytes <= MAX_DOWNLOAD_BYTES


def export_name(info: DatasetInfo, file_format: ExportFormat) -> str:
    """Return a file name that every system takes, with as much of the data set's as it can."""
    return f"{safe_name(info.name)}-v{info.version}-{info.fingerprint[:8]}.{file_format}"


def safe_name(name: str) -> str:
    """Return as much of a data set's name as every system takes in the name of a file.

    Example:
        >>> safe_name("../my set"), safe_name("??")
        ('my-set', 'data-set')
    """
    return _UNSAFE.sub("-", name)[:_MAX_NAME].strip("-") or "data-set"


def column_names(info: DatasetInfo) -> list[str]:
    """Return the columns of an export; a kept column called like one of ours gets ` (file)`."""
    names = list(EXPORTED_COLUMNS[info.task == "multi_label"])
    for name in info.extra_columns:
        while name in names:
            name = f"{name} (file)"
        names.append(name)
    return names


def _blocks(stored: pq.ParquetFile, info: DatasetInfo) -> Iterator[pa.Table]:
    """Yield tables with class names instead of label ids; at least one, which may be empty."""
    names = column_names(info)
    yield _with_labels(pa.RecordBatch.from_pylist([], stored.schema_arrow), info, names)
    for batch in stored.iter_batches(_BLOCK):
        yield _with_labels(batch, info, names)


def _counted(blocks: Iterator[pa.Table], info: DatasetInfo, report: Report) -> Iterator[pa.Table]:
    """Yield blocks and report the rows of those that are written."""
    done = 0
    for block in blocks:
        yield block
        done += block.num_rows
        report(done, info.num_examples, "Writing rows")


def _with_labels(batch: pa.RecordBatch, info: DatasetInfo, names: list[str]) -> pa.Table:
    lists = batch.column(2)
    flat = pa.array(info.label_names, pa.string()).take(pc.list_flatten(lists))
    labels = flat
    if info.task == "multi_label":
        sizes = pc.list_value_length(lists)
        offsets = pa.concat_arrays([pa.array([0], pa.int32()), pc.cumulative_sum(sizes)])
        labels = pa.ListArray.from_arrays(offsets, flat)
    columns = [*batch.columns[:2], labels, *batch.columns[3:]]
    return pa.table(columns, names=names)


def _write_csv(blocks: Iterator[pa.Table], file: IO[bytes]) -> None:
    first = next(blocks)
    schema = pa.schema([(escape_formula(name), pa.string()) for name in first.column_names])
    with pa.csv.CSVWriter(file, schema) as writer:
        for block in blocks:
            columns = [escape_formulas(_as_strings(column)) for column in block.itercolumns()]
            writer.write_table(pa.table(columns, schema=schema))


def _as_strings(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column as strings; lists become JSON."""
    if not pa.types.is_list(column.type):
        return column.cast(pa.string())
    lists = [
        None if value is None else json.dumps(value, ensure_ascii=False)
        for value in column.to_pylist()
    ]
    return pa.chunked_array([pa.array(lists, pa.string())])


def _write_json_lines(blocks: Iterator[pa.Table], file: IO[bytes]) -> None:
    for block in blocks:
        names = [encode_basestring(name).replace("%", "%%") for name in block.column_names]
        line = "{" + ", ".join(f"{name}: %s" for name in names) + "}\n"
        rows = zip(*map(_as_json, block.itercolumns()), strict=True)
        file.write("".join(line % row for row in rows).encode())


def _as_json(column: pa.ChunkedArray) -> list[str]:
    """Return the JSON of every cell; strings go the short way, for millions of them."""
    cells = column.to_pylist()
    if not pa.types.is_string(column.type):
        return [json.dumps(cell, ensure_ascii=False) for cell in cells]
    return ["null" if cell is None else encode_basestring(cell) for cell in cells]


def _write_parquet(blocks: Iterator[pa.Table], file: IO[bytes]) -> None:
    first = next(blocks)
    with pq.ParquetWriter(file, first.schema) as writer:
        for block in blocks:
            writer.write_table(block)


_WRITERS: dict[ExportFormat, Any] = {
    "csv": _write_csv,
    "jsonl": _write_json_lines,
    "parquet": _write_parquet,
}
