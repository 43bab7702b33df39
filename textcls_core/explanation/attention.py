"""Attention weights of one text: where the model looks, not why it decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int

from textcls_core.arrays import Attention
from textcls_core.dataset.building import clean_text
from textcls_core.errors import InvalidArgumentError, ModelError
from textcls_core.models.classifier import Classifier

MAX_TOKENS = 512
"""Tokens looked at: the weights of all layers and heads grow with the square of the length."""

Matrix = Float[np.ndarray, "Q K"]


@dataclass(frozen=True)
class AttentionExplanation:
    """All attention weights of one text, with its tokens, words and prediction."""

    text: str
    tokens: tuple[str, ...]
    """T tokens as the model sees them, special tokens included."""
    words: tuple[str, ...]
    """W words of the text; a special token is a word of its own."""
    word_of: Int[np.ndarray, " T"]
    """Word position per token, shape (T,)."""
    spans: tuple[tuple[int, int], ...]
    """Start and end of each word in `text`, without spaces; (0, 0) for special tokens."""
    attention: Attention
    """attention[layer, head, query, key], shape (L, H, T, T); rows over keys sum to 1."""
    label_names: tuple[str, ...]
    probabilities: Float[np.ndarray, " C"]
    """Class probabilities, shape (C,)."""
    is_causal: bool
    """Whether a token sees only the tokens before it."""
    num_cut: int
    """Tokens at the end of the text that the model never read."""

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
        return len(self.tokens) - 1 if self.is_causal else 0

    def deciding_position(self, *, by_token: bool) -> int:
        """Return where the classified token stands among the tokens or the words."""
        token = self.deciding_token
        return token if by_token else int(self.word_of[token])

    def is_special(self, *, by_token: bool) -> list[bool]:
        """Return for each token or word whether the tokenizer added it to the text."""
        of_words = [end <= start for start, end in self.spans]
        return [of_words[word] for word in self.word_of] if by_token else of_words

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
        member = np.zeros((len(self.words), len(self.tokens)))
        member[self.word_of, np.arange(len(self.tokens))] = 1
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
    text = clean_text(text)
    if not text.strip():
        raise InvalidArgumentError("Expected a text, got nothing. Type or paste one.")
    encoding = classifier.tokenizer(
        text,
        truncation=True,
        max_length=min(classifier.max_length, MAX_TOKENS),
        return_offsets_mapping=True,
        return_tensors="pt",
    )
    offsets = encoding.pop("offset_mapping")[0].tolist()
    inputs = {name: encoding[name] for name in ("input_ids", "attention_mask")}
    with torch.inference_mode():
        output = classifier.model(**inputs, output_attentions=True)
    word_of, spans = _words(encoding.word_ids(0), offsets)
    spans = tuple(_without_spaces(text, *span) for span in spans)
    tokens = classifier.tokenizer.convert_ids_to_tokens(encoding["input_ids"][0])
    return AttentionExplanation(
        text=text,
        tokens=tuple(tokens),
        words=_word_texts(text, tokens, word_of, spans),
        word_of=word_of,
        spans=spans,
        attention=_stack(output.attentions, classifier.model.config),
        label_names=classifier.label_names,
        probabilities=classifier.probabilities_of(output.logits.float().numpy())[0].astype(
            np.float64
        ),
        is_causal=bool(np.triu(output.attentions[0][0, 0].numpy(), 1).max() == 0),
        num_cut=_num_cut(classifier, text),
    )


def _num_cut(classifier: Classifier, text: str) -> int:
    """Return how many tokens of the text are beyond the classifier's length."""
    uncut = classifier.tokenizer(text, truncation=False, verbose=False)["input_ids"]
    return max(len(uncut) - min(classifier.max_length, MAX_TOKENS), 0)


def _stack(attentions: Any, config: Any) -> Attention:
    """Return the weights of all layers in one array, shape (L, H, T, T).

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
    return np.asarray(torch.cat(list(attentions)).float().numpy())


def _words(
    word_ids: Sequence[int | None], offsets: Sequence[Sequence[int]]
) -> tuple[Int[np.ndarray, " T"], tuple[tuple[int, int], ...]]:
    """Return the word position of each token and the span of each word in the text."""
    word_of: list[int] = []
    spans: list[tuple[int, int]] = []
    previous: int | None = None
    for word_id, (start, end) in zip(word_ids, offsets, strict=True):
        if word_id is None or word_id != previous:
            spans.append((start, end))
        else:
            spans[-1] = (min(spans[-1][0], start), max(spans[-1][1], end))
        previous = word_id
        word_of.append(len(spans) - 1)
    return np.array(word_of, dtype=np.int64), tuple(spans)


def _word_texts(
    text: str,
    tokens: Sequence[str],
    word_of: Int[np.ndarray, " T"],
    spans: Sequence[tuple[int, int]],
) -> tuple[str, ...]:
    """Return each word as it stands in the text; special tokens keep their own name."""
    first = {int(word): token for word, token in zip(word_of[::-1], tokens[::-1], strict=True)}
    return tuple(text[start:end].strip() or first[word] for word, (start, end) in enumerate(spans))


def _without_spaces(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a span without the spaces at its ends; GPT-2 counts them as part of a word."""
    piece = text[start:end]
    if not piece.strip():  # nothing but spaces: they are the word
        return start, end
    first = start + len(piece) - len(piece.lstrip())
    return first, first + len(piece.strip())


def _require_position(name: str, value: int | None, count: int) -> None:
    if value is not None and not 0 <= value < count:
        raise InvalidArgumentError(
            f"Expected a {name} from 0 to {count - 1}, got {value}. Choose one of the model's."
        )
