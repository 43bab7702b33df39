"""Predictions of two runs brought into one order: the same rows, the same classes."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from textcls_core.arrays import Indices, Mask
from textcls_core.evaluation.by_task import AnyPredictions, task_of
from textcls_core.evaluation.multi_label import MultiLabelPredictions
from textcls_core.evaluation.predictions import Predictions
from textcls_core.wording import plural

Pair = tuple[AnyPredictions, AnyPredictions]
"""Predictions of the same rows in the same order, over the same classes in the same order."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """In what the rows of two runs differ, if they are not the same."""

    only_reference: int = 0
    """Rows that only the reference has."""
    only_other: int = 0
    """Rows that only the other one has."""
    relabelled: int = 0
    """Common rows whose true labels differ."""
    common: int = 0
    """Rows that both have."""
    classes: tuple[str, ...] = ()
    """Labels that only one of two multi-label runs knows."""
    tasks_differ: bool = False
    """Whether one gives a single label per text and the other one several."""

    @property
    def reason(self) -> str:
        """Why two runs cannot be compared on all rows, as the end of a sentence."""
        if self.tasks_differ:
            return "one gives exactly one label per text, the other one any number"
        if self.classes:
            named = ", ".join(f'"{name[:40]}"' for name in self.classes[:3])
            return f"only one of them knows {plural(len(self.classes), 'label')} ({named})"
        if not self.only_reference and not self.only_other:
            return (
                "the labels were changed in between: "
                f"{self.relabelled:,} of the {plural(self.common, 'row')} differ in the true label"
            )
        rows = (
            f"{plural(self.only_reference, 'row')} only in the first, "
            f"{self.only_other:,} only in the second, {self.common:,} in both"
        )
        changed = f", where {plural(self.relabelled, 'true label differs', 'true labels differ')}"
        return f"their rows are not the same: {rows}{changed if self.relabelled else ''}"


def pair_up(reference: AnyPredictions, other: AnyPredictions) -> Pair | Mismatch:
    """Return both predictions in the order of the reference, or why that is impossible.

    Rows are matched by id and classes by name. A single-label run may know further classes: the
    other one gives them the probability 0.

    Args:
        reference: Predictions whose order counts.
        other: Predictions to bring into that order.
    """
    found = pair_up_shared(reference, other)
    if isinstance(found, Mismatch):
        return found
    pair, left_out = found
    return pair if left_out is None else left_out


def pair_up_shared(
    reference: AnyPredictions, other: AnyPredictions
) -> tuple[Pair, Mismatch | None] | Mismatch:
    """Return both predictions on the rows that have the same label in both, and what is left out.

    A row whose label was changed in between is left out for both runs: by the old label one of them
    would be judged on what is known to be wrong, and by the new one, which people often choose
    where the first run disagreed with the old, the first run would be favoured. Rows that one of
    both does not have are left out if the other one has none of its own: they were dropped. Rows
    that were dealt out anew are not compared.

    Args:
        reference: Predictions whose order counts.
        other: Predictions to bring into that order.
    """
    if task_of(reference) != task_of(other):
        return Mismatch(tasks_differ=True)
    strangers = set(reference.label_names) ^ set(other.label_names)
    if strangers and isinstance(reference, MultiLabelPredictions):
        return Mismatch(classes=tuple(sorted(strangers)))
    new = (name for name in other.label_names if name not in reference.label_names)
    names = (*reference.label_names, *new)
    first, second = _with_names(reference, names), _with_names(other, names)
    places = places_of(first.row_ids, second.row_ids)
    known = np.flatnonzero(places >= 0)
    is_changed = _truth_differs(_at(first, known), _at(second, places[known]))
    if len(known) == len(first) == len(second) and not is_changed.any():
        return (first, _at(second, places)), None
    left_out = Mismatch(
        only_reference=len(first) - len(known),
        only_other=len(second) - len(known),
        relabelled=int(is_changed.sum()),
        common=len(known),
    )
    kept = known[~is_changed]
    if not len(kept) or (left_out.only_reference and left_out.only_other):
        return left_out
    return (_at(first, kept), _at(second, places[kept])), left_out


def _with_names(predictions: AnyPredictions, names: tuple[str, ...]) -> AnyPredictions:
    """Return predictions over the classes `names`, of which they may know a part."""
    if predictions.label_names == names:
        return predictions
    columns = np.array([names.index(name) for name in predictions.label_names], dtype=np.int64)
    probabilities = np.zeros((len(predictions), len(names)))
    probabilities[:, columns] = predictions.probabilities
    if isinstance(predictions, Predictions):
        true = columns[predictions.true_label_ids]
        return Predictions(predictions.row_ids, true, probabilities, names)
    targets = np.zeros(probabilities.shape, dtype=bool)
    targets[:, columns] = predictions.targets == 1
    return MultiLabelPredictions(predictions.row_ids, targets, probabilities, names)


def places_of(row_ids: tuple[str, ...], wanted_in: tuple[str, ...]) -> Indices:
    """Return where each of N rows stands among others, -1 where it does not, shape (N,)."""
    if row_ids == wanted_in:
        return np.arange(len(row_ids))
    found = pc.index_in(pa.array(row_ids, pa.string()), value_set=pa.array(wanted_in, pa.string()))
    return np.asarray(pc.fill_null(found, -1), dtype=np.int64)


def _at(predictions: AnyPredictions, rows: Indices) -> AnyPredictions:
    """Return the predictions of some rows."""
    if np.array_equal(rows, np.arange(len(predictions))):
        return predictions
    row_ids = tuple(predictions.row_ids[row] for row in rows)
    probabilities = predictions.probabilities[rows]
    names = predictions.label_names
    if isinstance(predictions, Predictions):
        return Predictions(row_ids, predictions.true_label_ids[rows], probabilities, names)
    return MultiLabelPredictions(row_ids, predictions.targets[rows], probabilities, names)


def _truth_differs(first: AnyPredictions, second: AnyPredictions) -> Mask:
    """Return which rows have other true labels, shape (N,)."""
    if isinstance(first, Predictions) and isinstance(second, Predictions):
        return np.asarray(first.true_label_ids != second.true_label_ids)
    if isinstance(first, MultiLabelPredictions) and isinstance(second, MultiLabelPredictions):
        return np.asarray((first.targets != second.targets).any(axis=1))
    raise TypeError("Expected predictions of one task.")
