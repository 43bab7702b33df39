"""The calibration of a split as a whole and class by class, in figures and in words."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from textcls_core.evaluation.by_task import AnyPredictions
from textcls_core.evaluation.calibration import (
    Binning,
    Claims,
    Reliability,
    claims_of,
    reliability,
)
from textcls_core.evaluation.predictions import Predictions
from textcls_core.evaluation.share_intervals import wilson_interval
from textcls_core.wording import percent

NO_GAP = "no clear gap"


@dataclass(frozen=True, slots=True)
class ClassCalibration:
    """How far the probabilities of one class can be believed."""

    label: str
    support: int
    """Rows of this class."""
    error: float
    """Expected calibration error of its probability in all rows (one-vs-rest), in [0, 1]."""
    num_given: int
    """Rows that are given this class."""
    confidence: float | None
    """What the model says there, on average; None where no row is given it."""
    precision: float | None
    """Share of them that have it."""
    interval: tuple[float, float] | None
    """95 % Wilson interval of `precision`."""

    @property
    def gap(self) -> float | None:
        """What the model says minus what happens: above 0 it is over-confident."""
        if self.confidence is None or self.precision is None:
            return None
        return self.confidence - self.precision

    @property
    def has_clear_gap(self) -> bool:
        """Whether what happens is beyond its 95 % interval from what the model says."""
        if self.confidence is None or self.interval is None:
            return False
        return not self.interval[0] <= self.confidence <= self.interval[1]

    @property
    def verdict(self) -> str:
        """The gap in words; one that chance may explain is not called a gap."""
        if self.gap is None:
            return "never given"
        return gap_in_words(self.gap) if self.has_clear_gap else NO_GAP

    def to_json(self) -> dict[str, Any]:
        """Return the figures for a script."""
        return {**asdict(self), "gap": self.gap, "verdict": self.verdict}


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far the probabilities of one split can be believed."""

    equal_width: Reliability
    """Of the predicted class of each row, or of all labels of all rows."""
    equal_mass: Reliability
    """The same claims, in bins of about as many each."""
    given: Reliability | None
    """Of the answers alone: the predicted class of each row, or the labels that are given. Only
    here is a mean that is too high over-confidence, because a small probability is a sure no. None
    if no label is given."""
    loss: float
    """Log loss in nats, the mean over the rows."""
    per_class: tuple[ClassCalibration, ...]
    """One entry per class, in the order of the label ids."""

    @property
    def label_names(self) -> tuple[str, ...]:
        """Class names in the order of their ids."""
        return tuple(one.label for one in self.per_class)

    def by_width_or_mass(self, binning: Binning) -> Reliability:
        """Return the bins of one kind."""
        return self.equal_width if binning == "equal_width" else self.equal_mass

    @property
    def classwise_error(self) -> float:
        """Mean of the expected calibration errors of the classes, every class alike.

        Source:
            Kull et al. 2019, "Beyond temperature scaling", section 2, classwise-ECE.
        """
        return sum(one.error for one in self.per_class) / len(self.per_class)

    def to_json(self) -> dict[str, Any]:
        """Return the figures for a script."""
        return {
            "loss": self.loss,
            "expected_calibration_error": self.equal_width.expected_error,
            "expected_calibration_error_equal_mass": self.equal_mass.expected_error,
            "maximum_calibration_error": self.equal_width.maximum_error,
            "classwise_calibration_error": self.classwise_error,
            "chance_error": self.equal_width.chance_error,
            "confidence": self.given and self.given.confidence,
            "confidence_gap": self.given and self.given.gap,
            "bins": self.equal_width.to_json()["bins"],
            "equal_mass_bins": self.equal_mass.to_json()["bins"],
            "per_class": [one.to_json() for one in self.per_class],
        }


def calibration_of(predictions: AnyPredictions) -> Calibration:
    """Return how far the probabilities of a split can be believed.

    Raises:
        InvalidArgumentError: If there are no rows.
    """
    claims = claims_of(predictions)
    is_given = _is_answer(predictions)
    answers = Claims(claims.confidence[is_given], claims.is_true[is_given])
    return Calibration(
        equal_width=reliability(claims),
        given=reliability(answers) if is_given.any() else None,
        equal_mass=reliability(claims, binning="equal_mass"),
        loss=float(predictions.loss.mean()),
        per_class=tuple(
            _class_calibration(predictions, label_id)
            for label_id in range(len(predictions.label_names))
        ),
    )


def _class_calibration(predictions: AnyPredictions, label_id: int) -> ClassCalibration:
    claims = claims_of(predictions, label_id)
    is_given = _is_given(predictions, label_id)
    count, hits = int(is_given.sum()), int(claims.is_true[is_given].sum())
    return ClassCalibration(
        label=predictions.label_names[label_id],
        support=int(claims.is_true.sum()),
        error=reliability(claims).expected_error,
        num_given=count,
        confidence=float(claims.confidence[is_given].mean()) if count else None,
        precision=hits / count if count else None,
        interval=wilson_interval(hits, count) if count else None,
    )


def _is_answer(predictions: AnyPredictions) -> np.ndarray:
    """Return which claims are part of an answer: all of them, or those of the labels given."""
    if isinstance(predictions, Predictions):
        return np.ones(len(predictions), dtype=bool)
    return predictions.predicted.ravel()


def _is_given(predictions: AnyPredictions, label_id: int) -> np.ndarray:
    """Return which rows are given a class, shape (N,)."""
    if isinstance(predictions, Predictions):
        return np.asarray(predictions.predicted_label_ids == label_id)
    return predictions.predicted[:, label_id]


def gap_in_words(gap: float) -> str:
    """Return a difference of what a model says and what happens.

    Example:
        >>> gap_in_words(0.041), gap_in_words(-0.02), gap_in_words(0.0004)
        ('over-confident by 4.1 points', 'under-confident by 2.0 points', 'no clear gap')
    """
    if abs(gap) < 0.0005:  # would be shown as 0.0 points
        return NO_GAP
    side = "over" if gap > 0 else "under"
    return f"{side}-confident by {percent(abs(gap)).removesuffix(' %')} points"
