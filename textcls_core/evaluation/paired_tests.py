"""Do two classifiers differ on the same rows? McNemar's test, and Holm's correction for several."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

EXACT_BELOW = 25
"""With fewer rows on which only one is right, the binomial distribution is summed exactly."""


@dataclass(frozen=True, slots=True)
class McNemar:
    """The rows on which exactly one of two classifiers is right, and how surprising they are."""

    fixed: int
    """Rows that the reference got wrong and the other one right."""
    broken: int
    """Rows that the reference got right and the other one wrong."""
    p_value: float
    """Chance of counts at least this unequal if both were right equally often, in [0, 1]."""
    is_exact: bool
    """Whether the p value is the exact one, not that of the chi-square approximation."""

    @property
    def net(self) -> int:
        """How many more rows the other one has right."""
        return self.fixed - self.broken


def mcnemar(fixed: int, broken: int) -> McNemar:
    """Return the two-sided test that both counts come from a fair coin.

    McNemar, "Note on the sampling error of the difference between correlated proportions or
    percentages", Psychometrika 12 (1947), 153-157: from 25 such rows on the chi-square statistic
    with Edwards' correction for continuity, (|b - c| - 1)^2 / (b + c), with one degree of freedom;
    below, the exact binomial test.

    Args:
        fixed: Rows that only the other one has right.
        broken: Rows that only the reference has right.

    Example:
        >>> mcnemar(5, 1).p_value
        0.21875
    """
    total = fixed + broken
    if total < EXACT_BELOW:
        tail = sum(math.comb(total, k) for k in range(min(fixed, broken) + 1)) / 2**total
        return McNemar(fixed, broken, min(1.0, 2 * tail), is_exact=True)
    statistic = (abs(fixed - broken) - 1) ** 2 / total
    return McNemar(fixed, broken, math.erfc(math.sqrt(statistic / 2)), is_exact=False)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p values that allow for the number of tests, in the same order.

    Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
    Statistics 6 (1979), 65-70: the smallest is multiplied by their number, the next one by one
    less and so on; none becomes smaller than the one before it, or larger than 1.

    Example:
        >>> holm([0.03, 0.01, 0.04])
        [0.06, 0.03, 0.06]
    """
    order = sorted(range(len(p_values)), key=lambda position: p_values[position])
    adjusted, least = [0.0] * len(p_values), 0.0
    for rank, position in enumerate(order):
        least = max(least, min(1.0, (len(p_values) - rank) * p_values[position]))
        adjusted[position] = least
    return adjusted
