"""The rows that a finding names, read without the others."""

from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from textcls_core.dataset.store import DatasetInfo, DatasetStore


def example_rows(
    store: DatasetStore, info: DatasetInfo, row_ids: tuple[str, ...]
) -> list[dict[str, Any]]:
    """Return some rows as records for a table, in the order of their ids.

    Args:
        store: Where the data set is.
        info: The version.
        row_ids: Rows of this version; others are left out.
    """
    table = pq.read_table(store.path(info), filters=pc.field("row_id").isin(list(row_ids)))
    found = {record["row_id"]: record for record in table.to_pylist()}
    return [_described(found[row_id], info) for row_id in row_ids if row_id in found]


def _described(record: dict[str, Any], info: DatasetInfo) -> dict[str, Any]:
    labels = ", ".join(info.label_names[label_id] for label_id in record["label_ids"])
    further = {
        "label (file)" if name == "label" else name: record[name] for name in info.extra_columns
    }
    own = {"row_id": record["row_id"], "split": record["split"], "label": labels}
    return {**own, "text": record["text"], **further}
