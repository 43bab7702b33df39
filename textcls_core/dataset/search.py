"""Find rows of a data set by split, class and text."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from textcls_core.arrays import Indices
from textcls_core.dataset.text_dataset import Split, TextDataset
from textcls_core.errors import InvalidArgumentError, did_you_mean


@dataclass(frozen=True, slots=True)
class RowFilter:
    """What to keep; every criterion left at its default keeps everything."""

    split: Split | None = None
    label: str | None = None
    """Class name."""
    query: str = ""
    """Words the text must contain, whatever their case."""


def find_rows(dataset: TextDataset, row_filter: RowFilter) -> Indices:
    """Return the positions of the rows that pass, in the order of the data set, shape (M,).

    Raises:
        InvalidArgumentError: If the class name is unknown.
    """
    keep = np.ones(dataset.num_examples, dtype=bool)
    if row_filter.split is not None:
        keep &= np.asarray(pc.equal(dataset.table["split"], row_filter.split))
    if row_filter.label is not None:
        keep &= _has_label(dataset, row_filter.label)
    query = row_filter.query.strip()
    if query:
        found = pc.match_substring(dataset.table["text"], query, ignore_case=True)
        keep &= np.asarray(found)
    return np.flatnonzero(keep)


def describe_rows(dataset: TextDataset, rows: Indices | Sequence[int]) -> list[dict[str, Any]]:
    """Return rows as records with their class names, for a table.

    A further column of the file that is called `label` too becomes `label (file)`.
    """
    taken = dataset.table.take(pa.array(rows, pa.int64()))
    names = dataset.label_names
    return [
        {
            "row_id": record["row_id"],
            "split": record["split"],
            "label": ", ".join(names[label_id] for label_id in record["label_ids"]),
            "text": record["text"],
            **{
                "label (file)" if name == "label" else name: record[name]
                for name in dataset.extra_columns
            },
        }
        for record in taken.to_pylist()
    ]


def _has_label(dataset: TextDataset, label: str) -> np.ndarray:
    if label not in dataset.label_names:
        raise InvalidArgumentError(
            f'"{label[:60]}" is not a class of this data set. '
            f"{did_you_mean(label, list(dataset.label_names))}"
        )
    label_id = dataset.label_names.index(label)
    lists = dataset.table["label_ids"].combine_chunks()
    keep = np.zeros(dataset.num_examples, dtype=bool)
    hits = np.asarray(pc.equal(pc.list_flatten(lists), label_id))
    keep[np.asarray(pc.list_parent_indices(lists))[hits]] = True
    return keep
