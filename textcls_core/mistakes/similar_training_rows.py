"""Training rows similar to one row: their labels, whether these conflict, and which are copies."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from textcls_core.arrays import Indices, Mask
from textcls_core.dataset.keys import RowKeys
from textcls_core.dataset.near_duplicates import THRESHOLD, jaccard_index
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.embeddings.similar import records
from textcls_core.mistakes.training_neighbours import TrainingNeighbours
from textcls_core.wording import percent, plural, shorten

NUM_SHOWN = 10
"""Similar training rows shown unless asked for more."""
NUM_COMPARED = 50
"""Nearest rows that are compared word by word, to find near duplicates."""
Copy = Literal["same", "near", "no"]


@dataclass(frozen=True, slots=True)
class SimilarRow:
    """One training row beside the row that was asked about."""

    row_id: str
    text: str
    label: str
    """Its labels, joined by commas; empty if it has none."""
    conflicts: bool
    """Whether it has another label, or other labels, than the row that was asked about."""
    similarity: float | None
    """Cosine of the vectors of both, in [-1, 1]; None if it was found without vectors."""
    copy: Copy
    """`same`: the same words in the same order, whatever their case and punctuation. `near`: most
    words are shared. `no`: neither."""
    shared: float
    """Jaccard index of the words of both, in [0, 1]; 1 for the same text."""

    @property
    def said(self) -> str:
        """The label, for a sentence.

        Example:
            >>> SimilarRow("a", "text", "ham", True, None, "same", 1.0).said
            '"ham"'
        """
        return f'"{shorten(self.label, 40)}"' if self.label else "no label"


def same_texts(
    dataset: TextDataset, keys: RowKeys, is_training: Mask, row_id: str
) -> list[SimilarRow]:
    """Return the training rows with the same text as a row; no vectors are needed.

    Args:
        dataset: The version of the run.
        keys: Of its N rows, from `keys.normalised_keys`.
        is_training: Which of them the run was trained on, shape (N,).
        row_id: One of its rows.

    Raises:
        NotFoundError: If the row is not in this data set.
    """
    own = dataset.position(row_id)
    same = (keys == keys[own]) & is_training
    same[own] = False
    rows = np.flatnonzero(same)
    return _similar(dataset, own, rows, [None] * len(rows), np.ones(len(rows)), same)


def similar_training_rows(
    neighbours: TrainingNeighbours, row_id: str, same: Sequence[SimilarRow], k: int = NUM_SHOWN
) -> tuple[list[SimilarRow], list[SimilarRow]]:
    """Return the most similar training rows, and those among the nearest that are copies.

    The `NUM_COMPARED` nearest rows are compared word by word: a near duplicate shares at least four
    fifths of the words of both (`near_duplicates.THRESHOLD`).

    Args:
        neighbours: Embedded rows of the run's version.
        row_id: One of them.
        same: From `same_texts`.
        k: How many similar rows.

    Returns:
        The k most similar rows, the most similar one first; and all copies, first `same`.

    Raises:
        NotFoundError: If the row was not embedded.
        InvalidArgumentError: If k is below 1.
    """
    rows = neighbours.rows
    positions, cosines = neighbours.nearest([row_id], max(k, NUM_COMPARED))
    own, found = rows.position(row_id), positions[0]
    pairs = np.stack([np.full(len(found), own), found], axis=1)
    shared = jaccard_index(rows.table["text"], pairs)
    known = {row.row_id for row in same}
    is_same = np.array([name in known for name in rows.row_ids(found)], dtype=bool)
    by_place = np.zeros(rows.num_examples, dtype=bool)
    by_place[found[is_same]] = True
    near = _similar(rows, own, found, cosines[0].tolist(), shared, by_place)
    return near[:k], [*same, *(row for row in near if row.copy == "near")]


def describe_copies(copies: Sequence[SimilarRow]) -> str:
    """Return what to say about copies of a row among the training rows; empty without any.

    Example:
        >>> describe_copies([SimilarRow("a", "text", "ham", True, None, "same", 1.0)])
        'The same text is 1 time in training, labelled "ham". The label conflicts.'
    """
    sentences = []
    for kind, what in (("same", "The same text is"), ("near", "Nearly the same text is")):
        rows = [row for row in copies if row.copy == kind]
        if rows:
            labels = list(dict.fromkeys(row.said for row in rows))
            times = plural(len(rows), "time")
            sentences.append(f"{what} {times} in training, labelled {' and '.join(labels)}.")
    conflicts = sum(row.conflicts for row in copies)
    if conflicts:
        of_many = f"{conflicts:,} of {len(copies):,} have another label."
        sentences.append("The label conflicts." if len(copies) == 1 else of_many)
    return " ".join(sentences)


def similarity_sentence(row: SimilarRow) -> str:
    """Return in a few words how a training row relates to the one that was asked about."""
    if row.copy == "same":
        return "same text"
    return f"{percent(row.shared, 0)} of the words shared" if row.copy == "near" else ""


def _similar(
    dataset: TextDataset,
    own: int,
    rows: Indices,
    cosines: Sequence[float | None],
    shared: np.ndarray,
    is_same: Mask,
) -> list[SimilarRow]:
    """Return rows beside the row at position `own`."""
    label = records(dataset, [own])[0]["label"]
    return [
        SimilarRow(
            row_id=record["row_id"],
            text=record["text"],
            label=record["label"],
            conflicts=record["label"] != label,
            similarity=cosine,
            copy="same" if is_same[row] else "near" if index >= THRESHOLD - 1e-9 else "no",
            shared=float(index),
        )
        for row, record, cosine, index in zip(
            rows, records(dataset, rows), cosines, shared, strict=True
        )
    ]
