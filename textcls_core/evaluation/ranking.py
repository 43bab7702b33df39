"""How well the probability of one class sorts the rows: ROC-AUC and average precision.

Each figure comes with its derivative by the weight of every row, from which an interval follows
without drawing samples (the infinitesimal jackknife; for AUC, DeLong, DeLong and Clarke-Pearson
1988, "Comparing the areas under two or more correlated receiver operating characteristic curves").
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from jaxtyping import Float

from textcls_core.arrays import LabelProbabilities, LabelSets, Mask
from textcls_core.evaluation.bootstrap import CONFIDENCE, Groups, Interval

Influence = Float[np.ndarray, " N"]
"""Derivative of a figure by the weight of each row, at weight 1."""


@dataclass(frozen=True, slots=True)
class RankFigure:
    """A figure of the order of the rows."""

    value: float
    influence: Influence


@dataclass(frozen=True, slots=True)
class Ranking:
    """Both figures of one class, or of the mean over several."""

    roc_auc: RankFigure
    average_precision: RankFigure


@dataclass(frozen=True, slots=True)
class _Runs:
    """Rows sorted downwards by score, in R runs of equal scores."""

    run_of_row: np.ndarray
    """Run of each row in the order of the data set, shape (N,)."""
    positives: np.ndarray
    """Rows of the class in each run, shape (R,)."""
    negatives: np.ndarray
    """Other rows in each run, shape (R,)."""

    @classmethod
    def of(cls, is_positive: Mask, scores: Float[np.ndarray, " N"]) -> "_Runs":
        order = np.argsort(-scores)  # in any order within a run
        ordered = scores[order]
        run = np.concatenate([[0], np.cumsum(ordered[1:] != ordered[:-1])])
        run_of_row = np.empty(len(scores), dtype=np.int64)
        run_of_row[order] = run
        sizes = np.bincount(run)
        positives = np.bincount(run, weights=is_positive[order], minlength=len(sizes))
        return cls(run_of_row, positives, sizes - positives)


def rank_class(is_positive: Mask, scores: Float[np.ndarray, " N"]) -> Ranking | None:
    """Return how well a score tells the rows of a class from the others.

    Args:
        is_positive: Whether a row has the class, shape (N,).
        scores: Its probability, shape (N,).

    Returns:
        Both figures, or None if all rows or none have the class, where AUC is undefined.
    """
    num_positives = int(is_positive.sum())
    if num_positives in {0, len(is_positive)}:
        return None
    runs = _Runs.of(is_positive, scores)
    return Ranking(_roc_auc(runs, is_positive), _average_precision(runs, is_positive))


def _roc_auc(runs: _Runs, is_positive: Mask) -> RankFigure:
    """Return the share of pairs of rows in order, ties counting half."""
    positives, negatives = runs.positives, runs.negatives
    num_positives, num_negatives = positives.sum(), negatives.sum()
    below = num_negatives - np.cumsum(negatives) + negatives / 2
    above = np.cumsum(positives) - positives / 2
    value = (positives * below).sum() / (num_positives * num_negatives)
    of_positive = (below / num_negatives - value) / num_positives
    of_negative = (above / num_positives - value) / num_negatives
    run = runs.run_of_row
    return RankFigure(float(value), np.where(is_positive, of_positive[run], of_negative[run]))


def _average_precision(runs: _Runs, is_positive: Mask) -> RankFigure:
    """Return precision at every step of recall, averaged by the size of the steps."""
    positives = runs.positives
    num_positives = positives.sum()
    found, taken = np.cumsum(positives), np.cumsum(positives + runs.negatives)
    precision = found / taken
    value = (positives * precision).sum() / num_positives
    gain = _from_end(positives / taken)  # a further row of the class raises precision below it
    cost = _from_end(positives * precision / taken)  # any further row lowers it
    of_positive = (precision - value + gain - cost) / num_positives
    run = runs.run_of_row
    influence = np.where(is_positive, of_positive[run], -cost[run] / num_positives)
    return RankFigure(float(value), influence)


def _from_end(values: np.ndarray) -> np.ndarray:
    return np.asarray(np.cumsum(values[::-1])[::-1])


def rank_classes(targets: LabelSets, probabilities: LabelProbabilities) -> list[Ranking | None]:
    """Return how well each class is ranked against the rest, C entries."""
    return [
        rank_class(is_positive, scores)
        for is_positive, scores in zip(targets.T == 1, probabilities.T, strict=True)
    ]


def macro_ranking(rankings: list[Ranking | None]) -> Ranking | None:
    """Return the mean over the classes that have figures; None without any."""
    known = [ranking for ranking in rankings if ranking is not None]
    if not known:
        return None
    return Ranking(
        _mean([ranking.roc_auc for ranking in known]),
        _mean([ranking.average_precision for ranking in known]),
    )


def micro_ranking(targets: LabelSets, probabilities: LabelProbabilities) -> Ranking | None:
    """Return the figures over all pairs of row and label; None if all are alike."""
    ranking = rank_class(targets.ravel() == 1, probabilities.ravel())
    if ranking is None:
        return None
    return Ranking(
        _by_row(ranking.roc_auc, len(targets)), _by_row(ranking.average_precision, len(targets))
    )


def _mean(figures: list[RankFigure]) -> RankFigure:
    value = float(np.mean([figure.value for figure in figures]))
    return RankFigure(value, np.mean([figure.influence for figure in figures], axis=0))


def _by_row(figure: RankFigure, num_rows: int) -> RankFigure:
    return RankFigure(figure.value, figure.influence.reshape(num_rows, -1).sum(axis=1))


def rank_interval(
    figure: RankFigure, groups: Groups | None, confidence: float = CONFIDENCE
) -> Interval | None:
    """Return where a figure in [0, 1] may lie, on the scale of its log odds.

    Args:
        figure: The figure with its influence, shape (N,).
        groups: Equal for rows that belong together, shape (N,); None: every row by itself.
        confidence: How often such intervals should hold the true figure.

    Returns:
        The interval, or None at exactly 0 or 1 and with a single group, where it is unknown.
    """
    parts = figure.influence
    if groups is not None:
        _, group_of_row = np.unique(groups, return_inverse=True)
        parts = np.bincount(group_of_row, weights=parts)
    variation = figure.value * (1 - figure.value)
    if len(parts) < 2 or variation <= 0:
        return None
    error = float(np.sqrt(np.square(parts).sum() * len(parts) / (len(parts) - 1)))
    half_width = NormalDist().inv_cdf((1 + confidence) / 2)
    middle, reach = np.log(figure.value / (1 - figure.value)), half_width * error / variation
    low, high = 1 / (1 + np.exp(-(middle + np.array([-reach, reach]))))
    return Interval(float(low), float(high))
