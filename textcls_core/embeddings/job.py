"""What the background jobs of this room do; see `textcls_core.jobs`."""

from typing import Any

import numpy as np

from textcls_core.dataset.sampling import stratified_order
from textcls_core.dataset.store import DatasetStore
from textcls_core.embeddings.computing import MAX_ROWS, compute_embeddings
from textcls_core.embeddings.neighbours import normalised
from textcls_core.embeddings.projection import (
    MAX_UMAP_ROWS,
    Layout,
    save_umap,
    stored_umap,
    umap_points,
)
from textcls_core.embeddings.store import MAX_TOKENS, StoredEmbeddings
from textcls_core.jobs.progress import Report
from textcls_core.workspace import Workspace


def run_job(workspace: Workspace, arguments: dict[str, Any], progress: Report) -> None:
    """Compute embeddings.

    Args:
        workspace: Where data sets and embeddings are kept.
        arguments: `fingerprint` and `source`; `num_tokens` and `max_rows` if not the usual ones.
        progress: Reports, and raises when asked to stop.
    """
    _embeddings(workspace, arguments, progress)


def run_umap(workspace: Workspace, arguments: dict[str, Any], progress: Report) -> None:
    """Compute embeddings unless they are there, and their places on a map by UMAP.

    Args:
        workspace: Where data sets and embeddings are kept.
        arguments: As of `run_job`.
        progress: Reports, and raises when asked to stop.
    """
    stored = _embeddings(workspace, arguments, progress)
    if stored_umap(stored) is None:
        info = DatasetStore.open(workspace).find(str(arguments["fingerprint"]))
        rows = np.sort(stratified_order(stored.rows(info))[:MAX_UMAP_ROWS])
        points = umap_points(normalised(stored.vectors[rows]), progress)
        save_umap(stored, Layout("umap", rows, points))


def _embeddings(
    workspace: Workspace, arguments: dict[str, Any], progress: Report
) -> StoredEmbeddings:
    return compute_embeddings(
        workspace,
        str(arguments["fingerprint"]),
        str(arguments["source"]),
        num_tokens=int(arguments.get("num_tokens", MAX_TOKENS)),
        max_rows=int(arguments.get("max_rows", MAX_ROWS)),
        progress=progress,
    )
