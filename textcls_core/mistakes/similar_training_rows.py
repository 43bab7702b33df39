"""Training rows similar to a row or any text: labels, whether they conflict, which are copies."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa

from textcls_core.arrays import Embeddings, Indices, Mask
from textcls_core.dataset.keys import RowKeys, normalised_keys
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
    """One training row beside the row, or the text, that was asked about."""

    row_id: str
    text: str
    label: str
    """Its labels, joined by commas; empty if it has none."""
    conflicts: bool
    """Whether it has another label, or other labels, than the row that was asked about, or than the
    model gives the text."""
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
    count, label = len(rows), _label(dataset, own)
    return _similar(
        dataset, label, rows, [None] * count, np.ones(count), np.ones(count, dtype=bool)
    )


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
    near = _similar(rows, _label(rows, own), found, cosines[0].tolist(), shared, is_same)
    return near[:k], [*same, *(row for row in near if row.copy == "near")]


def rows_similar_to_text(
    neighbours: TrainingNeighbours, text: str, vector: Embeddings, label: str, k: int = NUM_SHOWN
) -> tuple[list[SimilarRow], list[SimilarRow]]:
    """Return the training rows most similar to any text, and the copies among the nearest.

    Copies are looked for among the `NUM_COMPARED` nearest rows, as by `similar_training_rows`.

    Args:
        neighbours: Embedded rows of the run's version.
        text: Any text.
        vector: Of it, by the same encoder, of length 1, shape (1, D).
        label: What the model gives it, several labels joined by commas; empty for none.
        k: How many similar rows.

    Returns:
        The k most similar rows, the most similar one first; and all copies.

    Raises:
        InvalidArgumentError: If k is below 1, or the vector is of another encoder.
    """
    rows = neighbours.rows
    positions, cosines = neighbours.nearest_to(vector, max(k, NUM_COMPARED))
    found = positions[0]
    texts = pa.chunked_array([[*rows.texts(found), text]], pa.string())
    keys, last = normalised_keys(texts), len(found)
    pairs = np.stack([np.full(last, last), np.arange(last)], axis=1)
    shared = jaccard_index(texts, pairs)
    near = _similar(rows, label, found, cosines[0].tolist(), shared, keys[:last] == keys[last])
    return near[:k], [row for row in near if row.copy != "no"]


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


def _label(dataset: TextDataset, own: int) -> str:
    """Return the label of the row at a position, several joined by commas."""
    return str(records(dataset, [own])[0]["label"])


def _similar(
    dataset: TextDataset,
    label: str,
    rows: Indices,
    cosines: Sequence[float | None],
    shared: np.ndarray,
    is_same: Mask,
) -> list[SimilarRow]:
    """Return rows beside one with a label; the last three say something of each of them."""
    return [
        SimilarRow(
            row_id=record["row_id"],
            text=record["text"],
            label=record["label"],
            conflicts=record["label"] != label,
            similarity=cosine,
            copy="same" if is_copy else "near" if index >= THRESHOLD - 1e-9 else "no",
            shared=float(index),
        )
        for record, cosine, index, is_copy in zip(
            records(dataset, rows), cosines, shared, is_same, strict=True
        )
    ]
