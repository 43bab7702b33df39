"""The finder of weak slices: every condition, and every two of them together, tested at once.

All counts come from one product of 0 and 1 matrices, so that thousands of slices of a hundred
thousand rows take a second.

What is reported is weaker than the rest. A slice of two conditions must also be weaker than the
other rows of each of its two conditions, or it would only repeat what one of them says: its p value
is the largest of these three tests (an intersection-union test: Berger 1982, "Multiparameter
hypothesis testing and acceptance sampling"). Benjamini and Hochberg's adjustment runs over all
slices that were tried, not over those that are shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from textcls_core.arrays import Mask
from textcls_core.evaluation.figures import require_rows
from textcls_core.evaluation.share_intervals import Numbers
from textcls_core.evaluation.slice_tests import adjusted_p_values, fisher_p_values
from textcls_core.evaluation.slices import (
    MIN_ROWS,
    SIGNIFICANT,
    Membership,
    SliceFigures,
    slice_figures,
)

MAX_SHOWN = 50
SAME_ROWS = 0.7
"""Shared rows, as a share of those in either, from which two slices say the same."""
_ROWS_AT_ONCE = 8_192

PairCounts = Int[np.ndarray, "S S"]


@dataclass(frozen=True, slots=True)
class WeakSlice:
    """A slice that is weaker than the rest beyond what chance explains."""

    conditions: tuple[int, ...]
    """Numbers of one condition, or of two that hold together."""
    figures: SliceFigures
    num_similar: int
    """Other weak slices with nearly the same rows, which are not listed."""


@dataclass(frozen=True, slots=True)
class WeakSlices:
    """What the finder tried and found."""

    found: tuple[WeakSlice, ...]
    """The surest and largest differences first, `MAX_SHOWN` at most."""
    num_single: int
    """Conditions that were tried alone."""
    num_pairs: int
    """Pairs of conditions that were tried."""
    num_weak: int
    """Slices that are weaker beyond chance, those with nearly the same rows counted too."""

    @property
    def num_tried(self) -> int:
        """Slices that the p values are adjusted for."""
        return self.num_single + self.num_pairs


@dataclass(frozen=True, slots=True)
class _Tried:
    """Counts of the slices that have enough rows, inside and outside."""

    first: Numbers
    second: Numbers
    """The same as `first` for a single condition."""
    rows: Numbers
    wrong: Numbers


def find_weak_slices(
    membership: Membership, right: Mask, *, min_rows: int = MIN_ROWS, limit: int = MAX_SHOWN
) -> WeakSlices:
    """Return the slices, of one or two conditions, that are weaker than the rest.

    Args:
        membership: Which of N rows meet which of S conditions.
        right: Which rows are right, shape (N,).
        min_rows: Slices with fewer rows, or which leave fewer, are not tried.
        limit: Slices listed at most.

    Raises:
        InvalidArgumentError: If there are no rows.
    """
    require_rows(len(right))
    both_rows, both_wrong = _pair_counts(membership, ~right)
    tried = _enough_rows(both_rows, both_wrong, len(right), min_rows)
    p_values = _p_values(tried, both_rows, both_wrong, ~right)
    adjusted = adjusted_p_values(p_values)
    is_single = tried.first == tried.second
    weak = np.flatnonzero(adjusted <= SIGNIFICANT)
    hits = (tried.rows - tried.wrong)[weak]
    figures = slice_figures(
        tried.rows[weak], hits, len(right), int(right.sum()), p_values[weak], adjusted[weak]
    )
    order = sorted(range(len(weak)), key=lambda place: figures[place].difference_interval[1])
    pairs = [_conditions(tried, int(weak[place])) for place in order]
    found = _distinct(pairs, [figures[place] for place in order], membership, len(right), limit)
    num_single = int(is_single.sum())
    return WeakSlices(tuple(found), num_single, len(p_values) - num_single, len(weak))


def _pair_counts(membership: Membership, wrong: Mask) -> tuple[PairCounts, PairCounts]:
    """Return the rows and the wrong rows that meet both of any two conditions, shape (S, S)."""
    size = membership.num_slices
    rows, wrong_rows = np.zeros((2, size, size))
    order = np.argsort(membership.rows, kind="stable")
    sorted_rows, slices = membership.rows[order], membership.slices[order]
    starts = range(0, len(wrong), _ROWS_AT_ONCE)
    ends = np.searchsorted(sorted_rows, [*starts, len(wrong)])
    for start, low, high in zip(starts, ends, ends[1:], strict=False):
        count = min(_ROWS_AT_ONCE, len(wrong) - start)
        flags: Float[np.ndarray, "n S"] = np.zeros((count, size), np.float32)
        flags[sorted_rows[low:high] - start, slices[low:high]] = 1
        missed = flags[wrong[start : start + count]]
        rows += flags.T @ flags
        wrong_rows += missed.T @ missed
    return rows.astype(np.int64), wrong_rows.astype(np.int64)


def _enough_rows(
    both_rows: PairCounts, both_wrong: PairCounts, num_rows: int, min_rows: int
) -> _Tried:
    """Return the slices with enough rows; a pair that is one of its conditions is left out."""
    alone = np.diagonal(both_rows)
    is_tried = (both_rows >= min_rows) & (num_rows - both_rows >= min_rows)
    is_part = (both_rows < alone[:, None]) & (both_rows < alone[None, :])
    first, second = np.nonzero(np.triu(is_tried & is_part, 1) | np.diag(np.diagonal(is_tried)))
    return _Tried(first, second, both_rows[first, second], both_wrong[first, second])


def _p_values(
    tried: _Tried, both_rows: PairCounts, both_wrong: PairCounts, wrong: Mask
) -> np.ndarray:
    """Return the p value of each slice; of a pair, the largest of its three tests."""
    everything = np.full(len(tried.rows), len(wrong))
    p_values = fisher_p_values(
        tried.wrong, tried.rows, np.full(len(tried.rows), int(wrong.sum())), everything
    )
    pairs = np.flatnonzero(tried.first != tried.second)
    for side in (tried.first[pairs], tried.second[pairs]):
        inside = fisher_p_values(
            tried.wrong[pairs], tried.rows[pairs], both_wrong[side, side], both_rows[side, side]
        )
        p_values[pairs] = np.maximum(p_values[pairs], inside)
    return p_values


def _conditions(tried: _Tried, place: int) -> tuple[int, ...]:
    return tuple(dict.fromkeys((int(tried.first[place]), int(tried.second[place]))))


def _distinct(
    slices: Sequence[tuple[int, ...]],
    figures: Sequence[SliceFigures],
    membership: Membership,
    num_rows: int,
    limit: int,
) -> list[WeakSlice]:
    """Return the first of every group of slices that hold nearly the same rows."""
    masks: list[Mask] = []
    similar: list[int] = []
    kept: list[int] = []
    for place, conditions in enumerate(slices):
        mask = np.logical_and.reduce([membership.mask(c, num_rows) for c in conditions])
        same = next((n for n, other in enumerate(masks) if _overlap(mask, other)), None)
        if same is not None:
            similar[same] += 1
        elif len(kept) < limit:
            masks.append(mask)
            similar.append(0)
            kept.append(place)
    return [
        WeakSlice(slices[place], figures[place], count)
        for place, count in zip(kept, similar, strict=True)
    ]


def _overlap(one: Mask, other: Mask) -> bool:
    """Tell whether two slices hold nearly the same rows (their Jaccard similarity)."""
    shared, either = np.count_nonzero(one & other), np.count_nonzero(one | other)
    return bool(shared >= SAME_ROWS * either)
