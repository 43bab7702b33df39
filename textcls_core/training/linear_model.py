"""Linear models on fixed features, for texts with one label or with several.

Imports scikit-learn, so it is imported when a model is fitted.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import clone

from textcls_core.arrays import LabelIds, Probabilities

Answer = Callable[[Any], Probabilities]
"""Gives the probabilities of M rows from their features, shape (M, C)."""


def fit_linear(estimator: Any, features: Any, targets: np.ndarray, num_labels: int) -> Answer:
    """Fit one model to texts with one label, or one per label where a text may have several.

    Args:
        estimator: A classifier of scikit-learn, which stays as it is. One without probabilities
            gives 1 to its answers and 0 to the rest.
        features: Of N rows, sparse or dense, shape (N, D).
        targets: Class ids (N,), or 0 and 1 per label (N, C).
        num_labels: C.
    """
    if targets.ndim == 1:
        return _fit_classes(estimator, features, targets, num_labels)
    columns = targets.T.astype(np.int64)
    answers = [_fit_classes(estimator, features, column, 2) for column in columns]
    return lambda rows: np.column_stack([answer(rows)[:, 1] for answer in answers])


def _fit_classes(estimator: Any, features: Any, label_ids: LabelIds, num_labels: int) -> Answer:
    """Fit one model; where all rows have the same class there is nothing to fit."""
    known = np.unique(label_ids)
    fitted = clone(estimator).fit(features, label_ids) if len(known) > 1 else None

    def answer(rows: Any) -> Probabilities:
        probabilities = np.zeros((rows.shape[0], num_labels))
        if fitted is None:
            probabilities[:, known] = 1
        elif hasattr(fitted, "predict_proba"):
            probabilities[:, known] = fitted.predict_proba(rows)
        else:
            probabilities[np.arange(len(probabilities)), fitted.predict(rows)] = 1
        return probabilities

    return answer
