"""One split with its tokens and labels, and a classifier's predictions for it."""

from dataclasses import dataclass

import numpy as np

from textcls_core.evaluation.by_task import AnyPredictions, predictions_of
from textcls_core.models.classifier import Classifier
from textcls_core.models.device import Compute
from textcls_core.models.tokens import TokenizedTexts
from textcls_core.training.distributed import Ranks


@dataclass(frozen=True, slots=True)
class TokenizedSplit:
    """Tokens and labels of one split."""

    row_ids: tuple[str, ...]
    tokens: TokenizedTexts
    targets: np.ndarray
    """Class ids (N,), or 0 and 1 per class (N, C) when a text may have several."""


def predict(
    classifier: Classifier, split: TokenizedSplit, compute: Compute, ranks: Ranks | None = None
) -> AnyPredictions:
    """Return the classifier's predictions for a split, in the order of its rows.

    With several processes each computes a part, and all get the whole.
    """
    ranks = ranks or Ranks()
    mine = np.arange(ranks.rank, len(split.tokens), ranks.world_size)
    probabilities = np.zeros((len(split.tokens), len(classifier.label_names)))
    probabilities[mine] = classifier.predict_probabilities(split.tokens.take(mine), compute)
    return predictions_of(
        split.row_ids,
        split.targets,
        ranks.summed_array(probabilities, compute.device),
        classifier.label_names,
    )
