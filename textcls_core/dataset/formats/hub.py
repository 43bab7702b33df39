"""Data sets on the Hugging Face hub: their Parquet files, downloaded and read; never their code."""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pyarrow as pa
import pyarrow.parquet as pq

from textcls_core.dataset.formats.columnar import (
    class_names_of,
    damage_explained,
    table_of_batches,
    wanted_columns,
)
from textcls_core.dataset.formats.huggingface import of_splits
from textcls_core.dataset.formats.row_log import RowLog
from textcls_core.dataset.hub_access import why_unreachable
from textcls_core.dataset.raw_table import RawTable
from textcls_core.dataset.reading_options import ReadingOptions
from textcls_core.errors import DatasetFormatError, did_you_mean

_NAME = re.compile(r"([\w.-]{1,96}(?:/[\w.-]{1,96})?)(?::([\w.-]{1,96}))?", re.ASCII)
_CONVERTED = "refs/convert/parquet"
"""Where the hub keeps data sets of other formats as Parquet."""
_SHARD = re.compile(r"-\d{5}-of-\d{5}(-[0-9a-f]+)?$")
_DEFAULT = "default"
Shards = dict[str, list[str]]
"""Files of each split."""


def read_hub(name: str, options: ReadingOptions, log: RowLog, limit: int | None = None) -> RawTable:
    """Return the columns of all splits of a data set, with column `split`.

    Args:
        name: `owner/name`, and `owner/name:configuration` where it has several.
        options: The columns to read, where not all are wanted.
        log: Of this data set.
        limit: Number of rows read at most; None reads all.

    Raises:
        DatasetFormatError: If the name is none, the hub cannot be reached, or there is no Parquet.
    """
    match = _NAME.fullmatch(name)
    if match is None or ".." in name:
        raise DatasetFormatError(
            f'"{log.file_name}" is not a name on the Hugging Face hub. '
            'Expected owner/name, for example "SetFit/bbc-news".'
        )
    reason = why_unreachable()
    if reason is not None:
        raise DatasetFormatError(
            f'"{log.file_name}" cannot be downloaded: {reason}. '
            "Connect to the network, or import a file."
        )
    shards, revision = _find_shards(match[1], match[2])
    files = [
        (split, _download(match[1], path, revision))
        for split, paths in shards.items()
        for path in paths
    ]
    return read_split_files(files, options, log, limit)


def read_split_files(
    files: list[tuple[str, Path]], options: ReadingOptions, log: RowLog, limit: int | None
) -> RawTable:
    """Return the columns of Parquet files that each belong to a split."""
    with damage_explained(log.file_name, "Parquet"):
        schema = pq.read_schema(files[0][1])
        wanted = wanted_columns(schema, options, log.file_name)
        target = pa.schema([schema.field(name) for name in wanted])
        full, batches = of_splits(_batches(files, wanted), target)
        return table_of_batches(full, batches, class_names_of(schema), log, limit)


def _batches(
    files: list[tuple[str, Path]], columns: list[str]
) -> Iterator[tuple[str, pa.RecordBatch]]:
    for split, path in files:
        for batch in pq.ParquetFile(path).iter_batches(columns=columns):
            yield split, batch


def _find_shards(name: str, configuration: str | None) -> tuple[Shards, str | None]:
    """Return the Parquet files of one configuration by split, and the revision that has them."""
    for revision in (None, _CONVERTED):
        found = group_shards(_list_files(name, revision))
        if found:
            return choose_configuration(found, configuration, name), revision
    raise DatasetFormatError(
        f'"{name}" has no Parquet files on the hub. Download it and import one of its files.'
    )


def group_shards(paths: list[str]) -> dict[str, Shards]:
    """Return the Parquet files among paths by configuration and split.

    Example:
        >>> group_shards(["data/train-00000-of-00001.parquet", "README.md"])
        {'default': {'train': ['data/train-00000-of-00001.parquet']}}
        >>> group_shards(["en/test/0000.parquet"])
        {'en': {'test': ['en/test/0000.parquet']}}
    """
    found: dict[str, Shards] = defaultdict(lambda: defaultdict(list))
    for path in sorted(paths):
        place = PurePosixPath(path)
        if place.suffix != ".parquet":
            continue
        folders = list(place.parent.parts)
        split = folders.pop() if place.stem.isdigit() and folders else _SHARD.sub("", place.stem)
        configuration = folders[-1] if folders else _DEFAULT
        found[_DEFAULT if configuration == "data" else configuration][split].append(path)
    return {name: dict(splits) for name, splits in found.items()}


def choose_configuration(found: dict[str, Shards], chosen: str | None, name: str) -> Shards:
    """Return the files of the configuration that was chosen, or of the only one.

    Raises:
        DatasetFormatError: If it does not exist, or one has to be chosen.
    """
    if chosen is None:
        chosen = _DEFAULT if _DEFAULT in found or len(found) != 1 else next(iter(found))
    if chosen not in found:
        raise DatasetFormatError(
            f'"{name}" has several configurations, or not the one asked for. '
            f"{did_you_mean(chosen, list(found))} Choose one: {name}:NAME."
        )
    return found[chosen]


def _list_files(name: str, revision: str | None) -> list[str]:
    """Return the paths in a repository; none where the revision does not exist."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, RevisionNotFoundError

    try:
        return list(HfApi().list_repo_files(name, repo_type="dataset", revision=revision))
    except RevisionNotFoundError:
        return []
    except (OSError, HfHubHTTPError) as error:
        raise DatasetFormatError(_refused(name, error)) from error


def _download(name: str, path: str, revision: str | None) -> Path:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError

    try:
        return Path(hf_hub_download(name, path, repo_type="dataset", revision=revision))
    except (OSError, HfHubHTTPError) as error:
        raise DatasetFormatError(_refused(name, error)) from error


def _refused(name: str, error: Exception) -> str:
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return f'"{name}" could not be downloaded: {reason[:120]} Check the name and try again.'
