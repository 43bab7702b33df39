"""Whole words that a model knows as one token, and those that mean much the same to it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from jaxtyping import Int

from textcls_core.models.classifier import Classifier

_BATCH = 10_000
_TINY = 1e-12
_FEW = 4
"""Words are few if they are less than this part of all tokens."""


@dataclass(frozen=True)
class Vocabulary:
    """V whole words with the token that stands for each."""

    words: tuple[str, ...]
    ids: Int[np.ndarray, " V"]
    """Token id of each word, shape (V,)."""

    @classmethod
    def of(cls, classifier: Classifier, words: Iterable[str] | None = None) -> Self:
        """Return those of some words that are one token inside a text; without, of all tokens.

        Args:
            classifier: Its tokenizer counts.
            words: Words to choose from, for example those of a data set.
        """
        if words is None:
            tokenizer = classifier.tokenizer
            pieces = tokenizer.batch_decode([[token] for token in range(len(tokenizer))])
            words = (piece.strip() for piece in pieces)
        wanted = [word for word in dict.fromkeys(words) if _is_word(word)]
        ids = [token for start in range(0, len(wanted), _BATCH)
               for token in _single_tokens(classifier, wanted[start : start + _BATCH])]  # fmt: skip
        known = [(word, token) for word, token in zip(wanted, ids, strict=True) if token >= 0]
        return cls(
            tuple(word for word, _ in known), np.array([token for _, token in known], dtype=int)
        )

    def along(self, classifier: Classifier, directions: torch.Tensor) -> torch.Tensor:
        """Return how far the input embedding of each word points some ways, shape (N, V).

        Args:
            classifier: Whose embeddings.
            directions: N of them, shape (N, D).
        """
        weight: torch.Tensor = classifier.model.get_input_embeddings().weight.detach()
        ids = torch.from_numpy(self.ids)
        if len(ids) < len(weight) // _FEW:  # else copying them costs more than leaving some unused
            return directions @ weight[ids].T
        return (directions @ weight.T)[:, ids]


def nearest_words(
    classifier: Classifier, vocabulary: Vocabulary, word: str, count: int = 8
) -> list[str]:
    """Return the words whose input embeddings point most nearly where that of a word does.

    Near is the cosine; a word of several tokens is their mean. The word itself, in whatever case,
    is left out.

    Args:
        classifier: Whose embeddings.
        vocabulary: Words to choose from.
        word: Any word.
        count: Words returned at most.
    """
    tokens = classifier.tokenizer(" " + word, add_special_tokens=False)["input_ids"]
    if not tokens or not vocabulary.words:
        return []
    with torch.inference_mode():
        weight = classifier.model.get_input_embeddings().weight
        lengths = weight.norm(dim=1)[torch.from_numpy(vocabulary.ids)]
        own = weight[torch.tensor(tokens)].mean(0)
        cosines = vocabulary.along(classifier, own[None])[0] / lengths.clamp_min(_TINY)
        order = cosines.argsort(descending=True)[: count + _spare(word)].tolist()
    near = [vocabulary.words[position] for position in order]
    return [other for other in near if other.casefold() != word.casefold()][:count]


def _spare(word: str) -> int:
    """Return how many spellings of a word by case may stand among its neighbours."""
    return len({word, word.lower(), word.upper(), word.title(), word.capitalize()}) + 1


def _is_word(piece: str) -> bool:
    """Whether a piece is a word by itself: letters, and not a single Latin one."""
    return piece.isalpha() and not (len(piece) == 1 and piece.isascii())


def _single_tokens(classifier: Classifier, words: Sequence[str]) -> list[int]:
    """Return the token of each word inside a text, -1 if it has none or several."""
    if not words:
        return []
    given = [" " + word for word in words]
    tokens = classifier.tokenizer(given, add_special_tokens=False)["input_ids"]
    unknown = classifier.tokenizer.unk_token_id
    return [ids[0] if len(ids) == 1 and ids[0] != unknown else -1 for ids in tokens]
