"""Attention weights of one text: where the model looks, not why it decides."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int

from textcls_core.arrays import Attention
from textcls_core.errors import InvalidArgumentError, ModelError
from textcls_core.explanation.parts import Part
from textcls_core.explanation.windows import Window, read_at_once
from textcls_core.explanation.words import MAX_TOKENS, ReadText
from textcls_core.models.classifier import Classifier
from textcls_core.models.observed_attention import can_be_observed, observing

Matrix = Float[np.ndarray, "Q K"]
_TINY = float(np.finfo(np.float32).tiny)
_INSTEAD = "Attributions by leaving out words works."


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
    """Whether a token sees only itself and the tokens before it."""
    reads_last: bool = False
    """Whether the last token is classified though the model is not causal, as in XLNet."""
    averages: bool = False
    """Whether the mean over all tokens is classified, so that no single one of them decides."""
    part: Part | None = None
    """The part of a long text that is shown; None if that is all of it."""
    window: Window | None = None
    """The window of a longer text that is looked at; None if the text is read at once."""

    @property
    def num_tokens(self) -> int:
        """Number of tokens that the model read, those beyond the shown part included."""
        return len(self.read.tokens) if self.part is None else len(self.part.group_of)

    def without_rest(self) -> "AttentionExplanation":
        """Return the attention inside the shown part; rows sum to 1 again."""
        if self.part is None:
            return self
        kept = np.flatnonzero(np.bincount(self.part.group_of) == 1)
        inside = self.attention[:, :, kept][..., kept]
        inside = inside / np.maximum(inside.sum(axis=-1, keepdims=True), _TINY)
        return replace(self, read=self.read.only(kept), attention=inside, part=None)

    @property
    def num_layers(self) -> int:
        """Number of layers, L."""
        return int(self.attention.shape[0])

    @property
    def num_heads(self) -> int:
        """Number of heads per layer, H."""
        return int(self.attention.shape[1])

    @property
    def deciding_token(self) -> int:
        """Position of the token whose state is classified: the first or the last."""
        return len(self.read.tokens) - 1 if self.is_causal or self.reads_last else 0

    def deciding_position(self, *, by_token: bool) -> int:
        """Return where the classified token stands among the tokens or the words."""
        token = self.deciding_token
        return token if by_token else int(self.read.word_of[token])

    def looks_from(self, *, by_token: bool) -> int | None:
        """Return the position of the token that is classified, or None if the mean of all is."""
        return None if self.averages else self.deciding_position(by_token=by_token)

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
        starts, sizes = self._words
        received = np.add.reduceat(self.matrix(layer, head), starts, axis=1)
        return np.asarray(np.add.reduceat(received, starts, axis=0) / sizes[:, None])

    def weights(
        self, layer: int | None = None, heads: Sequence[int] = (), *, by_token: bool = False
    ) -> Matrix:
        """Return attention between words, or tokens, averaged over some heads, or all if none."""
        one = self.matrix if by_token else self.word_matrix
        return np.asarray(np.mean([one(layer, head) for head in heads or (None,)], axis=0))

    def seen_from(
        self, matrix: Matrix, position: int | None, *, by_token: bool = False
    ) -> Float[np.ndarray, " K"]:
        """Return what one position looks at, or the mean of all tokens if None, shape (K,).

        Args:
            matrix: From `weights`.
            position: Among the words, or the tokens. The mean counts every token that was read
                alike: a word of five as five, and what is around a part as all it stands for.
            by_token: Whether the matrix is one of tokens.
        """
        if position is not None:
            return np.asarray(matrix[position])
        size = len(self.read.tokens)
        sizes = np.ones(size) if self.part is None else np.bincount(self.part.group_of)
        counts = sizes if by_token else self.read.sum_by_word(sizes)
        return np.asarray(np.average(matrix, axis=0, weights=counts))

    @cached_property
    def _words(self) -> tuple[Int[np.ndarray, " W"], Int[np.ndarray, " W"]]:
        """First token of each word, whose tokens are neighbours, and how many it has."""
        _, starts, sizes = np.unique(self.read.word_of, return_index=True, return_counts=True)
        return starts, sizes


def load_explainable(folder: Path) -> Classifier:
    """Return a saved classifier that can give its attention weights.

    Fused attention kernels never compute the weights, so the eager implementation is loaded. The
    model's own weights need no gradients; those of texts do.
    """
    classifier = Classifier.load(folder, attention="eager")
    classifier.model.requires_grad_(requires_grad=False)
    return classifier


def explain_attention(
    classifier: Classifier, text: str, part: int | None = None, window: int = 0
) -> AttentionExplanation:
    """Return the attention weights of one text, or of one window if it is read in several.

    A part of a long text is returned word by word, and what is before and behind it as one position
    each, which receives the sum and gives the mean of its tokens.

    Args:
        classifier: From `load_explainable`.
        text: Any text; it is cut to the classifier's length.
        part: Which part of `MAX_TOKENS` tokens, from 0, of what is read at once; beyond the last
            one means the last. None to read no more than `MAX_TOKENS`.
        window: Which window of a text that is read in several, from 0.

    Raises:
        InvalidArgumentError: If the text is empty, or has no such window.
        ModelError: If the model does not give attention weights.
    """
    is_whole = part is not None and can_be_observed(classifier.model)
    read, found = read_at_once(classifier, text, None if is_whole else MAX_TOKENS, window)
    if len(read.tokens) <= MAX_TOKENS:
        return replace(attention_of(classifier, read), window=found)
    return replace(attention_of_part(classifier, read, Part.of(read, part or 0)), window=found)


def attention_of(classifier: Classifier, read: ReadText) -> AttentionExplanation:
    """Return the attention weights of a text that was read already.

    Args:
        classifier: From `load_explainable`.
        read: What the same classifier reads of the text.

    Raises:
        ModelError: If the model does not give attention weights.
    """
    output = _output(classifier, read, output_attentions=True)
    weights = require_weights(output, classifier.model.config, len(read.tokens))
    attention = _stack(weights)
    return _explanation(classifier, read, output.logits, attention)


def attention_of_part(classifier: Classifier, read: ReadText, part: Part) -> AttentionExplanation:
    """Return the attention weights among the groups of one part, in little memory.

    Args:
        classifier: From `load_explainable`.
        read: What the same classifier reads of the whole text.
        part: Made of it.

    Raises:
        ModelError: If the model does not give attention weights.
    """
    grouped = GroupedAttention(part.group_of)
    with observing(classifier.model, grouped.add):
        logits = _output(classifier, read).logits
    require_layers(len(grouped.layers), classifier.model.config)
    explanation = _explanation(classifier, part.read, logits, _stack(grouped.layers))
    return replace(explanation, part=part)


def _output(classifier: Classifier, read: ReadText, **options: bool) -> Any:
    """Return what the model says about a text."""
    inputs = torch.from_numpy(read.input_ids)[None]
    with torch.inference_mode():
        return classifier.output({"input_ids": inputs, **options})


def _explanation(
    classifier: Classifier, read: ReadText, logits: torch.Tensor, attention: Attention
) -> AttentionExplanation:
    probabilities = classifier.probabilities_of(logits.float().numpy())[0]
    return AttentionExplanation(
        read=read,
        attention=attention,
        label_names=classifier.label_names,
        probabilities=probabilities.astype(np.float64),
        is_causal=bool(np.triu(attention[0, 0], 1).max() == 0),
        reads_last=classifier.reads_last_token,
        averages=classifier.averages_tokens,
    )


class GroupedAttention:
    """Collects observed attention by groups of tokens: rows averaged, columns summed."""

    def __init__(self, group_of: Int[np.ndarray, " T"]) -> None:
        """Make room for P groups, given the group of each of T tokens."""
        self.layers: list[torch.Tensor] = []
        """Attention among the groups, a tensor of shape (1, H, P, P) for each layer."""
        self._group_of = group_of
        _, self._firsts, self._sizes = np.unique(group_of, return_index=True, return_counts=True)

    def add(self, start: int, weights: torch.Tensor) -> None:
        """Take the next rows: their first one, and their weights of shape (H, rows, T)."""
        if start == 0:
            size = len(self._firsts)
            self.layers.append(torch.zeros(1, len(weights), size, size))
        received = np.add.reduceat(weights.float().numpy(), self._firsts, axis=2)
        groups = self._group_of[start : start + weights.shape[1]]
        found, firsts = np.unique(groups, return_index=True)
        given = np.add.reduceat(received, firsts, axis=1) / self._sizes[found, None]
        self.layers[-1].numpy()[0, :, found[0] : found[-1] + 1] += given


def require_weights(output: Any, config: Any, num_tokens: int) -> tuple[torch.Tensor, ...]:
    """Return the attention weights that a model gave, shape (1, H, T, T) for each layer.

    Args:
        output: What it said about one text.
        config: Of the model.
        num_tokens: Tokens of the text, T.

    Raises:
        ModelError: If a layer gave none, or not those among all tokens.
    """
    attentions: Any = getattr(output, "attentions", None)  # encoder-decoders have other names
    require_layers(sum(layer is not None for layer in attentions or ()), config)
    shapes = [tuple(weights.shape[2:]) for weights in attentions]
    other = [shape for shape in shapes if shape != (num_tokens, num_tokens)]
    if other:
        raise ModelError(
            f"Expected attention weights among all {num_tokens} tokens, got {other[0][0]} rows of "
            f"{other[0][1]} from {config.model_type}. Models that look at windows or at a "
            f"shortened text cannot be shown. {_INSTEAD}"
        )
    return tuple(attentions)


def require_layers(found: int, config: Any) -> None:
    """Check that all layers of a model gave their attention weights.

    Args:
        found: Layers that gave them.
        config: Of the model.

    Raises:
        ModelError: If a layer gave none.
    """
    expected = config.num_hidden_layers
    if found != expected:
        raise ModelError(
            f"Expected attention weights from {expected} layers of {config.model_type}, "
            f"got {found}. This model family does not give them. {_INSTEAD}"
        )


def _stack(layers: Sequence[torch.Tensor]) -> Attention:
    """Return the weights of all layers in one array, shape (L, H, T, T)."""
    return np.asarray(torch.cat(list(layers)).float().numpy())


def _require_position(name: str, value: int | None, count: int) -> None:
    if value is not None and not 0 <= value < count:
        raise InvalidArgumentError(
            f"Expected a {name} from 0 to {count - 1}, got {value}. Choose one of the model's."
        )
