"""The answer that an edit is to reach, and how far logits are from it. Free of torch."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from jaxtyping import Bool, Float

from textcls_core.dataset.text_dataset import Task
from textcls_core.errors import InvalidArgumentError, label_id_of
from textcls_core.evaluation.multi_label import THRESHOLD
from textcls_core.evaluation.rule import DecisionRule
from textcls_core.wording import shorten

Logits = Float[np.ndarray, "N C"]
_TINY = 1e-12


@dataclass(frozen=True)
class Goal:
    """Another answer of a model with its decision rule than the one it gives.

    One label per text: the answer becomes another class, or the one that is asked for. Several
    labels: the set of labels changes, or the one that is asked for comes in or goes out. Where the
    rule gives no answer, any answer is another one; no answer never is.
    """

    rule: DecisionRule
    task: Task
    before: Bool[np.ndarray, " C"]
    """Labels that the text as it is gets, none without an answer, shape (C,)."""
    label_id: int | None = None
    """The label asked for; None for any other answer."""
    has_answer: bool = True
    """Whether the text as it is gets an answer."""

    @classmethod
    def of(
        cls,
        rule: DecisionRule,
        task: Task,
        probabilities: Float[np.ndarray, " C"],
        label_names: tuple[str, ...],
        label: str | None = None,
    ) -> Self:
        """Return the goal of another answer than the one that follows from probabilities.

        Raises:
            InvalidArgumentError: If the label is unknown, or is the answer already.
        """
        answer = rule.decide(probabilities[None], task)
        before, has_answer = answer.label_sets[0], not answer.abstained[0]
        if label is None:
            return cls(rule, task, before, has_answer=has_answer)
        label_id = label_id_of(label_names, label)
        if task == "single_label" and before[label_id]:
            raise InvalidArgumentError(
                f'Expected another class than the answer, got "{shorten(label)}", which the model '
                "gives already. Choose another one, or none for any."
            )
        return cls(rule, task, before, label_id, has_answer)

    def reached(self, probabilities: Float[np.ndarray, "N C"]) -> Bool[np.ndarray, " N"]:
        """Return which of N texts get an answer that is the goal, shape (N,)."""
        answers = self.rule.decide(probabilities, self.task)
        differs = answers.chosen != self.before
        if self.label_id is None:
            found = differs.any(axis=1) | (not self.has_answer)
        else:  # of one label per text, it was not the answer before
            found = differs[:, self.label_id]
        return np.asarray(found & ~answers.abstained)

    def closeness(self, logits: Logits) -> Float[np.ndarray, " N"]:
        """Return how far N texts are beyond the goal in logits, negative before it, shape (N,).

        A guide for the search: exact for rules of the largest probability and of thresholds, and
        as good as the former for rules of costs. `reached` decides.
        """
        return np.asarray([row @ self.direction(row) + self._offset(row) for row in logits])

    def direction(self, logits: Float[np.ndarray, " C"]) -> Float[np.ndarray, " C"]:
        """Return the slope of the closeness in the logits of one text, shape (C,)."""
        advantages = logits - self._levels
        slope = np.zeros(len(logits))
        if self.task == "multi_label":
            signs = np.where(self.before, -1.0, 1.0)
            label_id = self.label_id
            label_id = int((signs * advantages).argmax()) if label_id is None else label_id
            slope[label_id] = signs[label_id]
            return slope
        old = int(self.before.argmax()) if self.has_answer else None
        wanted = self._best(advantages, old) if self.label_id is None else self.label_id
        leads = old is None or self.label_id is not None
        rival = self._best(advantages, wanted) if leads else old
        slope[wanted], slope[rival] = 1.0, -1.0
        return slope

    def _offset(self, logits: Float[np.ndarray, " C"]) -> float:
        return float(-self.direction(logits) @ self._levels)

    @staticmethod
    def _best(advantages: Float[np.ndarray, " C"], but: int | None) -> int:
        """Return the class that is ahead of all others, or of all but one."""
        others = advantages.copy()
        if but is not None:
            others[but] = -np.inf
        return int(others.argmax())

    @property
    def _levels(self) -> Float[np.ndarray, " C"]:
        """What the logits of the classes are measured against, shape (C,)."""
        size = len(self.before)
        given = self.rule.thresholds if self.rule.kind == "thresholds" else None
        thresholds = np.full(size, THRESHOLD) if given is None else np.array(given)
        if self.task == "single_label":
            return np.asarray(np.log(thresholds))
        within = np.clip(thresholds, _TINY, 1 - _TINY)
        return np.asarray(np.log(within) - np.log1p(-within))
