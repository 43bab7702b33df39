"""New texts through a finished run."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from textcls_core.dataset.building import clean_text
from textcls_core.errors import InvalidArgumentError
from textcls_core.models.classifier import Classifier

MAX_TEXTS = 10_000


@dataclass(frozen=True, slots=True)
class TextPrediction:
    """What the model says about one text."""

    text: str
    label: str
    """Most probable class."""
    confidence: float
    """Its probability, in [0, 1]."""
    probabilities: dict[str, float]
    """Probability of every class."""

    def to_json(self) -> dict[str, Any]:
        """Return the prediction in the stable form of the command line."""
        return {
            "label": self.label,
            "confidence": self.confidence,
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
    names = classifier.label_names
    results = []
    for text, row in zip(cleaned, classifier.predict_probabilities(cleaned), strict=True):
        best = int(row.argmax())
        probabilities = dict(zip(names, row.tolist(), strict=True))
        results.append(TextPrediction(text, names[best], float(row[best]), probabilities))
    return results
