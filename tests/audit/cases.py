"""Data sets made for tests of the audit."""

import pyarrow as pa

from textcls_core.dataset.text_dataset import SCHEMA, TextDataset


def make(texts, labels=None, splits=None, names=("a", "b"), task="single_label") -> TextDataset:
    """Return a data set with row ids r0, r1, …; each label is an id or a list of ids."""
    count = len(texts)
    lists = [[label] if isinstance(label, int) else label for label in (labels or [0] * count)]
    table = pa.table(
        {
            "row_id": pa.array([f"r{n}" for n in range(count)], pa.string()),
            "text": pa.array(texts, pa.string()),
            "label_ids": pa.array(lists, SCHEMA.field("label_ids").type),
            "split": pa.array(splits or ["train"] * count, pa.string()),
        }
    )
    return TextDataset(table, tuple(names), task)


def by_kind(findings) -> dict:
    """Return findings by their kind; each kind is there once."""
    found = {finding.kind: finding for finding in findings}
    assert len(found) == len(findings)
    return found
