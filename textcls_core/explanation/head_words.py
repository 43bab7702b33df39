"""Which words each head looks at, gathered over many texts."""

import numpy as np
from jaxtyping import Float, Int

from textcls_core.explanation.attention import AttentionExplanation
from textcls_core.explanation.head_report import KINDS, Kind, KindShare, WordShare
from textcls_core.explanation.head_statistics import is_punctuation, looking_rows

NUM_WORDS = 12
"""Words kept per head, in each of both orders."""
MIN_COUNT = 5
"""A word that stands in fewer places says little about a head; it is left out of both orders."""
Received = Float[np.ndarray, "L H W"]


class WordTotals:
    """Sums of the attention that words receive, text by text; every text counts alike.

    What a head gives is averaged over the ordinary tokens of a text, so that it sums to 1; an even
    share is the part of the tokens of a text that are a word's.
    """

    def __init__(self, num_layers: int, num_heads: int) -> None:
        self._ids: dict[tuple[str, Kind], int] = {}
        self._received = np.zeros((num_layers, num_heads, 256))
        self._even = np.zeros(256)
        self._counts = np.zeros(256, dtype=np.int64)
        self._num_texts = 0.0

    def add(self, found: AttentionExplanation, share: float = 1) -> None:
        """Take in one text, or a window that is a share of one.

        A word that stands in two windows is counted in both.
        """
        read = found.read
        ids = self._ids_of(found)
        given = found.attention[:, :, looking_rows(read)].mean(
            axis=2, dtype=np.float64
        )  # (L, H, T)
        by_token = ids[read.word_of]
        by_word = self._received.reshape(-1, self._received.shape[-1])
        for head, received in zip(by_word, given.reshape(len(by_word), -1), strict=True):
            np.add.at(head, by_token, share * received)  # a word may stand in several places
        np.add.at(self._even, by_token, share / len(by_token))
        np.add.at(self._counts, ids, 1)
        self._num_texts += share

    def words(self, layer: int, head: int) -> tuple[WordShare, ...]:
        """Return the words that one head looks at most, by share and then by times."""
        received, even = self._received[layer, head, : len(self._ids)], self._even[: len(self._ids)]
        frequent = np.flatnonzero(self._counts[: len(self._ids)] >= MIN_COUNT)
        times = received / np.maximum(even, 1e-12)
        by_share = frequent[np.argsort(-received[frequent], kind="stable")[:NUM_WORDS]]
        by_times = frequent[np.argsort(-times[frequent], kind="stable")[:NUM_WORDS]]
        names = list(self._ids)
        return tuple(
            WordShare(
                word=names[word][0],
                kind=names[word][1],
                count=int(self._counts[word]),
                share=round(float(received[word]) / self._num_texts, 6),
                times=round(float(times[word]), 4),
            )
            for word in dict.fromkeys([*by_share.tolist(), *by_times.tolist()])
        )

    def kinds(self, layer: int, head: int) -> tuple[KindShare, ...]:
        """Return what one head gives to each kind of words that occurs."""
        size = len(self._ids)
        received, even = self._received[layer, head, :size], self._even[:size]
        kind_of = np.array([KINDS.index(kind) for _, kind in self._ids])
        shares = []
        for position, kind in enumerate(KINDS):
            mine = kind_of == position
            if mine.any():
                shares.append(
                    KindShare(
                        kind=kind,
                        count=int(self._counts[:size][mine].sum()),
                        share=round(float(received[mine].sum()) / self._num_texts, 6),
                        times=round(float(received[mine].sum() / even[mine].sum()), 4),
                    )
                )
        return tuple(shares)

    def _ids_of(self, found: AttentionExplanation) -> Int[np.ndarray, " W"]:
        """Return the number of each word of a text; new words get the next ones."""
        ids = [
            self._ids.setdefault(key, len(self._ids))
            for key in zip(_names(found), word_kinds(found), strict=True)
        ]
        while len(self._ids) > len(self._counts):
            self._received = np.concatenate([self._received, np.zeros_like(self._received)], axis=2)
            self._even = np.concatenate([self._even, np.zeros_like(self._even)])
            self._counts = np.concatenate([self._counts, np.zeros_like(self._counts)])
        return np.array(ids)


def word_kinds(found: AttentionExplanation) -> list[Kind]:
    """Return what each of the W words is."""
    read = found.read
    marks = np.bincount(read.word_of, weights=~is_punctuation(read), minlength=len(read.words)) == 0
    kinds: list[Kind] = []
    for word, special, mark in zip(
        read.words, read.special(by_token=False), marks.tolist(), strict=True
    ):
        is_number = any(map(str.isdigit, word)) and not any(map(str.isalpha, word))
        kind: Kind = "punctuation" if mark else "number" if is_number else "word"
        kinds.append("special" if special else kind)
    return kinds


def _names(found: AttentionExplanation) -> list[str]:
    """Return the words in lower case, so that a word is one at the start of a sentence too."""
    special = found.read.special(by_token=False)
    words = zip(found.read.words, special, strict=True)
    return [word if is_special else word.lower() for word, is_special in words]
