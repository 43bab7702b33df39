"""How sure a model was of each row, and the four outcomes that being right and sure part rows into.

A text with one class: its confidence is the largest probability. A text with any number of labels
is answered yes or no for each of them, so there its confidence is that of the least sure answer.
"""

import numpy as np

from textcls_core.arrays import Confidences, LabelIds, Losses
from textcls_core.evaluation.by_task import AnyPredictions, right_rows
from textcls_core.evaluation.predictions import Predictions

SURE = 0.9
"""Confidence from which a prediction counts as sure."""
OUTCOMES = ("right and sure", "right but unsure", "wrong but unsure", "wrong and sure")
_SMALLEST = np.finfo(np.float64).tiny


def confidences(predictions: AnyPredictions) -> Confidences:
    """Return how sure the model was of each row, shape (N,).

    With one class per text the largest probability, in [1/C, 1]. With several labels the least of
    max(p, 1 - p) over the labels, in [0.5, 1].
    """
    if isinstance(predictions, Predictions):
        return np.asarray(np.minimum(predictions.confidence, 1))  # float32 may sum to a little more
    chances = predictions.probabilities
    return np.asarray(np.maximum(chances, 1 - chances).min(axis=1))


def outcome_codes(predictions: AnyPredictions) -> LabelIds:
    """Return which of `OUTCOMES` each row is, shape (N,).

    A row with several labels is right when all of them are.
    """
    is_sure = confidences(predictions) >= SURE
    return np.where(right_rows(predictions), np.where(is_sure, 0, 1), np.where(is_sure, 3, 2))


def outcome_counts(predictions: AnyPredictions) -> dict[str, int]:
    """Return the number of rows per outcome."""
    counts = np.bincount(outcome_codes(predictions), minlength=len(OUTCOMES))
    return dict(zip(OUTCOMES, counts.tolist(), strict=True))


def margins(predictions: AnyPredictions) -> Confidences:
    """Return how far each decision was from another one, shape (N,), in [0, 1].

    With one class the largest probability minus the second largest; with several labels the least
    |2 p - 1| over the labels, which is the same for a yes and a no.
    """
    if not isinstance(predictions, Predictions):
        return 2 * confidences(predictions) - 1
    if predictions.probabilities.shape[1] == 1:
        return confidences(predictions)
    top = np.partition(predictions.probabilities, -2, axis=1)[:, -2:]
    return np.asarray(top[:, 1] - top[:, 0])


def entropies(predictions: AnyPredictions) -> Losses:
    """Return the entropy of the answer to each row, shape (N,), in nats.

    With one class -sum p ln p, in [0, ln C]; with several labels the mean over the labels of
    the entropy of their yes or no, in [0, ln 2].
    """
    chances = predictions.probabilities.astype(np.float64)
    if isinstance(predictions, Predictions):
        return np.asarray(_surprise(chances).sum(axis=1))
    return np.asarray((_surprise(chances) + _surprise(1 - chances)).mean(axis=1))


def _surprise(chances: np.ndarray) -> np.ndarray:
    return np.asarray(-chances * np.log(np.maximum(chances, _SMALLEST)))
