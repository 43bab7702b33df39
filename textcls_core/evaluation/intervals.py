"""Intervals of figures that follow from sums over rows: shares, means and their quotients.

Near 0 and 1, where figures are skewed, the plain percentile interval of the bootstrap covers the
true figure too rarely. A share of rows has Wilson's interval with the variance of the bootstrap;
everything else the bias-corrected and accelerated bootstrap (BCa; Efron and Tibshirani 1993, "An
Introduction to the Bootstrap", equations 14.9 to 14.15).
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
    effective_rows: float
    """How many independent rows say as much, if all rows of a group are alike (Kish 1965,
    "Survey Sampling", equation 11.7.6): the number of rows without groups."""


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
    rows = np.bincount(kinds.entry_kinds)
    return Sums(
        total=total,
        samples=np.concatenate([counts.astype(np.float64) @ of_kind for counts in drawn]),
        without_one=total - of_kind,
        num_groups=kinds.sizes,
        effective_rows=float((kinds.sizes @ rows) ** 2 / (kinds.sizes @ rows**2)),
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
    """Return where a share of rows may lie, also when it is near 0 or 1.

    Wilson's score interval (Wilson 1927, "Probable inference, the law of succession, and
    statistical inference"), for as many independent rows as would make the share vary as much as
    it does from sample to sample, and at most `effective_rows`. It covers a share of few mistakes
    better than quantiles of the samples, which jump by whole rows.

    Args:
        sums: Sums of all that the share depends on.
        figure: Returns the share of sums, for many samples at once.
        confidence: How often such intervals should hold the true share.
    """
    share, samples = float(figure(sums.total)), figure(sums.samples)
    size = sums.effective_rows
    if np.ptp(samples) > 0:
        size = min(share * (1 - share) / float(samples.var()), size)
    squared = _NORMAL.inv_cdf((1 + confidence) / 2) ** 2
    middle = (share + squared / (2 * size)) / (1 + squared / size)
    variation = squared * share * (1 - share) / size + (squared / (2 * size)) ** 2
    reach = variation**0.5 / (1 + squared / size)
    return Interval(min(middle - reach, share), max(middle + reach, share))


def _acceleration(left_out: Samples, num_groups: Int[np.ndarray, " T"]) -> float:
    """Return a sixth of the skewness of the figure by the jackknife (equation 14.15)."""
    mean = np.average(left_out, weights=num_groups)
    deviations = mean - left_out
    squares = float((num_groups * deviations**2).sum())
    if squares == 0:
        return 0.0
    return float((num_groups * deviations**3).sum() / (6 * squares**1.5))


def _mid_quantiles(samples: Samples, shares: list[float]) -> list[float]:
    """Return quantiles that lie between the values of a figure with few values.

    Half of the samples with a value count as below it, and it is interpolated in between (Ma,
    Genton and Parzen 2011, "Asymptotic properties of sample quantiles of discrete distributions",
    section 2). A plain quantile of a count makes intervals jump by whole rows.
    """
    values, counts = np.unique(samples, return_counts=True)
    middles = (np.cumsum(counts) - counts / 2) / len(samples)
    return [float(value) for value in np.interp(shares, middles, values)]
