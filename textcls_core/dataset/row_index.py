"""The side-car of a data set version: its rows and words arranged for filtering and searching.

It is made from the stored version once and can be deleted at any time. A DuckDB file holds one
column per thing to filter or sort by; beside it lie the texts and the index of words.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from textcls_core.dataset.row_texts import RowTextsWriter
from textcls_core.dataset.statistics import count_words
from textcls_core.dataset.store import DatasetInfo, DatasetStore, damaged_rows
from textcls_core.dataset.text_dataset import SCHEMA, SPLITS
from textcls_core.dataset.word_index import WordIndexWriter, split_words
from textcls_core.files import new_directory
from textcls_core.jobs.job import job_id_of, start_job
from textcls_core.jobs.progress import Report, ignore
from textcls_core.workspace import Workspace

BUILT_AT_ONCE = 50_000
"""Data sets of at most so many rows are indexed while the page waits."""
ROWS_FILE = "rows.duckdb"
OWN_COLUMNS = ("row_id", "split", "label", "text", "characters", "words")
"""What every row has, as people see it."""
SORTED_CHARACTERS = 60
"""Texts are sorted by so many characters."""
_ENTRY = "textcls_core.dataset.row_index:run_job"
_FORMAT = "v1"
_BATCH_ROWS = 122_880
"""One row group of DuckDB."""


def index_folder(workspace: Workspace, info: DatasetInfo) -> Path:
    """Return where the index of a version is, or will be."""
    return workspace.cache_dir / "rows" / f"{info.dataset_id}-{_FORMAT}"


def is_indexed(workspace: Workspace, info: DatasetInfo) -> bool:
    """Tell whether the index of a version is there; a small version gets it now."""
    folder = index_folder(workspace, info)
    if not folder.exists() and info.num_examples <= BUILT_AT_ONCE:
        build_index(DatasetStore(workspace.datasets_dir).path(info), info, folder)
    return folder.exists()


def index_job_id(info: DatasetInfo) -> str:
    """Return the id of the job that makes the index of a version."""
    return job_id_of(_ENTRY, {"dataset": info.fingerprint})


def start_index_job(workspace: Workspace, info: DatasetInfo) -> str:
    """Start making the index of a large version in the background; return the id of the job."""
    return start_job(workspace, _ENTRY, {"dataset": info.fingerprint}, again=True)


def run_job(workspace: Workspace, arguments: dict[str, Any], progress: Report) -> None:
    """Make the index of the version in `arguments["dataset"]`."""
    store = DatasetStore(workspace.datasets_dir)
    info = store.find(arguments["dataset"])
    build_index(store.path(info), info, index_folder(workspace, info), progress)


def build_index(file: Path, info: DatasetInfo, folder: Path, report: Report = ignore) -> None:
    """Write the index of a version; does nothing if another process was faster.

    Args:
        file: Parquet file of the version.
        info: Its description.
        folder: Where the index goes.
        report: Told how many rows are done.
    """
    total = 2 * info.num_examples
    with suppress(FileExistsError), new_directory(folder) as temporary:
        words, texts_file = WordIndexWriter(temporary), RowTextsWriter(temporary)
        with duckdb.connect(temporary / ROWS_FILE) as connection:
            connection.execute(f"CREATE TABLE rows ({_columns(info)})")
            done = 0
            for batch in _batches(file, info):
                texts = batch["text"].combine_chunks()
                split = split_words(texts)
                words.add(split)
                texts_file.add(texts)
                _insert(connection, _arranged(batch, info, done, count_words(texts, split)))
                done += len(batch)
                report(done, total, "Arranging the rows")
        texts_file.close()
        words.close(lambda batch, of: report(done + done * batch // of, total, "Sorting the words"))


def extra_columns(info: DatasetInfo) -> dict[str, str]:
    """Return the further columns of a version, as people see them, with their names in the index.

    A column of the file that is called like one of ours gets `(file)` behind its name.
    """
    return {
        f"{name} (file)" if name in OWN_COLUMNS else name: f"extra_{number}"
        for number, name in enumerate(info.extra_columns)
    }


def _columns(info: DatasetInfo) -> str:
    """Return the columns of the table, none of them named by a user."""
    label = "label INTEGER" if info.task == "single_label" else "labels INTEGER[]"
    extra = [f"{name} VARCHAR" for name in extra_columns(info).values()]
    fixed = ["position INTEGER", "row_id VARCHAR", "text VARCHAR", label, "split UTINYINT"]
    return ", ".join([*fixed, "characters INTEGER", "words INTEGER", *extra])


def _batches(file: Path, info: DatasetInfo) -> Iterator[pa.Table]:
    """Yield the rows in pieces.

    Raises:
        DatasetFormatError: If the file is damaged.
    """
    try:
        with pq.ParquetFile(file) as reader:
            for batch in reader.iter_batches(_BATCH_ROWS):
                yield pa.Table.from_batches([batch])
    except (OSError, pa.ArrowInvalid) as error:
        raise damaged_rows(info) from error


def _arranged(batch: pa.Table, info: DatasetInfo, first: int, words: pa.Array) -> pa.Table:
    """Return rows in the order of `_columns`."""
    labels = batch["label_ids"]
    columns = [
        pa.array(range(first, first + len(batch)), pa.int32()),
        batch["row_id"],
        pc.utf8_slice_codeunits(batch["text"], 0, SORTED_CHARACTERS),
        pc.list_flatten(labels) if info.task == "single_label" else labels,
        pc.index_in(batch["split"], value_set=pa.array(SPLITS)),
        pc.utf8_length(batch["text"]),
        words,
        *(batch[name].cast(pa.string()) for name in batch.column_names[len(SCHEMA.names) :]),
    ]
    return pa.table(columns, names=[f"c{number}" for number in range(len(columns))])


def _insert(connection: duckdb.DuckDBPyConnection, rows: pa.Table) -> None:
    connection.register("batch", rows)
    connection.execute("INSERT INTO rows SELECT * FROM batch").fetchall()
    connection.unregister("batch")
