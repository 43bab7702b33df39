"""Answering only when sure: risk and coverage (El-Yaniv & Wiener 2010; Geifman & El-Yaniv 2017)."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from textcls_core.arrays import Mask
from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.figures import require_rows
from textcls_core.wording import percent


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """What answering only from a confidence on gives, for each of the K confidences that occur.

    The largest confidence comes first; the last point answers every text.
    """

    levels: Float[np.ndarray, " K"]
    """Answers are given from this confidence on."""
    coverage: Float[np.ndarray, " K"]
    """Share of the texts that get an answer."""
    risk: Float[np.ndarray, " K"]
    """Share of the answers that are wrong."""
    aurc: float
    """Mean of the risk over all texts, the surest answered first: 0 is best (Geifman, Uziel &
    El-Yaniv 2019). A confidence that says nothing gives the share of wrong answers."""

    def at(self, level: float) -> tuple[float, float]:
        """Return coverage and risk of answering from a confidence on; (0, 0) if none is so sure."""
        position = int(np.searchsorted(-self.levels, -level, side="right")) - 1
        if position < 0:
            return 0.0, 0.0
        return float(self.coverage[position]), float(self.risk[position])


def risk_coverage(confidence: Float[np.ndarray, " N"], is_wrong: Mask) -> RiskCoverage:
    """Return the risk of answering the surest texts alone, for every share of them.

    Rows of equal confidence are answered together, so the curve does not depend on their order.

    Args:
        confidence: How sure each answer is, shape (N,).
        is_wrong: Whether it is wrong, shape (N,).

    Raises:
        InvalidArgumentError: If there are no rows.

    Example:
        >>> risk_coverage(np.array([0.9, 0.6]), np.array([False, True])).risk.tolist()
        [0.0, 0.5]
    """
    require_rows(len(confidence))
    order = np.argsort(-confidence, kind="stable")
    ranked = confidence[order]
    ends = np.flatnonzero(np.append(ranked[:-1] > ranked[1:], True))
    answered = ends + 1
    risk = np.cumsum(is_wrong[order])[ends] / answered
    aurc = float(np.average(risk, weights=np.diff(answered, prepend=0)))
    return RiskCoverage(ranked[ends], answered / len(ranked), risk, aurc)


def level_for_accuracy(
    confidence: Float[np.ndarray, " N"], is_wrong: Mask, accuracy: float
) -> float:
    """Return the smallest confidence from which on that share of the answers is right.

    Zero if all answers together reach it. It lies half way to the next confidence below.

    Args:
        confidence: How sure each answer is, shape (N,).
        is_wrong: Whether it is wrong, shape (N,).
        accuracy: Share of the answers to be right, in (0, 1].

    Raises:
        InvalidArgumentError: If not even the surest answers reach it, or it is out of range.
    """
    if not 0 < accuracy <= 1:
        raise InvalidArgumentError(
            f"Expected a share of right answers above 0 and at most 1, got {accuracy:g}."
        )
    curve = risk_coverage(confidence, is_wrong)
    reached = np.flatnonzero(curve.risk <= 1 - accuracy + 1e-12)
    if not len(reached):
        raise InvalidArgumentError(
            f"Not even the surest answers are right in {percent(accuracy)} of the validation "
            "texts. Ask for a smaller share."
        )
    last = int(reached[-1])
    if last == len(curve.levels) - 1:
        return 0.0
    return float((curve.levels[last] + curve.levels[last + 1]) / 2)
