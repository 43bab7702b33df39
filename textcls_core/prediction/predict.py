"""New texts through a finished run."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from textcls_core.dataset.building import clean_text
from textcls_core.dataset.text_dataset import Task
from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.multi_label import THRESHOLD
from textcls_core.models.classifier import Classifier
from textcls_core.wording import percent

MAX_TEXTS = 10_000
DECISION_RULES: dict[Task, str] = {
    "single_label": "The answer is the class with the largest probability.",
    "multi_label": "The answer is every label with a probability of at least "
    f"{percent(THRESHOLD, 0)}; each label is judged by itself.",
}
"""How probabilities become an answer, in words."""


@dataclass(frozen=True, slots=True)
class TextPrediction:
    """What the model says about one text."""

    text: str
    label: str
    """Most probable class."""
    confidence: float
    """Its probability, in [0, 1]."""
    labels: tuple[str, ...]
    """The answer, most probable first: that class, or any number of them in a multi-label model."""
    probabilities: dict[str, float]
    """Probability of every class."""

    @property
    def answer(self) -> str:
        """The labels with their probabilities, or that there is none, in a few words."""
        shares = [f"{name} {percent(self.probabilities[name])}" for name in self.labels]
        return ", ".join(shares) or f"no label ({self.label} {percent(self.confidence)})"

    def to_json(self) -> dict[str, Any]:
        """Return the prediction in the stable form of the command line."""
        return {
            "label": self.label,
            "confidence": self.confidence,
            "labels": list(self.labels),
            "probabilities": self.probabilities,
        }


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
    return [
        _decide(text, row, classifier.label_names, classifier.design.task)
        for text, row in zip(cleaned, rows, strict=True)
    ]


def _decide(text: str, row: np.ndarray, names: tuple[str, ...], task: Task) -> TextPrediction:
    """Return the answer that follows from the probabilities of one text, shape (C,)."""
    order = np.argsort(-row, kind="stable")
    chosen = order[:1] if task == "single_label" else order[row[order] >= THRESHOLD]
    return TextPrediction(
        text=text,
        label=names[order[0]],
        confidence=float(row[order[0]]),
        labels=tuple(names[label_id] for label_id in chosen),
        probabilities=dict(zip(names, row.tolist(), strict=True)),
    )
