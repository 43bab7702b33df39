"""How texts of a data set begin: short examples of what its classifiers read."""

import numpy as np

from textcls_core.dataset.text_dataset import TextDataset

_CHARACTERS = 200
"""Enough for a sentence or two; longer texts take seconds to explain."""


def openings(rows: TextDataset) -> tuple[str, str]:
    """Return how two texts with different labels begin, cut between words.

    They are the first row of the last split, which no model was trained on where there are several,
    and the first one after it whose labels differ; the same row twice if none do.
    """
    places = rows.indices(rows.splits[-1])
    targets = rows.targets[places].reshape(len(places), -1)
    other = int(np.argmax((targets != targets[0]).any(axis=1)))
    one, two = rows.texts(places[[0, other]])
    return _opening(one), _opening(two)


def _opening(text: str) -> str:
    """Return the first words of a text; the first characters where there are no words."""
    if len(text) <= _CHARACTERS:
        return text.strip()
    return text[: _CHARACTERS + 1].rsplit(maxsplit=1)[0].strip()[:_CHARACTERS]
