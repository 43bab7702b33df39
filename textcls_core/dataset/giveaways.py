"""Giveaways: words that almost alone tell the class, so that a model may learn nothing else.

A word is a giveaway for a class if nearly all rows that have it are of the class, if it covers a
share of the class worth mentioning, and if that is no luck in spite of the many words tried.
Whether it belongs to the task ("goal" in sports) or leaked in ("[SPAM]") only people can tell.
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from jaxtyping import Float

from textcls_core.dataset.word_counts import WordCounts

MIN_PRECISION = 0.9
"""Of the rows with the word, at least so many are of the class, even at the lower bound."""
MIN_COVERAGE = 0.1
"""Of the rows of the class, at least so many have the word; what decides fewer does little harm."""
MIN_LIFT = 1.5
"""The word makes the class at least so many times as likely; a class that two thirds of the rows
have can be guessed without any word."""
CONFIDENCE = 0.95
"""Of the lower bound of one word, and of finding no word at all in data without giveaways."""


@dataclass(frozen=True, slots=True)
class Giveaway:
    """A word that almost alone tells a class."""

    word: str
    label_id: int
    num_rows: int
    """Rows with the word, of whatever class."""
    precision: float
    """Share of these that are of the class, in [0, 1]."""
    precision_low: float
    """Lower end of the one-sided 95 % Wilson interval of the precision."""
    lift: float
    """Precision divided by the share of the class among all rows; 1 means the word tells nothing."""
    coverage: float
    """Share of the rows of the class that have the word, in [0, 1]."""
    chance: float
    """Upper bound of the probability that any of the words tried looks like this by luck."""


def find_giveaways(counts: WordCounts) -> list[Giveaway]:
    """Return the words that almost alone tell a class, those of the largest coverage first.

    All four thresholds of this module hold for each of them.

    Args:
        counts: From `count_words`. Rows with several labels count for each of their classes.
    """
    pairs = counts.by_class.tocoo()
    rows = counts.totals[pairs.row].astype(np.float64)
    hits = pairs.data.astype(np.float64)
    share = counts.class_rows[pairs.col] / max(counts.num_rows, 1)
    coverage = hits / np.maximum(counts.class_rows[pairs.col], 1)
    low = wilson_low(hits, rows)
    is_strong = (coverage >= MIN_COVERAGE) & (low >= np.maximum(MIN_PRECISION, MIN_LIFT * share))
    chance = np.minimum(_tail(hits, rows, share) * len(counts.words) * len(counts.class_rows), 1.0)
    chosen = np.flatnonzero(is_strong & (chance <= 1 - CONFIDENCE))
    chosen = chosen[np.lexsort((-low[chosen], -coverage[chosen]))]
    return [
        Giveaway(
            word=counts.words[pairs.row[i]],
            label_id=int(pairs.col[i]),
            num_rows=int(rows[i]),
            precision=float(hits[i] / rows[i]),
            precision_low=float(low[i]),
            lift=float(hits[i] / rows[i] / share[i]),
            coverage=float(coverage[i]),
            chance=float(chance[i]),
        )
        for i in chosen.tolist()
    ]


def wilson_low(
    hits: Float[np.ndarray, " P"], rows: Float[np.ndarray, " P"]
) -> Float[np.ndarray, " P"]:
    """Return the lower end of the one-sided 95 % Wilson interval of hits among rows.

    Source:
        Wilson 1927, "Probable inference, the law of succession, and statistical inference".

    Example:
        >>> wilson_low(np.array([25.0]), np.array([25.0])).round(3).tolist()
        [0.902]
    """
    z = NormalDist().inv_cdf(CONFIDENCE)
    share = hits / rows
    centre = share + z**2 / (2 * rows)
    spread = z * np.sqrt(share * (1 - share) / rows + z**2 / (4 * rows**2))
    return np.asarray((centre - spread) / (1 + z**2 / rows))


def _tail(
    hits: Float[np.ndarray, " P"], rows: Float[np.ndarray, " P"], share: Float[np.ndarray, " P"]
) -> Float[np.ndarray, " P"]:
    """Return the probability of at least so many hits if the word told nothing about the class."""
    from scipy.stats import binom

    return np.asarray(binom.sf(hits - 1, rows, share))
