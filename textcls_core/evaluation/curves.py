"""ROC and precision-recall curves: each class against the rest, and their mean."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from textcls_core.arrays import Mask
from textcls_core.evaluation.by_task import AnyPredictions, label_sets
from textcls_core.evaluation.figures import ratio

MAX_POINTS = 500
"""Points of a curve at most."""
_GRID = np.linspace(0, 1, 1_000)
"""Places at which curves are averaged, as in scikit-learn's example of multiclass ROC."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve of at most `MAX_POINTS` points from the highest threshold to the lowest one."""

    x: Float[np.ndarray, " P"]
    y: Float[np.ndarray, " P"]
    area: float
    """Under the whole curve, before points were left out, in [0, 1]."""


class Point(NamedTuple):
    """Where answers alone stand among curves: the means over the classes."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class ClassCurves:
    """How well the probability of one class tells its rows from the others."""

    label_id: int
    num_positives: int
    """Rows of the class."""
    roc: Curve
    """True positive rate by false positive rate; its area is the ROC-AUC."""
    precision_recall: Curve
    """Precision by recall, a step function; its area is the average precision."""


@dataclass(frozen=True, slots=True)
class Curves:
    """Curves of a split. Classes that all rows have, or none, have no curves and are left out."""

    classes: tuple[ClassCurves, ...]
    """In the order of the label ids."""
    macro_roc: Curve | None
    """Mean over the classes; None if none has a curve."""
    macro_precision_recall: Curve | None


def curves_of(predictions: AnyPredictions) -> Curves:
    """Return the curves of every class against the rest, and their vertical averages.

    The macro curve takes, at each of 1,000 places on the x axis, the mean over the classes of the
    height of their curves (vertical averaging: Fawcett 2006, "An introduction to ROC analysis",
    algorithm 4; scikit-learn's example of multiclass ROC). ROC curves are read off linearly, those
    of precision as steps. The areas given for them are the means of the areas of the classes,
    scikit-learn's macro average.
    """
    targets = label_sets(predictions)
    classes, heights = [], []
    for label_id, (is_positive, scores) in enumerate(
        zip(targets.T, predictions.probabilities.T, strict=True)
    ):
        num_positives = int(is_positive.sum())
        if num_positives in {0, len(is_positive)}:
            continue
        found, false = _found(is_positive, scores)
        roc, steps = _roc(found, false), _precision_recall(found, false)
        heights.append((np.interp(_GRID, roc.x, roc.y), _step_heights(steps)))
        classes.append(ClassCurves(label_id, num_positives, thinned(roc), thinned(steps)))
    if not classes:
        return Curves((), None, None)
    rates, precisions = (np.mean(each, axis=0) for each in zip(*heights, strict=True))
    return Curves(
        classes=tuple(classes),
        macro_roc=_macro(np.append(0, _GRID), np.append(0, rates), [c.roc for c in classes]),
        macro_precision_recall=_macro(_GRID, precisions, [c.precision_recall for c in classes]),
    )


def points_of(predictions: AnyPredictions) -> tuple[Point, Point]:
    """Return where the answers stand in the charts of ROC, and of precision by recall.

    For predictions that have no more than answers: 1 for a class that is given, else 0. Classes
    without curves are left out; the precision of a class that is never given is 0, as in
    scikit-learn.
    """
    targets, given = label_sets(predictions), predictions.probabilities == 1
    num_true, num_given = targets.sum(axis=0), given.sum(axis=0)
    has_curve = (num_true > 0) & (num_true < len(targets))
    hits = (targets & given).sum(axis=0)
    false_rate = ratio(num_given - hits, len(targets) - num_true)
    recall, precision = ratio(hits, num_true), ratio(hits, num_given)
    x, y, height = (
        float(each[has_curve].mean()) if has_curve.any() else 0.0
        for each in (false_rate, recall, precision)
    )
    return Point(x, y), Point(y, height)


def _found(
    is_positive: Mask, scores: Float[np.ndarray, " N"]
) -> tuple[Float[np.ndarray, " R"], Float[np.ndarray, " R"]]:
    """Return rows of the class, and others, down to each of R different scores."""
    scores = np.ascontiguousarray(scores)  # a column of a table is slow to read in disorder
    order = np.argsort(-scores)  # in which order equal scores come does not matter
    ordered = scores[order]
    ends = np.append(np.flatnonzero(ordered[1:] != ordered[:-1]), len(ordered) - 1)
    found = np.cumsum(is_positive[order])[ends]
    return found.astype(np.float64), (ends + 1 - found).astype(np.float64)


def _roc(found: Float[np.ndarray, " R"], false: Float[np.ndarray, " R"]) -> Curve:
    x, y = np.append(0, false / false[-1]), np.append(0, found / found[-1])
    return Curve(x, y, float(np.trapezoid(y, x)))


def _precision_recall(found: Float[np.ndarray, " R"], false: Float[np.ndarray, " R"]) -> Curve:
    """Return precision at every recall; the area is the sum of its steps (average precision)."""
    recall, precision = found / found[-1], found / (found + false)
    area = float((np.diff(recall, prepend=0) * precision).sum())
    return Curve(np.append(0, recall), np.append(precision[0], precision), area)


def _step_heights(steps: Curve) -> Float[np.ndarray, " G"]:
    """Return the precision at the highest threshold that reaches each recall of the grid."""
    places = np.searchsorted(steps.x[1:], _GRID, side="left") + 1
    return np.asarray(steps.y[places])


def _macro(x: np.ndarray, y: np.ndarray, curves: list[Curve]) -> Curve:
    return thinned(Curve(x, y, float(np.mean([curve.area for curve in curves]))))


def thinned(curve: Curve, limit: int = MAX_POINTS) -> Curve:
    """Return the curve with at most `limit` points, without changing its shape.

    Points inside horizontal and vertical stretches go first, which changes nothing. If more are
    left than may stay, those are kept that are evenly spaced along the curve: no point that is left
    out is further than a `limit`th of the length of the curve (horizontal plus vertical) from one
    that stays.

    Example:
        >>> thinned(Curve(np.linspace(0, 1, 9), np.ones(9), 1.0)).x.tolist()
        [0.0, 1.0]
    """
    x, y = _without_straight_points(curve.x, curve.y)
    if len(x) > limit:
        length = np.append(0, np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y))))
        wanted = np.linspace(0, length[-1], limit)
        kept = np.unique(np.minimum(np.searchsorted(length, wanted), len(x) - 1))
        x, y = x[kept], y[kept]
    return Curve(x, y, curve.area)


def _without_straight_points(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a curve without the points inside its horizontal and vertical stretches.

    They can go from steps as well as from lines; points on a slope are corners of steps.
    """
    steps_x, steps_y = np.sign(np.diff(x)), np.sign(np.diff(y))
    goes_on = (steps_x[:-1] == steps_x[1:]) & (steps_y[:-1] == steps_y[1:])
    is_inside = goes_on & ((steps_x[1:] == 0) | (steps_y[1:] == 0))
    kept = np.concatenate([[True], ~is_inside, [True]])
    return x[kept], y[kept]
