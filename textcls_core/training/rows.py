"""Which rows a run trains on, as its settings say. Imports no torch."""

import numpy as np

from textcls_core.arrays import Indices
from textcls_core.config import RunConfig
from textcls_core.dataset.folding import with_fold
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.training.plan import oversampled


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
    if config.oversampling and parts.task == "single_label":
        rows = rows[oversampled(parts.targets[rows])]
    return np.asarray(rows)
