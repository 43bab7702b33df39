"""From repeated measurements to the figures that are printed."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Spread = dict[str, float]
"""Smallest, middle and largest value under `min`, `median` and `max`."""


def spread(values: Sequence[float], digits: int = 3) -> Spread:
    """Return the smallest, middle and largest value, rounded.

    Example:
        >>> spread([3.0, 1.0, 2.0])
        {'min': 1.0, 'median': 2.0, 'max': 3.0}
    """
    figures = {"min": min(values), "median": statistics.median(values), "max": max(values)}
    return {name: round(value, digits) for name, value in figures.items()}


def ratios(numerators: Sequence[float], denominators: Sequence[float]) -> Spread:
    """Return the spread of the ratios of values measured side by side.

    Each pair gives one ratio: a machine that slows down slows both sides of it.

    Example:
        >>> ratios([2.0, 8.0], [1.0, 2.0])
        {'min': 2.0, 'median': 3.0, 'max': 4.0}
    """
    return spread([up / down for up, down in zip(numerators, denominators, strict=True)])


def mean_and_deviation(values: Sequence[float]) -> dict[str, float]:
    """Return `mean` and sample standard deviation `std`, 0 for a single value."""
    deviation = statistics.stdev(values) if len(values) > 1 else 0.0
    return {"mean": round(statistics.fmean(values), 5), "std": round(deviation, 5)}


def lines(figures: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Yield one line per figure, named by its path; lists of raw figures are left out."""
    for name, value in figures.items():
        if _is_spread(value):
            low, middle, high = value["min"], value["median"], value["max"]
            yield f"{prefix}{name}: {middle:g} ({low:g}–{high:g})"  # noqa: RUF001 - a range
        elif isinstance(value, Mapping):
            yield from lines(value, f"{prefix}{name}.")
        elif not (isinstance(value, list) and value and isinstance(value[0], Mapping)):
            yield f"{prefix}{name}: {value}"


def _is_spread(value: object) -> bool:
    return isinstance(value, dict) and set(value) == {"min", "median", "max"}
