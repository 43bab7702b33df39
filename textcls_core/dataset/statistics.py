"""Counts and lengths of a data set."""

import numpy as np
import pyarrow.compute as pc

from textcls_core.arrays import Lengths
from textcls_core.dataset.text_dataset import TextDataset

_WORD = (
    r"\p{Han}|\p{Hiragana}|\p{Katakana}|\p{Thai}+"
    r"|[^\s\p{Z}\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]+"
)
"""A run of characters without spaces; in scripts written without spaces, a character."""


def class_counts(dataset: TextDataset) -> dict[str, list[int]]:
    """Return the rows per class of every split, C numbers each, in the order of the label ids."""
    counts: dict[str, list[int]] = {}
    for split in dataset.splits:
        labels = dataset.table["label_ids"].filter(pc.equal(dataset.table["split"], split))
        ids = np.asarray(pc.list_flatten(labels), dtype=np.int64)
        counts[split] = np.bincount(ids, minlength=dataset.num_labels).tolist()
    return counts


def class_table(dataset: TextDataset) -> list[dict[str, str | int]]:
    """Return one record per class with its rows in every split and in all."""
    counts = class_counts(dataset)
    return [
        {
            "class": name,
            **{split: values[label_id] for split, values in counts.items()},
            "all": sum(values[label_id] for values in counts.values()),
        }
        for label_id, name in enumerate(dataset.label_names)
    ]


def word_lengths(dataset: TextDataset) -> Lengths:
    """Return the number of words of each text, shape (N,).

    Words are separated by spaces; each Chinese or Japanese character counts as a word.
    """
    counts = pc.count_substring_regex(dataset.table["text"], pattern=_WORD)
    return np.asarray(counts, dtype=np.int64)
