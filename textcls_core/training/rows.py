"""Which rows a run trains on, as its settings say. Imports no torch."""

import numpy as np

from textcls_core.arrays import Indices, LabelIds
from textcls_core.config import RunConfig
from textcls_core.dataset.folding import with_fold
from textcls_core.dataset.text_dataset import TextDataset


def in_folds(config: RunConfig, dataset: TextDataset) -> TextDataset:
    """Return the data set with the splits of the run's fold, if it is one of a cross-validation."""
    if not config.num_folds:
        return dataset
    return with_fold(dataset, num_folds=config.num_folds, fold=config.fold)


def epoch_rows(config: RunConfig, dataset: TextDataset) -> Indices:
    """Return the rows of one epoch, before they are shuffled; some several times if oversampled.

    Args:
        config: Settings of the run.
        dataset: As it is stored, whatever the run's fold.
    """
    parts = in_folds(config, dataset)
    rows = parts.indices("train")
    return np.asarray(rows[drawn(config, parts.targets[rows])])


def drawn(config: RunConfig, targets: np.ndarray) -> Indices:
    """Return the positions among the training rows that one epoch draws, before the shuffle.

    Args:
        config: Settings of the run.
        targets: Class ids (N,), or 0 and 1 per class (N, C) when a text may have several.
    """
    if config.oversampling and targets.ndim == 1:
        return oversampled(targets)
    return np.arange(len(targets))


def oversampled(label_ids: LabelIds) -> Indices:
    """Return row positions in which every class that occurs is equally frequent.

    The rows of a rare class are repeated in turn until there are as many as of the most frequent
    one.

    Args:
        label_ids: Class of each row, shape (N,).

    Example:
        >>> oversampled(np.array([0, 0, 0, 1])).tolist()
        [0, 1, 2, 3, 3, 3]
    """
    members = [np.flatnonzero(label_ids == label) for label in np.unique(label_ids)]
    most = max(len(rows) for rows in members)
    return np.concatenate([np.resize(rows, most) for rows in members])
