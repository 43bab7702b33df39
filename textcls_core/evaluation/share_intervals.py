"""Intervals of shares of independent rows from counts alone, without drawing samples."""

import numpy as np
from jaxtyping import Float, Int

from textcls_core.evaluation.figures import ratio

Numbers = Int[np.ndarray, " S"]
"""A count for each of S groups of rows."""
Shares = Float[np.ndarray, " S"]
"""A share for each of them, in [0, 1]."""

_Z = 1.959963984540054
"""Quantile of the normal distribution that leaves 2.5 % above it."""


def wilson_intervals(right: Numbers, rows: Numbers) -> tuple[Shares, Shares]:
    """Return the ends of the 95 % score interval of shares (Wilson 1927); 0 to 1 without rows.

    Example:
        >>> [end.round(3).tolist() for end in wilson_intervals(np.array([10]), np.array([10]))]
        [[0.722], [1.0]]
    """
    counted = np.maximum(rows, 1)
    share, z2 = right / counted, _Z**2 / counted
    middle = (share + z2 / 2) / (1 + z2)
    half = _Z * np.sqrt(share * (1 - share) / counted + z2 / (4 * counted)) / (1 + z2)
    low = np.where(right <= 0, 0.0, middle - half)
    high = np.where(right >= rows, 1.0, middle + half)
    return np.where(rows > 0, low, 0.0), np.where(rows > 0, high, 1.0)


def wilson_interval(hits: int, count: int) -> tuple[float, float]:
    """Return the 95 % interval of one share, which is also usable for few rows, 0 % and 100 %.

    Args:
        hits: Rows that count.
        count: All rows, at least 1.

    Source:
        Wilson 1927, "Probable inference, the law of succession, and statistical inference".

    Example:
        >>> [round(end, 3) for end in wilson_interval(9, 10)]
        [0.596, 0.982]
    """
    low, high = wilson_intervals(np.array([hits]), np.array([count]))
    return float(low[0]), float(high[0])


def difference_interval(
    right: Numbers, rows: Numbers, other_right: Numbers, other_rows: Numbers
) -> tuple[Shares, Shares]:
    """Return the ends of the 95 % interval of the difference of two independent shares.

    Newcombe 1998, "Interval estimation for the difference between independent proportions",
    method 10: from the score intervals of both. It never leaves [-1, 1].
    """
    share, other = ratio(right, rows), ratio(other_right, other_rows)
    low, high = wilson_intervals(right, rows)
    other_low, other_high = wilson_intervals(other_right, other_rows)
    down = np.sqrt((share - low) ** 2 + (other_high - other) ** 2)
    up = np.sqrt((high - share) ** 2 + (other - other_low) ** 2)
    return share - other - down, share - other + up
