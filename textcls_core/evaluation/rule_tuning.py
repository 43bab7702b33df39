"""From what somebody wants of the answers to the rule that gives it, tuned on validation rows."""

from typing import Any, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.by_task import AnyPredictions, task_of
from textcls_core.evaluation.conformal import Method, calibrate
from textcls_core.evaluation.costs import require_costs, uniform_costs
from textcls_core.evaluation.predictions import Predictions
from textcls_core.evaluation.rule import Cost, Costs, DecisionRule, RuleKind
from textcls_core.evaluation.rule_figures import RuleResult
from textcls_core.evaluation.selective import level_for_accuracy
from textcls_core.evaluation.thresholds import (
    Target,
    tune_class_thresholds,
    tune_label_thresholds,
)


class RuleRequest(BaseModel):
    """What somebody wants of the answers; the defaults ask for the plain rule."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: RuleKind = "argmax"
    target: Target = "f1"
    """What thresholds are tuned for; one label per text knows `f1` only."""
    at_least: float = Field(default=0.9, gt=0, le=1)
    """Precision or recall that every label shall reach."""
    costs: Costs | None = None
    """Shape (C, C), rows true; None: every mistake costs 1."""
    abstain_cost: Cost | None = None
    """Cost of no answer; None: always answer."""
    abstain_below: float = Field(default=0.0, ge=0, le=1)
    """No answer where the confidence is below this."""
    accuracy: float | None = Field(default=None, gt=0, le=1)
    """Share of right answers to reach; the confidence for it is found on validation rows."""
    coverage: float | None = Field(default=None, gt=0, lt=1)
    """Share of texts whose true class shall be in their prediction set; None: no sets."""
    method: Method = "lac"
    """How prediction sets are made."""

    @classmethod
    def create(cls, values: dict[str, Any]) -> Self:
        """Return a request from values of unknown origin.

        Raises:
            InvalidArgumentError: If a value is out of range, or would change nothing.
        """
        try:
            request = cls.model_validate(values)
        except ValidationError as error:
            problem = error.errors()[0]
            name = ".".join(str(part) for part in problem["loc"])
            raise InvalidArgumentError(
                f"The rule cannot be made: {name}: {problem['msg']}. Change it."
            ) from error
        request._require_use()
        return request

    def _require_use(self) -> None:
        """Refuse a wish that this kind of rule does not listen to."""
        users = {
            "target": ("kind thresholds", self.kind == "thresholds"),
            "at_least": ("target precision or recall", self.target != "f1"),
            "costs": ("kind costs", self.kind == "costs"),
            "abstain_cost": ("kind costs", self.kind == "costs"),
            "method": ("coverage", self.coverage is not None),
        }
        for name, (user, is_used) in users.items():
            if not is_used and getattr(self, name) != type(self).model_fields[name].default:
                raise InvalidArgumentError(
                    f"The rule cannot be made: {name} changes nothing without {user}. "
                    "Leave it out, or add that."
                )


def tune_rule(validation: AnyPredictions, request: RuleRequest) -> DecisionRule:
    """Return the rule that does what was asked for on the validation rows.

    Args:
        validation: Rows that the model was not trained on, and that nothing is measured on.
        request: What is wanted.

    Raises:
        InvalidArgumentError: If the validation rows cannot give it, or the task does not know it.
    """
    rule = _rule_of_kind(validation, request)
    if request.accuracy is not None:
        result = RuleResult(validation, rule)
        level = level_for_accuracy(result.answers.confidence, ~result.is_right, request.accuracy)
        rule = rule.model_copy(update={"abstain_below": max(level, request.abstain_below)})
    if request.coverage is None:
        return rule
    if not isinstance(validation, Predictions):
        raise InvalidArgumentError(
            "Prediction sets hold the one true class of a text, but this model gives several "
            "labels per text. Leave the coverage out."
        )
    conformal = calibrate(
        validation.probabilities, validation.true_label_ids, request.coverage, request.method
    )
    return rule.model_copy(update={"conformal": conformal})


def _rule_of_kind(validation: AnyPredictions, request: RuleRequest) -> DecisionRule:
    below = request.abstain_below
    if request.kind == "argmax":
        return DecisionRule(abstain_below=below)
    if request.kind == "thresholds":
        thresholds = tuple(_thresholds(validation, request).tolist())
        return DecisionRule(kind="thresholds", thresholds=thresholds, abstain_below=below)
    if task_of(validation) == "multi_label":
        raise InvalidArgumentError(
            "A matrix of costs has one true class per row, but this model gives several labels per "
            "text. Choose thresholds."
        )
    costs = request.costs or uniform_costs(len(validation.label_names))
    require_costs(costs, len(validation.label_names))
    return DecisionRule(
        kind="costs", costs=costs, abstain_cost=request.abstain_cost, abstain_below=below
    )


def _thresholds(validation: AnyPredictions, request: RuleRequest) -> np.ndarray:
    if not isinstance(validation, Predictions):
        return tune_label_thresholds(
            validation.probabilities, validation.targets, request.target, request.at_least
        )
    if request.target != "f1":
        raise InvalidArgumentError(
            f"Thresholds for a {request.target} are for models that give several labels per text; "
            "this one gives exactly one. Choose f1, or give no answer below a confidence."
        )
    return tune_class_thresholds(validation.probabilities, validation.true_label_ids)
