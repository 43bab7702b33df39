"""Embeddings on disk: one folder per data set version, model and reading.

cache/embeddings/<data set>-<digest>/
  vectors.npy     float32, one row per embedded text, read as a memory map
  positions.npy   which rows of the data set they are
  rows.parquet    these rows, so that no view has to open all of a large data set
  umap.npz        places on a map, once somebody asked for them
  info.json       whose vectors they are
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict

from textcls_core.arrays import Embeddings, Indices
from textcls_core.dataset.store import DatasetInfo
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.embeddings.source import current_digest, source_name
from textcls_core.files import read_json
from textcls_core.workspace import Workspace

MAX_TOKENS = 128
"""Tokens read of each text at most, as by the frozen baseline."""
_ID_CHARACTERS = 16


class EmbeddingInfo(BaseModel):
    """What is known about stored embeddings without reading them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    recipe: Literal[1] = 1
    """Raised when the way to compute them changes, so that older ones are computed again."""
    fingerprint: str
    """The data set version."""
    source: str
    """Name of a pretrained model, absolute path of a folder, or id of a run."""
    digest: str
    """Of the model's files."""
    num_tokens: int
    """Tokens read of each text at most; asked for, a model may be built for fewer."""
    num_examples: int
    """Rows of the data set."""
    num_rows: int
    """Rows that were embedded: all of them, or a sample."""

    @property
    def is_complete(self) -> bool:
        """Whether every row was embedded."""
        return self.num_rows == self.num_examples

    @property
    def folder_name(self) -> str:
        """Name made of what the vectors depend on."""
        digest = hashlib.sha256(self.model_dump_json().encode()).hexdigest()
        return f"{self.fingerprint[:_ID_CHARACTERS]}-{digest[:_ID_CHARACTERS]}"


@dataclass(frozen=True)
class StoredEmbeddings:
    """M vectors of one data set version on disk."""

    folder: Path
    info: EmbeddingInfo

    @cached_property
    def vectors(self) -> Embeddings:
        """One vector per embedded row, shape (M, D), float32, memory-mapped, of any length."""
        mapped = np.load(self.folder / "vectors.npy", mmap_mode="r", allow_pickle=False)
        return np.asarray(mapped)

    @cached_property
    def positions(self) -> Indices:
        """Positions of the embedded rows in the data set, upwards, shape (M,)."""
        return np.asarray(np.load(self.folder / "positions.npy", allow_pickle=False))

    def rows(self, info: DatasetInfo) -> TextDataset:
        """Return the embedded rows, in the order of the vectors.

        Args:
            info: Of the data set version; gives the class names.
        """
        table = pq.read_table(self.folder / "rows.parquet")
        return TextDataset(table, info.label_names, info.task)


def embeddings_dir(workspace: Workspace) -> Path:
    """Return the folder with all embeddings; what is deleted is computed again."""
    return workspace.cache_dir / "embeddings"


def find_embeddings(
    workspace: Workspace, fingerprint: str, source: str, *, num_tokens: int = MAX_TOKENS
) -> StoredEmbeddings | None:
    """Return what is stored for a data set version and a source: all rows, or else most of them.

    Costs a few file reads and loads neither vectors nor a model.

    Args:
        workspace: Where they are kept.
        fingerprint: The data set version.
        source: `minilm`, a folder, a hub name, or the id of a run.
        num_tokens: Tokens read of each text at most.
    """
    name = source_name(source)
    current = current_digest(workspace, name)
    folders = embeddings_dir(workspace).glob(f"{fingerprint[:_ID_CHARACTERS]}-*")
    stored = [found for folder in folders if (found := read_embeddings(folder)) is not None]
    fitting = [
        found
        for found in stored
        if (found.info.fingerprint, found.info.source) == (fingerprint, name)
        and found.info.num_tokens == num_tokens
        and current in {None, found.info.digest}
    ]
    return max(fitting, key=lambda found: found.info.num_rows, default=None)


def stored_embeddings(
    workspace: Workspace, fingerprint: str, source: str, *, num_tokens: int = MAX_TOKENS
) -> Embeddings | None:
    """Return the vectors of all rows of a data set version, if they are stored, shape (N, D).

    They are float32, in the order of the rows, memory-mapped, and not of length 1: see
    `neighbours.normalised`. The job `textcls_core.embeddings.job:run_job` computes them.

    Args:
        workspace: Where they are kept.
        fingerprint: The data set version.
        source: `minilm`, a folder, a hub name, or the id of a run.
        num_tokens: Tokens read of each text at most.
    """
    found = find_embeddings(workspace, fingerprint, source, num_tokens=num_tokens)
    return found.vectors if found is not None and found.info.is_complete else None


def read_embeddings(folder: Path) -> StoredEmbeddings | None:
    """Return what is in a folder, or None if it is not whole: a cache is made again."""
    try:
        info = EmbeddingInfo.model_validate(read_json(folder / "info.json"))
        found = StoredEmbeddings(folder, info)
        is_whole = (
            folder.name == info.folder_name
            and (folder / "rows.parquet").is_file()
            and len(found.vectors) == len(found.positions) == info.num_rows
        )
    except (OSError, ValueError, EOFError):
        return None
    return found if is_whole else None
