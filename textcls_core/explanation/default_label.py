"""The label that is explained unless another one is asked for: what the model answers."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from jaxtyping import Float

from textcls_core.dataset.text_dataset import Task
from textcls_core.evaluation.rule import DecisionRule

if TYPE_CHECKING:  # pages name labels without torch
    from textcls_core.models.classifier import Classifier

NO_ANSWER = (
    "The model gives this text no label. What is explained is its most probable one, unless you "
    "choose another."
)


@dataclass(frozen=True, slots=True)
class DefaultLabel:
    """The label of a text that is explained unless another one is asked for."""

    name: str
    is_answer: bool
    """Whether the model gives it; if not, it is the most probable one."""

    @classmethod
    def of(
        cls,
        rule: DecisionRule,
        task: Task,
        probabilities: Float[np.ndarray, " C"],
        label_names: tuple[str, ...],
    ) -> Self:
        """Return what a rule answers, of several labels the most probable one.

        Example:
            >>> rule = DecisionRule(kind="thresholds", thresholds=(0.8, 0.2))
            >>> DefaultLabel.of(rule, "single_label", np.array([0.6, 0.4]), ("ham", "spam")).name
            'spam'
        """
        given = rule.decide(probabilities[None], task).label_sets[0]
        among = np.where(given, probabilities, -1.0) if given.any() else probabilities
        return cls(label_names[int(among.argmax())], bool(given.any()))


def default_label(classifier: "Classifier", probabilities: Float[np.ndarray, " C"]) -> DefaultLabel:
    """Return the label of a text that a classifier with its decision rule is asked about."""
    rule, task = classifier.decision.rule, classifier.design.task
    return DefaultLabel.of(rule, task, probabilities, classifier.label_names)
