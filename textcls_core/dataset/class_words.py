"""Words that set classes apart, and how similar classes are by their words.

The weight of a word in a class is the share of its rows that have the word, less that share in the
other rows, times how much more likely the word is in the class. That is class-based TF-IDF
(Grootendorst 2022, "BERTopic", equation 1) with both factors counted against the other classes. A
frequency times the logarithm of an inverse frequency leaves "the" among the first words of many
classes. Here the second factor is the lower end of the 95 % interval of the log-odds ratio between
the class and the rest, with a prior in proportion to the frequency of the word (Monroe, Colaresi
and Quinn 2008, "Fightin' Words", equations 15, 16 and 20, for rows in place of occurrences). So the
weight is zero for words that are as likely everywhere, however frequent, and for words seen too
rarely to know.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from textcls_core.dataset.characters import UNSPACED, read_characters
from textcls_core.dataset.word_counts import WordCounts

_PRIOR_ROWS = 1.0
"""Rows that the prior is worth; in them, a word is as likely as in all rows."""
_Z = 1.96
MAX_ROWS = 200_000
"""Rows that are read for the page; a sample of so many gives the same words."""

Similarity = Float[np.ndarray, "C C"]


@dataclass(frozen=True, slots=True)
class ClassWord:
    """A word that sets a class apart."""

    word: str
    weight: float
    """How much more of the class has it, times the certain log-odds ratio; no unit, above 0."""
    num_rows: int
    """Rows of the class with the word."""
    share: float
    """Share of the rows of the class with the word, in [0, 1]."""
    share_elsewhere: float
    """Share of the other rows with the word, in [0, 1]."""


@dataclass(frozen=True, slots=True)
class SimilarClasses:
    """Two classes that use the same words."""

    first: str
    second: str
    similarity: float
    """Cosine of their words, in [0, 1]."""


def top_words(counts: WordCounts, num_words: int = 15) -> list[list[ClassWord]]:
    """Return for each class its words, the heaviest first; C lists.

    Single characters of scripts without spaces are left out: most are pieces of rare words.

    Args:
        counts: From `count_words`.
        num_words: Words per class at most.
    """
    is_whole = ~_is_piece(counts.words)
    return [_top_of_class(counts, label_id, is_whole, num_words) for label_id in _labels(counts)]


def class_similarity(counts: WordCounts) -> Similarity:
    """Return the cosine of every two classes.

    A class is the vector of the shares of its rows that have a word, each times the logarithm of
    all rows divided by those with the word (TF-IDF over rows): words of nearly every row count for
    next to nothing.
    """
    from scipy.sparse import diags

    rarity = np.log(max(counts.num_rows, 1) / np.maximum(counts.totals, 1))
    shares = counts.by_class @ diags(1 / np.maximum(counts.class_rows, 1))
    vectors = (diags(rarity) @ shares).tocsc()
    products = np.asarray((vectors.T @ vectors).todense(), dtype=np.float64)
    norms = np.sqrt(np.maximum(np.diag(products), 1e-300))
    return np.clip(products / np.outer(norms, norms), 0.0, 1.0)


def most_similar(
    similarity: Similarity, label_names: tuple[str, ...], num_pairs: int = 10
) -> list[SimilarClasses]:
    """Return the pairs of classes with the most similar words, the most similar first."""
    first, second = np.triu_indices(len(label_names), k=1)
    order = np.argsort(-similarity[first, second], kind="stable")[:num_pairs]
    return [
        SimilarClasses(label_names[a], label_names[b], float(similarity[a, b]))
        for a, b in zip(first[order].tolist(), second[order].tolist(), strict=True)
    ]


def _labels(counts: WordCounts) -> range:
    return range(len(counts.class_rows))


def _top_of_class(
    counts: WordCounts, label_id: int, is_whole: Any, num_words: int
) -> list[ClassWord]:
    inside = np.asarray(counts.by_class[:, [label_id]].todense(), dtype=np.float64).ravel()
    rows = float(counts.class_rows[label_id])
    others = counts.num_rows - rows
    outside = counts.totals - inside
    share, share_elsewhere = inside / max(rows, 1), outside / max(others, 1)
    weights = (share - share_elsewhere) * _certain_contrast(counts, inside, rows)
    weights[~is_whole] = 0
    order = np.argsort(-weights, kind="stable")[:num_words]
    return [
        ClassWord(
            word=counts.words[word],
            weight=float(weights[word]),
            num_rows=int(inside[word]),
            share=float(share[word]),
            share_elsewhere=float(share_elsewhere[word]),
        )
        for word in order.tolist()
        if weights[word] > 0
    ]


def _certain_contrast(
    counts: WordCounts, inside: Float[np.ndarray, " V"], rows: float
) -> Float[np.ndarray, " V"]:
    """Return the lower end of the log-odds ratio of each word between a class and the rest, or 0.

    Args:
        counts: Rows of all classes with each word.
        inside: Rows of the class with each word, shape (V,).
        rows: Rows of the class.
    """
    share = np.clip(counts.totals / max(counts.num_rows, 1), 1e-9, 1 - 1e-9)
    outside, others = counts.totals - inside, counts.num_rows - rows
    cells = (
        inside + _PRIOR_ROWS * share,
        rows - inside + _PRIOR_ROWS * (1 - share),
        outside + _PRIOR_ROWS * share,
        others - outside + _PRIOR_ROWS * (1 - share),
    )
    ratio = np.log(cells[0] / cells[1]) - np.log(cells[2] / cells[3])
    deviation = np.sqrt(sum(1 / cell for cell in cells))
    return np.maximum(ratio - _Z * deviation, 0.0)


def _is_piece(words: tuple[str, ...]) -> np.ndarray:
    """Tell which words are a single character of a script without spaces."""
    characters = read_characters(list(words))
    firsts = characters.text_starts[:-1]
    return (np.diff(characters.text_starts) == 1) & (characters.kinds[firsts] == UNSPACED)
