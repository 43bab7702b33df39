"""What each head does, in a few numbers, so that the interesting ones are found among many."""

import string
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy.special import entr

from textcls_core.explanation.attention import AttentionExplanation
from textcls_core.explanation.words import ReadText

Heads = Float[np.ndarray, "L H"]
_LAST_BYTE = 0x17F
"""Byte-level tokenizers write bytes as letters up to here; what such a letter means is unknown."""
_MARKS = "Ġ▁"
"""Stand for the space before a token."""


@dataclass(frozen=True)
class HeadStatistics:
    """Statistics of every head on one text, shape (L, H) each: means over T ordinary tokens.

    An ordinary token is one of the text; in a text without any, all tokens are looked at. Shares
    are parts of the attention that a token gives, in [0, 1].

    Source:
        Vig and Belinkov 2019, "Analyzing the Structure of Attention in a Transformer Language
        Model", BlackboxNLP, equations 2 and 3, for distance and entropy; Clark et al. 2019, "What
        Does BERT Look At?", BlackboxNLP, section 3, for the shares.
    """

    entropy: Heads
    """How spread out a token looks, in bits: 0 is at one token, log2(T) at all alike."""
    distance: Heads
    """How far away that stands which an ordinary token looks at, in tokens, among ordinary ones;
    weighted by attention. 0 where all attention goes to special tokens."""
    on_separators: Heads
    """Share on tokens that the tokenizer added, such as [CLS] and [SEP]."""
    on_punctuation: Heads
    """Share on tokens of the text that are nothing but punctuation."""
    on_itself: Heads
    """Share of a token on itself."""
    on_previous: Heads
    """Share on the token before; the first token has none, which counts as 0."""
    on_next: Heads
    """Share on the token after; the last token has none, which counts as 0."""


def head_statistics(found: AttentionExplanation) -> HeadStatistics:
    """Return the statistics of every head on one text.

    Args:
        found: All attention weights of the text.
    """
    size = len(found.read.tokens)
    looks = looking_rows(found.read)
    special = found.read.is_special
    positions = np.arange(size)
    gap = positions[None] - positions[:, None]  # (Q, K)
    among = np.outer(looks, ~special)
    weights = {
        "far": among * np.abs(gap),
        "among": among,
        "on_separators": np.outer(looks, special),
        "on_punctuation": np.outer(looks, is_punctuation(found.read)),
        "on_itself": looks[:, None] * (gap == 0),
        "on_previous": looks[:, None] * (gap == -1),
        "on_next": looks[:, None] * (gap == 1),
    }
    sums = _weighted_sums(found, np.stack(list(weights.values())))
    totals = dict(zip(weights, np.moveaxis(sums, -1, 0), strict=True))
    far, near = totals.pop("far"), totals.pop("among")
    distance = np.divide(far, near, out=np.zeros_like(far), where=near > 0)
    shares = {name: total / looks.sum() for name, total in totals.items()}
    return HeadStatistics(entropy=_entropy(found, looks), distance=distance, **shares)


def looking_rows(read: ReadText) -> Bool[np.ndarray, " T"]:
    """Return which tokens statistics look from: the ordinary ones, or all if there is none."""
    ordinary = ~read.is_special
    return ordinary if ordinary.any() else np.ones_like(ordinary)


def is_punctuation(read: ReadText) -> Bool[np.ndarray, " T"]:
    """Return which tokens of the text are nothing but punctuation, shape (T,).

    A token of bytes says nothing by itself, so the word that it is a part of counts as well.
    """
    words = [_only(word, _is_mark) for word in read.words]
    flags = [
        words[word] or _only(_bare(token), _is_sure_mark)
        for word, token in zip(read.word_of.tolist(), read.tokens, strict=True)
    ]
    return np.asarray(np.array(flags) & ~read.is_special)


def _weighted_sums(found: AttentionExplanation, weights: np.ndarray) -> Float[np.ndarray, "L H S"]:
    """Return the sums of each head's attention times S weightings of shape (S, Q, K)."""
    flat = found.attention.reshape(found.num_layers, found.num_heads, -1)
    by_pair = weights.reshape(len(weights), -1).T.astype(flat.dtype)
    return np.asarray(flat @ by_pair, dtype=np.float64)


def _entropy(found: AttentionExplanation, looks: Bool[np.ndarray, " T"]) -> Heads:
    """Return the mean entropy of the rows of each head in bits; layer by layer, to save memory."""
    layers = [entr(layer[:, looks]).sum(-1).mean(-1) for layer in found.attention]
    return np.asarray(np.stack(layers) / np.log(2), dtype=np.float64)


def _bare(token: str) -> str:
    """Return a token without what tells where in a word it stands."""
    return token[2:] if token.startswith("##") and len(token) > 2 else token.lstrip(_MARKS)


def _only(text: str, is_wanted: Callable[[str], bool]) -> bool:
    return bool(text) and all(map(is_wanted, text))


def _is_mark(character: str) -> bool:
    return character in string.punctuation or unicodedata.category(character).startswith("P")


def _is_sure_mark(character: str) -> bool:
    return _is_mark(character) and not 0x7F < ord(character) <= _LAST_BYTE
