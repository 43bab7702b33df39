"""Is a slice weaker than the rest, by how much, and how sure is that: counts in, NumPy only.

A test asks how often rows that were put into slices blindly would give a slice at least so many
wrong ones: Fisher's exact test, one-sided (Fisher 1935, "The logic of inductive inference"). It
needs no approximation, so small slices are treated as fairly as large ones.
"""

import numpy as np

from textcls_core.evaluation.share_intervals import Numbers, Shares

_NEGLIGIBLE = 1e-17


def fisher_p_values(wrong: Numbers, rows: Numbers, all_wrong: Numbers, all_rows: Numbers) -> Shares:
    """Return the chance of at least `wrong` wrong rows in each slice if slices were drawn blindly.

    Args:
        wrong: Wrong rows of each of S slices, shape (S,).
        rows: Rows of each slice.
        all_wrong: Wrong rows of the slice and of what it is compared with.
        all_rows: Rows of both.

    Example:
        >>> ten = np.array([10])
        >>> fisher_p_values(np.array([3]), ten // 2, ten // 2, ten).round(3).tolist()
        [0.5]
    """
    wrong, rows, all_wrong, all_rows = np.broadcast_arrays(wrong, rows, all_wrong, all_rows)
    least = np.maximum(0, rows - (all_rows - all_wrong))
    is_many = wrong * all_rows > rows * all_wrong
    p_values = np.ones(len(wrong))
    upper, lower = is_many, ~is_many & (wrong > least)
    p_values[upper] = _tail(*(part[upper] for part in (wrong, rows, all_wrong, all_rows)), step=1)
    below = _tail(*(part[lower] for part in (wrong - 1, rows, all_wrong, all_rows)), step=-1)
    p_values[lower] = 1 - below
    return np.clip(p_values, 0, 1)


def _tail(start: Numbers, rows: Numbers, wrong: Numbers, total: Numbers, *, step: int) -> Shares:
    """Return the hypergeometric probability of `start` and everything beyond it.

    `start` lies on the side of the mean that the sum moves away from, so terms only fall.
    """
    term, tail = np.ones(len(start)), np.ones(len(start))
    place, left = start.copy(), np.arange(len(start))
    while len(left):
        k, n, e, t = place[left], rows[left], wrong[left], total[left]
        if step > 0:
            factor = (e - k) * (n - k) / ((k + 1) * (t - e - n + k + 1))
        else:
            factor = k * (t - e - n + k) / ((e - k + 1) * (n - k + 1))
        term[left] *= factor
        tail[left] += term[left]
        place[left] += step
        left = left[term[left] > _NEGLIGIBLE * tail[left]]
    return np.asarray(np.exp(_log_probability(start, rows, wrong, total)) * tail)


def _log_probability(k: Numbers, rows: Numbers, wrong: Numbers, total: Numbers) -> Shares:
    """Return the logarithm of the hypergeometric probability of exactly k wrong rows."""
    largest = int(total.max(initial=0))
    logs = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, largest + 1)))])

    def choose(n: Numbers, m: Numbers) -> Shares:
        return np.asarray(logs[n] - logs[m] - logs[n - m])

    return np.asarray(choose(wrong, k) + choose(total - wrong, rows - k) - choose(total, rows))


def adjusted_p_values(p_values: Shares) -> Shares:
    """Return p values adjusted for their number, in the same order: at most q false among them.

    Benjamini and Hochberg 1995, "Controlling the false discovery rate", section 3: the i-th
    smallest of S times S / i, and never more than a larger one's.

    Example:
        >>> adjusted_p_values(np.array([0.01, 0.04, 0.03])).round(3).tolist()
        [0.03, 0.04, 0.04]
    """
    order = np.argsort(p_values, kind="stable")
    scaled = p_values[order] * len(p_values) / np.arange(1, len(p_values) + 1)
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum.accumulate(scaled[::-1])[::-1]
    return np.minimum(adjusted, 1.0)


def effect_sizes(share: Shares, other: Shares) -> Shares:
    """Return Cohen's h of two shares: the difference of their angles, about 0.2 small, 0.8 large.

    Cohen 1988, "Statistical power analysis for the behavioral sciences", equation 6.2.1. Unlike a
    difference in points it weighs 99 % against 97 % more than 60 % against 58 %.

    Example:
        >>> effect_sizes(np.array([0.5]), np.array([0.9])).round(2).tolist()
        [-0.93]
    """
    return np.asarray(2 * (np.arcsin(np.sqrt(share)) - np.arcsin(np.sqrt(other))))
