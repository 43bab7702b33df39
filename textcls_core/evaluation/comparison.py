"""Comparison: where two runs differ on the same rows, and whether that could be chance."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from textcls_core.arrays import Indices
from textcls_core.dataset.text_dataset import Task
from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.alignment import Mismatch, Pair, pair_up
from textcls_core.evaluation.bootstrap import NUM_SAMPLES, Groups, Interval, percentile_interval
from textcls_core.evaluation.by_task import AnyPredictions, figures_of, right_rows, task_of
from textcls_core.evaluation.figures import require_rows
from textcls_core.evaluation.metric_names import METRICS
from textcls_core.evaluation.paired_bootstrap import Paired, paired_figures
from textcls_core.evaluation.paired_tests import McNemar, mcnemar

Outcome = Literal["better", "worse", "unclear"]
LOWER_IS_BETTER = frozenset(name for name, metric in METRICS.items() if metric.is_error)


@dataclass(frozen=True, slots=True)
class Change:
    """One figure of both runs; differences are other minus reference."""

    name: str
    reference: float
    other: float
    interval: Interval
    """95 % bootstrap interval of the difference, over other rows of the same kind."""

    @property
    def difference(self) -> float:
        """How much larger the figure of the other run is."""
        return self.other - self.reference

    @property
    def outcome(self) -> Outcome:
        """Whether the other run is better or worse; unclear if the interval holds zero."""
        if self.interval.low <= 0 <= self.interval.high:
            return "unclear"
        is_better = (self.interval.low > 0) != (self.name in LOWER_IS_BETTER)
        return "better" if is_better else "worse"

    def to_json(self) -> dict[str, Any]:
        """Return the change in the stable form of the command line."""
        return {
            "reference": self.reference,
            "other": self.other,
            "difference": self.difference,
            "interval": [self.interval.low, self.interval.high],
            "outcome": self.outcome,
        }


@dataclass(frozen=True, slots=True)
class ClassChange:
    """How well one class is found by both runs."""

    label: str
    support: int
    """Rows of this class."""
    precision: Change
    recall: Change
    f1: Change

    def to_json(self) -> dict[str, Any]:
        """Return the changes in the stable form of the command line."""
        parts = {name: getattr(self, name).to_json() for name in ("precision", "recall", "f1")}
        return {"label": self.label, "support": self.support, **parts}


@dataclass(frozen=True)
class Comparison:
    """A run against a reference on the same N rows."""

    pair: Pair
    """Predictions of the reference and of the other run, row by row."""
    figures: tuple[Change, ...]
    per_class: tuple[ClassChange, ...]
    mcnemar: McNemar
    fixed: Indices
    """Rows that the reference got wrong and the other one right, shape (M,)."""
    broken: Indices
    """Rows that the reference got right and the other one wrong, shape (M,)."""

    @property
    def num_examples(self) -> int:
        """Rows both were measured on, N."""
        return len(self.pair[0])

    @property
    def task(self) -> Task:
        """Whether a text has exactly one class or any number."""
        return task_of(self.pair[0])

    def figure(self, name: str) -> Change:
        """Return the change of one figure.

        Raises:
            InvalidArgumentError: If it was not measured.
        """
        for change in self.figures:
            if change.name == name:
                return change
        known = ", ".join(change.name for change in self.figures)
        raise InvalidArgumentError(f'Expected one of the figures {known}, got "{name[:40]}".')

    def outcome(self, p_value: float | None = None) -> Outcome:
        """Tell whether the other run is right more often; that needs the interval and the test.

        Args:
            p_value: That of McNemar's test, corrected for further comparisons; None takes its own.
        """
        tested = self.mcnemar.p_value if p_value is None else p_value
        return self.figure("accuracy").outcome if tested < 0.05 else "unclear"

    def to_json(self) -> dict[str, Any]:
        """Return the comparison in the stable form of the command line."""
        test, row_ids = self.mcnemar, self.pair[0].row_ids
        return {
            "num_examples": self.num_examples,
            "figures": {change.name: change.to_json() for change in self.figures},
            "mcnemar": {
                "fixed": test.fixed,
                "broken": test.broken,
                "p_value": test.p_value,
                "method": "exact binomial" if test.is_exact else "chi-square, continuity corrected",
            },
            "per_class": [change.to_json() for change in self.per_class],
            "fixed": [row_ids[row] for row in self.fixed],
            "broken": [row_ids[row] for row in self.broken],
        }


def compare(
    reference: AnyPredictions,
    other: AnyPredictions,
    groups: Groups | None = None,
    *,
    num_samples: int = NUM_SAMPLES,
    seed: int = 0,
) -> Comparison:
    """Return where two runs differ on the same rows.

    Args:
        reference: Predictions to compare with.
        other: Predictions of the same rows, in any order of rows and classes.
        groups: A number per row of the reference, shape (N,), that rows drawn together share,
            such as copies of one text; None draws row by row.
        num_samples: Bootstrap samples.
        seed: Decides the samples.

    Raises:
        InvalidArgumentError: If rows, true labels or tasks differ, or there are no rows.
    """
    pair = pair_up(reference, other)
    if isinstance(pair, Mismatch):
        raise InvalidArgumentError(
            f"Expected two runs on the same rows, but {pair.reason}. Choose runs on one split of "
            "one data set version."
        )
    require_rows(len(pair[0]))
    over_all, by_class = paired_figures(pair, groups, num_samples=num_samples, seed=seed)
    was_right, is_right = right_rows(pair[0]), right_rows(pair[1])
    fixed, broken = np.flatnonzero(is_right & ~was_right), np.flatnonzero(was_right & ~is_right)
    return Comparison(
        pair=pair,
        figures=tuple(_change(name, figure) for name, figure in over_all.items()),
        per_class=tuple(_class_changes(pair[0], by_class)),
        mcnemar=mcnemar(len(fixed), len(broken)),
        fixed=fixed,
        broken=broken,
    )


def _change(name: str, figure: Paired) -> Change:
    interval = percentile_interval(figure.differences)
    return Change(name, float(figure.reference), float(figure.other), interval)


def _class_changes(predictions: AnyPredictions, figures: Mapping[str, Paired]) -> list[ClassChange]:
    """Return the changes of every class, in the order of the label ids."""
    supports = [one.support for one in figures_of(predictions).per_class]
    return [
        ClassChange(
            label,
            support,
            **{
                name: _change(
                    name,
                    Paired(one.reference[place], one.other[place], one.differences[:, place]),
                )
                for name, one in figures.items()
            },
        )
        for place, (label, support) in enumerate(
            zip(predictions.label_names, supports, strict=True)
        )
    ]
