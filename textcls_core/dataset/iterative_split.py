"""Iterative stratification: splits that keep the share of every label, of single rows or groups.

The rarest label is dealt first, each unit to the split that still needs most rows of that label.
Units with equally many rows of the label are dealt at once, so a million rows take seconds. Some
thousand groups of rows are dealt one by one instead, the largest first, each to where the shares of
all its labels are missing most: large groups leave no room to correct a first guess.

Source:
    Sechidis, Tsoumakas and Vlahavas 2011, "On the Stratification of Multi-Label Data",
    algorithm 1; groups as units and dealing at once are our additions.
"""

import itertools
from dataclasses import dataclass

import numpy as np

_NONE_LEFT = 0.5
"""Needs are sums of shares, so zero rows are only nearly zero."""
_MAX_ONE_BY_ONE = 20_000
_GROUP_ROWS = 2.0
"""Rows of a unit, in the mean, from which units count as groups."""


@dataclass(frozen=True, slots=True)
class Units:
    """What is dealt as a whole: a row, or rows that belong together. U units, P (unit, label)s."""

    num_rows: np.ndarray
    """Rows of each unit, shape (U,)."""
    starts: np.ndarray
    """Where the pairs of each unit begin, and the end of the last one, shape (U + 1,)."""
    labels: np.ndarray
    """Label of each pair, unit by unit, shape (P,)."""
    counts: np.ndarray
    """Rows of the unit with that label, shape (P,)."""

    @classmethod
    def of_rows(cls, units: np.ndarray, pair_units: np.ndarray, labels: np.ndarray) -> "Units":
        """Collect units from rows.

        Args:
            units: Unit of every row, from 0 without gaps, shape (N,).
            pair_units: Unit of every (row, label), shape (M,).
            labels: Label id of every (row, label), shape (M,).
        """
        num_rows = np.bincount(units)
        order = np.lexsort((labels, pair_units))
        pairs = np.stack([pair_units[order], labels[order]])
        is_first = np.ones(len(order), bool)
        is_first[1:] = (pairs[:, 1:] != pairs[:, :-1]).any(axis=0)
        firsts = np.flatnonzero(is_first)
        counts = np.diff(firsts, append=len(order))
        starts = np.searchsorted(pairs[0, firsts], np.arange(len(num_rows) + 1))
        return cls(num_rows, starts, pairs[1, firsts], counts)

    def pairs_of(self, units: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the pairs of some units, and for each the place of its unit among them."""
        sizes = self.starts[units + 1] - self.starts[units]
        place = np.repeat(np.arange(len(units)), sizes)
        offset = np.arange(len(place)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return self.starts[units][place] + offset, place


def split_units(units: Units, num_labels: int, shares: np.ndarray) -> np.ndarray:
    """Return the split of every unit as a position in `shares`, shape (U,).

    Args:
        units: Numbered in a random order that decides among units with the same labels.
        num_labels: Number of classes, C.
        shares: Share of all rows for each split, together 1, shape (S,).
    """
    dealer = _Dealer.for_units(units, num_labels, shares)
    num_units = len(units.num_rows)
    if num_units <= _MAX_ONE_BY_ONE and units.num_rows.mean() >= _GROUP_ROWS:
        dealer.deal_one_by_one()
    else:
        _deal_by_label(dealer, units, num_labels)
    return dealer.codes


def _deal_by_label(dealer: "_Dealer", units: Units, num_labels: int) -> None:
    """Deal the units of the rarest label first, units without labels last."""
    pair_units = np.repeat(np.arange(len(units.num_rows)), np.diff(units.starts))
    by_label = np.argsort(units.labels, kind="stable")
    ends = np.cumsum(np.bincount(units.labels, minlength=num_labels))
    patterns = _patterns(units)
    while ((left := dealer.needed.sum(axis=1)) > _NONE_LEFT).any():
        label = int(np.where(left > _NONE_LEFT, left, np.inf).argmin())
        pairs = by_label[ends[label - 1] if label else 0 : ends[label]]
        pairs = pairs[dealer.codes[pair_units[pairs]] < 0]
        pairs = pairs[np.lexsort((patterns[pair_units[pairs]], -units.counts[pairs]))]
        dealer.deal(pair_units[pairs], units.counts[pairs], label)
    rest = np.flatnonzero(dealer.codes < 0)
    rest = rest[np.argsort(-units.num_rows[rest], kind="stable")]
    dealer.deal(rest, units.num_rows[rest], None)


@dataclass(slots=True)
class _Dealer:
    """Gives units to splits and knows what each split still needs."""

    units: Units
    codes: np.ndarray
    """Split of each unit, -1 before it is dealt, shape (U,)."""
    needed: np.ndarray
    """Rows that each split still needs of each label, shape (C, S)."""
    needed_rows: np.ndarray
    """Rows that each split still needs, shape (S,)."""

    @classmethod
    def for_units(cls, units: Units, num_labels: int, shares: np.ndarray) -> "_Dealer":
        """Return a dealer that has dealt nothing yet."""
        rows = np.bincount(units.labels, weights=units.counts, minlength=num_labels)
        codes = np.full(len(units.num_rows), -1, np.int8)
        needed_rows = shares * units.num_rows.sum()
        return cls(units, codes, np.outer(rows, shares), needed_rows)

    def deal(self, units: np.ndarray, sizes: np.ndarray, label: int | None) -> None:
        """Give units to the splits that need most rows of a label, or of all rows.

        Args:
            units: The larger sizes first.
            sizes: Rows of each unit that count.
            label: None for units without labels.
        """
        bounds = np.flatnonzero(np.diff(sizes, prepend=-1, append=-1))
        for start, end in itertools.pairwise(bounds.tolist()):
            needed = self.needed_rows if label is None else self.needed[label]
            size = int(sizes[start])
            quotas = _quotas(needed / size, self.needed_rows, end - start)
            self._give(units[start:end], _interleaved(quotas))

    def deal_one_by_one(self) -> None:
        """Give every unit, the largest first, where it lowers the squared errors of shares most."""
        totals = np.maximum(self.needed.sum(axis=1), 1.0)
        num_rows = self.needed_rows.sum()
        for unit in np.argsort(-self.units.num_rows, kind="stable"):
            pairs = slice(self.units.starts[unit], self.units.starts[unit + 1])
            labels, counts = self.units.labels[pairs], self.units.counts[pairs]
            gains = (counts / totals[labels] ** 2) @ self.needed[labels]
            gains += self.units.num_rows[unit] / num_rows**2 * self.needed_rows
            split = int(gains.argmax())
            self.codes[unit] = split
            self.needed[labels, split] -= counts
            self.needed_rows[split] -= self.units.num_rows[unit]

    def _give(self, units: np.ndarray, codes: np.ndarray) -> None:
        self.codes[units] = codes
        rows = self.units.num_rows[units]
        self.needed_rows -= np.bincount(codes, weights=rows, minlength=len(self.needed_rows))
        pairs, place = self.units.pairs_of(units)
        labels, counts = self.units.labels[pairs], self.units.counts[pairs]
        np.subtract.at(self.needed, (labels, codes[place]), counts)


def _quotas(needed: np.ndarray, tie_breaker: np.ndarray, count: int) -> np.ndarray:
    """Return how many of `count` equal units each split gets, shape (S,).

    As if one after another went to the split that needs most: the needs are cut at one level.

    Args:
        needed: Units that each split needs; what it has too many of is negative.
        tie_breaker: Decides between equal needs; the larger wins.
        count: Units to deal.
    """
    ordered = np.sort(needed)[::-1]
    levels = (np.cumsum(ordered) - count) / np.arange(1, len(ordered) + 1)
    level = levels[np.flatnonzero(ordered > levels)[-1]] if count else ordered[0]
    exact = np.maximum(needed - level, 0)
    quotas = np.floor(exact + 1e-9)
    order = np.lexsort((-tie_breaker, -np.round(exact - quotas, 9)))
    quotas[order[: count - int(quotas.sum())]] += 1
    return np.asarray(quotas, dtype=np.int64)


def _interleaved(quotas: np.ndarray) -> np.ndarray:
    """Return as many of each split as its quota says, evenly mixed, shape (sum of quotas,).

    Example:
        >>> _interleaved(np.array([4, 1, 0])).tolist()
        [0, 0, 1, 0, 0]
    """
    codes = np.repeat(np.arange(len(quotas)), quotas)
    nth = np.concatenate([np.arange(quota) for quota in quotas])
    order = np.argsort((nth + 0.5) / quotas[codes], kind="stable")
    return np.asarray(codes[order], dtype=np.int8)


def _patterns(units: Units) -> np.ndarray:
    """Return a number for each unit that is the same for equal sets of labels, shape (U,)."""
    weights = np.random.default_rng(0).random(int(units.labels.max(initial=-1)) + 1)
    sums = np.concatenate([[0.0], np.cumsum(weights[units.labels])])
    return np.asarray(np.round(sums[units.starts[1:]] - sums[units.starts[:-1]], 6))
