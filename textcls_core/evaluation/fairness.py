"""Fairness: how often a class is given, and found, in each group of a column.

Three rates per group, with the names of Hardt, Price and Srebro 2016, "Equality of opportunity in
supervised learning": the selection rate (rows that get the class), the true positive rate (of the
rows that have the class, those that get it), and the false positive rate (of the rows that do not
have it, those that get it all the same).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Int

from textcls_core.arrays import Indices, Mask
from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.bootstrap import Interval, percentile_interval, resampled_cells
from textcls_core.evaluation.figures import ratio
from textcls_core.evaluation.share_intervals import difference_interval, wilson_intervals
from textcls_core.evaluation.slices import MIN_ROWS
from textcls_core.wording import plural

RateName = Literal["selection_rate", "true_positive_rate", "false_positive_rate"]
RATES: dict[RateName, str] = {
    "selection_rate": "Selection rate",
    "true_positive_rate": "True positive rate",
    "false_positive_rate": "False positive rate",
}
_SEED = 0
_CHANCE = 0.95
"""Share of blind groupings whose gap is at most the one that chance explains."""

Cells = Float[np.ndarray, "... G 4"]
"""Rows of each of G groups by truth and answer: not and no, not and yes, is and no, is and yes."""
GroupCounts = Int[np.ndarray, " G"]


@dataclass(frozen=True, slots=True)
class Rate:
    """One rate of one group."""

    num_rows: int
    """Rows that it is a share of: all of the group, or those with or without the class."""
    value: float | None
    """In [0, 1]; None without such rows."""
    interval: tuple[float, float] | None
    """95 % score interval."""
    gap: float | None
    """Rate less that of all other groups together."""
    gap_interval: tuple[float, float] | None
    """95 %."""

    @property
    def is_small(self) -> bool:
        """Whether there are too few rows for a judgement."""
        return self.num_rows < MIN_ROWS


@dataclass(frozen=True, slots=True)
class GroupRates:
    """The rates of one group."""

    group: str
    num_rows: int
    rates: dict[RateName, Rate]


@dataclass(frozen=True, slots=True)
class Gap:
    """The largest difference of a rate between two groups that are large enough."""

    rate: RateName
    value: float
    """In [0, 1]."""
    interval: tuple[float, float]
    """95 %, from the bootstrap."""
    by_chance: float
    """Gap that 95 % of all ways to put the same rows into such groups blindly stay below."""
    highest: str
    """Group with the largest rate."""
    lowest: str

    @property
    def is_beyond_chance(self) -> bool:
        """Whether the gap is larger than what chance explains."""
        return self.value > self.by_chance


@dataclass(frozen=True, slots=True)
class Fairness:
    """The rates of all groups for one class, and the gaps between them."""

    positive: str
    """The class."""
    groups: tuple[GroupRates, ...]
    gaps: tuple[Gap, ...]
    """One per rate that at least two groups have enough rows for."""

    def to_json(self) -> dict[str, Any]:
        """Return everything in the form of the command line."""
        groups = [
            {"group": group.group, "num_rows": group.num_rows}
            | {name: _rate_json(rate) for name, rate in group.rates.items()}
            for group in self.groups
        ]
        gaps = [
            {name: getattr(gap, name) for name in Gap.__slots__}
            | {"is_beyond_chance": gap.is_beyond_chance}
            for gap in self.gaps
        ]
        return {"positive": self.positive, "groups": groups, "gaps": gaps}


def _rate_json(rate: Rate) -> dict[str, Any]:
    return {name: getattr(rate, name) for name in Rate.__slots__} | {"is_small": rate.is_small}


def measure_fairness(
    true: Mask,
    given: Mask,
    group_ids: Indices,
    group_names: Sequence[str],
    *,
    positive: str,
    repeats: Indices | None = None,
) -> Fairness:
    """Return rates and gaps of the groups of a column.

    Args:
        true: Which of N rows have the class, shape (N,).
        given: Which rows get it, shape (N,).
        group_ids: Group of each row, 0 to G - 1, shape (N,).
        group_names: G names.
        positive: Name of the class.
        repeats: Equal for rows that are drawn together in the bootstrap, shape (N,).

    Raises:
        InvalidArgumentError: If there are no rows, or fewer than two groups.
    """
    if len(group_names) < 2 or not len(true):
        raise InvalidArgumentError(
            f"Expected rows of at least two groups, got {len(true):,} rows of "
            f"{plural(len(group_names), 'group')}. Choose another column."
        )
    size = len(group_names)
    cells = group_ids * 4 + true * 2 + given
    counts = np.bincount(cells, minlength=4 * size).reshape(size, 4)
    samples = resampled_cells(cells, 4 * size, repeats, seed=_SEED).reshape(-1, size, 4)
    by_rate = {name: _rates(name, counts) for name in RATES}
    groups = tuple(
        GroupRates(group, int(counts[n].sum()), {name: by_rate[name][n] for name in RATES})
        for n, group in enumerate(group_names)
    )
    gaps = [_gap(name, counts, samples, group_names) for name in RATES]
    return Fairness(positive, groups, tuple(gap for gap in gaps if gap is not None))


def _parts(name: RateName, cells: Cells) -> tuple[np.ndarray, np.ndarray]:
    """Return numerator and denominator of a rate for each group, shape (..., G)."""
    if name == "selection_rate":
        return cells[..., 1] + cells[..., 3], cells.sum(axis=-1)
    if name == "true_positive_rate":
        return cells[..., 3], cells[..., 2] + cells[..., 3]
    return cells[..., 1], cells[..., 0] + cells[..., 1]


def _rates(name: RateName, counts: Cells) -> list[Rate]:
    """Return one rate of each group."""
    hits, rows = _parts(name, counts)
    others, other_rows = hits.sum() - hits, rows.sum() - rows
    share = ratio(hits, rows)
    gap = share - ratio(others, other_rows)
    low, high = (ends.tolist() for ends in wilson_intervals(hits, rows))
    gaps_low, gaps_high = (
        ends.tolist() for ends in difference_interval(hits, rows, others, other_rows)
    )
    return [
        Rate(
            num_rows=int(rows[n]),
            value=float(share[n]) if rows[n] else None,
            interval=(low[n], high[n]) if rows[n] else None,
            gap=float(gap[n]) if rows[n] and other_rows[n] else None,
            gap_interval=(gaps_low[n], gaps_high[n]) if rows[n] and other_rows[n] else None,
        )
        for n in range(len(rows))
    ]


def _gap(name: RateName, counts: Cells, samples: Cells, group_names: Sequence[str]) -> Gap | None:
    """Return the largest gap of a rate among the groups that are large enough for it."""
    hits, rows = _parts(name, counts)
    enough = np.flatnonzero(rows >= MIN_ROWS)
    if len(enough) < 2:
        return None
    shares = ratio(hits, rows)[enough]
    sampled = ratio(*_parts(name, samples[:, enough]))
    interval: Interval = percentile_interval(np.ptp(sampled, axis=1))
    return Gap(
        rate=name,
        value=float(np.ptp(shares)),
        interval=(interval.low, interval.high),
        by_chance=_gap_by_chance(hits[enough], rows[enough]),
        highest=group_names[enough[shares.argmax()]],
        lowest=group_names[enough[shares.argmin()]],
    )


def _gap_by_chance(hits: GroupCounts, rows: GroupCounts) -> float:
    """Return the gap below which 95 % of the blind groupings of the same rows stay."""
    generator = np.random.default_rng(_SEED)
    blind = generator.multivariate_hypergeometric(
        rows, int(hits.sum()), size=1_000, method="marginals"
    )
    return float(np.quantile(np.ptp(blind / rows, axis=1), _CHANCE))
