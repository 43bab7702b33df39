"""A figure for each part of the rows, such as short and long texts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float

from textcls_core.arrays import Indices, LabelIds, Lengths
from textcls_core.evaluation.agreement import Tally, accuracy, macro_f1
from textcls_core.evaluation.bootstrap import Interval
from textcls_core.evaluation.by_task import AnyPredictions, truth_and_answer
from textcls_core.evaluation.intervals import (
    FigureOfSums,
    Sums,
    bca_interval,
    resampled_sums,
    share_interval,
)
from textcls_core.evaluation.outcomes import Outcomes

PartMetric = Literal["accuracy", "macro_f1"]
METRICS: dict[PartMetric, str] = {"accuracy": "Accuracy", "macro_f1": "Macro-F1"}


@dataclass(frozen=True, slots=True)
class PartFigure:
    """A figure over the rows of one part."""

    num_rows: int
    value: float
    """In [0, 1]."""
    interval: Interval | None
    """95 %; None where the rows do not say."""


@dataclass(frozen=True, slots=True)
class LengthParts:
    """Rows in parts of about the same size, from the shortest texts to the longest."""

    bounds: tuple[tuple[int, int], ...]
    """Smallest and largest length in each of P parts."""
    part_of_row: Indices
    """Part of each row, shape (N,)."""


def length_parts(lengths: Lengths, most: int = 8) -> LengthParts:
    """Return parts that hold about as many rows each; texts of one length stay together.

    Args:
        lengths: Of each row, at least one, shape (N,).
        most: Number of parts at most; there are fewer when few lengths occur.

    Example:
        >>> length_parts(np.array([1, 1, 1, 5, 6, 9]), 2).bounds
        ((1, 1), (5, 9))
    """
    shares = np.arange(1, most + 1) / most
    ends = np.unique(np.quantile(lengths, shares, method="inverted_cdf"))
    part_of_row = np.searchsorted(ends, lengths, side="left")
    starts = [int(lengths[part_of_row == part].min()) for part in range(len(ends))]
    return LengthParts(tuple(zip(starts, map(int, ends), strict=True)), part_of_row)


def part_figures(
    predictions: AnyPredictions, part_of_row: Indices, num_parts: int, metric: PartMetric
) -> list[PartFigure | None]:
    """Return a figure with its interval for each part, None for a part without rows.

    Macro-F1 is the mean over the classes that occur in the part, as a true or a predicted one;
    accuracy counts a text with several labels if all of them are right. Intervals are those of
    `evaluation.intervals`, over rows drawn one by one within their part.

    Args:
        predictions: N rows.
        part_of_row: Number of the part of each row, shape (N,).
        num_parts: Number of parts, P.
        metric: What is measured.
    """
    outcomes = Outcomes.of(len(predictions.label_names), *truth_and_answer(predictions))
    cells, table = outcomes.cells, outcomes.table
    members = [part_of_row == part for part in range(num_parts)]
    return [_figure(cells[rows], table, metric) if rows.any() else None for rows in members]


def part_values(
    predictions: AnyPredictions, part_of_row: Indices, num_parts: int, metric: PartMetric
) -> list[float | None]:
    """Return the figures of `part_figures` alone, without their intervals.

    Args:
        predictions: N rows.
        part_of_row: Number of the part of each row, -1 for none, shape (N,).
        num_parts: Number of parts, P.
        metric: What is measured.
    """
    outcomes = Outcomes.of(len(predictions.label_names), *truth_and_answer(predictions))
    figure = _FIGURES[metric][0]
    members = [outcomes.cells[part_of_row == part] for part in range(num_parts)]
    return [
        float(figure(outcomes.table[cells].sum(axis=0))) if len(cells) else None
        for cells in members
    ]


def _figure(cells: LabelIds, table: Float[np.ndarray, "K F"], metric: PartMetric) -> PartFigure:
    sums = resampled_sums(cells, table)
    figure, interval = _FIGURES[metric]
    return PartFigure(len(cells), float(figure(sums.total)), interval(sums, figure))


_FIGURES: dict[PartMetric, tuple[FigureOfSums, Callable[[Sums, FigureOfSums], Interval | None]]] = {
    "accuracy": (lambda sums: accuracy(Tally.of_sums(sums)), share_interval),
    "macro_f1": (lambda sums: macro_f1(Tally.of_sums(sums)), bca_interval),
}
