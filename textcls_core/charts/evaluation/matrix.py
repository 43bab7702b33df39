"""The confusion matrix, and how those of two runs differ, as the cells of a grid."""

from collections.abc import Callable

import numpy as np

from textcls_core.arrays import LabelIds
from textcls_core.charts.evaluation.grid import (
    MAX_CLASSES_WITH_NUMBERS,
    MAX_ROOMY,
    Grid,
)
from textcls_core.evaluation.confusion import Normalisation, normalise
from textcls_core.evaluation.confusion_difference import ConfusionDifference
from textcls_core.evaluation.evaluation import Evaluation
from textcls_core.wording import percent, plural


def confusion_grid(
    evaluation: Evaluation,
    by: Normalisation,
    *,
    label_ids: LabelIds | None = None,
    selected: tuple[str, str] | None = None,
    errors_only: bool = False,
) -> Grid:
    """Return the matrix: rows are true classes, columns predicted ones, totals at the margins.

    A click returns true and predicted class name; on a total, the empty name stands for all
    classes. Shares and totals count all classes, also those that are not drawn.

    Args:
        evaluation: Figures with the confusion counts, shape (C, C).
        by: What the cells show: counts, or shares of their row or column.
        label_ids: The classes to draw, in this order; all of them without.
        selected: True and predicted class of the cell with a frame.
        errors_only: Leave the diagonal empty, so that colour speaks of mistakes alone.
    """
    counts = evaluation.confusion
    ids = np.arange(len(counts)) if label_ids is None else label_ids
    shown = normalise(counts, by)
    if errors_only:
        shown = shown * (1 - np.eye(len(shown)))
    support, predicted = counts.sum(axis=1)[ids].tolist(), counts.sum(axis=0)[ids].tolist()
    drawn = counts[np.ix_(ids, ids)]
    numbers = drawn.tolist()

    def note(row: int, column: int) -> str:
        count = numbers[row][column]
        of_true, of_predicted = count / max(support[row], 1), count / max(predicted[column], 1)
        return (
            f"{plural(count, 'row')}: {percent(of_true)} of the true class, "
            f"{percent(of_predicted)} of the predicted"
        )

    return Grid(
        label_names=tuple(evaluation.label_names[label_id] for label_id in ids),
        values=shown[np.ix_(ids, ids)],
        is_drawn=drawn > 0,
        text=_texts(by, len(ids)),
        note=note,
        totals=(support, predicted),
        total_text=_texts("counts", len(ids)),
        unit=_unit(by, len(ids)),
        selected=selected,
    )


def difference_grid(
    difference: ConfusionDifference,
    by: Normalisation,
    *,
    label_ids: LabelIds | None = None,
    selected: tuple[str, str] | None = None,
    errors_only: bool = False,
) -> Grid:
    """Return the matrix of one run minus that of another: blue where it has fewer rows.

    Args:
        difference: Both runs on the same rows.
        by: What the cells show: a difference of counts, or of shares of their row or column.
        label_ids: The classes to draw, in this order; all of them without.
        selected: True and predicted class of the cell with a frame.
        errors_only: Leave the diagonal empty, so that colour speaks of mistakes alone.
    """
    this, other, changes = difference.confusion, difference.other_confusion, difference.counts
    ids = np.arange(len(this)) if label_ids is None else label_ids
    shown = difference.shown(by)
    if errors_only:
        shown = shown * (1 - np.eye(len(shown)))

    def note(row: int, column: int) -> str:
        i, j = ids[row], ids[column]
        return f"{plural(int(this[i, j]), 'row')} in this run, {int(other[i, j]):,} in the other"

    return Grid(
        label_names=tuple(difference.label_names[label_id] for label_id in ids),
        values=shown[np.ix_(ids, ids)],
        is_drawn=shown[np.ix_(ids, ids)] != 0,
        text=_signed(_texts(by, len(ids))),
        note=note,
        totals=(changes.sum(axis=1)[ids].tolist(), changes.sum(axis=0)[ids].tolist()),
        total_text=_signed(_texts("counts", len(ids))),
        unit=_unit(by, len(ids)),
        is_signed=True,
        selected=selected,
    )


def _texts(by: Normalisation, num_classes: int) -> Callable[[float], str]:
    """Return what writes the values of cells, as short as the room for them asks."""
    is_roomy = num_classes <= MAX_ROOMY
    if by == "counts":
        return _count_text if is_roomy else _short_count_text
    return (lambda value: percent(value, 0) if value else "") if is_roomy else _short_share_text


def _count_text(value: float) -> str:
    return f"{value:,.0f}" if value else ""


def _short_count_text(value: float) -> str:
    """Return a count in at most four characters and a sign."""
    if abs(value) < 1_000:
        return f"{value:.0f}" if value else ""
    return f"{value / 1_000:.1f}k" if abs(value) < 10_000 else f"{value / 1_000:.0f}k"


def _short_share_text(value: float) -> str:
    return f"{100 * value:.0f}" if value else ""


def _unit(by: Normalisation, num_classes: int) -> str:
    """Return the unit that small cells leave out."""
    has_unit = by != "counts" and MAX_ROOMY < num_classes <= MAX_CLASSES_WITH_NUMBERS
    return "cells in %" if has_unit else ""


def _signed(text: Callable[[float], str]) -> Callable[[float], str]:
    """Return text with a plus before what is larger than 0."""
    return lambda value: f"+{text(value)}" if value > 0 else text(value)
