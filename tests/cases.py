"""Named Predictions cases, the corners every figure has to get right, and hand-made baselines."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from textcls_core.evaluation.multi_label import MultiLabelPredictions
from textcls_core.evaluation.predictions import Predictions
from textcls_core.training.baselines import Baseline, BaselineFigures, BaselineName


def make_predictions(
    true_label_ids: Sequence[int],
    probabilities: Sequence[Sequence[float]],
    label_names: Sequence[str] = ("ham", "spam", "news"),
) -> Predictions:
    """Return predictions with the row ids row-0, row-1 and so on."""
    return Predictions(
        row_ids=tuple(f"row-{position}" for position in range(len(true_label_ids))),
        true_label_ids=np.array(true_label_ids, dtype=np.int64),
        probabilities=np.array(probabilities, dtype=np.float64).reshape(-1, len(label_names)),
        label_names=tuple(label_names),
    )


def make_label_sets(
    targets: Sequence[Sequence[int]],
    probabilities: Sequence[Sequence[float]],
    label_names: Sequence[str] = ("ham", "spam", "news"),
) -> MultiLabelPredictions:
    """Return multi-label predictions with the row ids row-0, row-1 and so on."""
    shape = (-1, len(label_names))
    return MultiLabelPredictions(
        row_ids=tuple(f"row-{position}" for position in range(len(targets))),
        targets=np.array(targets, dtype=bool).reshape(shape),
        probabilities=np.array(probabilities, dtype=np.float64).reshape(shape),
        label_names=tuple(label_names),
    )


def decided(true_label_ids: Sequence[int], predicted: Sequence[int]) -> Predictions:
    """Return predictions of three classes that give 0.8 to the predicted one."""
    rows = [[0.8 if c == label_id else 0.1 for c in range(3)] for label_id in predicted]
    return make_predictions(true_label_ids, rows)


PERFECT = decided([0, 1, 2, 0], [0, 1, 2, 0])
ALL_WRONG = decided([0, 1, 2, 0], [1, 2, 0, 2])
MIXED = decided([0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 2, 2])
CLASS_ABSENT = decided([0, 0, 1], [0, 1, 1])
"""The third class is neither true nor predicted."""
CLASS_NEVER_PREDICTED = decided([0, 1, 2], [0, 1, 0])
CLASS_NEVER_TRUE = decided([0, 1, 1], [0, 2, 1])
TIES = make_predictions([0, 1, 2], [[0.5, 0.5, 0.0], [0.5, 0.5, 0.0], [0.0, 0.5, 0.5]])
"""Two classes are equally probable in every row."""
ONE_EXAMPLE = decided([1], [1])
ONE_CLASS = make_predictions([0, 0], [[1.0], [1.0]], ["only"])
NO_EXAMPLE = make_predictions([], [])

CASES = {
    "perfect": PERFECT,
    "all wrong": ALL_WRONG,
    "mixed": MIXED,
    "one class absent": CLASS_ABSENT,
    "class never predicted": CLASS_NEVER_PREDICTED,
    "class never true": CLASS_NEVER_TRUE,
    "ties": TIES,
    "one example": ONE_EXAMPLE,
    "one class": ONE_CLASS,
}
"""Every case with at least one row."""


def make_baseline(fingerprint: str, name: BaselineName, accuracy: float, **facts: Any) -> Baseline:
    """Return a baseline with that accuracy on both splits, and somewhat lower other figures."""
    figures = BaselineFigures(
        num_examples=33,
        accuracy=accuracy,
        balanced_accuracy=accuracy - 0.01,
        macro_f1=accuracy - 0.02,
        weighted_f1=accuracy - 0.03,
        loss=None if name == "tfidf" else 1 - accuracy,
    )
    titles = {"majority": "Majority class", "tfidf": "TF-IDF + linear SVM"}
    values = {
        "title": titles.get(name, "Frozen minilm"),
        "description": f"How {name} was made.",
        "model": "minilm" if name == "frozen" else "",
        "seconds": 2.0,
        "validation": figures,
        "test": figures,
        **facts,
    }
    return Baseline(name=name, fingerprint=fingerprint, **values)
