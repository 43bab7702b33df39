"""What the probabilities of each row are worth; the figure of a split is the mean over its rows."""

import numpy as np
from jaxtyping import Float

from textcls_core.arrays import LabelProbabilities, LabelSets, Mask
from textcls_core.evaluation.multi_label import MultiLabelPredictions
from textcls_core.evaluation.predictions import Predictions

Scores = Float[np.ndarray, " N"]
"""A figure per row."""


def one_hot(predictions: Predictions) -> LabelSets:
    """Return whether a row has a class, shape (N, C)."""
    classes = np.arange(len(predictions.label_names))
    return np.asarray(predictions.true_label_ids[:, None] == classes)


def class_brier(targets: LabelSets, probabilities: LabelProbabilities) -> Float[np.ndarray, " C"]:
    """Return the mean squared distance of a probability from the truth, per class, in [0, 1]."""
    return np.asarray(np.square(probabilities - targets, dtype=np.float64).mean(axis=0))


def brier(predictions: Predictions) -> Scores:
    """Return the squared distance of the probabilities from the truth per row, shape (N,).

    Brier 1950, "Verification of forecasts expressed in terms of probability", equation 2: in
    [0, 2]. As in scikit-learn, half of it with two classes, which is the usual binary form.
    """
    gaps = predictions.probabilities - one_hot(predictions)
    distance = np.square(gaps, dtype=np.float64).sum(axis=1)
    return np.asarray(distance / 2 if len(predictions.label_names) == 2 else distance)


def label_brier(predictions: MultiLabelPredictions) -> Scores:
    """Return the mean squared distance over the labels per row, shape (N,), in [0, 1]."""
    gaps = predictions.probabilities - (predictions.targets == 1)
    return np.asarray(np.square(gaps, dtype=np.float64).mean(axis=1))


def in_top(predictions: Predictions, k: int) -> Mask:
    """Return whether the true class is among the k most probable ones, shape (N,).

    Of equally probable classes the first goes before, as in `predicted_label_ids`; in
    scikit-learn it is the last.
    """
    probabilities, true = predictions.probabilities, predictions.true_label_ids[:, None]
    own = np.take_along_axis(probabilities, true, axis=1)
    is_before = np.arange(probabilities.shape[1]) < true
    rank = ((probabilities > own) | ((probabilities == own) & is_before)).sum(axis=1)
    return np.asarray(rank < k)


def label_ranking(predictions: MultiLabelPredictions) -> Scores:
    """Return how far up the labels of a row stand among all, shape (N,), in (0, 1].

    The label ranking average precision of scikit-learn: the mean over the labels of a row of the
    share of its labels among all that are at least as probable. 1 without or with every label.
    """
    order = np.argsort(-predictions.probabilities, axis=1, kind="stable")
    scores = np.take_along_axis(predictions.probabilities, order, axis=1)
    is_own = np.take_along_axis(predictions.targets == 1, order, axis=1)
    size = scores.shape[1]
    is_last = np.ones(scores.shape, dtype=bool)
    is_last[:, :-1] = scores[:, 1:] != scores[:, :-1]
    ends = np.where(is_last, np.arange(size), size)
    ends = np.minimum.accumulate(ends[:, ::-1], axis=1)[:, ::-1]
    own_above = np.take_along_axis(is_own.cumsum(axis=1), ends, axis=1)
    num_own = is_own.sum(axis=1)
    precision = (own_above / (ends + 1) * is_own).sum(axis=1) / np.maximum(num_own, 1)
    return np.where((num_own == 0) | (num_own == size), 1.0, precision)
