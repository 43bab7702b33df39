"""Asking a model about edited texts, all of a step at once and no more often than allowed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from textcls_core.explanation.edits import Edit, edit_text
from textcls_core.explanation.flip_goal import Goal
from textcls_core.explanation.words import ReadText
from textcls_core.models.classifier import Classifier

_AT_ONCE = 32
"""Texts evaluated between two reports."""


@dataclass(frozen=True)
class Trial:
    """What the deployed model says about one edited text."""

    edit: Edit
    text: str
    probabilities: Float[np.ndarray, " C"]
    """Shape (C,)."""
    closeness: float
    """Distance beyond the goal; see `Goal.closeness`."""
    reached: bool
    """Whether the goal is reached."""


@dataclass
class Trials:
    """A model, a text, a goal, and how often the model may still be asked."""

    classifier: Classifier
    read: ReadText
    goal: Goal
    limit: int
    """Texts that may be evaluated up to now; may be raised later."""
    report: Callable[[int], None] = lambda _: None
    """Told how many were evaluated; may raise to stop."""
    num_evaluations: int = 0
    """Texts that were evaluated."""
    _known: dict[tuple[tuple[int, str], ...], Trial] = field(default_factory=dict)

    @property
    def left(self) -> int:
        """Texts that may still be evaluated."""
        return max(self.limit - self.num_evaluations, 0)

    def ask(self, edits: Sequence[Edit]) -> list[Trial]:
        """Return what the model says about each edit, as many of them as are still allowed.

        The same edit is not evaluated twice.
        """
        keys = [tuple(sorted(edit.items())) for edit in edits]
        new = [key for key in dict.fromkeys(keys) if key not in self._known][: self.left]
        for start in range(0, len(new), _AT_ONCE):
            self.report(self.num_evaluations)
            part = new[start : start + _AT_ONCE]
            texts = [edit_text(self.read.text, self.read.spans, dict(key)) for key in part]
            self._known |= dict(zip(part, self._evaluate(part, texts), strict=True))
            self.num_evaluations += len(part)
        return [self._known[key] for key in keys if key in self._known]

    def _evaluate(self, keys: list[tuple[tuple[int, str], ...]], texts: list[str]) -> list[Trial]:
        """Return what the model says about texts, as it is deployed."""
        logits = self.classifier.predict_logits(texts)
        probabilities = self.classifier.probabilities_of(logits)
        closeness = self.goal.closeness(logits / self.classifier.decision.temperature)
        reached = self.goal.reached(probabilities)
        return [
            Trial(dict(key), text, row, float(near), bool(hit))
            for key, text, row, near, hit in zip(
                keys, texts, probabilities, closeness, reached, strict=True
            )
        ]


def best_of(trials: Sequence[Trial]) -> Trial | None:
    """Return the trial closest to the goal, one that reached it first; None without any."""
    return max(trials, key=lambda trial: (trial.reached, trial.closeness), default=None)
