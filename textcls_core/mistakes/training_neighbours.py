"""The training rows most similar to a row of a run, found among vectors that lie on disk.

No model is needed: the job `embeddings.job` has embedded the rows of every split, so the vector of
a row that is asked about is stored as well. Only a text that is no row has to be embedded itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Self

import numpy as np

from textcls_core.arrays import Embeddings, Indices, Mask, Neighbours, Similarities
from textcls_core.dataset.folding import with_fold
from textcls_core.dataset.store import DatasetStore
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.embeddings.neighbours import nearest, normalised
from textcls_core.embeddings.store import StoredEmbeddings, find_embeddings
from textcls_core.errors import InvalidArgumentError, NotFoundError, parse_choice
from textcls_core.runs.run import Run
from textcls_core.wording import plural, shorten
from textcls_core.workspace import Workspace

Encoder = Literal["own", "frozen"]
ENCODERS: tuple[Encoder, ...] = ("own", "frozen")


def encoder_source(run: Run, encoder: Encoder) -> str:
    """Return the source of embeddings: the run itself, or the frozen model that it began from."""
    return run.run_id if encoder == "own" else run.config.model


def parse_encoder(name: str) -> Encoder:
    """Return the encoder with this name.

    Raises:
        InvalidArgumentError: If there is none.
    """
    return parse_choice(name, ENCODERS, "an encoder")


@dataclass(frozen=True)
class TrainingNeighbours:
    """The embedded rows of a run's data set version, of which those for training are searched."""

    rows: TextDataset
    """N embedded rows of all splits: all of the version, or a sample."""
    vectors: Embeddings
    """Their vectors, of any length, memory-mapped, shape (N, D)."""
    is_training: Mask
    """Which of them the run was trained on, shape (N,)."""
    num_examples: int
    """Rows of the data set version, embedded or not."""

    @classmethod
    def open(cls, workspace: Workspace, run: Run, source: str) -> Self | None:
        """Return the embedded rows, or None if they were not embedded yet.

        Args:
            workspace: Where data sets and embeddings are.
            run: Decides which rows are for training; a fold has splits of its own.
            source: Whose encoder: from `encoder_source`.

        Raises:
            NotFoundError: If the data set version of the run was deleted.
        """
        stored = find_embeddings(workspace, run.config.dataset_fingerprint, source)
        return None if stored is None else cls.of(workspace, run, stored)

    @classmethod
    def of(cls, workspace: Workspace, run: Run, stored: StoredEmbeddings) -> Self:
        """Return embedded rows of a run's data set version.

        Raises:
            NotFoundError: If the data set version of the run was deleted.
        """
        store = DatasetStore(workspace.datasets_dir)
        info = store.get(run.config.dataset_fingerprint)
        if info is None:
            raise NotFoundError(
                f'The data set version that run {run.run_id} was trained on ("'
                f'{shorten(run.config.dataset)}") was deleted. Import it again.'
            )
        rows = stored.rows(info)
        if run.config.num_folds:
            is_training = training_mask(run, store.load(info.fingerprint))[stored.positions]
        else:
            is_training = training_mask(run, rows)
        return cls(rows, stored.vectors, is_training, info.num_examples)

    @property
    def is_complete(self) -> bool:
        """Whether every row of the version was embedded, rather than a sample."""
        return self.rows.num_examples == self.num_examples

    @cached_property
    def training_rows(self) -> Indices:
        """Positions of the training rows among the embedded rows, shape (T,)."""
        return np.flatnonzero(self.is_training)

    def has(self, row_ids: Sequence[str]) -> Mask:
        """Return which rows were embedded and can be asked about, shape (M,)."""
        return np.array([row_id in self._position_of for row_id in row_ids], dtype=bool)

    def nearest(self, row_ids: Sequence[str], k: int) -> tuple[Neighbours, Similarities]:
        """Return the training rows most similar to some rows, the most similar one first.

        A row is never its own neighbour; a copy of it under another row id can be.

        Args:
            row_ids: M rows of any split.
            k: How many; fewer if there are not so many other training rows.

        Returns:
            Positions in `rows` and cosines in [-1, 1], both of shape (M, k).

        Raises:
            NotFoundError: If a row was not embedded, because only a sample was; see `has`.
            InvalidArgumentError: If k is below 1.
        """
        _require_neighbours(k)
        asked = self._positions(row_ids)
        own = self._place_of[asked]
        others = len(self.training_rows) - int((own >= 0).any())
        width = min(k, others)
        places, cosines = nearest(self._units, normalised(self.vectors[asked]), k + 1)
        kept = _without(places, own, width)
        shape = (len(asked), width)
        return self.training_rows[places[kept]].reshape(shape), cosines[kept].reshape(shape)

    def nearest_to(self, vectors: Embeddings, k: int) -> tuple[Neighbours, Similarities]:
        """Return the training rows most similar to some texts, the most similar one first.

        Args:
            vectors: Of M texts by the same encoder, of length 1, shape (M, D).
            k: How many; fewer if there are not so many training rows.

        Returns:
            Positions in `rows` and cosines in [-1, 1], both of shape (M, k).

        Raises:
            InvalidArgumentError: If k is below 1, or the widths differ.
        """
        _require_neighbours(k)
        places, cosines = nearest(self._units, vectors, k)
        return self.training_rows[places], cosines

    def _positions(self, row_ids: Sequence[str]) -> Indices:
        missing = sum(row_id not in self._position_of for row_id in row_ids)
        if missing:
            raise NotFoundError(
                f"{missing:,} of the {plural(len(row_ids), 'row')} asked about have no vector: "
                f"only a sample of {self.rows.num_examples:,} rows was embedded. Embed all of them."
            )
        return np.array([self._position_of[row_id] for row_id in row_ids], dtype=np.int64)

    @cached_property
    def _position_of(self) -> dict[str, int]:
        """Position of every embedded row; built once, because a page asks again and again."""
        return {row_id: position for position, row_id in enumerate(self.rows.row_ids())}

    @cached_property
    def _units(self) -> Embeddings:
        """The vectors of the training rows, of length 1, shape (T, D); kept, for they are many."""
        return normalised(self.vectors[self.training_rows])

    @cached_property
    def _place_of(self) -> Indices:
        """Place of every embedded row among the training rows, -1 for the others, shape (N,)."""
        places = np.full(self.rows.num_examples, -1, dtype=np.int64)
        places[self.training_rows] = np.arange(len(self.training_rows))
        return places


def training_mask(run: Run, dataset: TextDataset) -> Mask:
    """Return which rows a run was trained on, shape (N,).

    Args:
        run: If it is a fold of a cross-validation, it has splits of its own.
        dataset: The version that it was trained on.
    """
    if run.config.num_folds:
        fold = {"num_folds": run.config.num_folds, "fold": run.config.fold}
        dataset = with_fold(dataset, **fold)
    is_training = np.zeros(dataset.num_examples, dtype=bool)
    is_training[dataset.indices("train")] = True
    return is_training


def _require_neighbours(k: int) -> None:
    if k < 1:
        raise InvalidArgumentError(f"Expected 1 neighbour or more, got {k}.")


def _without(places: Neighbours, own: Indices, k: int) -> np.ndarray:
    """Return which k cells of each row to keep: the first ones that are not the row itself."""
    is_other = places != own[:, None]
    return np.asarray(is_other & (np.cumsum(is_other, axis=1) <= k))
