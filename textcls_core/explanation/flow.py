"""Flow: what reached the answer from each word through all layers, with and without a class."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from textcls_core.explanation.attention import AttentionExplanation
from textcls_core.explanation.default_label import DefaultLabel, default_label
from textcls_core.explanation.rollout import classified_tokens, gradient_rollout, rollout_by_layer
from textcls_core.explanation.score import Score
from textcls_core.explanation.words import ReadText
from textcls_core.models.classifier import Classifier
from textcls_core.models.device import exact_products


@dataclass(frozen=True)
class Flow:
    """Attention of one text, followed through all layers."""

    read: ReadText
    label: str
    """The class that the gradients are of."""
    predicted: DefaultLabel
    """What the model answers, or the most probable label if that is nothing."""
    averages: bool
    """Whether the model reads the mean of all tokens, and not a single one."""
    by_layer: Float[np.ndarray, "L W"]
    """Rollout: the share of each word in what is classified, as if the model ended after each
    layer; rows sum to 1."""
    by_gradient: Float[np.ndarray, " W"]
    """Gradient-weighted rollout of each word, not below 0, in no unit."""

    @property
    def rollout(self) -> Float[np.ndarray, " W"]:
        """Share of each word after the last layer, shape (W,)."""
        return np.asarray(self.by_layer[-1])

    @property
    def shares_by_gradient(self) -> Float[np.ndarray, " W"]:
        """Gradient-weighted rollout as shares of the whole, shape (W,); 0 where there is none."""
        return np.asarray(self.by_gradient / (self.by_gradient.sum() or 1.0))

    def records(self) -> list[dict[str, str | float]]:
        """Return one record per word of the text for a table, by what its class took up."""
        words = zip(self.read.words, self.read.special(by_token=False), strict=True)
        records: list[dict[str, str | float]] = [
            {"word": word, "rollout": float(share), "gradient-weighted": float(weighted)}
            for (word, special), share, weighted in zip(
                words, self.rollout, self.shares_by_gradient, strict=True
            )
            if not special
        ]
        return sorted(records, key=lambda record: -float(record["gradient-weighted"]))


def explain_flow(
    classifier: Classifier, explanation: AttentionExplanation, label: str | None = None
) -> Flow:
    """Return what reached the answer from each word.

    Args:
        classifier: From `load_explainable`.
        explanation: All attention weights of a text under the same classifier.
        label: Class to explain; the predicted one without.

    Raises:
        InvalidArgumentError: If the class is unknown.
    """
    read, predicted = explanation.read, default_label(classifier, explanation.probabilities)
    label = label or predicted.name
    score = Score.of(classifier.label_names, label)
    start = classified_tokens(classifier, read, is_causal=explanation.is_causal)
    with exact_products():
        by_gradient = gradient_rollout(classifier, read, score)
    by_layer = rollout_by_layer(explanation, start)
    return Flow(
        read=read,
        label=label,
        predicted=predicted,
        averages=explanation.averages,
        by_layer=np.stack([read.sum_by_word(row) for row in by_layer]),
        by_gradient=read.sum_by_word(by_gradient),
    )
