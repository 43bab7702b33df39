"""Intervals of figures that follow from sums over rows: shares, means and their quotients.

The bias-corrected and accelerated bootstrap (BCa; Efron and Tibshirani 1993, "An Introduction to
the Bootstrap", equations 14.9 to 14.15): near 0 and 1, where figures are skewed, the plain
percentile interval covers the true figure too rarely.
"""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from jaxtyping import Float, Int

from textcls_core.arrays import LabelIds
from textcls_core.evaluation.bootstrap import (
    CONFIDENCE,
    NUM_SAMPLES,
    Groups,
    Interval,
    Kinds,
    Samples,
    drawn_kinds,
)

Columns = Float[np.ndarray, "... F"]
"""Sums of F columns; the axes before are samples."""
FigureOfSums = Callable[[Columns], Float[np.ndarray, "..."]]
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums of the columns of a table over rows: all of them, and as they are drawn."""

    total: Float[np.ndarray, " F"]
    """Over all rows."""
    samples: Float[np.ndarray, "S F"]
    """Over the rows of each bootstrap sample."""
    without_one: Float[np.ndarray, "T F"]
    """Over all rows but those of one group, for every kind of group."""
    num_groups: Int[np.ndarray, " T"]
    """How many groups of each kind there are."""


def resampled_sums(
    cells: LabelIds,
    table: Float[np.ndarray, "K F"],
    groups: Groups | None = None,
    *,
    num_samples: int = NUM_SAMPLES,
    seed: int = 0,
) -> Sums:
    """Return sums over rows that are drawn as in `bootstrap.resampled_cells`.

    Args:
        cells: Which line of the table each row has, shape (N,).
        table: What is summed, a line per cell and a column per sum.
        groups: Equal for rows that are drawn together, shape (N,); None draws row by row.
        num_samples: Number of samples, S.
        seed: The same seed gives the same samples.
    """
    kinds = Kinds.of(cells, groups)
    order = np.argsort(kinds.entry_kinds, kind="stable")
    starts = np.flatnonzero(np.diff(kinds.entry_kinds[order], prepend=-1))
    of_kind = np.add.reduceat(table[kinds.entry_cells[order]], starts, axis=0)
    drawn = drawn_kinds(kinds, num_samples, seed)
    total = kinds.sizes @ of_kind
    return Sums(
        total=total,
        samples=np.concatenate([counts.astype(np.float64) @ of_kind for counts in drawn]),
        without_one=total - of_kind,
        num_groups=kinds.sizes,
    )


def bca_interval(
    sums: Sums, figure: FigureOfSums, confidence: float = CONFIDENCE
) -> Interval | None:
    """Return where a figure may lie, had other rows been drawn.

    Args:
        sums: Sums of all that the figure depends on.
        figure: Returns the figure of sums, for many samples at once.
        confidence: How often such intervals should hold the true figure.

    Returns:
        The interval, or None where the samples say nothing: with a single group, or when all
        samples agree, as they do without any mistake.
    """
    value, samples = float(figure(sums.total)), figure(sums.samples)
    if sums.num_groups.sum() < 2 or np.ptp(samples) == 0:
        return None
    share_below = (samples < value).mean() + (samples == value).mean() / 2
    edge = 1 / (2 * len(samples))
    bias = _NORMAL.inv_cdf(float(np.clip(share_below, edge, 1 - edge)))
    skew = _acceleration(figure(sums.without_one), sums.num_groups)
    outside = (1 - confidence) / 2
    moved = [bias + _NORMAL.inv_cdf(share) for share in (outside, 1 - outside)]
    shares = [_NORMAL.cdf(bias + point / (1 - skew * point)) for point in moved]
    low, high = _mid_quantiles(samples, shares)
    return Interval(low, high)


def share_interval(sums: Sums, figure: FigureOfSums, confidence: float = CONFIDENCE) -> Interval:
    """Return where a share of rows may lie, also when it is 0 or 1.

    There the interval is the exact one of as many independent rows as there are groups (Clopper
    and Pearson 1934, "The use of confidence or fiducial limits illustrated in the case of the
    binomial").
    """
    interval = bca_interval(sums, figure, confidence)
    if interval is not None:
        return interval
    reach = ((1 - confidence) / 2) ** (1 / sums.num_groups.sum())
    value = float(figure(sums.total))
    return Interval(float(reach) * value, 1 - float(reach) * (1 - value))


def _acceleration(left_out: Samples, num_groups: Int[np.ndarray, " T"]) -> float:
    """Return a sixth of the skewness of the figure by the jackknife (equation 14.15)."""
    mean = np.average(left_out, weights=num_groups)
    deviations = mean - left_out
    squares = float((num_groups * deviations**2).sum())
    if squares == 0:
        return 0.0
    return float((num_groups * deviations**3).sum()) / (6 * squares**1.5)


def _mid_quantiles(samples: Samples, shares: list[float]) -> list[float]:
    """Return quantiles that lie between the values of a figure with few values.

    Half of the samples with a value count as below it, and it is interpolated in between (Ma,
    Genton and Parzen 2011, "Asymptotic properties of sample quantiles of discrete distributions",
    section 2). A plain quantile of a count makes intervals jump by whole rows.
    """
    values, counts = np.unique(samples, return_counts=True)
    middles = (np.cumsum(counts) - counts / 2) / len(samples)
    return [float(value) for value in np.interp(shares, middles, values)]
