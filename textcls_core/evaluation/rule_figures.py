"""What a decision rule is worth on a split, beside the plain answer, and what it changes."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from textcls_core.arrays import Indices, LabelSets, Mask
from textcls_core.evaluation.bootstrap import (
    Groups,
    Interval,
    percentile_interval,
    resampled_cells,
)
from textcls_core.evaluation.by_task import AnyPredictions, task_of
from textcls_core.evaluation.calibration import wilson_interval
from textcls_core.evaluation.conformal import SetFigures, set_figures
from textcls_core.evaluation.figures import ratio, require_rows
from textcls_core.evaluation.predictions import Predictions
from textcls_core.evaluation.rule import Answers, DecisionRule
from textcls_core.evaluation.selective import RiskCoverage, risk_coverage

Kind = Int[np.ndarray, " N"]
"""Position in `CHANGES` per row."""
CHANGES = ("same", "fixed", "broken", "other", "no answer, was wrong", "no answer, was right")
"""What becomes of the plain answer: `other` is another one that is wrong (or right) as before."""
_ABSTAINED, _RIGHT, _WRONG = range(3)


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure and where it may lie with 95 % confidence."""

    value: float
    interval: Interval

    def to_json(self) -> dict[str, Any]:
        """Return the figure and both ends."""
        return {"value": self.value, "interval": self.interval.to_json()}


@dataclass(frozen=True)
class RuleResult:
    """The answers of a rule to the N rows of a split, beside the truth and the plain answers."""

    predictions: AnyPredictions
    rule: DecisionRule
    groups: Groups | None = None
    """Rows that are drawn together, shape (N,)."""

    def __post_init__(self) -> None:
        """Refuse to measure nothing."""
        require_rows(len(self.predictions))

    @property
    def is_single_label(self) -> bool:
        """Whether a text has exactly one label."""
        return isinstance(self.predictions, Predictions)

    @cached_property
    def answers(self) -> Answers:
        """What the rule says."""
        return self.rule.decide(self.predictions.probabilities, task_of(self.predictions))

    @cached_property
    def truth(self) -> LabelSets:
        """Whether a row has a label, shape (N, C)."""
        predictions = self.predictions
        if isinstance(predictions, Predictions):
            num_classes = len(predictions.label_names)
            return np.asarray(predictions.true_label_ids[:, None] == np.arange(num_classes))
        return np.asarray(predictions.targets == 1)

    @cached_property
    def plain(self) -> LabelSets:
        """Labels of the most probable class, or from 0.5 on, shape (N, C)."""
        plain = DecisionRule()
        return plain.decide(self.predictions.probabilities, task_of(self.predictions)).chosen

    @cached_property
    def is_right(self) -> Mask:
        """Whether what the rule chooses is right, in every label, shape (N,)."""
        return np.asarray((self.answers.chosen == self.truth).all(axis=1))

    @cached_property
    def curve(self) -> RiskCoverage:
        """Risk and coverage, were no answer given below any confidence."""
        return risk_coverage(self.answers.confidence, ~self.is_right)

    @cached_property
    def _shares(self) -> tuple[Measured, Measured | None]:
        cells = np.where(self.is_right, _RIGHT, _WRONG)
        cells[self.answers.abstained] = _ABSTAINED
        drawn = resampled_cells(cells, 3, self.groups)
        given = drawn[:, _RIGHT] + drawn[:, _WRONG]
        answered = Measured(1.0, Interval(1.0, 1.0))
        if self.rule.can_abstain:
            answered = self._share(~self.answers.abstained, given / drawn.sum(axis=1))
        if self.answers.abstained.all():
            return answered, None
        some = given > 0
        right = drawn[some, _RIGHT] / given[some]
        return answered, self._share(self.is_right, right, ~self.answers.abstained)

    def _share(self, flags: Mask, samples: np.ndarray, among: Mask | None = None) -> Measured:
        """Return the share of flags and where it may lie.

        If all flags are equal, so are they in every bootstrap sample, which says nothing of how
        sure that is; then the interval is Wilson's, of as many texts as there are without copies.
        """
        rows = np.ones(len(flags), dtype=bool) if among is None else among
        value = float(flags[rows].mean())
        if 0 < value < 1:
            return Measured(value, percentile_interval(samples))
        texts = int(rows.sum()) if self.groups is None else len(np.unique(self.groups[rows]))
        return Measured(value, Interval(*wilson_interval(round(value * texts), texts)))

    @property
    def answered(self) -> Measured:
        """Share of the rows that get an answer."""
        return self._shares[0]

    @property
    def accuracy(self) -> Measured | None:
        """Share of the answers that are right; None without any answer."""
        return self._shares[1]

    @cached_property
    def macro_f1(self) -> float:
        """Mean F1 over the classes of the answered rows; as in `evaluate` for either task."""
        return _macro_f1(self, self.answers.chosen)

    @cached_property
    def plain_macro_f1(self) -> float:
        """The same of the plain answers, on all rows."""
        return _macro_f1(self, self.plain, everywhere=True)

    @property
    def plain_accuracy(self) -> float:
        """Share of all rows whose plain answer is right."""
        return float((self.plain == self.truth).all(axis=1).mean())

    @cached_property
    def changes(self) -> Kind:
        """What becomes of the plain answer to each row, a position in `CHANGES`, shape (N,)."""
        was_right = (self.plain == self.truth).all(axis=1)
        is_same = (self.plain == self.answers.chosen).all(axis=1)
        changed = np.select([~was_right & self.is_right, was_right & ~self.is_right], [1, 2], 3)
        found = np.where(is_same, 0, changed)
        return np.where(self.answers.abstained, np.where(was_right, 5, 4), found)

    def rows_with(self, change: str) -> Indices:
        """Return the rows with this change, the surest first."""
        rows = np.flatnonzero(self.changes == CHANGES.index(change))
        return rows[np.argsort(-self.answers.confidence[rows], kind="stable")]

    @cached_property
    def change_counts(self) -> dict[str, int]:
        """Rows by change."""
        counts = np.bincount(self.changes, minlength=len(CHANGES)).tolist()
        return dict(zip(CHANGES, counts, strict=True))

    @cached_property
    def sets(self) -> SetFigures | None:
        """What the prediction sets are worth, if the rule makes some."""
        sets = self.answers.prediction_sets
        if sets is None or not isinstance(self.predictions, Predictions):
            return None
        return set_figures(sets, self.predictions.true_label_ids)

    @cached_property
    def set_coverage(self) -> Measured | None:
        """Share of the prediction sets that hold the true class."""
        if self.sets is None:
            return None
        covered = self.sets.is_covered
        drawn = resampled_cells(covered.astype(np.int64), 2, self.groups)
        return self._share(covered, drawn[:, 1] / drawn.sum(axis=1))

    @cached_property
    def mean_set_size(self) -> Measured | None:
        """Mean number of classes in a prediction set."""
        if self.sets is None:
            return None
        sizes = self.sets.sizes
        drawn = resampled_cells(sizes, int(sizes.max()) + 1, self.groups)
        samples = drawn @ np.arange(drawn.shape[1]) / drawn.sum(axis=1)
        return Measured(self.sets.mean_size, percentile_interval(samples))

    def to_json(self) -> dict[str, Any]:
        """Return the figures as JSON values."""
        value: dict[str, Any] = {
            "num_examples": len(self.predictions),
            "answered": self.answered.to_json(),
            "accuracy": self.accuracy and self.accuracy.to_json(),
            "macro_f1": self.macro_f1,
            "aurc": self.curve.aurc,
            "argmax": {"accuracy": self.plain_accuracy, "macro_f1": self.plain_macro_f1},
            "changes": self.change_counts,
        }
        if self.sets is not None and self.rule.conformal and self.set_coverage:
            value["conformal"] = {
                **self.rule.conformal.model_dump(),
                "measured_coverage": self.set_coverage.to_json(),
                "mean_set_size": self.mean_set_size and self.mean_set_size.to_json(),
                "set_sizes": self.sets.size_counts.tolist(),
                "class_coverage": _by_class(self.predictions.label_names, self.sets.class_coverage),
            }
        return value


def _by_class(names: tuple[str, ...], shares: Float[np.ndarray, " C"]) -> dict[str, float | None]:
    values = [None if np.isnan(share) else float(share) for share in shares]
    return dict(zip(names, values, strict=True))


def _macro_f1(result: RuleResult, chosen: LabelSets, *, everywhere: bool = False) -> float:
    rows = slice(None) if everywhere else ~result.answers.abstained
    truth, given = result.truth[rows], chosen[rows]
    support, predicted = truth.sum(axis=0), given.sum(axis=0)
    f1 = ratio(2 * (truth & given).sum(axis=0), support + predicted)
    if not result.is_single_label:
        return float(f1.mean())
    occurs = support + predicted > 0
    return float(f1[occurs].mean()) if occurs.any() else 0.0
