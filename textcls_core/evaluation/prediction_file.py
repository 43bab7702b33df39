"""The Parquet file of predictions: a row per text, labels and task beside the columns."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from textcls_core.dataset.text_dataset import Task
from textcls_core.errors import InvalidArgumentError
from textcls_core.files import temporary_sibling, to_json

_LABELS_KEY, _TASK_KEY = b"label_names", b"task"


def write_predictions(
    file: Path,
    row_ids: Sequence[str],
    columns: Mapping[str, np.ndarray],
    label_names: Sequence[str],
    task: Task,
) -> None:
    """Write a file in one step.

    Args:
        file: Replaced if it exists.
        row_ids: N row ids of the data set.
        columns: Arrays of shape (N,), or of (N, C) which become a column per class: `p` makes p0,
            p1 and so on.
        label_names: C class names.
        task: Which kind of predictions this is.
    """
    arrays = {"row_id": pa.array(row_ids, pa.string())}
    for name, values in columns.items():
        if values.ndim == 1:
            arrays[name] = pa.array(values)
        else:
            arrays |= {f"{name}{c}": pa.array(values[:, c]) for c in range(values.shape[1])}
    metadata = {_LABELS_KEY: to_json(tuple(label_names)).encode(), _TASK_KEY: task.encode()}
    with temporary_sibling(file) as temporary:
        pq.write_table(pa.table(arrays).replace_schema_metadata(metadata), temporary)
        temporary.replace(file)


def read_predictions(file: Path) -> tuple[pa.Table, tuple[str, ...]]:
    """Return the columns and the label names of a file."""
    table = pq.read_table(file)
    return table, tuple(json.loads(table.schema.metadata[_LABELS_KEY]))


def read_task(file: Path) -> str:
    """Return which kind of predictions a file holds; older files do not say that it is one label.

    Raises:
        InvalidArgumentError: If the file is damaged.
    """
    with damage_explained(file):
        metadata: dict[bytes, bytes] = pq.read_schema(file).metadata or {}
        return metadata.get(_TASK_KEY, b"single_label").decode()


def per_class(table: pa.Table, name: str, num_labels: int) -> np.ndarray:
    """Return a column per class as one array of shape (N, C)."""
    return np.stack([table[f"{name}{c}"].to_numpy() for c in range(num_labels)], axis=1)


@contextmanager
def damage_explained(file: Path) -> Iterator[None]:
    """Turn what reading a damaged file raises into one sentence.

    Raises:
        InvalidArgumentError: If the file cannot be read, or its content does not fit together.
    """
    try:
        yield
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise InvalidArgumentError(
            f"The predictions in {file.name} are damaged. Train the run again."
        ) from error
