"""Texts similar to another one, and embedded rows as records for tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from textcls_core.arrays import Embeddings, Indices
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.embeddings.neighbours import nearest

NUM_SIMILAR = 20
"""Similar texts shown unless asked for more."""


@dataclass(frozen=True, slots=True)
class Similar:
    """Embedded rows similar to a text, the most similar one first."""

    rows: Indices
    """Positions among the embedded rows, shape (K,)."""
    cosines: np.ndarray
    """Cosine of each with the text, in [-1, 1], shape (K,)."""


def similar_rows(
    vectors: Embeddings, query: Embeddings, k: int = NUM_SIMILAR, *, without: int | None = None
) -> Similar:
    """Return the embedded rows most similar to a text.

    Args:
        vectors: Of length 1, shape (M, D).
        query: Of the text, of length 1 too, shape (1, D).
        k: How many.
        without: A row that is left out, because it is the text itself.
    """
    positions, cosines = nearest(vectors, query, k + (without is not None))
    kept = positions[0] != (-1 if without is None else without)
    return Similar(positions[0][kept][:k], cosines[0][kept][:k])


def position_of(dataset: TextDataset, row_id: str) -> int | None:
    """Return the position of a row, or None if it is not one of them."""
    found = int(pc.index(dataset.table["row_id"], row_id).as_py())
    return found if found >= 0 else None


def records(dataset: TextDataset, rows: Indices | Sequence[int]) -> list[dict[str, Any]]:
    """Return rows as records with `row_id`, `label`, `split` and `text`.

    Args:
        dataset: The embedded rows.
        rows: Positions of some of them.
    """
    columns = ["row_id", "label_ids", "split", "text"]
    taken = dataset.table.select(columns).take(pa.array(np.asarray(rows, dtype=np.int64)))
    names = dataset.label_names
    return [
        {
            "row_id": record["row_id"],
            "label": ", ".join(names[label_id] for label_id in record["label_ids"]),
            "split": record["split"],
            "text": record["text"],
        }
        for record in taken.to_pylist()
    ]
