"""Rows of several labels with their texts: what they have, what they were given, and how surely."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from textcls_core.arrays import Indices
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.evaluation.multi_label import MultiLabelPredictions


def label_set_records(
    predictions: MultiLabelPredictions,
    dataset: TextDataset,
    rows: Indices,
    label_ids: Sequence[int] = (),
) -> list[dict[str, Any]]:
    """Return one record per row; only the texts of these rows are read.

    Args:
        predictions: N rows.
        dataset: The version that the run was trained on.
        rows: Positions in the predictions, shape (M,).
        label_ids: Labels whose probability is wanted, in this order.

    Returns:
        `row_id`, `text`, names of the `true` and of the `given` labels, and `probabilities` of the
        wanted labels.
    """
    row_ids = [predictions.row_ids[row] for row in rows]
    texts = dataset.texts(dataset.positions(row_ids))
    names = predictions.label_names
    return [
        {
            "row_id": row_id,
            "text": text,
            "true": _names(names, predictions.targets[row] == 1),
            "given": _names(names, predictions.predicted[row]),
            "probabilities": [float(predictions.probabilities[row, i]) for i in label_ids],
        }
        for row, row_id, text in zip(rows, row_ids, texts, strict=True)
    ]


def _names(names: Sequence[str], mask: np.ndarray) -> list[str]:
    return [names[label_id] for label_id in np.flatnonzero(mask).tolist()]
