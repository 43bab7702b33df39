"""All figures of a split, each with the interval in which it may lie.

`measure` sorts and draws a thousand samples: seconds for a hundred thousand rows.
`validation_values` are the same figures without intervals, for every validation of a training.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float

from textcls_core.arrays import LabelIds, LabelSets
from textcls_core.evaluation import agreement, row_scores
from textcls_core.evaluation.agreement import FigureValues, Tally
from textcls_core.evaluation.bootstrap import CONFIDENCE, NUM_SAMPLES, Groups, Interval
from textcls_core.evaluation.by_task import AnyPredictions, label_sets, task_of, truth_and_answer
from textcls_core.evaluation.figures import Figures, ratio, require_rows
from textcls_core.evaluation.intervals import (
    FigureOfSums,
    Sums,
    bca_interval,
    resampled_sums,
    share_interval,
)
from textcls_core.evaluation.metric_names import METRICS, TOP, metrics_of
from textcls_core.evaluation.outcomes import Outcomes
from textcls_core.evaluation.predictions import Predictions
from textcls_core.evaluation.ranking import (
    RankFigure,
    Ranking,
    macro_ranking,
    micro_ranking,
    rank_classes,
    rank_interval,
)

_Draw = Callable[..., Sums]
_DECIDED: dict[str, Callable[[Tally], FigureValues]] = {
    "accuracy": agreement.accuracy,
    "balanced_accuracy": agreement.balanced_accuracy,
    "macro_f1": agreement.macro_f1,
    "micro_f1": agreement.micro_f1,
    "weighted_f1": agreement.weighted_f1,
}
_OF_ONE_LABEL = {**_DECIDED, "mcc": agreement.matthews, "cohen_kappa": agreement.cohen_kappa}
_OF_LABEL_SETS = {
    **_DECIDED,
    "macro_f1": agreement.macro_f1_of_labels,
    "hamming_loss": agreement.hamming_loss,
}
_MAX_LEVELS = 1_024
_SHARES_OF_ROWS = {"accuracy", *(f"top_{k}_accuracy" for k in TOP)}


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure of a split."""

    value: float
    interval: Interval | None
    """Where it may lie, had other texts been drawn; None where the rows cannot tell."""


@dataclass(frozen=True, slots=True)
class ClassScores:
    """What the probability of one class is worth, against all others."""

    label: str
    roc_auc: float | None
    """None if no row has the class, or every row."""
    average_precision: float | None
    """None where `roc_auc` is."""
    brier: float
    """Mean squared distance of the probability from 0 or 1, in [0, 1]."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """All figures of a split."""

    values: dict[str, Metric]
    """By the names of `METRICS`, in that order; those that make sense for the task."""
    per_class: tuple[ClassScores, ...]
    num_examples: int
    num_groups: int
    """What was drawn: rows, or groups of rows with equal texts."""
    num_samples: int
    """Bootstrap samples behind the intervals."""
    seed: int

    @property
    def classes_without_ranking(self) -> tuple[str, ...]:
        """Classes that macro AUC and average precision leave out."""
        return tuple(scores.label for scores in self.per_class if scores.roc_auc is None)

    def to_json(self, figures: Figures) -> dict[str, Any]:
        """Return all figures of a split in the stable form of the command line.

        Args:
            figures: What `figures_of` says about the same predictions.
        """
        known = figures.to_json()
        own = {name: metric.value for name, metric in self.values.items()}
        intervals = {
            f"{name}_interval": metric.interval and metric.interval.to_json()
            for name, metric in self.values.items()
        }
        per_class = [
            {**row, **{name: getattr(scores, name) for name in scores.__slots__}}
            for row, scores in zip(known["per_class"], self.per_class, strict=True)
        ]
        made = {
            "confidence": CONFIDENCE,
            "num_samples": self.num_samples,
            "seed": self.seed,
            "num_groups": self.num_groups,
        }
        return {**own, **known, **intervals, "per_class": per_class, "intervals": made}


def measure(
    predictions: AnyPredictions,
    groups: Groups | None = None,
    *,
    num_samples: int = NUM_SAMPLES,
    seed: int = 0,
) -> Metrics:
    """Return all figures of a split with their intervals.

    Args:
        predictions: N rows with one label or any number.
        groups: Equal for rows that are drawn together because their texts are equal, shape (N,);
            None draws row by row.
        num_samples: Number of bootstrap samples.
        seed: The same seed gives the same intervals.

    Raises:
        InvalidArgumentError: If there are no rows.
    """
    require_rows(len(predictions))
    num_groups = len(predictions) if groups is None else len(np.unique(groups))
    groups = _drawn_together(groups)
    targets = label_sets(predictions)
    rankings = rank_classes(targets, predictions.probabilities)
    draw = partial(resampled_sums, groups=groups, num_samples=num_samples, seed=seed)
    known = {
        **_decided(predictions, draw),
        **_scored(predictions, draw),
        **_ranked("macro", macro_ranking(rankings), groups),
    }
    if not isinstance(predictions, Predictions):
        micro = micro_ranking(targets, predictions.probabilities)
        known |= _ranked("micro", micro, groups)
    return Metrics(
        values={name: known[name] for name in METRICS if name in known},
        per_class=_class_scores(predictions, targets, rankings),
        num_examples=len(predictions),
        num_groups=num_groups,
        num_samples=num_samples,
        seed=seed,
    )


def measure_decided(predictions: AnyPredictions, groups: Groups | None = None) -> dict[str, Metric]:
    """Return the figures of what was decided, without those of probabilities, as in `measure`.

    Args:
        predictions: N rows with one label or any number.
        groups: Equal for rows that are drawn together because their texts are equal, shape (N,);
            None draws row by row.
    """
    require_rows(len(predictions))
    return _decided(predictions, partial(resampled_sums, groups=_drawn_together(groups)))


def validation_values(predictions: AnyPredictions) -> dict[str, float | None]:
    """Return every figure of a split without its interval, None where it is undefined.

    Args:
        predictions: N rows with one label or any number.

    Raises:
        InvalidArgumentError: If there are no rows.
    """
    require_rows(len(predictions))
    size = len(predictions.label_names)
    outcomes = Outcomes.of(size, *truth_and_answer(predictions))
    tally = Tally.of_sums(np.bincount(outcomes.cells) @ outcomes.table)
    known = {
        **{name: float(figure(tally)) for name, figure in _figures_of(predictions).items()},
        **{name: float(rows.mean()) for name, rows in _scores_by_row(predictions).items()},
        **_rank_values(predictions),
    }
    return {name: known.get(name) for name in metrics_of(task_of(predictions), size)}


def _rank_values(predictions: AnyPredictions) -> dict[str, float]:
    """Return AUC and average precision without intervals; nothing where they are undefined."""
    targets, probabilities = label_sets(predictions), predictions.probabilities
    rankings = {"macro": macro_ranking(rank_classes(targets, probabilities))}
    if not isinstance(predictions, Predictions):
        rankings["micro"] = micro_ranking(targets, probabilities)
    return {
        f"{which}_{name}": figure.value
        for which, ranking in rankings.items()
        if ranking is not None
        for name, figure in _rank_figures(ranking).items()
    }


def _rank_figures(ranking: Ranking) -> dict[str, RankFigure]:
    return {"roc_auc": ranking.roc_auc, "average_precision": ranking.average_precision}


def _drawn_together(groups: Groups | None) -> Groups | None:
    """Return the groups, or None if each holds a single row."""
    return None if groups is None or len(np.unique(groups)) == len(groups) else groups


def _decided(predictions: AnyPredictions, draw: _Draw) -> dict[str, Metric]:
    """Return the figures of what was decided; rows with the same truth and answer are one cell."""
    outcomes = Outcomes.of(len(predictions.label_names), *truth_and_answer(predictions))
    sums = draw(outcomes.cells, outcomes.table)
    measured = {
        name: _measured(name, sums, _of_tally(figure))
        for name, figure in _figures_of(predictions).items()
    }
    is_single = isinstance(predictions, Predictions)
    return measured | ({"micro_f1": measured["accuracy"]} if is_single else {})


def _figures_of(predictions: AnyPredictions) -> dict[str, Callable[[Tally], FigureValues]]:
    """Return what is measured of the decisions, by name."""
    return _OF_ONE_LABEL if isinstance(predictions, Predictions) else _OF_LABEL_SETS


def _of_tally(figure: Callable[[Tally], FigureValues]) -> FigureOfSums:
    return lambda sums: figure(Tally.of_sums(sums))


def _scored(predictions: AnyPredictions, draw: _Draw) -> dict[str, Metric]:
    """Return the figures that are means over rows."""
    return {
        name: _measured(
            name, draw(*_levels(scores)), lambda sums: ratio(sums[..., 0], sums[..., 1])
        )
        for name, scores in _scores_by_row(predictions).items()
    }


def _levels(scores: row_scores.Scores) -> tuple[LabelIds, Float[np.ndarray, "K 2"]]:
    """Return the level of each row, and score and number of rows that a level adds.

    Beyond so many different scores, rows of about equal score share one: that makes drawing many
    rows fast, and moves an interval by far less than another seed does.
    """
    known, cells = np.unique(scores, return_inverse=True)
    if len(known) > _MAX_LEVELS:
        cells = np.empty(len(scores), dtype=np.int64)
        cells[np.argsort(scores)] = np.arange(len(scores)) * _MAX_LEVELS // len(scores)
        known = np.bincount(cells, weights=scores) / np.bincount(cells)
    return cells, np.stack([known.astype(np.float64), np.ones(len(known))], axis=1)


def _scores_by_row(predictions: AnyPredictions) -> dict[str, row_scores.Scores]:
    if not isinstance(predictions, Predictions):
        return {
            "label_ranking_average_precision": row_scores.label_ranking(predictions),
            "loss": predictions.loss,
            "brier": row_scores.label_brier(predictions),
        }
    size = len(predictions.label_names)
    top = {f"top_{k}_accuracy": row_scores.in_top(predictions, k) for k in TOP if k < size}
    return {**top, "loss": predictions.loss, "brier": row_scores.brier(predictions)}


def _measured(name: str, sums: Sums, figure: FigureOfSums) -> Metric:
    """Return a figure with its interval."""
    value = float(figure(sums.total))
    if name in _SHARES_OF_ROWS:
        return Metric(value, share_interval(sums, figure))
    return Metric(value, bca_interval(sums, figure))


def _ranked(which: str, ranking: Ranking | None, groups: Groups | None) -> dict[str, Metric]:
    """Return AUC and average precision; nothing where they are undefined."""
    if ranking is None:
        return {}
    return {
        f"{which}_{name}": Metric(figure.value, rank_interval(figure, groups))
        for name, figure in _rank_figures(ranking).items()
    }


def _class_scores(
    predictions: AnyPredictions, targets: LabelSets, rankings: list[Ranking | None]
) -> tuple[ClassScores, ...]:
    """Return what is known of every class, in the order of the label ids."""
    brier = row_scores.class_brier(targets, predictions.probabilities)
    return tuple(
        ClassScores(
            label=label,
            roc_auc=None if ranking is None else ranking.roc_auc.value,
            average_precision=None if ranking is None else ranking.average_precision.value,
            brier=float(score),
        )
        for label, ranking, score in zip(predictions.label_names, rankings, brier, strict=True)
    )
