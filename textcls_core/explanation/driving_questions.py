"""What is asked of rows to find the words that drive a class over a split.

A row is asked which of its words speak for the class that the model gave it, or for the label that
it missed.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from textcls_core.arrays import LabelSets
from textcls_core.errors import InvalidArgumentError, label_id_of
from textcls_core.evaluation.by_task import AnyPredictions, task_of, truth_and_answer
from textcls_core.wording import shorten

About = Literal["classes", "mistakes", "missed"]
"""What was given; what was given wrongly; of several labels also those that are true and were not
given."""
NUM_ROWS = 200
"""Rows of a sample unless asked for others: some minutes on two cores."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a row: which words speak for a class, or for it rather than another one."""

    row_id: str
    label: str
    """The class that the model gave the row, or a label that it missed."""
    against: str | None = None
    """The true class, if the answer was wrong and a text has exactly one."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which questions are looked at; without anything all of them."""

    label: str | None = None
    """The class that is asked for."""
    against: str | None = None
    """The true class, of mistakes where a text has exactly one."""

    def takes(self, question: Question) -> bool:
        """Return whether a question is one of them."""
        return self.label in {None, question.label} and self.against in {None, question.against}


EVERYTHING = Choice()
"""Takes all."""


def questions_of(
    predictions: AnyPredictions,
    about: About,
    num_rows: int = NUM_ROWS,
    seed: int = 0,
    choice: Choice = EVERYTHING,
) -> list[Question]:
    """Return what is asked of a random sample of rows, in the order they are drawn.

    A larger sample begins with the rows of a smaller one, and the sample of a choice with those of
    its rows that a sample of everything has. Of a text with several labels every label is asked for
    that it was given, or that it missed; one with none is not asked.

    Args:
        predictions: Of a split.
        about: `classes` draws from all rows and asks for the class they were given; `mistakes`
            draws from rows that were given a wrong one, and asks for it rather than the true class;
            `missed` asks for labels that are true and were not given.
        num_rows: Rows to draw at most.
        seed: Of the sample.
        choice: Draw from rows that are asked for this class, and have this true one, only.

    Raises:
        InvalidArgumentError: If there is no row to ask, a class is unknown, or such rows cannot be
            told of this kind of labels.
    """
    names, is_single = predictions.label_names, task_of(predictions) == "single_label"
    if about == "missed" and is_single:
        raise InvalidArgumentError(_NO_MISSED)
    true, given = (_as_sets(ids, len(names)) for ids in truth_and_answer(predictions))
    asked = _asked(true, given, about)
    rows = np.flatnonzero(asked.any(axis=1))
    order = rows[np.random.default_rng(seed).permutation(len(rows))]
    has_true = about == "mistakes" and is_single
    asked = asked & _chosen(names, choice, true if has_true else None)
    drawn = order[asked[order].any(axis=1)][:num_rows]
    if not len(drawn):
        raise InvalidArgumentError(_nothing(about, choice))
    return [
        Question(
            predictions.row_ids[row],
            names[label_id],
            names[int(true[row].argmax())] if has_true else None,
        )
        for row in drawn.tolist()
        for label_id in np.flatnonzero(asked[row]).tolist()
    ]


_NO_MISSED = (
    "Expected a data set with several labels per text to ask for missed ones: where a text has "
    "exactly one, a row that misses its class was given another. Ask for mistakes."
)
_NOTHING: dict[About, str] = {
    "classes": "Expected rows that were given a class, got none. Choose another split.",
    "mistakes": (
        "Expected rows that were given a wrong class, got none: there is no mistake to explain. "
        "Choose another split."
    ),
    "missed": "Expected rows that miss a label, got none: every true label was given. "
    "Choose another split.",
}


def _nothing(about: About, choice: Choice) -> str:
    """Return what to say where there is no row to ask."""
    if choice == EVERYTHING:
        return _NOTHING[about]
    label, true = (
        None if name is None else shorten(name) for name in (choice.label, choice.against)
    )
    given = "that miss" if about == "missed" else "that were given"
    what = f'"{label}"' if label else "a class"
    wrongly = " wrongly" if about == "mistakes" else ""
    of = f' and are "{true}"' if true else ""
    return f"Expected rows {given} {what}{wrongly}{of}, got none. Choose another class or split."


def _as_sets(answers: np.ndarray, num_classes: int) -> LabelSets:
    """Return whether each row has each class, shape (N, C)."""
    return np.asarray(answers if answers.ndim == 2 else np.eye(num_classes, dtype=bool)[answers])


def _asked(true: LabelSets, given: LabelSets, about: About) -> LabelSets:
    """Return which classes each row is asked for, shape (N, C)."""
    if about == "classes":
        return given
    return np.asarray(true & ~given if about == "missed" else given & ~true)


def _chosen(names: tuple[str, ...], choice: Choice, true: LabelSets | None) -> LabelSets:
    """Return which rows and classes a choice takes, broadcast to (N, C).

    Args:
        names: C class names.
        choice: Of them.
        true: The true class of each row, if it can be chosen.
    """
    is_chosen = np.ones((1, len(names)), dtype=bool)
    if choice.label is not None:
        is_chosen = np.arange(len(names))[None] == label_id_of(names, choice.label)
    if choice.against is None:
        return is_chosen
    if true is None:
        raise InvalidArgumentError(
            f'Expected no true class here, got "{shorten(choice.against)}": it can be chosen of '
            "mistakes where a text has exactly one class."
        )
    return np.asarray(is_chosen & true[:, [label_id_of(names, choice.against)]])


def count_labels(questions: Iterable[Question], against: str | None = None) -> Counter[str]:
    """Return how often each class is asked for, of rows with one true class or of all rows."""
    choice = Choice(against=against)
    return Counter(question.label for question in questions if choice.takes(question))


def count_true(questions: Iterable[Question], label: str | None = None) -> Counter[str]:
    """Return how many mistakes each true class has, of one class that was given or of all."""
    choice = Choice(label)
    found = (question.against for question in questions if choice.takes(question))
    return Counter(true for true in found if true is not None)


def choices_of(questions: Iterable[Question]) -> list[Choice]:
    """Return the classes that are asked for, each with the true ones, the most frequent first."""
    counts = Counter(Choice(question.label, question.against) for question in questions)
    return [choice for choice, _ in counts.most_common()]
