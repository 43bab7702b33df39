"""The confusion matrix, and how those of two runs differ, as clickable cells."""

from collections.abc import Callable

import numpy as np
import plotly.graph_objects as go

from textcls_core.arrays import LabelIds
from textcls_core.charts.evaluation.grid import Grid, grid_chart
from textcls_core.evaluation.confusion import Normalisation, normalise
from textcls_core.evaluation.confusion_difference import ConfusionDifference
from textcls_core.evaluation.evaluation import Evaluation
from textcls_core.wording import percent, plural


def confusion_chart(
    evaluation: Evaluation,
    by: Normalisation,
    *,
    label_ids: LabelIds | None = None,
    selected: tuple[str, str] | None = None,
    errors_only: bool = False,
    is_dark: bool = False,
) -> go.Figure:
    """Return the matrix: rows are true classes, columns predicted ones, totals at the margins.

    A click returns true and predicted class name; on a total, the empty name stands for all
    classes. Shares and totals count all classes, also those that are not drawn.

    Args:
        evaluation: Figures with the confusion counts, shape (C, C).
        by: What the cells show: counts, or shares of their row or column.
        label_ids: The classes to draw, in this order; all of them without.
        selected: True and predicted class of the cell with a frame.
        errors_only: Leave the diagonal empty, so that colour speaks of mistakes alone.
        is_dark: Whether the page behind is dark.
    """
    counts = evaluation.confusion
    ids = np.arange(len(counts)) if label_ids is None else label_ids
    shown = normalise(counts, by)
    if errors_only:
        shown = shown * (1 - np.eye(len(shown)))
    support, predicted = counts.sum(axis=1), counts.sum(axis=0)

    def note(row: int, column: int) -> str:
        i, j = ids[row], ids[column]
        count = int(counts[i, j])
        of_true, of_predicted = count / max(support[i], 1), count / max(predicted[j], 1)
        return (
            f"{plural(count, 'row')}: {percent(of_true)} of the true class, "
            f"{percent(of_predicted)} of the predicted"
        )

    grid = Grid(
        label_names=tuple(evaluation.label_names[label_id] for label_id in ids),
        values=shown[np.ix_(ids, ids)],
        is_drawn=counts[np.ix_(ids, ids)] > 0,
        text=_share_text if by != "counts" else _count_text,
        note=note,
        totals=([f"{n:,}" for n in support[ids]], [f"{n:,}" for n in predicted[ids]]),
        selected=selected,
    )
    return grid_chart(grid, is_dark=is_dark)


def difference_chart(
    difference: ConfusionDifference,
    by: Normalisation,
    *,
    label_ids: LabelIds | None = None,
    selected: tuple[str, str] | None = None,
    errors_only: bool = False,
    is_dark: bool = False,
) -> go.Figure:
    """Return the matrix of one run minus that of another: blue where it has fewer rows.

    Args:
        difference: Both runs on the same rows.
        by: What the cells show: a difference of counts, or of shares of their row or column.
        label_ids: The classes to draw, in this order; all of them without.
        selected: True and predicted class of the cell with a frame.
        errors_only: Leave the diagonal empty, so that colour speaks of mistakes alone.
        is_dark: Whether the page behind is dark.
    """
    this, other = difference.confusion, difference.other_confusion
    ids = np.arange(len(this)) if label_ids is None else label_ids
    shown = difference.shown(by)
    if errors_only:
        shown = shown * (1 - np.eye(len(shown)))

    def note(row: int, column: int) -> str:
        i, j = ids[row], ids[column]
        return f"{plural(int(this[i, j]), 'row')} in this run, {int(other[i, j]):,} in the other"

    totals = [f"{n:+,}" if n else "0" for n in (this - other).sum(axis=0)[ids].tolist()]
    grid = Grid(
        label_names=tuple(difference.label_names[label_id] for label_id in ids),
        values=shown[np.ix_(ids, ids)],
        is_drawn=shown[np.ix_(ids, ids)] != 0,
        text=_signed(_share_text if by != "counts" else _count_text),
        note=note,
        totals=(["0"] * len(ids), totals),
        is_signed=True,
        selected=selected,
    )
    return grid_chart(grid, is_dark=is_dark)


def _count_text(value: float) -> str:
    return f"{value:,.0f}" if value else ""


def _share_text(value: float) -> str:
    return percent(value, 0) if value else ""


def _signed(text: Callable[[float], str]) -> Callable[[float], str]:
    """Return text with a plus before what is larger than 0."""
    return lambda value: f"+{text(value)}" if value > 0 else text(value)
