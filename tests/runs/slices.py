"""Rows of a run for tests of slices: 120 texts with two columns and a planted weak spot."""

import numpy as np
import pyarrow as pa

from textcls_core.evaluation.multi_label import MultiLabelPredictions
from textcls_core.evaluation.predictions import Predictions
from textcls_core.runs.row_facts import RowFacts
from textcls_core.runs.slice_rows import SliceRows

NUM_ROWS = 120
NAMES = ("ham", "spam")


def make_rows(*, has_tokens: bool = True, is_multi_label: bool = False, **columns) -> SliceRows:
    """Return rows that are wrong where `device` is `phone`, which is every third row.

    Texts have 1 to 12 words; every second row is spam.
    """
    numbers = np.arange(NUM_ROWS)
    texts = [" ".join([f"word{n}", *["more"] * (n % 12)]) for n in numbers]
    devices = ["phone" if n % 3 == 0 else "desk" for n in numbers]
    extra = {"device": devices, "age": [str(n) for n in numbers], **columns}
    row_ids = tuple(f"row-{n}" for n in numbers)
    lengths = np.array([len(text.split()) for text in texts])
    facts = RowFacts(
        row_ids=row_ids,
        positions=numbers + 10,
        num_characters=np.array([len(text) for text in texts]),
        num_words=lengths,
        num_tokens=lengths + 2 if has_tokens else None,
        is_truncated=lengths > 10 if has_tokens else None,
        columns={name: pa.chunked_array([pa.array(cells)]) for name, cells in extra.items()},
    )
    splits = pa.chunked_array([pa.array(["test"] * NUM_ROWS)])
    predictions = _predictions(row_ids, numbers, is_multi_label=is_multi_label)
    return SliceRows(predictions, facts, pa.chunked_array([pa.array(texts)]), splits)


def _predictions(row_ids, numbers, *, is_multi_label):
    true, is_wrong = numbers % 2, numbers % 3 == 0
    given = np.where(is_wrong, 1 - true, true)
    if is_multi_label:
        targets = np.stack([true == 1, np.ones(NUM_ROWS, bool)], axis=1)
        shares = np.stack([np.where(given == 1, 0.9, 0.1), np.full(NUM_ROWS, 0.8)], axis=1)
        return MultiLabelPredictions(row_ids, targets, shares, NAMES)
    shares = np.where(np.arange(2) == given[:, None], 0.9, 0.1)
    return Predictions(row_ids, true, shares, NAMES)
