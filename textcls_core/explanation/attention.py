"""Attention weights of one text: where the model looks, not why it decides."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from textcls_core.arrays import Attention
from textcls_core.errors import InvalidArgumentError, ModelError
from textcls_core.explanation.words import ReadText, read_text
from textcls_core.models.classifier import Classifier

Matrix = Float[np.ndarray, "Q K"]


@dataclass(frozen=True)
class AttentionExplanation:
    """All attention weights of one text, with its tokens, words and prediction."""

    read: ReadText
    """Its T tokens and W words."""
    attention: Attention
    """attention[layer, head, query, key], shape (L, H, T, T); rows over keys sum to 1."""
    label_names: tuple[str, ...]
    probabilities: Float[np.ndarray, " C"]
    """Class probabilities, shape (C,)."""
    is_causal: bool
    """Whether a token sees only the tokens before it."""

    @property
    def num_layers(self) -> int:
        """Number of layers, L."""
        return int(self.attention.shape[0])

    @property
    def num_heads(self) -> int:
        """Number of heads per layer, H."""
        return int(self.attention.shape[1])

    @property
    def predicted(self) -> str:
        """Most probable class."""
        return self.label_names[int(self.probabilities.argmax())]

    @property
    def deciding_token(self) -> int:
        """Position of the token whose state is classified: the first, or the last if causal."""
        return len(self.read.tokens) - 1 if self.is_causal else 0

    def deciding_position(self, *, by_token: bool) -> int:
        """Return where the classified token stands among the tokens or the words."""
        token = self.deciding_token
        return token if by_token else int(self.read.word_of[token])

    def matrix(self, layer: int | None = None, head: int | None = None) -> Matrix:
        """Return attention between tokens, averaged over what is left out, shape (T, T).

        Args:
            layer: Layer from 0, or None for the mean over layers.
            head: Head from 0, or None for the mean over heads.

        Raises:
            InvalidArgumentError: If the model has no such layer or head.
        """
        _require_position("layer", layer, self.num_layers)
        _require_position("head", head, self.num_heads)
        weights = self.attention if layer is None else self.attention[layer : layer + 1]
        weights = weights if head is None else weights[:, head : head + 1]
        return np.asarray(weights.mean(axis=(0, 1)))

    def word_matrix(self, layer: int | None = None, head: int | None = None) -> Matrix:
        """Return attention between words, shape (W, W); rows sum to 1.

        What a word receives is the sum over its tokens, what it gives the mean over its tokens.
        """
        matrix = self.matrix(layer, head)
        return np.asarray(self._giving @ matrix @ (self._giving > 0).T)

    @cached_property
    def _giving(self) -> Float[np.ndarray, "W T"]:
        """Averages the tokens of each word, shape (W, T)."""
        word_of = self.read.word_of
        member = np.zeros((len(self.read.words), len(word_of)))
        member[word_of, np.arange(len(word_of))] = 1
        return np.asarray(member / member.sum(axis=1, keepdims=True))


def load_explainable(folder: Path) -> Classifier:
    """Return a saved classifier that can give its attention weights.

    Fused attention kernels never compute the weights, so the eager implementation is loaded.
    """
    return Classifier.load(folder, attention="eager")


def explain_attention(classifier: Classifier, text: str) -> AttentionExplanation:
    """Return the attention weights of one text.

    Args:
        classifier: From `load_explainable`.
        text: Any text; it is cut to the classifier's length.

    Raises:
        InvalidArgumentError: If the text is empty.
        ModelError: If the model does not give attention weights.
    """
    return attention_of(classifier, read_text(classifier, text))


def attention_of(classifier: Classifier, read: ReadText) -> AttentionExplanation:
    """Return the attention weights of a text that was read already.

    Args:
        classifier: From `load_explainable`.
        read: What the same classifier reads of the text.

    Raises:
        ModelError: If the model does not give attention weights.
    """
    with torch.inference_mode():
        inputs = torch.from_numpy(read.input_ids)[None]
        output = classifier.output({"input_ids": inputs, "output_attentions": True})
    logits = output.logits.float().numpy()
    return AttentionExplanation(
        read=read,
        attention=_stack(output.attentions, classifier.model.config),
        label_names=classifier.label_names,
        probabilities=classifier.probabilities_of(logits)[0].astype(np.float64),
        is_causal=bool(np.triu(output.attentions[0][0, 0].numpy(), 1).max() == 0),
    )


def require_weights(attentions: Any, config: Any) -> None:
    """Check that all layers of a model gave their attention weights.

    Raises:
        ModelError: If a layer gave none.
    """
    expected = config.num_hidden_layers
    if not attentions or len(attentions) != expected or any(a is None for a in attentions):
        found = len(attentions or ())
        raise ModelError(
            f"Expected attention weights from {expected} layers of {config.model_type}, "
            f"got {found}. This model family does not give them."
        )


def _stack(attentions: Any, config: Any) -> Attention:
    """Return the weights of all layers in one array, shape (L, H, T, T).

    Raises:
        ModelError: If a layer gave none.
    """
    require_weights(attentions, config)
    return np.asarray(torch.cat(list(attentions)).float().numpy())


def _require_position(name: str, value: int | None, count: int) -> None:
    if value is not None and not 0 <= value < count:
        raise InvalidArgumentError(
            f"Expected a {name} from 0 to {count - 1}, got {value}. Choose one of the model's."
        )
