"""Compute the embeddings of a data set version and keep them; what was begun is gone on with.

torch is imported when a model is loaded, so that a page can offer the button.
"""

import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from textcls_core.arrays import Indices
from textcls_core.dataset.sampling import stratified_order
from textcls_core.dataset.store import DatasetStore
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.embeddings.growing import append_rows
from textcls_core.embeddings.source import Source, open_source
from textcls_core.embeddings.store import (
    MAX_TOKENS,
    EmbeddingInfo,
    StoredEmbeddings,
    embeddings_dir,
    find_embeddings,
    read_embeddings,
)
from textcls_core.files import write_json
from textcls_core.jobs.lock import ProcessLock
from textcls_core.jobs.progress import Report, ignore
from textcls_core.workspace import Workspace

MAX_ROWS = 50_000
"""Rows embedded at most unless asked for more: 10 minutes of short texts on two cores."""
_WAIT_SECONDS = 2.0


def compute_embeddings(
    workspace: Workspace,
    reference: str,
    source: str,
    *,
    num_tokens: int = MAX_TOKENS,
    max_rows: int = MAX_ROWS,
    progress: Report = ignore,
) -> StoredEmbeddings:
    """Return the embeddings of a data set version, from disk if they were computed before.

    Of a larger data set a sample spread over the classes is embedded. Whoever stops this, or kills
    the process, loses at most a thousand rows: the next call goes on. Two processes that want the
    same wait for one another.

    Args:
        workspace: Where data sets and embeddings are kept.
        reference: Name or fingerprint of the data set version.
        source: `minilm`, a folder, a hub name, or the id of a run.
        num_tokens: Tokens read of each text at most.
        max_rows: Rows embedded at most.
        progress: Told after every portion; may raise to stop.

    Raises:
        NotFoundError: If the data set or the run does not exist.
        ModelError: If the model is missing, unsafe, or gives no usable numbers.
        RunStateError: If the run has no finished model.
    """
    dataset = DatasetStore.open(workspace).load(reference)
    opened = open_source(workspace, source)
    info = EmbeddingInfo(
        fingerprint=dataset.fingerprint,
        source=opened.name,
        digest=opened.digest,
        num_tokens=num_tokens,
        num_examples=dataset.num_examples,
        num_rows=min(dataset.num_examples, max_rows),
    )
    folder = embeddings_dir(workspace) / info.folder_name
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = ProcessLock(folder.with_name(f".{folder.name}.lock"))
    while not lock.acquire(_WAIT_SECONDS):
        progress(0, info.num_rows, "Waiting for another process that embeds the same texts")
    try:
        return read_embeddings(folder) or _compute(folder, info, dataset, opened, progress)
    finally:
        lock.release()


def ensure_embeddings(
    workspace: Workspace,
    fingerprint: str,
    source: str,
    *,
    max_rows: int = MAX_ROWS,
    progress: Report = ignore,
) -> StoredEmbeddings:
    """Return the stored embeddings with the most rows, computing them if these are too few.

    Unlike `compute_embeddings` it takes more rows than were asked for rather than a sample anew.

    Args:
        workspace: Where data sets and embeddings are kept.
        fingerprint: The data set version.
        source: See `compute_embeddings`.
        max_rows: Rows that are enough.
        progress: Told after every portion; may raise to stop.

    Raises:
        NotFoundError: If the data set or the run does not exist.
        ModelError: If the model is missing, unsafe, or gives no usable numbers.
        RunStateError: If the run has no finished model.
    """
    found = find_embeddings(workspace, fingerprint, source)
    if found is not None and (found.info.is_complete or found.info.num_rows >= max_rows):
        return found
    return compute_embeddings(workspace, fingerprint, source, max_rows=max_rows, progress=progress)


def _compute(
    folder: Path, info: EmbeddingInfo, dataset: TextDataset, source: Source, progress: Report
) -> StoredEmbeddings:
    """Write the folder of some embeddings and put it into place."""
    positions = np.sort(stratified_order(dataset)[: info.num_rows])
    partial = folder.with_name(f".{folder.name}.partial")
    partial.mkdir(exist_ok=True)
    _write_vectors(partial / "vectors.npy", dataset, positions, source, info, progress)
    np.save(partial / "positions.npy", positions)
    pq.write_table(dataset.table.take(pa.array(positions)), partial / "rows.parquet")
    write_json(partial / "info.json", info.model_dump(mode="json"))
    shutil.rmtree(folder, ignore_errors=True)  # a damaged one
    partial.rename(folder)
    return StoredEmbeddings(folder, info)


def _write_vectors(
    file: Path,
    dataset: TextDataset,
    positions: Indices,
    source: Source,
    info: EmbeddingInfo,
    progress: Report,
) -> None:
    """Append the vectors that the file does not have yet."""
    from textcls_core.embeddings.encoder import TextEncoder

    progress(0, len(positions), "Loading the model")
    encoder = TextEncoder.load(source, info.num_tokens)
    append_rows(
        file,
        len(positions),
        encoder.width,
        lambda span: encoder.encode(dataset.texts(positions[span])),
        progress,
        "Embedding texts",
    )
