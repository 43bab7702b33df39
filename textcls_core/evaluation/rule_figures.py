"""What a decision rule is worth on a split, beside the plain answer, and what it changes."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from textcls_core.arrays import Indices, LabelSets, Mask
from textcls_core.evaluation.agreement import (
    FigureValues,
    Tally,
    decision_table,
    macro_f1,
    macro_f1_of_labels,
)
from textcls_core.evaluation.bootstrap import (
    Groups,
    Interval,
    percentile_interval,
    resampled_cells,
)
from textcls_core.evaluation.by_task import AnyPredictions, label_sets, task_of
from textcls_core.evaluation.conformal import SetFigures, set_figures
from textcls_core.evaluation.figures import require_rows
from textcls_core.evaluation.intervals import bca_interval, resampled_sums, share_interval
from textcls_core.evaluation.metrics import Metric, measure_decided
from textcls_core.evaluation.outcomes import Outcomes
from textcls_core.evaluation.predictions import Predictions
from textcls_core.evaluation.rule import Answers, DecisionRule
from textcls_core.evaluation.selective import RiskCoverage, risk_coverage

Kind = Int[np.ndarray, " N"]
"""Position in `CHANGES` per row."""
CHANGES = ("same", "fixed", "broken", "other", "no answer, was wrong", "no answer, was right")
"""What becomes of the plain answer: `other` is another one that is wrong (or right) as before."""
_COUNTED = np.array([[0.0, 1.0], [1.0, 1.0]])
"""What rows without and with a flag add to the flags and to the rows."""


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
        return label_sets(self.predictions)

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
    def answered(self) -> Measured:
        """Share of the rows that get an answer."""
        if not self.rule.can_abstain:
            return Measured(1.0, Interval(1.0, 1.0))
        return self._share(~self.answers.abstained)

    @cached_property
    def accuracy(self) -> Measured | None:
        """Share of the answers that are right; None without any answer."""
        plain = self._as_plain.get("accuracy")
        if plain is not None and plain.interval is not None:
            return Measured(plain.value, plain.interval)
        given = ~self.answers.abstained
        return self._share(self.is_right, given) if given.any() else None

    @cached_property
    def _as_plain(self) -> dict[str, Metric]:
        """Figures of the plain answers if the rule gives just these, else nothing.

        They are taken from where `evaluate` takes them: drawn in another order, the intervals
        would differ in the last digit, and two views of one run would seem to disagree.
        """
        if self.answers.abstained.any() or not np.array_equal(self.answers.chosen, self.plain):
            return {}
        return measure_decided(self.predictions, self.groups)

    def _share(self, flags: Mask, among: Mask | None = None) -> Measured:
        """Return the share of flags, of all rows or of some, and where it may lie."""
        rows = slice(None) if among is None else among
        groups = None if self.groups is None else self.groups[rows]
        sums = resampled_sums(flags[rows].astype(np.int64), _COUNTED, groups)
        interval = share_interval(sums, lambda counts: counts[..., 0] / counts[..., 1])
        return Measured(float(flags[rows].mean()), interval)

    @cached_property
    def macro_f1(self) -> float:
        """Mean F1 over the classes of the answered rows; as in `evaluate` for either task."""
        given = ~self.answers.abstained
        return self._macro_f1_of(self.truth[given], self.answers.chosen[given])

    @cached_property
    def macro_f1_interval(self) -> Interval | None:
        """Where that may lie; None where the samples do not say it, as without any mistake."""
        if self._as_plain:
            return self._as_plain["macro_f1"].interval
        rows = np.flatnonzero(~self.answers.abstained)
        if not len(rows):
            return None
        sides = (self.truth[rows], self.answers.chosen[rows])
        if self.is_single_label:
            sides = (sides[0].argmax(axis=1), sides[1].argmax(axis=1))
        outcomes = Outcomes.of(self.truth.shape[1], *sides)
        groups = None if self.groups is None else self.groups[rows]
        return bca_interval(resampled_sums(outcomes.cells, outcomes.table, groups), self._macro_f1)

    @cached_property
    def plain_macro_f1(self) -> float:
        """Mean F1 over the classes of the plain answers, on all rows."""
        return self._macro_f1_of(self.truth, self.plain)

    def _macro_f1_of(self, truth: LabelSets, given: LabelSets) -> float:
        return float(self._macro_f1(decision_table(truth, given).sum(axis=0)))

    def _macro_f1(self, sums: Float[np.ndarray, "... F"]) -> FigureValues:
        """Return macro-F1 of summed lines of a decision table."""
        tally = Tally.of_sums(sums)
        return macro_f1(tally) if self.is_single_label else macro_f1_of_labels(tally)

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
        return None if self.sets is None else self._share(self.sets.is_covered)

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
            "macro_f1_interval": self.macro_f1_interval and self.macro_f1_interval.to_json(),
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
