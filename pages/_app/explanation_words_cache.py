"""What the Words view remembers: what is asked, some answers, and the words ranked in them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from pages._app import state
from textcls_core.dataset.text_dataset import Split
from textcls_core.errors import NotFoundError
from textcls_core.explanation.driving_questions import (
    EVERYTHING,
    About,
    Choice,
    Question,
    count_labels,
    count_true,
    questions_of,
)
from textcls_core.explanation.driving_words import (
    Answer,
    DrivingWords,
    chosen_answers,
    driving_words,
)
from textcls_core.explanation.driving_words_job import read_answers
from textcls_core.runs.run import Run
from textcls_core.workspace import Workspace


@st.cache_data(max_entries=8, show_spinner=False)
def _questions(
    folder: str,
    decision: str,  # noqa: ARG001 - the key
    split: Split,
    about: About,
    num_rows: int,
    choice: Choice,
) -> list[Question]:
    return questions_of(Run(Path(folder)).predictions(split), about, num_rows, choice=choice)


def questions(
    run: Run, split: Split, about: About, num_rows: int, choice: Choice = EVERYTHING
) -> list[Question]:
    """Return what a sample of a split, or of some of its rows, is asked.

    Raises:
        InvalidArgumentError: If there is no row to ask.
    """
    decision = state.decision_key(run)
    return _questions(str(run.folder), decision, split, about, num_rows, choice)


@st.cache_data(max_entries=16, show_spinner=False)
def _counts(
    folder: str,
    decision: str,  # noqa: ARG001 - the key
    split: Split,
    about: About,
    choice: Choice,
) -> tuple[Mapping[str, int], Mapping[str, int]]:
    predictions = Run(Path(folder)).predictions(split)
    found = questions_of(predictions, about, len(predictions.row_ids))
    return count_labels(found, choice.against), count_true(found, choice.label)


def counts(
    run: Run, split: Split, about: About, choice: Choice
) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """Return how many rows of a split each class has that can be asked for, and each true class.

    Args:
        run: A finished run.
        split: With rows to ask.
        about: What is asked.
        choice: Classes are counted among the rows of its true class, true ones among those of its
            class.
    """
    return _counts(str(run.folder), state.decision_key(run), split, about, choice)


@st.cache_resource(max_entries=4, show_spinner="Reading the words")
def _answers(root: str, canonical: str) -> list[Answer]:
    found = read_answers(Workspace(Path(root)), json.loads(canonical))
    if found is None:  # an error is not remembered
        raise NotFoundError("Expected all answers of this measurement, some are missing.")
    return found


def answers(arguments: dict[str, Any]) -> list[Answer] | None:
    """Return the answers of a measurement, None if it was not made yet."""
    try:
        return _answers(str(state.workspace().root), json.dumps(arguments))
    except NotFoundError:
        return None


@st.cache_resource(max_entries=256, show_spinner=False)
def _ranked(
    root: str, canonical: str, choice: Choice, min_rows: int, *, lowers: bool
) -> DrivingWords:
    chosen = chosen_answers(_answers(root, canonical), choice)
    return driving_words(chosen, min_rows, lowers=lowers)


def ranked(
    arguments: dict[str, Any], choice: Choice, min_rows: int, *, lowers: bool
) -> DrivingWords:
    """Return the words of some rows from answers that are there.

    Args:
        arguments: See `word_arguments`.
        choice: Of the rows that were asked.
        min_rows: Rows that must have a word.
        lowers: Look for words that lower the score.
    """
    root = str(state.workspace().root)
    return _ranked(root, json.dumps(arguments), choice, min_rows, lowers=lowers)
