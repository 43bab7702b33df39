"""Thresholds per class, tuned on rows the model was not trained on."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from textcls_core.arrays import LabelIds, LabelProbabilities, LabelSets, Probabilities
from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.figures import ratio
from textcls_core.evaluation.multi_label import THRESHOLD

Target = Literal["f1", "precision", "recall"]
Thresholds = Float[np.ndarray, " C"]
NEVER = 1.0
"""Threshold of a label that cannot reach the precision asked for."""
_MOST_ROUNDS = 5
_MOST_FACTOR = 20.0
"""How much easier or harder than the others a class may become."""
_SMALLEST_GAIN = 1e-9
_NUM_FOLDS = 5
_POWERS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True)
class _Cuts:
    """What happens if the label is given to the K highest probabilities, for every useful K."""

    thresholds: Float[np.ndarray, " K"]
    hits: Int[np.ndarray, " K"]
    given: Int[np.ndarray, " K"]
    support: int


def tune_label_thresholds(
    probabilities: LabelProbabilities,
    targets: LabelSets,
    target: Target = "f1",
    at_least: float = 0.9,
) -> Thresholds:
    """Return a threshold for every label by itself, shape (C,).

    `f1` makes the F1 of the label as large as can be; `precision` gives the label to as many texts
    as can be while at least this share of them has it; `recall` to as few as can be while at least
    this share of those that have it get it. A threshold lies half way between two probabilities. A
    label without any row keeps 0.5; one that cannot reach the precision is given at certainty only.

    Args:
        probabilities: Shape (N, C).
        targets: Whether a row has a label, shape (N, C).
        target: What to reach.
        at_least: Precision or recall to reach, in (0, 1].

    Raises:
        InvalidArgumentError: If there are no rows, or `at_least` is out of range.
    """
    if not len(targets):
        raise InvalidArgumentError("Expected validation rows to tune thresholds on, got none.")
    if not 0 < at_least <= 1:
        raise InvalidArgumentError(
            f"Expected a share above 0 and at most 1 for the {target} to reach, got {at_least:g}."
        )
    columns = zip(np.asarray(probabilities, np.float64).T, targets.T, strict=True)
    found = [_label_threshold(_cuts(p, t), target, at_least) for p, t in columns]
    return np.array(found)


def _cuts(probabilities: np.ndarray, truth: np.ndarray) -> _Cuts:
    order = np.argsort(-probabilities, kind="stable")
    ranked = probabilities[order]
    ends = np.flatnonzero(np.append(ranked[:-1] > ranked[1:], True))
    below = np.append(ranked[ends[:-1] + 1], 0.0)
    hits = np.cumsum(truth[order] == 1)[ends]
    return _Cuts((ranked[ends] + below) / 2, hits, ends + 1, int(hits[-1]))


def _label_threshold(cuts: _Cuts, target: Target, at_least: float) -> float:
    if not cuts.support:
        return THRESHOLD
    precision, recall = cuts.hits / cuts.given, cuts.hits / cuts.support
    if target == "f1":
        value = 2 * cuts.hits / (cuts.given + cuts.support)
    elif target == "precision":
        value = np.where((precision >= at_least) & (cuts.hits > 0), recall, -1.0)
    else:
        value = np.where(recall >= at_least, precision, -1.0)
    if value.max() < 0:
        return NEVER
    best = np.flatnonzero(value == value.max())
    nearest = best[np.argmin(np.abs(cuts.thresholds[best] - THRESHOLD))]
    return max(float(cuts.thresholds[nearest]), float(np.finfo(np.float64).tiny))


def tune_class_thresholds(probabilities: Probabilities, true_label_ids: LabelIds) -> Thresholds:
    """Return thresholds for the largest ratio of probability and threshold, shape (C,).

    Those of `climb_class_thresholds` fit the rows that they were climbed on too well where classes
    have few of them. So they are drawn towards equal thresholds, by a power from 0 (equal) to 1
    (as climbed) that gives the best macro-F1 on average over five parts of the rows, each left out
    of the climbing in turn; of equally good powers the smallest. They stay equal if the gain is not
    larger than its standard error over the parts.

    Args:
        probabilities: Shape (N, C).
        true_label_ids: Shape (N,).

    Raises:
        InvalidArgumentError: If there are no rows.
    """
    climbed = climb_class_thresholds(probabilities, true_label_ids)
    folds = _folds(probabilities, true_label_ids)
    gains = np.zeros((_NUM_FOLDS, len(_POWERS)))
    for fold in range(_NUM_FOLDS):
        rest, held = folds != fold, folds == fold
        if not (rest.any() and held.any()):
            return np.full_like(climbed, THRESHOLD)
        part = climb_class_thresholds(probabilities[rest], true_label_ids[rest])
        scores = [probabilities[held] / part**power for power in _POWERS]
        gains[fold] = [_macro_f1(score, true_label_ids[held]) for score in scores]
    gains -= gains[:, :1]
    mean, error = gains.mean(axis=0), gains.std(axis=0, ddof=1) / np.sqrt(_NUM_FOLDS)
    best = int(np.argmax(mean > mean.max() - _SMALLEST_GAIN))
    return _centred(climbed ** (_POWERS[best] if mean[best] > error[best] else 0.0))


def _folds(probabilities: Probabilities, true_label_ids: LabelIds) -> Int[np.ndarray, " N"]:
    """Return a part for each row; rows of one class that are equally hard go to different parts."""
    rows = np.arange(len(true_label_ids))
    order = np.lexsort((probabilities[rows, true_label_ids], true_label_ids))
    folds = np.empty(len(rows), dtype=np.int64)
    folds[order] = rows % _NUM_FOLDS
    return folds


def _macro_f1(scores: np.ndarray, true_label_ids: LabelIds) -> float:
    """Return macro-F1 of the largest score over the classes that have rows."""
    size, predicted = scores.shape[1], scores.argmax(axis=1)
    support = np.bincount(true_label_ids, minlength=size)
    hits = np.bincount(true_label_ids[predicted == true_label_ids], minlength=size)
    f1 = ratio(2.0 * hits, support + np.bincount(predicted, minlength=size))
    return float(f1[support > 0].mean())


def _centred(thresholds: np.ndarray) -> Thresholds:
    return np.asarray(THRESHOLD * thresholds / np.median(thresholds))


def climb_class_thresholds(probabilities: Probabilities, true_label_ids: LabelIds) -> Thresholds:
    """Return thresholds that no single change makes better on these rows, shape (C,).

    Macro-F1 over the classes that have rows is climbed one threshold after the other: each is put
    where macro-F1 is largest while the others stay, until nothing gets better. So it is not below
    that of the most probable class on these rows. Classes without rows stay as they are. Only
    ratios matter; the median is 0.5, so two thresholds sum to 1 and are the usual ones.

    Args:
        probabilities: Shape (N, C).
        true_label_ids: Shape (N,).

    Raises:
        InvalidArgumentError: If there are no rows.
    """
    size, num_classes = probabilities.shape
    if not size:
        raise InvalidArgumentError("Expected validation rows to tune thresholds on, got none.")
    thresholds = np.ones(num_classes)
    support = np.bincount(true_label_ids, minlength=num_classes)
    exact = np.maximum(np.asarray(probabilities, np.float64), np.finfo(np.float64).tiny)
    for _ in range(_MOST_ROUNDS):
        before = thresholds.copy()
        for label_id in np.flatnonzero(support):
            thresholds[label_id] = _climb(exact, thresholds, true_label_ids, int(label_id))
        if (before == thresholds).all():
            break
    return _centred(thresholds)


def _climb(
    probabilities: np.ndarray, thresholds: np.ndarray, truth: LabelIds, label_id: int
) -> float:
    """Return the threshold of one class that makes macro-F1 largest while the others stay."""
    others = probabilities / thresholds
    others[:, label_id] = -1.0
    rivals = others.argmax(axis=1)
    turning = probabilities[:, label_id] / others[np.arange(len(others)), rivals]
    order = np.argsort(-turning, kind="stable")
    turning, rivals, truth = turning[order], rivals[order], truth[order]
    gains = _sum_of_f1(rivals, truth, label_id, probabilities.shape[1])
    bounded = np.clip(turning, 1 / _MOST_FACTOR, _MOST_FACTOR)
    between = np.sqrt(bounded[:-1] * bounded[1:])
    cuts = np.concatenate([[_MOST_FACTOR], between, [1 / _MOST_FACTOR]])
    is_cut = np.concatenate([turning[:1] < _MOST_FACTOR, bounded[:-1] > bounded[1:],
                             turning[-1:] > 1 / _MOST_FACTOR])  # fmt: skip
    current = thresholds[label_id]
    now = gains[np.searchsorted(-turning, -current, side="right")]
    best = gains[is_cut].max(initial=-1.0)
    if best <= now + _SMALLEST_GAIN:
        return float(current)
    winners = np.flatnonzero(is_cut & (gains >= best - _SMALLEST_GAIN))
    return float(cuts[winners[np.argmin(np.abs(np.log(cuts[winners] / current)))]])


def _sum_of_f1(
    rivals: LabelIds, truth: LabelIds, label_id: int, num_classes: int
) -> Float[np.ndarray, " M"]:
    """Return the sum of F1 over the classes if the first k rows go to one class, for k = 0 to N.

    Args:
        rivals: Class that each row goes to otherwise, in the order in which rows are won.
        truth: True class of each row in the same order.
        label_id: The class that wins them.
        num_classes: Number of classes, C.
    """
    size = len(truth)
    support = np.bincount(truth, minlength=num_classes)
    lost_hit = truth == rivals
    predicted = np.bincount(rivals, minlength=num_classes)
    hits = np.bincount(rivals, weights=lost_hit, minlength=num_classes)
    grouped = np.argsort(rivals, kind="stable")  # rows of one rival in the order they are lost
    owner = rivals[grouped]
    starts = np.cumsum(predicted) - predicted
    lost = np.arange(size) - starts[owner] + 1
    running = np.cumsum(lost_hit[grouped])
    lost_hits = running - (running - lost_hit[grouped])[np.minimum(starts, size - 1)][owner]
    total = support[owner] + predicted[owner]
    after = ratio(2.0 * (hits[owner] - lost_hits), total - lost)
    before = ratio(2.0 * (hits[owner] - lost_hits + lost_hit[grouped]), total - lost + 1)
    change = np.empty(size)
    change[grouped] = after - before
    won = np.concatenate([[0], np.cumsum(truth == label_id)])
    own = ratio(2.0 * won, support[label_id] + np.arange(size + 1))
    start = ratio(2.0 * hits, support + predicted).sum()
    return np.asarray(own + start + np.concatenate([[0.0], np.cumsum(change)]))
