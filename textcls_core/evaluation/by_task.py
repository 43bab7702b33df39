"""Predictions of either task: the only place that tells one label from several."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from textcls_core.arrays import LabelSets, Mask
from textcls_core.dataset.text_dataset import Task
from textcls_core.errors import label_id_of
from textcls_core.evaluation.decision import tempered
from textcls_core.evaluation.evaluation import evaluate
from textcls_core.evaluation.figures import Figures
from textcls_core.evaluation.multi_label import MultiLabelPredictions, evaluate_multi_label
from textcls_core.evaluation.prediction_file import read_task
from textcls_core.evaluation.predictions import Predictions
from textcls_core.evaluation.row_scores import one_hot

AnyPredictions = Predictions | MultiLabelPredictions


def predictions_of(
    row_ids: tuple[str, ...],
    targets: np.ndarray,
    probabilities: np.ndarray,
    label_names: tuple[str, ...],
) -> AnyPredictions:
    """Return the predictions that fit the targets.

    Args:
        row_ids: N row ids of the data set.
        targets: Class ids (N,), or 0 and 1 per class (N, C) when a text may have several.
        probabilities: Shape (N, C).
        label_names: C class names.
    """
    if targets.ndim == 1:
        return Predictions(row_ids, targets, probabilities, label_names)
    return MultiLabelPredictions(row_ids, targets == 1, probabilities, label_names)


def load_predictions(file: Path) -> AnyPredictions:
    """Return what `save` of either kind wrote.

    Raises:
        InvalidArgumentError: If the file is damaged.
    """
    if read_task(file) == "multi_label":
        return MultiLabelPredictions.load(file)
    return Predictions.load(file)


def task_of(predictions: AnyPredictions) -> Task:
    """Return whether a text has exactly one class or any number."""
    return "single_label" if isinstance(predictions, Predictions) else "multi_label"


def with_temperature(predictions: AnyPredictions, temperature: float) -> AnyPredictions:
    """Return the predictions that the same logits divided by a temperature give."""
    if temperature == 1.0:
        return predictions
    changed = tempered(predictions.probabilities, temperature, task_of(predictions))
    return replace(predictions, probabilities=changed)


def figures_of(predictions: AnyPredictions) -> Figures:
    """Return the figures of a split.

    Raises:
        InvalidArgumentError: If there are no rows.
    """
    if isinstance(predictions, MultiLabelPredictions):
        return evaluate_multi_label(predictions)
    return evaluate(predictions)


def label_sets(predictions: AnyPredictions) -> LabelSets:
    """Return whether each row has each class, shape (N, C)."""
    if isinstance(predictions, Predictions):
        return one_hot(predictions)
    return np.asarray(predictions.targets == 1)


def right_rows(predictions: AnyPredictions, label: str | None = None) -> Mask:
    """Return which rows are right, shape (N,).

    Args:
        predictions: Of N rows, with one label per text or with several.
        label: Look at the yes or no of this class only; None asks for the whole answer: the class
            of a text, or every label of a text that may have several.

    Raises:
        InvalidArgumentError: If there is no such class.
    """
    true, given = truth_and_answer(predictions, label)
    if true.ndim == 1:
        return np.asarray(true == given)
    return np.asarray((true == given).all(axis=1))


def truth_and_answer(
    predictions: AnyPredictions, label: str | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return what is true and what was predicted: ids (N,), label sets (N, C), or one label (N,).

    Args:
        predictions: Of N rows.
        label: The class whose yes or no is asked for; None returns everything.

    Raises:
        InvalidArgumentError: If there is no such class.
    """
    number = None if label is None else label_id_of(predictions.label_names, label)
    if isinstance(predictions, Predictions):
        true, given = predictions.true_label_ids, predictions.predicted_label_ids
        return (true, given) if number is None else (true == number, given == number)
    true, given = predictions.targets == 1, predictions.predicted
    return (true, given) if number is None else (true[:, number], given[:, number])


def true_text(predictions: AnyPredictions, row: int) -> str:
    """Return the true label of a row, or its labels with commas between them."""
    if isinstance(predictions, Predictions):
        return predictions.label_names[int(predictions.true_label_ids[row])]
    return _set_text(predictions.label_names, predictions.targets[row])


def predicted_text(predictions: AnyPredictions, row: int) -> str:
    """Return the predicted label of a row, or its labels with commas between them."""
    if isinstance(predictions, Predictions):
        return predictions.label_names[int(predictions.predicted_label_ids[row])]
    return _set_text(predictions.label_names, predictions.predicted[row])


def _set_text(label_names: tuple[str, ...], has_label: np.ndarray) -> str:
    return ", ".join(label_names[place] for place in np.flatnonzero(has_label)) or "no label"
