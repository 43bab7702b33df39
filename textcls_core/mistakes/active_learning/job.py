"""The background job that predicts a pool; see `textcls_core.jobs`.

torch is imported when the model is loaded, so that a page can offer the button.
"""

from pathlib import Path
from typing import Any

import numpy as np

from textcls_core.dataset.store import DatasetInfo, DatasetStore
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.embeddings.computing import MAX_ROWS, ensure_embeddings
from textcls_core.embeddings.growing import append_rows
from textcls_core.embeddings.neighbours import nearest, normalised
from textcls_core.embeddings.store import StoredEmbeddings
from textcls_core.errors import DatasetFormatError, NotFoundError
from textcls_core.files import write_json
from textcls_core.jobs.lock import ProcessLock
from textcls_core.jobs.progress import Report, ignore
from textcls_core.mistakes.active_learning.pool import known_texts
from textcls_core.mistakes.active_learning.predicted import (
    PoolInfo,
    PoolPredictions,
    pools_dir,
    read_pool,
)
from textcls_core.mistakes.training_neighbours import TrainingNeighbours
from textcls_core.runs.run import Run
from textcls_core.runs.store import RunStore
from textcls_core.workspace import Workspace

ENTRY = f"{__name__}:run_job"
_WAIT_SECONDS = 2.0


def run_job(workspace: Workspace, arguments: dict[str, Any], progress: Report) -> None:
    """Predict a pool.

    Args:
        workspace: Where data sets, runs and results are.
        arguments: `run_id` and `fingerprint`, that of the pool's version; `max_rows` if not the
            usual number.
        progress: Reports, and raises when asked to stop.
    """
    compute_pool(
        workspace,
        RunStore.open(workspace).open_run(str(arguments["run_id"])),
        str(arguments["fingerprint"]),
        max_rows=int(arguments.get("max_rows", MAX_ROWS)),
        progress=progress,
    )


def compute_pool(
    workspace: Workspace,
    run: Run,
    reference: str,
    *,
    max_rows: int = MAX_ROWS,
    progress: Report = ignore,
) -> PoolPredictions:
    """Return the predictions of a run for a pool, from disk if they were made before.

    Whoever stops this, or kills the process, loses at most a thousand rows: the next call goes on.

    Args:
        workspace: Where data sets, runs and results are.
        run: A finished run.
        reference: Name or fingerprint of the version that the pool belongs to.
        max_rows: Of a larger version, a sample of so many rows is predicted, or of more if more
            of them are embedded.
        progress: Told after every portion; may raise to stop.

    Raises:
        NotFoundError: If the pool, or the data set of the run, does not exist.
        DatasetFormatError: If the pool has no row.
        RunStateError: If the run has no finished model.
    """
    store = DatasetStore.open(workspace)
    pool = store.load(reference)
    if not pool.num_examples:
        raise DatasetFormatError("Expected a pool with rows to label, got one without any.")
    run.require_model()
    trained_on = store.get(run.config.dataset_fingerprint)
    if trained_on is None:
        raise NotFoundError(
            f"The data set version of run {run.run_id} was deleted. Import it again."
        )
    stored = ensure_embeddings(
        workspace, pool.fingerprint, run.run_id, max_rows=max_rows, progress=progress
    )
    info = _info(run, trained_on, stored)
    folder = pools_dir(workspace) / info.folder_name
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = ProcessLock(folder.with_name(f".{folder.name}.lock"))
    while not lock.acquire(_WAIT_SECONDS):
        progress(0, info.num_rows, "Waiting for another process that predicts the same rows")
    try:
        found = read_pool(workspace, folder)
        if found is None:
            _predict(workspace, run, pool, stored, folder, progress)
            write_json(folder / "info.json", info.model_dump(mode="json"))  # last: it is whole now
    finally:
        lock.release()
    return found or PoolPredictions(folder, info, stored)


def _info(run: Run, trained_on: DatasetInfo, stored: StoredEmbeddings) -> PoolInfo:
    return PoolInfo(
        run_id=run.run_id,
        digest=stored.info.digest,
        temperature=run.decision.temperature,
        fingerprint=stored.info.fingerprint,
        num_examples=stored.info.num_examples,
        num_rows=stored.info.num_rows,
        label_names=trained_on.label_names,
        task=trained_on.task,
    )


def _predict(
    workspace: Workspace,
    run: Run,
    pool: TextDataset,
    stored: StoredEmbeddings,
    folder: Path,
    progress: Report,
) -> None:
    """Write everything about the rows of a pool but the description."""
    folder.mkdir(exist_ok=True)
    _write_probabilities(run, pool, stored, folder / "probabilities.npy", progress)
    trained_on = run.config.dataset_fingerprint
    training = ensure_embeddings(workspace, trained_on, run.run_id, progress=progress)
    progress(0, 0, "Comparing with the training rows")
    neighbours = TrainingNeighbours.of(workspace, run, training)
    units = normalised(neighbours.vectors[neighbours.training_rows])
    _, cosines = nearest(units, normalised(stored.vectors), 1)
    np.save(folder / "distances.npy", 1 - cosines[:, 0])
    labelled = DatasetStore(workspace.datasets_dir).load(trained_on)
    is_other = pool.fingerprint != trained_on
    known = known_texts(pool, labelled) & is_other  # a filter of the same version keeps its rows
    np.save(folder / "known.npy", known[stored.positions])


def _write_probabilities(
    run: Run, pool: TextDataset, stored: StoredEmbeddings, file: Path, progress: Report
) -> None:
    from textcls_core.models.classifier import Classifier
    from textcls_core.models.device import Compute, choose_device

    progress(0, len(stored.positions), "Loading the model")
    classifier = Classifier.load(run.require_model())
    device, reason = choose_device()
    classifier.model.to(device)
    compute = Compute(device, "fp32", (reason,))
    append_rows(
        file,
        len(stored.positions),
        len(classifier.label_names),
        lambda span: classifier.predict_probabilities(pool.texts(stored.positions[span]), compute),
        progress,
        "Predicting texts",
    )
