"""Data sets saved to disk by Hugging Face `datasets`, read with Arrow alone."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from textcls_core.dataset.formats.columnar import (
    class_names_of,
    class_names_of_info,
    damage_explained,
    opened_arrow,
    table_of_batches,
    wanted_columns,
)
from textcls_core.dataset.formats.row_log import RowLog
from textcls_core.dataset.formats.source import Source, shown_name
from textcls_core.dataset.raw_table import STRINGS, RawTable
from textcls_core.dataset.reading_options import ReadingOptions
from textcls_core.errors import DatasetFormatError

SPLIT = "split"
_DICT, _STATE, _INFO = "dataset_dict.json", "state.json", "dataset_info.json"
_MAX_JSON_BYTES = 50_000_000


def is_huggingface(folder: Path) -> bool:
    """Tell whether a folder is a data set, or a dictionary of splits, saved to disk."""
    return (folder / _DICT).is_file() or (folder / _STATE).is_file()


def split_folders(folder: Path) -> dict[str, Path]:
    """Return the folder of each split; one without a name for a data set without splits.

    Raises:
        DatasetFormatError: If the description is damaged.
    """
    if not (folder / _DICT).is_file():
        return {"": folder}
    splits = _read_json(folder / _DICT).get("splits")
    if not isinstance(splits, list) or not splits:
        raise DatasetFormatError(_damaged(folder / _DICT, "it names no splits"))
    return {str(name): _inside(folder, str(name)) for name in splits}


def read_huggingface(
    source: Source, options: ReadingOptions, log: RowLog, limit: int | None = None
) -> RawTable:
    """Return the columns of all splits, with column `split` where there are some.

    Numbers of classes become their names.

    Args:
        source: The folder that `save_to_disk` wrote.
        options: The columns to read, where not all are wanted.
        log: Of this folder.
        limit: Number of rows read at most; None reads all.

    Raises:
        DatasetFormatError: If a file is missing or damaged, or splits differ in their columns.
    """
    folders = split_folders(source.folder)
    files = [(split, file) for split, folder in folders.items() for file in _data_files(folder)]
    if not files:
        raise DatasetFormatError(f"{log.file_name} has no data files. Save the data set again.")
    with damage_explained(log.file_name, "Hugging Face"):
        with opened_arrow(Source(log.file_name, files[0][1])) as (schema, _):
            names = class_names_of(schema)
        names |= class_names_of_info(_read_json(next(iter(folders.values())) / _INFO))
        wanted = wanted_columns(schema, options, log.file_name)
        target = pa.schema([schema.field(name) for name in wanted])
        own = (_selected(split, batch, target) for split, batch in _batches(files))
        full, batches = (target, own) if "" in folders else of_splits(_batches(files), target)
        return table_of_batches(full, batches, names, log, limit)


def of_splits(
    batches: Iterable[tuple[str, pa.RecordBatch]], schema: pa.Schema
) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """Return the batches of several splits with column `split`, and their schema.

    Args:
        batches: Each with the name of its split, "" where there are none.
        schema: The columns to keep, as the first split has them; one named `split` stays.
    """
    if SPLIT in schema.names:
        return schema, (_selected(split, batch, schema) for split, batch in batches)
    named = (
        _selected(split, batch, schema).append_column(SPLIT, pa.repeat(split, batch.num_rows))
        for split, batch in batches
    )
    return schema.append(pa.field(SPLIT, STRINGS)), named


def _selected(split: str, batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Return the columns of a batch that are kept.

    Raises:
        DatasetFormatError: If a split has other columns than the first one.
    """
    if not set(schema.names) <= set(batch.schema.names):
        raise DatasetFormatError(
            f'Split "{split[:40]}" has other columns than the first one. '
            "Save the splits with the same columns."
        )
    return batch.select(schema.names).cast(schema)


def _batches(files: list[tuple[str, Path]]) -> Iterator[tuple[str, pa.RecordBatch]]:
    for split, file in files:
        with opened_arrow(Source(shown_name(file.name), file)) as (_, batches):
            for batch in batches:
                yield split, batch


def _data_files(folder: Path) -> list[Path]:
    """Return the Arrow files of one split, in their order."""
    entries = _read_json(folder / _STATE).get("_data_files")
    if not isinstance(entries, list):
        raise DatasetFormatError(_damaged(folder / _STATE, "it names no data files"))
    names = [entry.get("filename") for entry in entries if isinstance(entry, dict)]
    return [_inside(folder, str(name)) for name in names]


def _inside(folder: Path, name: str) -> Path:
    """Return a file or folder directly inside a folder, whatever its name says.

    Raises:
        DatasetFormatError: If the name leads out.
    """
    path = folder / name
    if name != path.name or name in {"", ".", ".."} or path.is_symlink() or not path.exists():
        raise DatasetFormatError(_damaged(folder, f"no {shown_name(name)} in it"))
    return path


def _read_json(path: Path) -> dict[str, Any]:
    """Return a description that `datasets` wrote.

    Raises:
        DatasetFormatError: If it is missing or no JSON object.
    """
    try:
        if path.is_symlink() or path.stat().st_size > _MAX_JSON_BYTES:
            raise DatasetFormatError(_damaged(path, "a link, or far too large"))
        value = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise DatasetFormatError(_damaged(path, "missing or not JSON")) from error
    if not isinstance(value, dict):
        raise DatasetFormatError(_damaged(path, "no JSON object"))
    return value


def _damaged(path: Path, reason: str) -> str:
    return (
        f"{shown_name(path.name)} of a Hugging Face data set cannot be read ({reason}). "
        "Save it again with save_to_disk."
    )
