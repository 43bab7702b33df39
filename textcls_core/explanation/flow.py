"""Flow: what reached the answer from each word through all layers, with and without a class."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from textcls_core.explanation.attention import attention_of
from textcls_core.explanation.default_label import DefaultLabel, default_label
from textcls_core.explanation.long_rollout import long_rollouts
from textcls_core.explanation.rollout import classified_tokens, gradient_rollout, rollout_by_layer
from textcls_core.explanation.score import Score, logits_of
from textcls_core.explanation.windows import Window, read_at_once
from textcls_core.explanation.words import MAX_TOKENS, ReadText
from textcls_core.models.classifier import Classifier
from textcls_core.models.device import exact_products
from textcls_core.models.observed_attention import can_be_observed

MAX_FOLLOWED = 2_048
"""Tokens followed through a model whose weights can be computed a few rows at a time."""


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
    window: Window | None = None
    """The window of a longer text that is followed; None if the text is read at once."""

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
    classifier: Classifier, text: str, label: str | None = None, window: int = 0
) -> Flow:
    """Return what reached the answer from each word of a text, or of one window of it.

    Args:
        classifier: From `load_explainable`.
        text: Any text; as much of it is followed as is read at once, at most `MAX_FOLLOWED` tokens,
            or `MAX_TOKENS` in a model that cannot be observed.
        label: Class to explain; the predicted one without.
        window: Which window of a text that is read in several, from 0.

    Raises:
        InvalidArgumentError: If the text is empty, has no such window, or the class is unknown.
        ModelError: If the model does not give attention weights, or no gradients at them.
    """
    limit = MAX_FOLLOWED if can_be_observed(classifier.model) else MAX_TOKENS
    read, shown = read_at_once(classifier, text, limit, window)
    with exact_products():
        logits = logits_of(classifier, [read.input_ids])
        predicted = default_label(classifier, classifier.probabilities_of(logits)[0])
        label = label or predicted.name
        score = Score.of(classifier.label_names, label)
        follow = _rollouts if len(read.tokens) <= MAX_TOKENS else long_rollouts
        by_layer, by_gradient = follow(classifier, read, score)
    return Flow(
        read=read,
        label=label,
        predicted=predicted,
        averages=classifier.averages_tokens,
        by_layer=np.stack([read.sum_by_word(row) for row in by_layer]),
        by_gradient=read.sum_by_word(by_gradient),
        window=shown,
    )


def _rollouts(
    classifier: Classifier, read: ReadText, score: Score
) -> tuple[Float[np.ndarray, "L T"], Float[np.ndarray, " T"]]:
    """Return both rollouts of the tokens from all weights at once."""
    explanation = attention_of(classifier, read)
    start = classified_tokens(classifier, read, is_causal=explanation.is_causal)
    by_layer = rollout_by_layer(explanation, start)
    return by_layer, gradient_rollout(classifier, read, score)
