"""What is special about some rows against all others: classes, words, lengths.

SciPy and scikit-learn are imported when they are needed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from textcls_core.arrays import Indices, Mask
from textcls_core.dataset.statistics import word_lengths
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.errors import InvalidArgumentError
from textcls_core.wording import percent, shorten

SIGNIFICANT = 0.05
"""Share of false alarms among what is reported, by Benjamini and Hochberg."""
_PRIOR_WORDS = 500.0
"""Words that the prior weighs as much as: pulls rare words to what all texts say."""
_MIN_TEXTS = 2
"""A word of a single text is a property of that text."""
_NO_SPACES = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Thai, kana and Han: scripts written without spaces between words."""
_MARKS = "\u0300-\u036f\u064b-\u065f\u0670\u0900-\u0903\u093a-\u094f\u200c\u200d"
"""Accents and vowel signs that Python does not count as parts of words."""
_LETTER = rf"(?:[^\W_{_NO_SPACES}]|[{_MARKS}])"
_RUN = re.compile(rf"[{_NO_SPACES}]+|{_LETTER}+(?:['\u2019]{_LETTER}+)*")
_IS_UNSPACED = re.compile(f"[{_NO_SPACES}]")


@dataclass(frozen=True, slots=True)
class Share:
    """How often something occurs in the chosen rows and in the others."""

    name: str
    count: int
    """Chosen rows that have it."""
    share: float
    """Their share of the chosen rows, in [0, 1]."""
    other_count: int
    other_share: float
    p_value: float
    """Chance of a difference so large if rows were chosen blindly, adjusted for all that were
    looked at."""

    @property
    def is_significant(self) -> bool:
        """Whether it is worth reporting."""
        return self.p_value <= SIGNIFICANT


@dataclass(frozen=True, slots=True)
class Lengths:
    """How long the chosen texts and the others are, in words."""

    median: float
    other_median: float
    p_value: float


@dataclass(frozen=True, slots=True)
class Contrast:
    """What is special about some rows."""

    num_rows: int
    num_others: int
    classes: tuple[Share, ...]
    """Those that the chosen rows have more of come first, the most unusual one on top."""
    words: tuple[Share, ...]
    """Words that the chosen texts use more than the others, the most unusual first."""
    lengths: Lengths

    @property
    def summary(self) -> str:
        """One sentence on what stands out most."""
        unusual = [item for item in self.classes if item.is_significant and item.share > 0]
        more = [item for item in unusual if item.share > item.other_share]
        if not more:
            return "Its classes are mixed like those of the other rows."
        first = more[0]
        return (
            f"{percent(first.share, 0)} are {shorten(first.name, 40)}, "
            f"against {percent(first.other_share, 0)} of the other rows."
        )


@dataclass(frozen=True)
class WordTable:
    """Which of N texts has which of W words."""

    words: Sequence[str]
    counts: Any
    """A sparse matrix of 0 and 1, shape (N, W)."""


def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case; of scripts without spaces, pairs of characters.

    Example:
        >>> words_of("It's late!"), words_of("公交车 7")
        (["it's", 'late'], ['公交', '交车', '7'])
    """
    words = []
    for run in _RUN.findall(text.casefold()):
        if len(run) > 2 and _IS_UNSPACED.match(run):
            words += [run[start : start + 2] for start in range(len(run) - 1)]
        else:
            words.append(run)
    return words


def word_table(texts: Sequence[str]) -> WordTable:
    """Return which words occur in which texts; words of a single text are left out."""
    from sklearn.feature_extraction.text import CountVectorizer

    least = min(_MIN_TEXTS, len(texts))
    vectorizer = CountVectorizer(analyzer=words_of, binary=True, min_df=least, dtype=np.int32)
    try:
        counts = vectorizer.fit_transform(texts)
    except ValueError:  # no word is left
        from scipy.sparse import csr_array

        return WordTable((), csr_array((len(texts), 0), dtype=np.int32))
    return WordTable(vectorizer.get_feature_names_out().tolist(), counts)


def contrast(dataset: TextDataset, table: WordTable, rows: Indices, *, top: int = 15) -> Contrast:
    """Return what is special about some rows of a data set.

    Args:
        dataset: N rows.
        table: Of their texts, from `word_table`.
        rows: Positions of the chosen ones; one at least, and not all of them.
        top: Classes and words reported at most.

    Raises:
        InvalidArgumentError: If no row or every row is chosen.
    """
    chosen = np.zeros(dataset.num_examples, dtype=bool)
    chosen[np.asarray(rows, dtype=np.int64)] = True
    count = int(chosen.sum())
    if not 0 < count < len(chosen):
        raise InvalidArgumentError(
            f"Expected some of the {len(chosen):,} rows, got {count:,}. Choose others."
        )
    return Contrast(
        num_rows=count,
        num_others=len(chosen) - count,
        classes=_classes(dataset, chosen)[:top],
        words=_words(table, chosen)[:top],
        lengths=_lengths(word_lengths(dataset), chosen),
    )


def _classes(dataset: TextDataset, chosen: Mask) -> tuple[Share, ...]:
    """Compare the classes by the hypergeometric distribution: rows drawn without putting back."""
    from scipy.stats import false_discovery_control, hypergeom

    labels = dataset.table["label_ids"]
    inside, everywhere = (
        np.bincount(np.asarray(pc.list_flatten(some)), minlength=dataset.num_labels)
        for some in (labels.filter(pa.array(chosen)), labels)
    )
    drawn = hypergeom(len(chosen), everywhere, int(chosen.sum()))
    at_least, at_most = drawn.sf(inside - 1), drawn.cdf(inside)
    p_values = false_discovery_control(np.clip(2 * np.minimum(at_least, at_most), 0, 1))
    shares = _shares(dataset.label_names, inside, everywhere, chosen, p_values)
    return tuple(sorted(shares, key=lambda item: (item.share < item.other_share, item.p_value)))


def _words(table: WordTable, chosen: Mask) -> tuple[Share, ...]:
    """Compare words by their log-odds under a prior that says what all texts say.

    A word counts once per text, so that one text that repeats it does not decide.

    Source:
        Monroe, Colaresi, Quinn 2008, "Fightin' Words: Lexical Feature Selection and Evaluation for
        Identifying the Content of Political Conflict", equations 15, 16, 19 and 22.
    """
    from scipy.stats import false_discovery_control, norm

    everywhere = np.asarray(table.counts.sum(axis=0)).ravel()
    inside = np.asarray(table.counts[np.flatnonzero(chosen)].sum(axis=0)).ravel()
    if not len(everywhere):
        return ()
    scores = log_odds_scores(inside, everywhere - inside)
    adjusted = false_discovery_control(np.clip(2 * norm.sf(np.abs(scores)), 0, 1))
    wanted = (scores > 0) & (adjusted <= SIGNIFICANT) & (inside >= _MIN_TEXTS)
    order = [int(word) for word in np.argsort(-scores, kind="stable") if wanted[word]]
    shares = _shares(table.words, inside, everywhere, chosen, adjusted, order)
    return tuple(shares)


def log_odds_scores(inside: np.ndarray, outside: np.ndarray) -> np.ndarray:
    """Return the z-score of each word's log-odds ratio, shape (W,); positive is typical of inside.

    Args:
        inside: Count per word in the chosen texts, shape (W,).
        outside: The same in the others.
    """
    together = inside + outside
    prior = _PRIOR_WORDS * together / max(together.sum(), 1)  # alpha_w, which sums to alpha_0
    odds = [
        np.log((counts + prior) / np.maximum(counts.sum() + _PRIOR_WORDS - counts - prior, 1e-9))
        for counts in (inside, outside)
    ]
    variance = 1 / (inside + prior) + 1 / (outside + prior)
    return np.asarray((odds[0] - odds[1]) / np.sqrt(variance))


def _shares(
    names: Sequence[str],
    inside: np.ndarray,
    everywhere: np.ndarray,
    chosen: Mask,
    p_values: np.ndarray,
    order: Sequence[int] | None = None,
) -> list[Share]:
    count, others = int(chosen.sum()), int((~chosen).sum())
    return [
        Share(
            name=names[position],
            count=int(inside[position]),
            share=float(inside[position] / count),
            other_count=int(everywhere[position] - inside[position]),
            other_share=float((everywhere[position] - inside[position]) / others),
            p_value=float(p_values[position]),
        )
        for position in (range(len(names)) if order is None else order)
    ]


def _lengths(lengths: np.ndarray, chosen: Mask) -> Lengths:
    """Compare lengths by the rank test of Mann and Whitney."""
    from scipy.stats import mannwhitneyu

    inside, outside = lengths[chosen], lengths[~chosen]
    p_value = float(mannwhitneyu(inside, outside).pvalue)
    return Lengths(
        median=float(np.median(inside)),
        other_median=float(np.median(outside)),
        p_value=1.0 if np.isnan(p_value) else p_value,
    )
