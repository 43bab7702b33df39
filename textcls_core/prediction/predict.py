"""New texts through a finished run."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from textcls_core.dataset.building import clean_text
from textcls_core.dataset.text_dataset import Task
from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.rule import Answers, DecisionRule
from textcls_core.models.classifier import Classifier
from textcls_core.wording import percent

MAX_TEXTS = 10_000


@dataclass(frozen=True, slots=True)
class TextPrediction:
    """What the model says about one text."""

    text: str
    label: str
    """The class that the rule of the model chooses, even if it gives no answer; in a multi-label
    model the most probable one."""
    confidence: float
    """Its probability, in [0, 1]."""
    labels: tuple[str, ...]
    """The answer, most probable first: that class, any number of them in a multi-label model, or
    nothing where the rule gives no answer."""
    probabilities: dict[str, float]
    """Probability of every class."""
    abstained: bool | None = None
    """Whether the rule gives no answer; None if it always gives one."""
    prediction_set: tuple[str, ...] | None = None
    """Classes that the true one is among with the coverage of the rule, most probable first."""

    @property
    def answer(self) -> str:
        """The labels with their probabilities, or that there is none, and the set, in short."""
        shares = [f"{name} {percent(self.probabilities[name])}" for name in self.labels]
        nothing = "no answer" if self.abstained else "no label"
        answer = ", ".join(shares) or f"{nothing} ({self.label} {percent(self.confidence)})"
        if self.prediction_set is None:
            return answer
        return f"{answer}, one of {{{', '.join(self.prediction_set)}}}"

    def to_json(self) -> dict[str, Any]:
        """Return the prediction in the stable form of the command line."""
        value: dict[str, Any] = {
            "label": self.label,
            "confidence": self.confidence,
            "labels": list(self.labels),
            "probabilities": self.probabilities,
        }
        if self.abstained is not None:
            value["abstained"] = self.abstained
        if self.prediction_set is not None:
            value["prediction_set"] = list(self.prediction_set)
        return value

    def to_row(self) -> dict[str, Any]:
        """Return the prediction of one label as a row of a table; no answer where there is none."""
        answer = self.labels[0] if self.labels else "no answer"
        row = {"label": answer, "confidence": self.confidence, "text": self.text}
        if self.prediction_set is not None:
            row["prediction set"] = ", ".join(self.prediction_set)
        return row


def split_list(text: str) -> list[str]:
    r"""Return the lines of a pasted list that hold a text.

    Example:
        >>> split_list("first\n\n  second ")
        ['first', 'second']
    """
    return [line.strip() for line in text.splitlines() if line.strip()]


def predict_texts(classifier: Classifier, texts: Sequence[str]) -> list[TextPrediction]:
    """Return a prediction for each text, in their order, computed in fp32 on the CPU.

    Raises:
        InvalidArgumentError: If there is no text, an empty one, or too many.
    """
    cleaned = [clean_text(text) for text in texts]
    if not cleaned or len(cleaned) > MAX_TEXTS:
        raise InvalidArgumentError(
            f"Expected 1 to {MAX_TEXTS:,} texts, got {len(cleaned):,}. "
            "Add a text or split the list."
        )
    empty = next((number for number, text in enumerate(cleaned, 1) if not text.strip()), None)
    if empty is not None:
        raise InvalidArgumentError(f"Expected a text, but text {empty} is empty. Leave it out.")
    rows = classifier.predict_probabilities(cleaned)
    rule, task = classifier.decision.rule, classifier.design.task
    answers = rule.decide(rows, task)
    return [
        _prediction(
            text, rows[number], classifier.label_names, _answer(answers, rule, number), task
        )
        for number, text in enumerate(cleaned)
    ]


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a rule says about one text, over C classes."""

    chosen: np.ndarray
    """Whether a label is chosen, bool of shape (C,)."""
    abstained: bool | None
    in_set: np.ndarray | None
    """Whether a class is in the prediction set, bool of shape (C,)."""


def _answer(answers: Answers, rule: DecisionRule, number: int) -> _Answer:
    """Return one row of the answers; what the rule does not know is None."""
    sets = answers.prediction_sets
    return _Answer(
        answers.chosen[number],
        bool(answers.abstained[number]) if rule.can_abstain else None,
        None if sets is None else sets[number],
    )


def _prediction(
    text: str, row: np.ndarray, names: tuple[str, ...], answer: _Answer, task: Task
) -> TextPrediction:
    """Return the prediction that follows from the probabilities of one text, shape (C,)."""
    order = np.argsort(-row, kind="stable")
    chosen = tuple(names[label_id] for label_id in order if answer.chosen[label_id])
    first = int(order[0] if task == "multi_label" else answer.chosen.argmax())
    in_set = answer.in_set
    return TextPrediction(
        text=text,
        label=names[first],
        confidence=float(row[first]),
        labels=() if answer.abstained else chosen,
        probabilities=dict(zip(names, row.tolist(), strict=True)),
        abstained=answer.abstained,
        prediction_set=None
        if in_set is None
        else tuple(names[label_id] for label_id in order if in_set[label_id]),
    )
