"""Decision: what turns the scores of a model into probabilities and answers, kept beside it."""

from pathlib import Path
from typing import Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from textcls_core.dataset.text_dataset import Task
from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.multi_label import THRESHOLD
from textcls_core.evaluation.rule import DecisionRule
from textcls_core.files import read_model, write_json

_FILE = "textcls_decision.json"


class Decision(BaseModel):
    """What was chosen for a model after training; the defaults change nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    temperature: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    """Logits are divided by it before they become probabilities."""
    rule: DecisionRule = DecisionRule()
    """How probabilities become an answer; tuned at this temperature."""

    def with_rule(self, rule: DecisionRule) -> Self:
        """Return the same with another rule."""
        return self.model_copy(update={"rule": rule})

    def with_temperature(self, temperature: float) -> "Decision":
        """Return the choice with another temperature, and without what was tuned before it.

        What else is chosen for a model (how probabilities become an answer) was tuned on
        probabilities that it will not give any more.
        """
        return self if temperature == self.temperature else Decision(temperature=temperature)

    @property
    def has_more_than_temperature(self) -> bool:
        """Whether there is anything that another temperature would drop."""
        return self != Decision(temperature=self.temperature)


def read_decision(model_dir: Path) -> Decision:
    """Return what was chosen for a model, or the defaults.

    Raises:
        InvalidArgumentError: If the file is damaged.
    """
    file = model_dir / _FILE
    return read_model(file, Decision, "decision") if file.exists() else Decision()


def write_decision(model_dir: Path, decision: Decision) -> None:
    """Keep a choice in the folder of a model, in one step.

    Raises:
        InvalidArgumentError: If the folder is gone.
    """
    if not model_dir.is_dir():
        raise InvalidArgumentError(
            "Expected the folder of a model, but it is gone. Train the run again."
        )
    write_json(model_dir / _FILE, decision.model_dump(mode="json"))


def tempered(probabilities: np.ndarray, temperature: float, task: Task) -> np.ndarray:
    """Return the probabilities, shape (N, C), that the logits divided by a temperature give.

    The logits are not needed: for one label per text they are the logarithms of the probabilities
    up to a constant per text, which the softmax removes; for several they are the log odds. The
    answers never change, not even where rounding would make two probabilities equal.

    Example:
        >>> tempered(np.array([[0.8, 0.2]]), 2.0, "single_label").round(3).tolist()
        [[0.667, 0.333]]
    """
    if temperature == 1.0:
        return probabilities
    if task == "single_label":
        return _tempered_shares(probabilities, 1 / temperature)
    yes, no = probabilities ** (1 / temperature), (1 - probabilities) ** (1 / temperature)
    changed = yes / (yes + no)
    is_lifted = (probabilities < THRESHOLD) & (changed >= THRESHOLD)
    return np.asarray(np.where(is_lifted, np.nextafter(THRESHOLD, 0), changed))


def _tempered_shares(probabilities: np.ndarray, exponent: float) -> np.ndarray:
    """Return powers of probabilities as shares of 1, with the same class as the first largest."""
    powers = (probabilities / probabilities.max(axis=1, keepdims=True)) ** exponent
    changed = np.asarray(powers / powers.sum(axis=1, keepdims=True))
    best = probabilities.argmax(axis=1)
    is_tied = changed.argmax(axis=1) != best
    changed[is_tied, best[is_tied]] = np.nextafter(changed[is_tied].max(axis=1, initial=0), 1)
    return changed
