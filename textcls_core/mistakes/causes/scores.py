"""Causes that the probabilities alone speak of: almost right, and wavering between classes."""

import numpy as np

from textcls_core.arrays import Probabilities
from textcls_core.evaluation.multi_label import THRESHOLD
from textcls_core.mistakes.causes.case import Case, Finding
from textcls_core.wording import percent

CLOSE_MARGIN = 0.2
"""Largest lead of a wrong class over the true one that counts as small: half of it, moved from one
to the other, would mend the answer."""
MANY_CLASSES = 2.0
"""Perplexity from which a model wavers: it is as unsure as among so many equally likely classes."""
USUAL_SHARE = 0.95
"""It must also waver more than in so many of its right answers, which a weak model does often."""


def almost_right(case: Case) -> Finding:
    """Find mistakes whose true class is the second choice by a small margin.

    With several labels: exactly one label was decided wrongly, and its probability is as near to
    the threshold as half the margin.
    """
    look = _second_choice if case.is_single else _one_label_off
    return case.finding("almost_right", look(case))


def _second_choice(case: Case) -> dict[int, str]:
    if not len(case) or case.probabilities.shape[1] < 2:
        return {}
    order = np.argsort(-case.probabilities, axis=1, kind="stable")[:, :2]
    best, second = np.take_along_axis(case.probabilities, order, axis=1).T
    is_second = order[:, 1] == case.true.argmax(axis=1)
    return {
        int(place): f"{case.true_names(place)} is the second choice with "
        f"{percent(float(second[place]))}, behind {case.names(case.given[place])} with "
        f"{percent(float(best[place]))}."
        for place in np.flatnonzero(is_second & (best - second <= CLOSE_MARGIN))
    }


def _one_label_off(case: Case) -> dict[int, str]:
    wrong = case.true != case.given
    distance = np.where(wrong, np.abs(case.probabilities - THRESHOLD), 0.0).sum(axis=1)
    is_close = (wrong.sum(axis=1) == 1) & (distance <= CLOSE_MARGIN / 2)
    return {
        int(place): f"Only {case.names(wrong[place])} was decided wrongly, with "
        f"{percent(float(case.probabilities[place][wrong[place]][0]))} where "
        f"{percent(THRESHOLD, 0)} decides."
        for place in np.flatnonzero(is_close)
    }


def wavering(case: Case) -> dict[int, str]:
    """Return the mistakes whose probability is spread over several classes, with the evidence.

    The spread is measured by perplexity, e to the entropy in nats: 1 for a sure answer, C if all
    classes are equally likely.
    """
    found = perplexity(case.probabilities)
    right = np.delete(case.predictions.probabilities, case.rows, axis=0)
    usual = float(np.quantile(perplexity(right), USUAL_SHARE)) if len(right) else 1.0
    return {
        int(place): f"The model wavers as among {found[place]:.1f} equally likely classes; where "
        f"it is right, {percent(USUAL_SHARE, 0)} of its answers waver among {usual:.1f} or fewer."
        for place in np.flatnonzero(found >= max(MANY_CLASSES, usual))
    }


def perplexity(probabilities: Probabilities) -> np.ndarray:
    """Return e to the entropy of each row, shape (N,), from 1 to C.

    Example:
        >>> perplexity(np.array([[1.0, 0.0], [0.5, 0.5]])).round(6).tolist()
        [1.0, 2.0]
    """
    logs = np.log(np.maximum(probabilities, np.finfo(np.float64).tiny))
    return np.asarray(np.exp(-(probabilities * logs).sum(axis=1)))
