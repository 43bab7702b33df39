"""Slices: named parts of the rows of a split, and how often a model is right in each of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from textcls_core.arrays import Indices, Mask
from textcls_core.evaluation.figures import ratio, require_rows
from textcls_core.evaluation.share_intervals import Numbers, difference_interval, wilson_intervals
from textcls_core.evaluation.slice_tests import adjusted_p_values, effect_sizes, fisher_p_values

SIGNIFICANT = 0.05
"""Share of false alarms that is accepted among the slices that are called weaker."""
MIN_ROWS = 20
"""Slices with fewer rows are not judged."""


@dataclass(frozen=True, slots=True)
class Membership:
    """Which rows are in which of S slices; a row may be in several, or in none."""

    rows: Indices
    """Positions among N rows, shape (M,): one entry for each pair of row and slice."""
    slices: Indices
    """Number of the slice of each entry, shape (M,)."""
    num_slices: int
    """S."""

    @classmethod
    def of_codes(cls, codes: Indices, num_slices: int) -> "Membership":
        """Return the slices of rows that are in at most one each.

        Args:
            codes: Number of the slice of each row, or -1 for none, shape (N,).
            num_slices: Number of slices, S.
        """
        rows = np.flatnonzero(codes >= 0)
        return cls(rows, np.asarray(codes[rows], dtype=np.int64), num_slices)

    @classmethod
    def of_sets(cls, flags: np.ndarray) -> "Membership":
        """Return the slices of rows from one column of flags per slice, shape (N, S)."""
        rows, slices = np.nonzero(flags)
        return cls(rows, slices, flags.shape[1])

    def mask(self, number: int, num_rows: int) -> Mask:
        """Return which of N rows are in a slice, shape (N,)."""
        found = np.zeros(num_rows, dtype=bool)
        found[self.rows[self.slices == number]] = True
        return found

    def among(self, kept: Mask) -> "Membership":
        """Return the same slices of some of the rows, whose positions are counted anew.

        Args:
            kept: Which of the N rows stay, shape (N,).
        """
        is_kept = kept[self.rows]
        places = np.cumsum(kept) - 1
        return Membership(places[self.rows[is_kept]], self.slices[is_kept], self.num_slices)

    def counts(self, flags: Mask | None = None) -> Numbers:
        """Return the rows of each slice, or those of them that have a flag, shape (S,)."""
        chosen = self.slices if flags is None else self.slices[flags[self.rows]]
        return np.bincount(chosen, minlength=self.num_slices)


@dataclass(frozen=True, slots=True)
class KnownRight:
    """Which of N rows another model has right, as far as it was asked."""

    is_known: Mask
    """Whether it answered the row, shape (N,)."""
    is_right: Mask
    """Whether that answer is right, shape (N,)."""

    def share(self, inside: Mask) -> float | None:
        """Return its accuracy in some of the rows, in [0, 1]; None if it answered none of them."""
        asked = self.is_known & inside
        return float(self.is_right[asked].mean()) if asked.any() else None


@dataclass(frozen=True, slots=True)
class SliceFigures:
    """How often a model is right in a slice, against the rest of the rows."""

    num_rows: int
    accuracy: float
    """Share of its rows that are right, in [0, 1]."""
    accuracy_interval: tuple[float, float]
    """95 % score interval."""
    num_rest: int
    """Rows it is compared with: all that are not in the slice."""
    rest_accuracy: float
    """Their accuracy; that of the slice itself if it holds all rows."""
    difference: float
    """Accuracy less that of the rest, in [-1, 1]."""
    difference_interval: tuple[float, float]
    """95 %."""
    effect_size: float
    """Cohen's h of both shares; negative in a weak slice."""
    p_value: float
    """Chance of at least so many mistakes if the slice were drawn blindly."""
    adjusted_p: float
    """The same, adjusted for all slices that were looked at (Benjamini and Hochberg)."""

    @property
    def is_small(self) -> bool:
        """Whether there are too few rows for a judgement."""
        return self.num_rows < MIN_ROWS

    @property
    def is_weaker(self) -> bool:
        """Whether it is weaker than the rest beyond what chance explains."""
        return not self.is_small and self.adjusted_p <= SIGNIFICANT

    def to_json(self) -> dict[str, Any]:
        """Return the figures in the form of the command line."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return {**values, "is_small": self.is_small, "is_weaker": self.is_weaker}


def measure_slices(membership: Membership, right: Mask) -> list[SliceFigures]:
    """Return the figures of each slice against all other rows; S entries.

    Slices that are too small for a judgement get figures, but do not count among those that the
    p values are adjusted for.

    Args:
        membership: Which of N rows are in which slice.
        right: Which rows are right, shape (N,).

    Raises:
        InvalidArgumentError: If there are no rows.
    """
    require_rows(len(right))
    rows, hits = membership.counts(), membership.counts(right)
    total = np.full(len(rows), len(right))
    wrong = np.full(len(rows), int((~right).sum()))
    p_values = fisher_p_values(rows - hits, rows, wrong, total)
    adjusted = np.ones(len(rows))
    judged = rows >= MIN_ROWS
    adjusted[judged] = adjusted_p_values(p_values[judged])
    return slice_figures(rows, hits, len(right), int(right.sum()), p_values, adjusted)


def slice_figures(
    rows: Numbers,
    right: Numbers,
    num_rows: int,
    num_right: int,
    p_values: np.ndarray,
    adjusted: np.ndarray,
) -> list[SliceFigures]:
    """Return the figures of S slices from their counts.

    Args:
        rows: Rows of each slice, shape (S,).
        right: Right ones among them, shape (S,).
        num_rows: All rows, N.
        num_right: All right ones.
        p_values: From a test, shape (S,).
        adjusted: The same, adjusted, shape (S,).
    """
    rest, rest_right = num_rows - rows, num_right - right
    accuracy = ratio(right, rows)
    rest_accuracy = np.where(rest > 0, ratio(rest_right, rest), accuracy)
    low, high = wilson_intervals(right, rows)
    gap_low, gap_high = difference_interval(right, rows, rest_right, rest)
    columns = (
        rows.tolist(),
        accuracy.tolist(),
        zip(low.tolist(), high.tolist(), strict=True),
        rest.tolist(),
        rest_accuracy.tolist(),
        (accuracy - rest_accuracy).tolist(),
        zip(gap_low.tolist(), gap_high.tolist(), strict=True),
        effect_sizes(accuracy, rest_accuracy).tolist(),
        p_values.tolist(),
        adjusted.tolist(),
    )
    return [SliceFigures(*values) for values in zip(*columns, strict=True)]
