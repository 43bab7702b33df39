"""Made-up texts with planted near-duplicates, and which of these are near enough.

Words follow Zipf's law over a made-up vocabulary, lengths are log-normal with a median of 30 words.
One text in ten is a copy of an earlier original with words replaced, left out or added; copies
differ in up to half of their words. Case and punctuation vary too, and do not count.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

_NUM_WORDS = 50_000
_MEDIAN_LENGTH = 30
_COPY_SHARE = 0.1
_MARKS = ("", "", "", "", ",", ".", "!")
_WEIGHTS = np.cumsum(1 / np.arange(3, _NUM_WORDS + 3))
_LETTERS = np.array(list("abcdefghijklmnopqrstuvwxyz"))


@dataclass(frozen=True, slots=True)
class Planted:
    """Texts, and the pairs of original and copy among them."""

    texts: list[str]
    pairs: Int[np.ndarray, "M 2"]


def plant(num_rows: int, seed: int) -> Planted:
    """Return texts of which the last tenth are copies of others, all in random order."""
    generator = np.random.default_rng(seed)
    vocabulary = _vocabulary(generator)
    num_copies = int(num_rows * _COPY_SHARE)
    num_originals = num_rows - num_copies
    lengths = generator.lognormal(np.log(_MEDIAN_LENGTH), 0.5, num_originals).astype(int) + 4
    words = _draw(generator, int(lengths.sum()))
    rows = np.split(words, np.cumsum(lengths)[:-1])
    chosen = generator.permutation(num_originals)[:num_copies]
    rows += [_copy(rows[position], generator) for position in chosen]
    place = generator.permutation(num_rows)  # where each row goes
    texts = [""] * num_rows
    for position, row in zip(place, rows, strict=True):
        texts[position] = _text(vocabulary[row].tolist(), generator)
    pairs = np.stack([place[chosen], place[num_originals:]], axis=1)
    return Planted(texts, np.sort(pairs, axis=1))


def jaccard(left: str, right: str) -> float:
    """Return shared words divided by all words of both, without regard to case and marks.

    Example:
        >>> jaccard("One two, three.", "one TWO four")
        0.5
    """
    first, second = _words(left), _words(right)
    return len(first & second) / len(first | second)


def near(texts: list[str], pairs: Iterable[tuple[int, int]], threshold: float) -> set[tuple[int, int]]:
    """Return the pairs of texts that are really near."""
    return {(a, b) for a, b in pairs if jaccard(texts[a], texts[b]) >= threshold - 1e-9}


def _words(text: str) -> set[str]:
    return {word.strip(",.!").lower() for word in text.split()}


def _vocabulary(generator: np.random.Generator) -> np.ndarray:
    lengths = generator.integers(2, 10, _NUM_WORDS)
    letters = "".join(generator.choice(_LETTERS, int(lengths.sum())))
    ends = np.cumsum(lengths)
    return np.array([letters[end - size : end] for end, size in zip(ends, lengths, strict=True)])


def _draw(generator: np.random.Generator, count: int) -> Int[np.ndarray, " W"]:
    """Return word numbers; number n is drawn with a weight of 1 / (n + 3)."""
    return np.searchsorted(_WEIGHTS, generator.random(count) * _WEIGHTS[-1])


def _copy(row: Int[np.ndarray, " W"], generator: np.random.Generator) -> Int[np.ndarray, " W"]:
    """Return a row with up to half of its words replaced, left out or preceded by another."""
    row = row.copy()
    for _ in range(generator.integers(0, max(len(row) // 4, 1) + 1)):
        position = int(generator.integers(len(row)))
        new = _draw(generator, 1)
        kind = generator.integers(3)
        if kind == 0:
            row[position] = new[0]
        elif kind == 1 and len(row) > 1:
            row = np.delete(row, position)
        else:
            row = np.insert(row, position, new[0])
    return row


def _text(words: list[str], generator: np.random.Generator) -> str:
    marks = generator.integers(len(_MARKS), size=len(words))
    line = " ".join(word + _MARKS[mark] for word, mark in zip(words, marks, strict=True))
    return line[:1].upper() + line[1:]
