"""Bootstrap: how far figures would differ, had other texts of the same kind been tested.

Rows that belong together are drawn together (the cluster bootstrap of Field and Welsh 2007,
"Bootstrapping clustered data", section 3): a sample draws as many groups as there are, with
replacement. So its number of rows varies when groups differ in size, and figures must be shares of
the rows that were drawn. Nothing is trained again: an interval says nothing about another seed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from textcls_core.arrays import LabelIds
from textcls_core.errors import InvalidArgumentError

Samples = Float[np.ndarray, " S"]
"""One figure per bootstrap sample."""
CellSamples = Float[np.ndarray, "S K"]
"""How often each of K cells occurs in each of S bootstrap samples."""
Groups = Int[np.ndarray, " N"]
"""Equal for rows that are drawn together."""

NUM_SAMPLES = 1_000
CONFIDENCE = 0.95
_VALUES_AT_ONCE = 2_000_000
_KINDS_PER_GROUP = 1 / 4
"""With more kinds than this, drawing group by group is faster than drawing counts of kinds."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Where a figure may lie."""

    low: float
    high: float

    def to_json(self) -> list[float]:
        """Return both ends."""
        return [self.low, self.high]


@dataclass(frozen=True, slots=True)
class Kinds:
    """Groups sorted by what they hold: those that hold the same cells equally often are alike."""

    kind_of_group: Int[np.ndarray, " G"]
    """Position of the kind of each group."""
    entry_kinds: Int[np.ndarray, " E"]
    """An entry per row of one group of each kind: the kind."""
    entry_cells: Int[np.ndarray, " E"]
    """The cell of each entry, ascending."""

    @property
    def sizes(self) -> Int[np.ndarray, " T"]:
        """Number of groups of each of T kinds."""
        return np.bincount(self.kind_of_group)

    @classmethod
    def of(cls, cells: LabelIds, groups: Groups | None) -> "Kinds":
        """Return the kinds of the groups of N rows.

        A group is recognised by the sum of one random 64-bit number per row, drawn for its cell.
        """
        known, group_of_row = np.unique(cells if groups is None else groups, return_inverse=True)
        if groups is None:
            return cls(group_of_row, np.arange(len(known)), known)
        if len(known) == len(cells):
            return cls.of(cells, None)
        order = np.argsort(group_of_row, kind="stable")
        starts = np.flatnonzero(np.diff(group_of_row[order], prepend=-1))
        marks = np.random.default_rng(0).integers(0, 2**63, cells.max() + 1, dtype=np.uint64)
        sums = np.add.reduceat(marks[cells[order]], starts)
        _, chosen, kind_of_group = np.unique(sums, return_index=True, return_inverse=True)
        rows = np.flatnonzero(np.isin(group_of_row, chosen))
        rows = rows[np.argsort(cells[rows], kind="stable")]
        return cls(kind_of_group, kind_of_group[group_of_row[rows]], cells[rows])


def resampled_cells(
    cells: LabelIds,
    num_cells: int,
    groups: Groups | None = None,
    *,
    num_samples: int = NUM_SAMPLES,
    seed: int = 0,
) -> CellSamples:
    """Return how often each cell occurs in each bootstrap sample, shape (S, K).

    Args:
        cells: What is counted of each row, a number from 0 to K - 1, shape (N,).
        num_cells: Number of cells, K.
        groups: Equal for rows that are drawn together, shape (N,); None draws row by row.
        num_samples: Number of samples, S.
        seed: The same seed gives the same samples.

    Raises:
        InvalidArgumentError: If there are no rows, or a cell or the groups do not fit.

    Example:
        >>> resampled_cells(np.array([0, 0, 1]), 2, num_samples=4).sum(axis=1).tolist()
        [3.0, 3.0, 3.0, 3.0]
    """
    _require(cells, num_cells, groups)
    kinds = Kinds.of(cells, groups)
    counts = np.zeros((num_samples, num_cells))
    start = 0
    for drawn in drawn_kinds(kinds, num_samples, seed):
        stop = start + len(drawn)
        _add_cells(counts[start:stop], kinds, drawn)
        start = stop
    return counts


def drawn_kinds(kinds: Kinds, num_samples: int, seed: int) -> Iterator[Int[np.ndarray, "s T"]]:
    """Yield how often each kind of group is drawn, for some samples after the other."""
    generator = np.random.default_rng(seed)
    sizes, num_groups = kinds.sizes, len(kinds.kind_of_group)
    num_kinds, num_entries = len(sizes), len(kinds.entry_cells)
    by_group = num_kinds > num_groups * _KINDS_PER_GROUP
    width = max(num_entries, num_groups if by_group else num_kinds)
    at_once = max(_VALUES_AT_ONCE // width, 1)
    for start in range(0, num_samples, at_once):
        count = min(at_once, num_samples - start)
        if not by_group:
            yield generator.multinomial(num_groups, sizes / num_groups, size=count)
            continue
        chosen = generator.integers(0, num_groups, (count, num_groups), dtype=np.int32)
        kind = kinds.kind_of_group[chosen] + num_kinds * np.arange(count)[:, None]
        drawn = np.bincount(kind.ravel(), minlength=count * num_kinds)
        yield drawn.reshape(count, num_kinds)


def percentile_interval(values: Samples, confidence: float = CONFIDENCE) -> Interval:
    """Return the middle part of the samples of a figure (Efron and Tibshirani 1993, eq. 13.5).

    Args:
        values: The figure in every bootstrap sample, shape (S,).
        confidence: Share of the samples between both ends.

    Example:
        >>> interval = percentile_interval(np.arange(101.0), 0.9)
        >>> round(interval.low, 6), round(interval.high, 6)
        (5.0, 95.0)
    """
    outside = (1 - confidence) / 2
    low, high = np.quantile(values, (outside, 1 - outside))
    return Interval(float(low), float(high))


def _add_cells(counts: CellSamples, kinds: Kinds, drawn: Int[np.ndarray, "s T"]) -> None:
    """Add the cells of the groups that were drawn."""
    occupied, starts = np.unique(kinds.entry_cells, return_index=True)
    counts[:, occupied] += np.add.reduceat(drawn[:, kinds.entry_kinds], starts, axis=1)


def _require(cells: LabelIds, num_cells: int, groups: Groups | None) -> None:
    if not len(cells):
        raise InvalidArgumentError("Expected at least one row to draw from, got none.")
    if cells.min() < 0 or cells.max() >= num_cells:
        raise InvalidArgumentError(
            f"Expected cells from 0 to {num_cells - 1}, got {cells.min()} to {cells.max()}."
        )
    if groups is not None and len(groups) != len(cells):
        raise InvalidArgumentError(
            f"Expected a group for each of {len(cells):,} rows, got {len(groups):,}."
        )
