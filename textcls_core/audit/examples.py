"""The rows that a finding names, read without the others."""

from typing import Any

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq

from textcls_core.dataset.search import describe_rows
from textcls_core.dataset.store import DatasetInfo, DatasetStore
from textcls_core.dataset.text_dataset import TextDataset


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
    found = TextDataset(table, info.label_names, info.task)
    place = {row_id: n for n, row_id in enumerate(row_ids)}
    order = sorted(range(table.num_rows), key=lambda n: place[table["row_id"][n].as_py()])
    return describe_rows(found, np.array(order, dtype=np.int64))
