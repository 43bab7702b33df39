"""Words that drive a class over many rows: how far they raise its score, how surely, in how many.

The answer to a question (see `driving_questions`) has a number for every word of a row; the driving
words of a class are those whose numbers are surely above zero over the rows that have them, and
those that drive it away the ones that are surely below.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from textcls_core.errors import InvalidArgumentError
from textcls_core.explanation.driving_questions import Choice, Question

MIN_ROWS = 5
"""Rows that must have a word before it is ranked: an interval from fewer means little."""
_CONFIDENCE = 0.95


@dataclass(frozen=True)
class Answer:
    """What each word of a row adds to the score that was asked for."""

    question: Question
    words: tuple[str, ...]
    """W words in the order of the text, those that the tokenizer added left out."""
    scores: Float[np.ndarray, " W"]
    """In units of logits, shape (W,)."""

    def score_of(self, word: str) -> float:
        """Return the sum over all places of a word, given in lower case."""
        return float(self.scores[self.places(word)].sum())

    def places(self, word: str) -> list[int]:
        """Return where a word stands among the W words, given in lower case."""
        return [place for place, own in enumerate(self.words) if own.casefold() == word]


@dataclass(frozen=True, slots=True)
class DrivingWord:
    """A word and what it adds to a score, as the mean over the rows that have it."""

    word: str
    """In lower case."""
    mean: float
    """In units of logits; in a row that has the word twice both places add up."""
    low: float
    """Lower end of the 95 % interval of the mean."""
    high: float
    """Upper end."""
    num_rows: int
    """Rows that have the word."""


@dataclass(frozen=True, slots=True)
class DrivingWords:
    """The words of some rows, those that most surely raise the score first, or lower it."""

    words: tuple[DrivingWord, ...]
    """Ranked by the end of their interval that is nearest to having no effect."""
    num_rows: int
    """Rows that were asked."""
    num_rare: int
    """Words that too few rows have to be ranked."""
    lowers: bool = False
    """Whether words that lower the score are looked for."""

    @property
    def driving(self) -> tuple[DrivingWord, ...]:
        """Words whose whole interval is above zero, or below it if they are to lower the score."""
        return tuple(
            word for word in self.words if (word.high < 0 if self.lowers else word.low > 0)
        )

    @property
    def num_by_chance(self) -> float:
        """Words that would stand on that side of zero by chance if no word had any effect."""
        return len(self.words) * (1 - _CONFIDENCE) / 2

    @property
    def is_beyond_chance(self) -> bool:
        """Whether more words stand there than would by chance, in whole numbers."""
        return len(self.driving) > round(self.num_by_chance)

    @property
    def leaning(self) -> tuple[DrivingWord, ...]:
        """Words whose mean is on that side of zero, surely or not."""
        return tuple(
            word for word in self.words if (word.mean < 0 if self.lowers else word.mean > 0)
        )


def chosen_answers(answers: Iterable[Answer], choice: Choice) -> list[Answer]:
    """Return the answers to the questions that a choice takes."""
    return [answer for answer in answers if choice.takes(answer.question)]


def driving_words(
    answers: Sequence[Answer], min_rows: int = MIN_ROWS, *, lowers: bool = False
) -> DrivingWords:
    """Return the words of some rows, with what they add to the score that these were asked for.

    The mean of a word is that of its numbers in the rows that have it, each row one observation;
    its interval is Student's t interval of a mean. Words are compared without regard to case.

    Args:
        answers: Those of one class, from `chosen_answers`, or of any.
        min_rows: Rows that must have a word, at least 2.
        lowers: Look for words that lower the score.

    Raises:
        InvalidArgumentError: If `min_rows` is too small for an interval.

    Source:
        Student 1908, "The probable error of a mean", Biometrika 6.

    Example:
        >>> given = [Answer(Question(str(n), "sport"), ("Goal",), np.array([n])) for n in range(9)]
        >>> found = driving_words(given).words[0]
        >>> found.word, found.mean, found.num_rows, round(found.low, 2), round(found.high, 2)
        ('goal', 4.0, 9, 1.89, 6.11)
    """
    if min_rows < 2:
        raise InvalidArgumentError(
            f"Expected a word to be in at least 2 rows, got {min_rows}: one row has no interval."
        )
    vocabulary, word_ids, values = _observations(answers)
    size = len(vocabulary)
    counts = np.bincount(word_ids, minlength=size)
    means = np.bincount(word_ids, values, size) / np.maximum(counts, 1)
    squares = np.bincount(word_ids, (values - means[word_ids]) ** 2, size)
    is_ranked = counts >= min_rows
    lows, highs = _intervals(means, squares, counts)
    weakest = highs if lowers else -lows
    order = np.flatnonzero(is_ranked)[np.argsort(weakest[is_ranked], kind="stable")]
    return DrivingWords(
        words=tuple(
            DrivingWord(vocabulary[word], float(means[word]), float(lows[word]),
                        float(highs[word]), int(counts[word]))
            for word in order.tolist()
        ),
        num_rows=len({answer.question.row_id for answer in answers}),
        num_rare=int(np.count_nonzero(~is_ranked)),
        lowers=lowers,
    )  # fmt: skip


def rows_with(answers: Iterable[Answer], word: str, *, lowers: bool = False) -> list[Answer]:
    """Return the answers of rows that have a word, the one that it adds most to first.

    Args:
        answers: Of any classes.
        word: In lower case.
        lowers: Begin with the one that it takes most from.
    """
    found = [(answer.score_of(word), answer) for answer in answers if answer.places(word)]
    sign = 1 if lowers else -1
    return [answer for _, answer in sorted(found, key=lambda pair: sign * pair[0])]


def _observations(
    answers: Sequence[Answer],
) -> tuple[list[str], Int[np.ndarray, " M"], Float[np.ndarray, " M"]]:
    """Return V words, and of each of the M pairs of row and word the word and its number.

    A row that was asked for several classes gives the mean over them.
    """
    words: dict[str, int] = {}
    rows: dict[str, int] = {}
    row_of = [rows.setdefault(answer.question.row_id, len(rows)) for answer in answers]
    ids = [words.setdefault(word.casefold(), len(words)) for one in answers for word in one.words]
    lengths = [len(answer.words) for answer in answers]
    scores = np.concatenate([np.zeros(0), *(answer.scores for answer in answers)])
    cells = np.repeat(np.array(row_of, dtype=np.int64), lengths) * max(len(words), 1)
    cells += np.array(ids, dtype=np.int64)
    kept, places = np.unique(cells, return_inverse=True)
    sums = np.bincount(places, scores, len(kept))
    asked = np.bincount(row_of, minlength=1)[kept // max(len(words), 1)]
    return list(words), kept % max(len(words), 1), sums / asked


def _intervals(
    means: Float[np.ndarray, " V"], squares: Float[np.ndarray, " V"], counts: Int[np.ndarray, " V"]
) -> tuple[Float[np.ndarray, " V"], Float[np.ndarray, " V"]]:
    """Return the ends of the interval of each mean; of a single row both are the mean."""
    from scipy.special import stdtrit

    freedom = np.maximum(counts - 1, 1)
    errors = np.sqrt(squares / freedom / np.maximum(counts, 1))
    half = stdtrit(freedom, (1 + _CONFIDENCE) / 2) * errors
    return means - half, means + half
