"""Split conformal prediction: sets of classes that hold the true one as often as chosen.

If calibration texts and new texts are exchangeable, the true class of a new text is in its set with
a probability of at least the coverage, and, without ties, of at most 1 / (n + 1) more, whatever the
model (Vovk, Gammerman & Shafer 2005; Angelopoulos & Bates 2021, theorem 1).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int
from pydantic import BaseModel, ConfigDict, Field

from textcls_core.arrays import ClassCounts, LabelIds, LabelSets, Probabilities
from textcls_core.errors import InvalidArgumentError

Method = Literal["lac", "aps"]
Scores = Float[np.ndarray, "N C"]
"""How badly each class fits each text, in [0, 1]."""


class Conformal(BaseModel):
    """How prediction sets are made: all classes that fit at least as well as a quantile says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: Method = "lac"
    coverage: float = Field(gt=0, lt=1)
    """Share of texts whose true class shall be in the set."""
    quantile: float = Field(ge=0, le=1)
    """Classes whose score is at most this are in the set."""


@dataclass(frozen=True, slots=True)
class SetFigures:
    """What prediction sets are worth on N rows."""

    is_covered: np.ndarray
    """Whether the true class is in the set, bool of shape (N,)."""
    sizes: Int[np.ndarray, " N"]
    """Classes in each set."""
    coverage: float
    mean_size: float
    class_coverage: Float[np.ndarray, " C"]
    """Share of the rows of each true class that are covered; NaN where a class has no row."""
    class_hits: ClassCounts
    """Rows of each true class that are covered, shape (C,)."""
    support: ClassCounts
    """Rows of each true class, shape (C,)."""
    size_counts: Int[np.ndarray, " S"]
    """Rows by size of their set, from 0 on, S = C + 1."""


def conformity_scores(probabilities: Probabilities, method: Method) -> Scores:
    """Return how badly each class fits each text, in [0, 1].

    `lac`: one minus the probability of the class; the sets are the smallest on average (Sadinle,
    Lei & Wasserman 2019). `aps`: the probability of the class and of all more probable ones; sets
    grow with how unsure the text is (Romano, Sesia & Candes 2020, without randomisation).

    Example:
        >>> conformity_scores(np.array([[0.5, 0.3, 0.2]]), "aps").round(2).tolist()
        [[0.5, 0.8, 1.0]]
    """
    if method == "lac":
        return np.asarray(1.0 - probabilities)
    order = np.argsort(-probabilities, axis=1, kind="stable")
    reached = np.cumsum(np.take_along_axis(probabilities, order, axis=1), axis=1, dtype=np.float64)
    scores = np.empty(probabilities.shape)
    np.put_along_axis(scores, order, np.minimum(reached, 1.0), axis=1)
    return scores


def calibrate(
    probabilities: Probabilities, true_label_ids: LabelIds, coverage: float, method: Method = "lac"
) -> Conformal:
    """Return how to make sets that hold the true class as often as `coverage` says.

    The quantile is the ceil((n + 1) coverage)-th smallest score of the n true classes, or 1, which
    lets every class in, if n is too small for that.

    Args:
        probabilities: Of n rows that the model was not trained on, shape (n, C).
        true_label_ids: Their true classes, shape (n,).
        coverage: Chosen share of texts, in (0, 1).
        method: Which score.

    Raises:
        InvalidArgumentError: If there is no row, or the coverage is out of range.
    """
    if not 0 < coverage < 1:
        raise InvalidArgumentError(f"Expected a coverage between 0 and 1, got {coverage:g}.")
    size = len(true_label_ids)
    if not size:
        raise InvalidArgumentError("Expected validation rows to calibrate on, got none.")
    scores = conformity_scores(probabilities, method)[np.arange(size), true_label_ids]
    rank = int(np.ceil((size + 1) * coverage - 1e-9))  # 10 * 0.9 is a little more than 9
    quantile = np.sort(scores)[rank - 1] if rank <= size else 1.0
    return Conformal(method=method, coverage=coverage, quantile=float(np.clip(quantile, 0, 1)))


def prediction_sets(probabilities: Probabilities, conformal: Conformal) -> LabelSets:
    """Return which classes are in the set of each text, shape (N, C)."""
    return np.asarray(conformity_scores(probabilities, conformal.method) <= conformal.quantile)


def set_figures(sets: LabelSets, true_label_ids: LabelIds) -> SetFigures:
    """Return how often sets hold the true class, and how large they are.

    Args:
        sets: Which classes are in the set of each row, shape (N, C).
        true_label_ids: Shape (N,).

    Raises:
        InvalidArgumentError: If there are no rows.
    """
    size, num_classes = sets.shape
    if not size:
        raise InvalidArgumentError("Expected rows to measure prediction sets on, got none.")
    is_covered = sets[np.arange(size), true_label_ids]
    sizes = sets.sum(axis=1)
    support = np.bincount(true_label_ids, minlength=num_classes)
    hits = np.bincount(true_label_ids[is_covered], minlength=num_classes)
    return SetFigures(
        is_covered=is_covered,
        sizes=sizes,
        coverage=float(is_covered.mean()),
        mean_size=float(sizes.mean()),
        class_coverage=hits / np.where(support > 0, support, np.nan),
        class_hits=hits,
        support=support,
        size_counts=np.bincount(sizes, minlength=num_classes + 1),
    )
