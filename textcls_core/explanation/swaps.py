"""Which words to swap for which, by the slope of the model: candidates that are then tried."""

from dataclasses import dataclass

import numpy as np
import torch

from textcls_core.explanation.edits import Edit
from textcls_core.explanation.flip_goal import Goal
from textcls_core.explanation.score import logits_of
from textcls_core.explanation.vocabulary import Vocabulary
from textcls_core.explanation.words import ReadText, read_whole
from textcls_core.models.classifier import Classifier
from textcls_core.models.device import exact_products

NUM_CANDIDATES = 48
"""Swaps that are tried at each step."""
PER_WORD = 4
"""Of these for the same word of the text at most, so that several words are tried."""
_WORDS_AT_ONCE = 16
"""Words of the text whose gains lie in memory together."""


@dataclass(frozen=True)
class Swapper:
    """Proposes swaps of words of a text."""

    classifier: Classifier
    read: ReadText
    """The text as it is."""
    goal: Goal
    vocabulary: Vocabulary

    def propose(self, text: str, done: Edit) -> list[Edit]:
        """Return swaps on top of those already done, the most promising first.

        To first order, a word moves the closeness to the goal by the slope at its first token
        times the new embedding, less the slope at each of its tokens times theirs.

        Args:
            text: The text with what is done.
            done: Swaps that stay.

        Source:
            Ebrahimi, Rao, Lowd and Dou 2018, "HotFlip: White-Box Adversarial Examples for Text
            Classification", ACL, section 3.2, for words instead of characters.
        """
        now = read_whole(self.classifier, text)
        if len(now.words) != len(self.read.words) or not self.vocabulary.words:
            return []  # the tokenizer sees other words now, whose places are not known
        free = [word for word in _swappable(self.read) if word not in done]
        slopes, there = self._slopes_of(now, free)
        candidates = [
            (gain, word, new)
            for start in range(0, len(free), _WORDS_AT_ONCE)
            for word, new_gains, lost in zip(
                free[start : start + _WORDS_AT_ONCE],
                self.vocabulary.along(self.classifier, slopes[start : start + _WORDS_AT_ONCE]),
                there[start : start + _WORDS_AT_ONCE],
                strict=True,
            )
            for gain, new in self._best(word, new_gains - lost)
        ]
        best = sorted(candidates, key=lambda found: -found[0])[:NUM_CANDIDATES]
        return [{**done, word: new} for _, word, new in best]

    def _best(self, word: int, gains: torch.Tensor) -> list[tuple[float, str]]:
        """Return the `PER_WORD` words that gain most in the place of a word, and what they gain."""
        # the word itself may stand there in several cases
        values, places = gains.topk(min(2 * PER_WORD, len(gains)))
        found = [
            (gain, self.vocabulary.words[place])
            for gain, place in zip(values.tolist(), places.tolist(), strict=True)
        ]
        itself = self.read.words[word].casefold()
        return [(gain, new) for gain, new in found if new.casefold() != itself][:PER_WORD]

    def _slopes_of(self, now: ReadText, words: list[int]) -> tuple[torch.Tensor, list[float]]:
        """Return the slope at the first token of some words, shape (W, D), and what they add."""
        embedding = self.classifier.model.get_input_embeddings()
        with torch.no_grad():
            embedded = embedding(torch.from_numpy(now.input_ids))
        slopes = torch.zeros_like(embedded)
        direction = self._direction(now)
        for piece in now.pieces:  # the answer is the mean over windows
            slopes[piece] += self._slopes(embedded[piece], direction) / len(now.pieces)
        there = now.sum_by_word((slopes * embedded).sum(-1).double().numpy())
        firsts = np.unique(now.word_of, return_index=True)[1]
        return slopes[torch.from_numpy(firsts[words])], there[words].tolist()

    def _direction(self, now: ReadText) -> torch.Tensor:
        """Return how much of each logit counts for the closeness, shape (C,)."""
        with exact_products():
            logits = logits_of(self.classifier, [now.input_ids])[0]
        return torch.from_numpy(self.goal.direction(logits)).float()

    def _slopes(self, embedded: torch.Tensor, direction: torch.Tensor) -> torch.Tensor:
        """Return the slope along a direction at each token that is read at once, shape (T, D)."""
        with exact_products(), torch.enable_grad():
            inputs = embedded[None].detach().requires_grad_()
            logits = self.classifier.output({"inputs_embeds": inputs}).logits.float()[0]
            total = (logits * direction).sum()
            (slopes,) = torch.autograd.grad(total, inputs)
        return torch.as_tensor(slopes[0])


def _swappable(read: ReadText) -> list[int]:
    """Return the words of a text that have a letter or a digit; signs are not swapped for words."""
    special = read.special(by_token=False)
    return [
        position
        for position, word in enumerate(read.words)
        if not special[position] and any(character.isalnum() for character in word)
    ]
