"""Evaluation: the figures of one Predictions."""

from dataclasses import dataclass
from typing import Any

from textcls_core.arrays import Counts
from textcls_core.evaluation import agreement
from textcls_core.evaluation.agreement import Tally
from textcls_core.evaluation.confusion import confusion_counts
from textcls_core.evaluation.figures import Figures, class_figures, require_rows
from textcls_core.evaluation.predictions import Predictions


@dataclass(frozen=True, slots=True)
class Evaluation(Figures):
    """Figures of texts that have exactly one label; loss is the cross-entropy.

    Macro F1 is the mean over the classes that were true or predicted.
    """

    confusion: Counts
    """Row = true class, column = predicted class, shape (C, C)."""
    label_names: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the figures in the stable form of the command line."""
        confusion = {"labels": list(self.label_names), "counts": self.confusion.tolist()}
        return {**Figures.to_json(self), "confusion": confusion}


def evaluate(predictions: Predictions) -> Evaluation:
    """Return the figures of a split.

    Precision, recall and F1 follow scikit-learn's definitions with `zero_division=0`; macro F1
    averages, like `f1_score`, over the classes that occur as a true or predicted label.

    Raises:
        InvalidArgumentError: If there are no rows.
    """
    require_rows(len(predictions))
    names = predictions.label_names
    confusion = confusion_counts(
        predictions.true_label_ids, predictions.predicted_label_ids, len(names)
    )
    hits, support, predicted = confusion.diagonal(), confusion.sum(axis=1), confusion.sum(axis=0)
    tally = Tally(hits, support, predicted, hits.sum(), support.sum())
    return Evaluation(
        num_examples=len(predictions),
        accuracy=float(agreement.accuracy(tally)),
        balanced_accuracy=float(agreement.balanced_accuracy(tally)),
        macro_f1=float(agreement.macro_f1(tally)),
        weighted_f1=float(agreement.weighted_f1(tally)),
        loss=float(predictions.loss.mean()),
        majority_accuracy=float(support.max() / len(predictions)),
        per_class=class_figures(names, hits, support, predicted),
        confusion=confusion,
        label_names=names,
    )
