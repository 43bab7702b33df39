"""The hierarchy of a text: sentences of clauses of words, as places where it may be cut in two."""

import itertools

import numpy as np
from jaxtyping import Int

from textcls_core.explanation.occlusion import parts
from textcls_core.explanation.words import ReadText

_SENTENCE, _CLAUSE, _WORD, _INSIDE = 3, 2, 1, 0
_CLAUSE_ENDS = tuple(",;:)]}–—،؛、，；：）")  # noqa: RUF001 - of several scripts
_CLAUSE_STARTS = tuple("([{（")  # noqa: RUF001
Cuts = Int[np.ndarray, " M"]


def cuts_of(read: ReadText) -> Cuts:
    """Return how strong the border before each of the M words of a text is, shape (M,).

    Sentences end strongest, then clauses, which end at a comma or the like, then words. Weakest is
    the border between words that no space sets apart, such as a word and its full stop.
    """
    part_of, sentence_of = parts(read, "word"), parts(read, "sentence")
    num_words = int(part_of.max(initial=-1)) + 1
    first_tokens = [int(np.argmax(part_of == word)) for word in range(num_words)]
    cuts = np.full(num_words, _WORD)
    for word, (before, token) in enumerate(itertools.pairwise(first_tokens), 1):
        cuts[word] = _strength(read, before, token, sentence_of)
    return cuts


def _strength(read: ReadText, before: int, token: int, sentence_of: Int[np.ndarray, " T"]) -> int:
    """Return how strong the border between the words of two tokens is."""
    if sentence_of[before] != sentence_of[token]:
        return _SENTENCE
    left, right = int(read.word_of[before]), int(read.word_of[token])
    has_space = read.spans[left][1] < read.spans[right][0]
    if has_space and (
        read.words[left].endswith(_CLAUSE_ENDS) or read.words[right].startswith(_CLAUSE_STARTS)
    ):
        return _CLAUSE
    return _WORD if has_space else _INSIDE


def halved(cuts: Cuts, start: int, stop: int) -> int:
    """Return where to cut the words from start to stop: the strongest border nearest the middle.

    Example:
        >>> halved(np.array([1, 1, 2, 1, 1, 1]), 0, 6), halved(np.array([1, 1, 1, 1]), 0, 4)
        (2, 2)
    """
    inner = cuts[start + 1 : stop]
    places = start + 1 + np.flatnonzero(inner == inner.max())
    return int(places[np.argmin(np.abs(places - (start + stop) / 2))])
