"""Long texts in parts: the words of one part by themselves, what is around them as one each."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from jaxtyping import Int

from textcls_core.explanation.words import MAX_TOKENS, ReadText
from textcls_core.wording import plural


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a text: T tokens in P groups, most of them a single token."""

    read: ReadText
    """The P groups as if they were tokens; a group of several is like a special token."""
    group_of: Int[np.ndarray, " T"]
    """Group of each token of the whole text, from 0 and never falling, shape (T,)."""
    number: int
    """From 0."""
    count: int
    """Parts of the whole text."""

    @classmethod
    def of(cls, read: ReadText, number: int) -> Self:
        """Return one part of a text.

        First and last token stay alone, because one of them is often classified or a resting place
        of attention. What is before and behind the part is one group each.

        Args:
            read: All T tokens of the text.
            number: From 0; a number beyond the last part means the last one.
        """
        bounds = part_bounds(read)
        number = min(max(number, 0), len(bounds) - 1)
        group_of = _groups(len(read.tokens), *bounds[number])
        return cls(_grouped(read, group_of), group_of, number, len(bounds))


def part_bounds(read: ReadText) -> list[tuple[int, int]]:
    """Return first token and end of each part: at most `MAX_TOKENS` tokens, about equally many.

    Parts end where words do, unless a single word fills a part.
    """
    size = len(read.tokens)
    _, starts = np.unique(read.word_of, return_index=True)
    bounds = []
    start = 0
    while start < size:
        left = size - start
        stop = start + -(-left // -(-left // MAX_TOKENS))
        inside = starts[(starts > start) & (starts <= stop)]
        if stop < size and len(inside):
            stop = int(inside[-1])
        bounds.append((start, stop))
        start = stop
    return bounds


def _groups(size: int, start: int, stop: int) -> Int[np.ndarray, " T"]:
    """Return the group of each of `size` tokens if those from `start` to `stop` stay alone."""
    is_alone = np.zeros(size, dtype=bool)
    is_alone[start:stop] = True
    is_alone[[0, -1]] = True
    begins = is_alone.copy()
    begins[1:] |= is_alone[:-1]
    return np.asarray(begins.cumsum() - 1)


def _grouped(read: ReadText, group_of: Int[np.ndarray, " T"]) -> ReadText:
    """Return what is read with each group as one token; a group of several is a word of its own."""
    firsts, sizes = np.unique(group_of, return_index=True, return_counts=True)[1:]
    tokens, words, spans, word_of = [], [], [], []
    previous = -1
    for first, size in zip(firsts.tolist(), sizes.tolist(), strict=True):
        name = f"… {plural(size, 'token')} …"
        word = int(read.word_of[first]) if size == 1 else -1
        tokens.append(read.tokens[first] if size == 1 else name)
        if word < 0 or word != previous:
            words.append(read.words[word] if size == 1 else name)
            spans.append(read.spans[word] if size == 1 else (0, 0))
        word_of.append(len(words) - 1)
        previous = word
    return replace(
        read,
        input_ids=read.input_ids[firsts],
        tokens=tuple(tokens),
        words=tuple(words),
        word_of=np.array(word_of),
        spans=tuple(spans),
    )
