"""Words that drive a class over many rows: how far they raise its score, how surely, in how many.

A row is asked one question: which of its words speak for the class that the model gave it. Its
answer has a number for every word (see `attributions`); the driving words of a class are those
whose numbers are surely above zero over the rows that have them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.by_task import AnyPredictions, truth_and_answer

About = Literal["classes", "mistakes"]
MIN_ROWS = 5
"""Rows that must have a word before it is ranked: an interval from fewer means little."""
NUM_ROWS = 200
"""Rows of a sample unless asked for others: some minutes on two cores."""
_CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a row: which words speak for a class, or for it rather than another one."""

    row_id: str
    label: str
    """The class that the model gave the row."""
    against: str | None = None
    """The true class, if the answer was wrong and a text has exactly one."""


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
    """The words of some rows, those that surely raise the score first."""

    words: tuple[DrivingWord, ...]
    """Ranked by the lower end of their interval."""
    num_rows: int
    """Rows that were asked."""
    num_rare: int
    """Words that too few rows have to be ranked."""

    @property
    def num_driving(self) -> int:
        """Words whose interval is above zero."""
        return sum(word.low > 0 for word in self.words)

    @property
    def num_by_chance(self) -> float:
        """Words that would stand above zero by chance if no word had any effect."""
        return len(self.words) * (1 - _CONFIDENCE) / 2

    @property
    def is_beyond_chance(self) -> bool:
        """Whether more words stand above zero than would by chance, in whole numbers."""
        return self.num_driving > round(self.num_by_chance)

    @property
    def raising(self) -> tuple[DrivingWord, ...]:
        """Words whose mean is above zero, surely or not."""
        return tuple(word for word in self.words if word.mean > 0)


def questions_of(
    predictions: AnyPredictions, about: About, num_rows: int = NUM_ROWS, seed: int = 0
) -> list[Question]:
    """Return what is asked of a random sample of rows, in the order they are drawn.

    A larger sample begins with the rows of a smaller one. Of a text with several labels every label
    that it was given is asked for; one with none is not asked.

    Args:
        predictions: Of a split.
        about: `classes` draws from all rows and asks for the class they were given; `mistakes`
            draws from rows that were given a wrong one, and asks for it rather than the true class.
        num_rows: Rows to draw at most.
        seed: Of the sample.

    Raises:
        InvalidArgumentError: If there is no row to ask.
    """
    true, given = truth_and_answer(predictions)
    asked = _given(given, len(predictions.label_names))
    if about == "mistakes":
        asked = asked & ~_given(true, len(predictions.label_names))
    rows = np.flatnonzero(asked.any(axis=1))
    if not len(rows):
        raise InvalidArgumentError(_NOTHING[about])
    drawn = rows[np.random.default_rng(seed).permutation(len(rows))[:num_rows]]
    names, is_single = predictions.label_names, true.ndim == 1
    return [
        Question(
            predictions.row_ids[row],
            names[label_id],
            names[true[row]] if about == "mistakes" and is_single else None,
        )
        for row in drawn.tolist()
        for label_id in np.flatnonzero(asked[row]).tolist()
    ]


_NOTHING: dict[About, str] = {
    "classes": "Expected rows that were given a class, got none. Choose another split.",
    "mistakes": (
        "Expected rows that were given a wrong class, got none: there is no mistake to explain. "
        "Choose another split."
    ),
}


def _given(answers: np.ndarray, num_classes: int) -> np.ndarray:
    """Return whether each row has each class, shape (N, C)."""
    return answers if answers.ndim == 2 else np.eye(num_classes, dtype=bool)[answers]


def driving_words(
    answers: Sequence[Answer], label: str | None = None, min_rows: int = MIN_ROWS
) -> DrivingWords:
    """Return the words of the rows that were given a class, with what they add to its score.

    The mean of a word is that of its numbers in the rows that have it, each row one observation;
    its interval is Student's t interval of a mean. Words are compared without regard to case.

    Args:
        answers: Of any classes.
        label: The class; None takes the rows of all classes together.
        min_rows: Rows that must have a word, at least 2.

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
    chosen = [answer for answer in answers if label is None or answer.question.label == label]
    vocabulary, word_ids, values = _observations(chosen)
    size = len(vocabulary)
    counts = np.bincount(word_ids, minlength=size)
    means = np.bincount(word_ids, values, size) / np.maximum(counts, 1)
    squares = np.bincount(word_ids, (values - means[word_ids]) ** 2, size)
    is_ranked = counts >= min_rows
    lows, highs = _intervals(means, squares, counts)
    order = np.flatnonzero(is_ranked)[np.argsort(-lows[is_ranked], kind="stable")]
    return DrivingWords(
        words=tuple(
            DrivingWord(vocabulary[word], float(means[word]), float(lows[word]),
                        float(highs[word]), int(counts[word]))
            for word in order.tolist()
        ),
        num_rows=len({answer.question.row_id for answer in chosen}),
        num_rare=int(np.count_nonzero(~is_ranked)),
    )  # fmt: skip


def rows_with(answers: Sequence[Answer], word: str, label: str | None = None) -> list[Answer]:
    """Return the answers of rows that have a word, the one that it adds most to first.

    Args:
        answers: Of any classes.
        word: In lower case.
        label: The class that the rows were given; None takes all.
    """
    found = [
        (answer.score_of(word), answer)
        for answer in answers
        if (label is None or answer.question.label == label) and answer.places(word)
    ]
    return [answer for _, answer in sorted(found, key=lambda pair: -pair[0])]


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
