"""Calibration: whether a probability means what it says, measured in bins of similar probability.

It fits nothing; `temperature.py` does.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from textcls_core.arrays import Confidences, Mask
from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.by_task import AnyPredictions
from textcls_core.evaluation.figures import require_rows
from textcls_core.evaluation.predictions import Predictions
from textcls_core.evaluation.share_intervals import wilson_intervals

Binning = Literal["equal_width", "equal_mass"]
NUM_BINS = 15
"""As in Guo et al. 2017."""


@dataclass(frozen=True, slots=True)
class Claims:
    """N probabilities that a model gave, and whether what each was given to is true."""

    confidence: Confidences
    """Shape (N,), in [0, 1]."""
    is_true: Mask
    """Shape (N,)."""


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Claims of similar probability; all values but the count are shares in [0, 1]."""

    lower: float
    """Claims above it and up to `upper` are in this bin; the first bin also holds `lower`."""
    upper: float
    count: int
    """Claims in this bin, at least 1."""
    confidence: float
    """Mean probability: what the model says."""
    accuracy: float
    """Share that is true: what happens."""
    low: float
    """Lower end of the 95 % Wilson interval of `accuracy`."""
    high: float
    """Its upper end."""

    @property
    def gap(self) -> float:
        """What the model says minus what happens: above 0 it is over-confident."""
        return self.confidence - self.accuracy


@dataclass(frozen=True, slots=True)
class Reliability:
    """The bins that hold at least one claim, from the smallest probability to the largest."""

    bins: tuple[ReliabilityBin, ...]

    @property
    def num_claims(self) -> int:
        """Claims in all bins, N."""
        return sum(one.count for one in self.bins)

    @property
    def confidence(self) -> float:
        """Mean probability of all claims."""
        return sum(one.count * one.confidence for one in self.bins) / self.num_claims

    @property
    def accuracy(self) -> float:
        """Share of all claims that are true."""
        return sum(one.count * one.accuracy for one in self.bins) / self.num_claims

    @property
    def gap(self) -> float:
        """What the model says minus what happens, on average: above 0 it is over-confident."""
        return self.confidence - self.accuracy

    @property
    def expected_error(self) -> float:
        """Expected calibration error (ECE): mean distance of the bins, weighted by claims.

        Source:
            Guo et al. 2017, "On Calibration of Modern Neural Networks", equation 3.
        """
        return sum(one.count * abs(one.gap) for one in self.bins) / self.num_claims

    @property
    def maximum_error(self) -> float:
        """Maximum calibration error (MCE): distance of the worst bin, however few claims it has.

        Source:
            Guo et al. 2017, equation 5.
        """
        return abs(self.worst_bin.gap)

    @property
    def worst_bin(self) -> ReliabilityBin:
        """The bin with the largest distance, however few claims it has."""
        return max(self.bins, key=lambda one: abs(one.gap))

    @property
    def chance_error(self) -> float:
        """The expected calibration error that chance alone would give on so many claims.

        The claims of a bin are taken to be true with the mean probability of the bin, each by
        itself. An error of this size says nothing against the model.
        """
        missed = (_mean_deviation(one.count, one.confidence) for one in self.bins)
        return sum(missed) / self.num_claims

    @property
    def telling_bin(self) -> ReliabilityBin:
        """The bin that adds most to the expected calibration error."""
        return max(self.bins, key=lambda one: one.count * abs(one.gap))

    def to_json(self) -> dict[str, Any]:
        """Return the figures and the bins for a script."""
        names = ("num_claims", "confidence", "accuracy", "gap")
        errors = ("expected_error", "maximum_error", "chance_error")
        figures = {name: getattr(self, name) for name in (*names, *errors)}
        return {**figures, "bins": [asdict(one) for one in self.bins]}


def claims_of(predictions: AnyPredictions, label_id: int | None = None) -> Claims:
    """Return what a model claims, and whether it is true.

    Args:
        predictions: Of N rows and C classes.
        label_id: The class whose probabilities are the claims, one per row (one-vs-rest). None
            for what the model stands for as a whole: the probability of the predicted class of
            each row, shape (N,), or of every label of every row, shape (N * C,), when a text may
            have several.
    """
    if isinstance(predictions, Predictions):
        if label_id is None:
            return Claims(_shares(predictions.confidence), ~predictions.is_mistake)
        is_true = predictions.true_label_ids == label_id
        return Claims(_shares(predictions.probabilities[:, label_id]), is_true)
    columns = slice(None) if label_id is None else label_id
    probabilities, targets = predictions.probabilities[:, columns], predictions.targets[:, columns]
    return Claims(_shares(probabilities.ravel()), np.asarray(targets.ravel() == 1))


def _shares(probabilities: np.ndarray) -> Confidences:
    """Return probabilities without what rounding put above 1."""
    return np.asarray(np.minimum(probabilities, 1.0, dtype=np.float64))


def reliability(
    claims: Claims, *, num_bins: int = NUM_BINS, binning: Binning = "equal_width"
) -> Reliability:
    """Return claims in bins of similar probability, with what they say and what happens.

    Equal probabilities are always in one bin, so the result does not depend on the order of rows.

    Args:
        claims: N of them, N >= 1.
        num_bins: Bins at most, at least 1; bins without claims are left out.
        binning: `equal_width` cuts [0, 1] into equal parts. `equal_mass` cuts at the quantiles
            of the probabilities, so that all bins hold about as many claims, unless many are equal.

    Raises:
        InvalidArgumentError: If `num_bins` is below 1, or there are no claims.

    Source:
        The bins are those of `sklearn.calibration.calibration_curve`, the interval is Wilson 1927,
        "Probable inference, the law of succession, and statistical inference".

    Example:
        >>> claims = Claims(np.array([0.9, 0.9, 0.6]), np.array([True, False, True]))
        >>> [(b.count, b.accuracy) for b in reliability(claims, num_bins=2).bins]
        [(3, 0.6666666666666666)]
    """
    if num_bins < 1:
        raise InvalidArgumentError(f"Expected at least 1 bin, got {num_bins}.")
    require_rows(len(claims.confidence))
    edges = np.linspace(0, 1, num_bins + 1)
    if binning == "equal_mass":
        edges = np.percentile(claims.confidence, edges * 100)
    places = np.searchsorted(edges[1:-1], claims.confidence)
    counts = np.bincount(places, minlength=num_bins)
    filled = np.flatnonzero(counts)
    counts = counts[filled]
    said = np.bincount(places, claims.confidence, minlength=num_bins)[filled] / counts
    true = np.bincount(places, claims.is_true, minlength=num_bins)[filled]
    low, high = wilson_intervals(true.astype(np.int64), counts)
    columns = (edges[filled], edges[filled + 1], counts, said, true / counts, low, high)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return Reliability(tuple(ReliabilityBin(*row) for row in rows))


def _mean_deviation(count: int, share: float) -> float:
    """Return the mean distance of a binomial number of hits from its mean.

    Source:
        De Moivre 1730, in Diaconis and Zabell 1991, "Closed Form Summation for Classical
        Distributions", equation 1.1.
    """
    above = math.floor(count * share) + 1
    if above > count or share <= 0:
        return 0.0
    ways = math.lgamma(count + 1) - math.lgamma(above + 1) - math.lgamma(count - above + 1)
    log_chance = ways + above * math.log(share) + (count - above + 1) * math.log1p(-share)
    return 2 * above * math.exp(log_chance)


def expected_calibration_error(
    predictions: AnyPredictions, *, num_bins: int = NUM_BINS, binning: Binning = "equal_width"
) -> float:
    """Return how far confidence is from accuracy, averaged over confidence bins.

    Args:
        predictions: Of N rows, N >= 1. With several labels per text every label of every row
            counts as a claim of its own.
        num_bins: Number of bins, at least 1.
        binning: `equal_width` or `equal_mass`; see `reliability`.

    Returns:
        A value in [0, 1]; 0 means that confidence equals accuracy in every bin.

    Raises:
        InvalidArgumentError: If `num_bins` is below 1, or there are no rows.

    Source:
        Guo et al. 2017, "On Calibration of Modern Neural Networks", equation 3; for equal mass
        Nguyen and O'Connor 2015, "Posterior calibration and exploratory analysis for natural
        language processing models", section 3.1.

    Example:
        >>> sure = Predictions(("a", "b"), np.array([0, 1]), np.eye(2), ("x", "y"))
        >>> expected_calibration_error(sure)
        0.0
    """
    return reliability(claims_of(predictions), num_bins=num_bins, binning=binning).expected_error


def maximum_calibration_error(predictions: AnyPredictions, *, num_bins: int = NUM_BINS) -> float:
    """Return the largest distance of confidence from accuracy in any equal-width bin.

    One row can make a bin, so read it beside the counts.

    Args:
        predictions: Of N rows, N >= 1.
        num_bins: Number of bins, at least 1.

    Raises:
        InvalidArgumentError: If `num_bins` is below 1, or there are no rows.

    Source:
        Guo et al. 2017, equation 5.
    """
    return reliability(claims_of(predictions), num_bins=num_bins).maximum_error
