"""DecisionRule: how the probabilities of a text become its answer, kept beside the model."""

from dataclasses import dataclass
from typing import Annotated, Literal, Self

import numpy as np
from jaxtyping import Float
from pydantic import BaseModel, ConfigDict, Field, model_validator

from textcls_core.arrays import LabelIds, LabelSets, Mask
from textcls_core.dataset.text_dataset import Task
from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.conformal import Conformal, prediction_sets
from textcls_core.evaluation.multi_label import THRESHOLD

RuleKind = Literal["argmax", "thresholds", "costs"]
NO_ANSWER = -1
"""Stands for a label id where a rule gives no answer."""
Threshold = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Cost = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Costs = tuple[tuple[Cost, ...], ...]
"""costs[i][j] is the price of answering class j where i is true; C rows of C prices."""
Confidence = Float[np.ndarray, " N"]
"""How sure the model is of each answer, in [0, 1]."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What a rule says about N texts with C classes."""

    chosen: LabelSets
    """The labels a text would get if the rule always answered, shape (N, C)."""
    abstained: Mask
    """Whether the rule gives no answer, shape (N,)."""
    confidence: Confidence
    """Probability of what is chosen: of the class, or of the whole label set if the labels of a
    text are independent, shape (N,)."""
    prediction_sets: LabelSets | None
    """The classes that the true one is among with the chosen coverage, shape (N, C)."""

    @property
    def label_ids(self) -> LabelIds:
        """The class of each text that has one label, `NO_ANSWER` where there is none."""
        chosen = self.chosen.argmax(axis=1)
        return np.asarray(np.where(self.abstained, NO_ANSWER, chosen), dtype=np.int64)

    @property
    def label_sets(self) -> LabelSets:
        """The labels of each text; none where the rule gives no answer, shape (N, C)."""
        return np.asarray(self.chosen & ~self.abstained[:, None])


class DecisionRule(BaseModel):
    """How probabilities become an answer; the default takes the most probable class, or 0.5.

    One label per text: `argmax` takes the largest probability; `thresholds` the largest ratio of
    probability and threshold of the class; `costs` the least expected cost, the sum over the
    classes i of p[i] costs[i][j]. Several labels per text: each one from its threshold on, 0.5
    with `argmax`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: RuleKind = "argmax"
    thresholds: tuple[Threshold, ...] | None = None
    """One per class; for one label per text only their ratios matter, and they average 0.5."""
    costs: Costs | None = None
    abstain_cost: Cost | None = None
    """Price of no answer; there is none where every answer is expected to cost more (Chow 1970)."""
    abstain_below: float = Field(default=0.0, ge=0, le=1)
    """No answer where the confidence in it is below this."""
    conformal: Conformal | None = None
    """How prediction sets are made; none are made without it."""

    @model_validator(mode="after")
    def _require_what_the_kind_needs(self) -> Self:
        if self.kind == "thresholds" and not self.thresholds:
            raise ValueError("A rule of the kind thresholds needs one threshold per class.")
        if self.kind == "costs" and not self.costs:
            raise ValueError("A rule of the kind costs needs a matrix of costs.")
        if self.costs and any(len(row) != len(self.costs) for row in self.costs):
            raise ValueError("A matrix of costs needs as many columns as rows.")
        if self.abstain_cost is not None and self.kind != "costs":
            raise ValueError("A cost of no answer belongs to a rule of the kind costs.")
        return self

    @property
    def can_abstain(self) -> bool:
        """Whether there are texts that get no answer."""
        return self.abstain_below > 0 or self.abstain_cost is not None

    def require_fit(self, num_classes: int, task: Task) -> None:
        """Refuse a rule made for other classes or for the other task.

        Raises:
            InvalidArgumentError: If it does not fit.
        """
        for name, values in (("thresholds", self.thresholds), ("rows of costs", self.costs)):
            if values is not None and len(values) != num_classes:
                raise InvalidArgumentError(
                    f"Expected {num_classes} {name}, one per class of the model, got "
                    f"{len(values)}. Choose the rule again."
                )
        if task == "multi_label" and (self.kind == "costs" or self.conformal):
            raise InvalidArgumentError(
                "Expected thresholds or a confidence for a model that gives several labels per "
                "text; costs and prediction sets need exactly one. Choose another rule."
            )

    def decide(self, probabilities: np.ndarray, task: Task) -> Answers:
        """Return the answer to each text.

        Args:
            probabilities: Shape (N, C).
            task: Whether they are shares of 1, or each label by itself.

        Raises:
            InvalidArgumentError: If the rule was made for other classes or the other task.

        Example:
            >>> sure = DecisionRule(abstain_below=0.8)
            >>> sure.decide(np.array([[0.9, 0.1], [0.4, 0.6]]), "single_label").label_ids.tolist()
            [0, -1]
        """
        self.require_fit(probabilities.shape[1], task)
        if task == "multi_label":
            return self._decide_sets(probabilities)
        scores, abstained = self._scores(probabilities)
        rows, best = np.arange(len(scores)), scores.argmax(axis=1)
        chosen = np.zeros(scores.shape, dtype=bool)
        chosen[rows, best] = True
        confidence = np.asarray(probabilities[rows, best], dtype=np.float64)
        sets = prediction_sets(probabilities, self.conformal) if self.conformal else None
        return Answers(chosen, abstained | (confidence < self.abstain_below), confidence, sets)

    def _scores(self, probabilities: np.ndarray) -> tuple[np.ndarray, Mask]:
        """Return what the answer is the largest of, shape (N, C), and who gets none by cost."""
        never = np.zeros(len(probabilities), dtype=bool)
        if self.kind == "thresholds":
            return probabilities / np.array(self.thresholds), never
        if self.kind == "argmax":
            return probabilities, never
        expected = probabilities @ np.array(self.costs)
        if self.abstain_cost is None:
            return -expected, never
        return -expected, np.asarray(expected.min(axis=1) > self.abstain_cost)

    def _decide_sets(self, probabilities: np.ndarray) -> Answers:
        thresholds = THRESHOLD if self.kind == "argmax" else np.array(self.thresholds)
        chosen = np.asarray(probabilities >= thresholds)
        confidence = np.where(chosen, probabilities, 1 - probabilities).prod(axis=1)
        return Answers(chosen, np.asarray(confidence < self.abstain_below), confidence, None)
