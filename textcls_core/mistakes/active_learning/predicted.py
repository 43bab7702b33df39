"""What a run says about the rows of a pool, kept on disk so that no page needs the model.

cache/active_learning/<pool version>-<digest>/
  probabilities.npy   one row per predicted row of the pool, float32
  distances.npy       1 - cosine to the most similar training row of the run
  known.npy           whether the text is in the run's data set already
  info.json           whose predictions they are

The rows are those that were embedded: all of the pool, or a sample of it.
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from textcls_core.arrays import Embeddings, Indices, LabelProbabilities, Mask
from textcls_core.dataset.text_dataset import Task, TextDataset
from textcls_core.embeddings.neighbours import normalised
from textcls_core.embeddings.source import current_digest
from textcls_core.embeddings.store import MAX_TOKENS, StoredEmbeddings, list_embeddings
from textcls_core.errors import NotFoundError
from textcls_core.files import read_json
from textcls_core.mistakes.active_learning.pool import PoolFilter, pool_mask
from textcls_core.mistakes.active_learning.ranking import Measure, Strategy, rank, uncertainty
from textcls_core.runs.run import Run
from textcls_core.workspace import Workspace

_ID_CHARACTERS = 16


class PoolInfo(BaseModel):
    """What is known about the predictions of a pool without reading them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    recipe: Literal[1] = 1
    """Raised when the way to compute them changes, so that older ones are computed again."""
    run_id: str
    digest: str
    """Of the model's files."""
    temperature: float
    """Chosen for the model."""
    fingerprint: str
    """The version that the pool belongs to."""
    num_examples: int
    """Its rows."""
    num_rows: int
    """Rows that were predicted: all of them, or a sample."""
    label_names: tuple[str, ...]
    """Classes of the run."""
    task: Task

    @property
    def folder_name(self) -> str:
        """Name made of what the predictions depend on."""
        digest = hashlib.sha256(self.model_dump_json().encode()).hexdigest()
        return f"{self.fingerprint[:_ID_CHARACTERS]}-{digest[:_ID_CHARACTERS]}"


@dataclass(frozen=True)
class PoolPredictions:
    """Probabilities and vectors of N pool rows."""

    folder: Path
    info: PoolInfo
    embeddings: StoredEmbeddings
    """Of the pool's version, by the run's own encoder."""

    @cached_property
    def probabilities(self) -> LabelProbabilities:
        """What the run says, shape (N, C), float32."""
        return np.asarray(np.load(self.folder / "probabilities.npy", allow_pickle=False))

    @cached_property
    def distances(self) -> np.ndarray:
        """1 - cosine of each row and the most similar training row, shape (N,)."""
        return np.asarray(np.load(self.folder / "distances.npy", allow_pickle=False))

    @cached_property
    def is_known(self) -> Mask:
        """Whether the text of a row is in the run's data set already, shape (N,)."""
        return np.asarray(np.load(self.folder / "known.npy", allow_pickle=False))

    @cached_property
    def vectors(self) -> Embeddings:
        """Vectors of length 1, shape (N, D)."""
        return normalised(self.embeddings.vectors)

    @property
    def positions(self) -> Indices:
        """Positions of the rows in the pool's version, shape (N,)."""
        return self.embeddings.positions

    def ranked(
        self,
        pool: TextDataset,
        wanted: PoolFilter,
        strategy: Strategy = "both",
        measure: Measure = "margin",
    ) -> Indices:
        """Return positions among the N rows, the one to label first at the front, shape (M,).

        Rows whose text is in the run's data set already are left out.

        Args:
            pool: The pool's version.
            wanted: Which of its rows.
            strategy: See `ranking.rank`.
            measure: See `ranking.uncertainty`.

        Raises:
            InvalidArgumentError: If the filter names what does not exist.
        """
        candidates = pool_mask(pool, wanted)[self.positions] & ~self.is_known
        return rank(strategy, self.uncertainty(measure), self.vectors, self.distances, candidates)

    def probabilities_of(self, position: int) -> dict[str, float]:
        """Return what the run says about the row at a position of the pool's version.

        Raises:
            NotFoundError: If it is not one of the N rows.
        """
        places = np.flatnonzero(self.positions == position)
        if not len(places):
            raise NotFoundError("This row was not predicted, because only a sample was.")
        shares = self.probabilities[places[0]].astype(float).tolist()
        return dict(zip(self.info.label_names, shares, strict=True))

    def uncertainty(self, measure: Measure) -> np.ndarray:
        """Return how unsure the run is of each row, in [0, 1], shape (N,)."""
        return uncertainty(self.probabilities.astype(np.float64), measure, self.info.task)


def pools_dir(workspace: Workspace) -> Path:
    """Return the folder with the predictions of all pools; what is deleted is computed again."""
    return workspace.cache_dir / "active_learning"


def find_pool(workspace: Workspace, run: Run, fingerprint: str) -> PoolPredictions | None:
    """Return the predictions of a run for a pool, or None if there are none of this model.

    Of several samples it is the largest one. Costs a few file reads and no model.

    Args:
        workspace: Where they are kept.
        run: A finished run.
        fingerprint: The version that the pool belongs to.
    """
    digest, temperature = current_digest(workspace, run.run_id), run.decision.temperature
    folders = sorted(pools_dir(workspace).glob(f"{fingerprint[:_ID_CHARACTERS]}-*"))
    known = [found for folder in folders if (found := read_pool(workspace, folder)) is not None]
    fitting = [
        found
        for found in known
        if (found.info.run_id, found.info.digest, found.info.temperature)
        == (run.run_id, digest, temperature)
    ]
    return max(fitting, key=lambda found: found.info.num_rows, default=None)


def read_pool(workspace: Workspace, folder: Path) -> PoolPredictions | None:
    """Return what is in a folder, or None if it is not whole: a cache is made again."""
    try:
        info = PoolInfo.model_validate(read_json(folder / "info.json"))
    except (OSError, ValueError):
        return None
    stored = _embedded(workspace, info)
    if stored is None or folder.name != info.folder_name:
        return None
    return PoolPredictions(folder, info, stored)


def _embedded(workspace: Workspace, info: PoolInfo) -> StoredEmbeddings | None:
    """Return the vectors of exactly the rows that were predicted; others may be stored as well."""
    wanted = (info.run_id, info.digest, info.num_rows, MAX_TOKENS)
    for stored in list_embeddings(workspace, info.fingerprint):
        has = stored.info
        if (has.source, has.digest, has.num_rows, has.num_tokens) == wanted:
            return stored
    return None
