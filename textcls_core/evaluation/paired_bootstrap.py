"""How far the difference of two classifiers could be chance: both measured on resampled rows."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from textcls_core.evaluation import agreement
from textcls_core.evaluation.agreement import FigureValues, Tally
from textcls_core.evaluation.alignment import Pair
from textcls_core.evaluation.bootstrap import Groups
from textcls_core.evaluation.by_task import truth_and_answer
from textcls_core.evaluation.figures import ratio
from textcls_core.evaluation.intervals import resampled_sums
from textcls_core.evaluation.outcomes import Outcomes
from textcls_core.evaluation.predictions import Predictions

_Figure = Callable[[Tally], FigureValues]
_DECIDED: dict[str, _Figure] = {
    "accuracy": agreement.accuracy,
    "balanced_accuracy": agreement.balanced_accuracy,
    "macro_f1": agreement.macro_f1,
    "weighted_f1": agreement.weighted_f1,
}
_OF_ONE_LABEL: dict[str, _Figure] = {**_DECIDED, "mcc": agreement.matthews}
_OF_LABEL_SETS: dict[str, _Figure] = {
    **_DECIDED,
    "macro_f1": agreement.macro_f1_of_labels,
    "micro_f1": agreement.micro_f1,
    "hamming_loss": agreement.hamming_loss,
}
_OF_CLASSES: dict[str, _Figure] = {
    "precision": lambda tally: ratio(tally.hits, tally.predicted),
    "recall": lambda tally: ratio(tally.hits, tally.support),
    "f1": lambda tally: tally.f1,
}


@dataclass(frozen=True, slots=True)
class Paired:
    """One figure of both runs: over all rows, and as it differs in S samples of them."""

    reference: FigureValues
    """A number, or a number per class (C,)."""
    other: FigureValues
    """The same of the other run."""
    differences: FigureValues
    """Other minus reference in each sample, shape (S,) or (S, C)."""


def paired_figures(
    pair: Pair, groups: Groups | None, *, num_samples: int, seed: int
) -> tuple[dict[str, Paired], dict[str, Paired]]:
    """Return the figures of both runs, and how they differ in bootstrap samples of the rows.

    Both are measured on the same sample, so that rows which are hard for both cancel out (the
    paired bootstrap of Koehn 2004, "Statistical significance tests for machine translation
    evaluation", section 4).

    Args:
        pair: Predictions of the same rows.
        groups: Rows with one number are drawn together, shape (N,); None: each by itself.
        num_samples: S.
        seed: Decides the samples.

    Returns:
        Over all classes, and by class.
    """
    (true, first), (_, second) = (truth_and_answer(predictions) for predictions in pair)
    outcomes = Outcomes.of(len(pair[0].label_names), true, first, second)
    sums = resampled_sums(
        outcomes.cells, outcomes.table, groups, num_samples=num_samples, seed=seed
    )
    total = [Tally.of_sums(half) for half in np.split(sums.total, 2, axis=-1)]
    samples = [Tally.of_sums(half) for half in np.split(sums.samples, 2, axis=-1)]
    is_single = isinstance(pair[0], Predictions)
    over_all = {
        name: _paired(figure, total, samples)
        for name, figure in (_OF_ONE_LABEL if is_single else _OF_LABEL_SETS).items()
    }
    over_all["loss"] = _paired_loss(pair, groups, num_samples, seed)
    by_class = {name: _paired(figure, total, samples) for name, figure in _OF_CLASSES.items()}
    return over_all, by_class


def _paired(figure: _Figure, total: list[Tally], samples: list[Tally]) -> Paired:
    reference, other = (figure(tally) for tally in total)
    first, second = (figure(tally) for tally in samples)
    return Paired(reference, other, second - first)


def _paired_loss(pair: Pair, groups: Groups | None, num_samples: int, seed: int) -> Paired:
    """Return the mean loss of both runs; it depends on each row, not on its outcome alone."""
    num_rows = len(pair[0])
    rows = np.stack([pair[0].loss, pair[1].loss, np.ones(num_rows)], axis=1)
    sums = resampled_sums(np.arange(num_rows), rows, groups, num_samples=num_samples, seed=seed)
    reference, other = sums.total[:2] / num_rows
    differences = (sums.samples[:, 1] - sums.samples[:, 0]) / sums.samples[:, 2]
    return Paired(np.asarray(reference), np.asarray(other), differences)
