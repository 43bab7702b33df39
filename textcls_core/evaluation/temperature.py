"""Temperature scaling: one number that makes probabilities as sure as they may be.

Logits are divided by the temperature before they become probabilities. Above 1 a model sounds less
sure, below 1 more; which class is the most probable never changes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Float

from textcls_core.arrays import LabelIds
from textcls_core.dataset.text_dataset import Task
from textcls_core.evaluation.by_task import AnyPredictions, task_of, with_temperature
from textcls_core.evaluation.calibration import expected_calibration_error
from textcls_core.evaluation.figures import require_rows
from textcls_core.evaluation.predictions import Predictions

LOWEST, HIGHEST = 0.05, 20.0
"""Bounds of a temperature that is fitted."""
_SAME = 0.005
"""A temperature this close to 1 would be shown as 1.00, and changes nothing that matters."""
_SMALLEST: dict[Task, float] = {
    "single_label": float(np.finfo(np.float64).tiny),
    "multi_label": float(np.finfo(np.float64).eps),
}
"""The least probability whose logarithm is taken, as in the losses."""
_TOLERANCE = 1e-10
_MAX_STEPS = 100

Scores = Float[np.ndarray, "N C"]
Ending = Literal["fitted", "unchanged", "all right", "beyond", "worse"]
NOTES: dict[Ending, str] = {
    "fitted": "Log loss on the validation rows is smallest at this temperature.",
    "unchanged": "Log loss on the validation rows is smallest as the model is.",
    "all right": "Every validation answer is right, so log loss falls the surer the model sounds, "
    "without end. These rows cannot say how sure is too sure; the temperature stays 1.",
    "beyond": f"Log loss on the validation rows still falls at the last temperature tried (from "
    f"{LOWEST:g} to {HIGHEST:g}). A temperature cannot repair such probabilities; it stays 1.",
    "worse": "The temperature of the smallest log loss would make the calibration error of the "
    "validation rows larger, so the temperature stays 1.",
}
"""How a fit ended, in words for the page and the terminal."""


@dataclass(frozen=True, slots=True)
class TemperatureFit:
    """What the validation rows say about the temperature of a model."""

    optimum: float
    """Where their log loss is smallest between `LOWEST` and `HIGHEST`."""
    ending: Ending
    num_examples: int
    loss_before: float
    """Log loss at temperature 1, in nats."""
    loss_after: float
    """Log loss at the optimum."""
    error_before: float
    """Expected calibration error at temperature 1, equal-width bins, in [0, 1]."""
    error_after: float
    """The same at the optimum."""

    @property
    def temperature(self) -> float:
        """What to use: the optimum, or 1 where it is not to be trusted."""
        return self.optimum if self.ending == "fitted" else 1.0

    @property
    def note(self) -> str:
        """How the fit ended, in a sentence or two."""
        return NOTES[self.ending]

    def to_json(self) -> dict[str, Any]:
        """Return the fit for a script."""
        facts = {name: getattr(self, name) for name in TemperatureFit.__slots__}
        return {"temperature": self.temperature, **facts, "note": self.note}


def fit_temperature(predictions: AnyPredictions) -> TemperatureFit:
    """Return the temperature that makes the log loss of validation rows smallest.

    One temperature serves all classes, or all labels. It is proposed only if it does not make the
    expected calibration error of these rows larger, which the smallest log loss alone does not
    promise, and only if there is a smallest log loss within the bounds.

    Args:
        predictions: Of the N validation rows at temperature 1, N >= 1.

    Raises:
        InvalidArgumentError: If there are no rows.

    Source:
        Guo et al. 2017, "On Calibration of Modern Neural Networks", equation 9.
    """
    require_rows(len(predictions))
    scores, true = _scores_and_truth(predictions)
    optimum = optimal_temperature(scores, true)
    tempered = with_temperature(predictions, optimum)
    before, after = (expected_calibration_error(one) for one in (predictions, tempered))
    return TemperatureFit(
        optimum=optimum,
        ending=_ending(optimum, is_right=_is_separated(scores, true), is_worse=after > before),
        num_examples=len(predictions),
        loss_before=float(predictions.loss.mean()),
        loss_after=float(tempered.loss.mean()),
        error_before=before,
        error_after=after,
    )


def _ending(optimum: float, *, is_right: bool, is_worse: bool) -> Ending:
    if abs(optimum - 1) < _SAME:
        return "unchanged"
    if is_right:
        return "all right"
    if optimum in (LOWEST, HIGHEST):
        return "beyond"
    return "worse" if is_worse else "fitted"


def _is_separated(scores: Scores, true: LabelIds) -> bool:
    """Tell whether no row has a score above that of its true class."""
    return bool((scores[np.arange(len(true)), true] >= scores.max(axis=1)).all())


def _scores_and_truth(predictions: AnyPredictions) -> tuple[Scores, LabelIds]:
    """Return log-probabilities and the true column per row.

    They stand for the logits, from which they differ by a constant per row. Every label of every
    row of a multi-label model is a row with two columns, no and yes.
    """
    smallest = _SMALLEST[task_of(predictions)]
    if isinstance(predictions, Predictions):
        return np.log(np.maximum(predictions.probabilities, smallest)), predictions.true_label_ids
    yes = predictions.probabilities.ravel()
    scores = np.log(np.maximum(np.stack([1 - yes, yes], axis=1), smallest))
    return scores, predictions.targets.ravel().astype(np.int64)


def optimal_temperature(scores: Scores, true: LabelIds) -> float:
    """Return the temperature that makes log loss smallest, between `LOWEST` and `HIGHEST`.

    Log loss is convex in 1 / temperature, so its slope has one zero: Newton's steps on the
    logarithm find it, and bisection takes over where they would leave the bracket. If the true
    class has the largest score in every row, log loss has no minimum and the answer is `LOWEST`.

    Args:
        scores: Logits, or logarithms of probabilities, shape (N, C).
        true: Column of the truth per row, shape (N,).

    Example:
        >>> round(optimal_temperature(np.log([[0.9, 0.1]] * 4), np.array([0, 0, 0, 1])), 3)
        2.0
    """
    relative = scores - scores.max(axis=1, keepdims=True)
    of_truth = relative[np.arange(len(true)), true]
    if not relative.any():  # all classes alike in every row: no temperature changes anything
        return 1.0
    if _is_separated(scores, true):
        return LOWEST

    def slope_at(log_sharpness: float) -> tuple[float, float]:
        return _slope_and_curvature(relative, of_truth, np.exp(log_sharpness))

    softest, sharpest = -np.log(HIGHEST), -np.log(LOWEST)
    if slope_at(softest)[0] >= 0:
        return HIGHEST
    if slope_at(sharpest)[0] <= 0:
        return LOWEST
    return float(np.exp(-_root(slope_at, softest, sharpest)))


def _slope_and_curvature(
    relative: Scores, of_truth: np.ndarray, sharpness: float
) -> tuple[float, float]:
    """Return the derivatives of log loss by the logarithm of the sharpness, 1 / temperature.

    The second one leaves out a term that vanishes where the first is 0, so it is never negative.
    """
    weights = np.exp(relative * sharpness)
    weights /= weights.sum(axis=1, keepdims=True)
    means = (weights * relative).sum(axis=1)
    squares = (weights * relative**2).sum(axis=1)
    slope = float((means - of_truth).mean()) * sharpness
    return slope, float((squares - means**2).mean()) * sharpness**2


def _root(slope_at: Callable[[float], tuple[float, float]], low: float, high: float) -> float:
    """Return where a slope is 0 that is negative at `low` and positive at `high`."""
    place = 0.0
    for _ in range(_MAX_STEPS):
        slope, curvature = slope_at(place)
        low, high = (place, high) if slope < 0 else (low, place)
        step = place - slope / curvature if curvature > 0 else high
        following = step if low < step < high else (low + high) / 2
        if slope == 0 or abs(following - place) < _TOLERANCE:
            break
        place = following
    return place
