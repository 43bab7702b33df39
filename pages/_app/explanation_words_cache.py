"""What the Words view remembers: answers of a few measurements, and the words ranked in them."""

import json
from pathlib import Path
from typing import Any

import streamlit as st

from pages._app import state
from textcls_core.dataset.text_dataset import Split
from textcls_core.errors import NotFoundError
from textcls_core.explanation.driving_words import (
    About,
    Answer,
    DrivingWords,
    Question,
    driving_words,
    questions_of,
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
) -> list[Question]:
    return questions_of(Run(Path(folder)).predictions(split), about, num_rows)


def questions(run: Run, split: Split, about: About, num_rows: int) -> list[Question]:
    """Return what a sample of a split is asked.

    Raises:
        InvalidArgumentError: If there is no row to ask.
    """
    return _questions(str(run.folder), state.decision_key(run), split, about, num_rows)


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
def _ranked(root: str, canonical: str, label: str | None, min_rows: int) -> DrivingWords:
    return driving_words(_answers(root, canonical), label, min_rows)


def ranked(arguments: dict[str, Any], label: str | None, min_rows: int) -> DrivingWords:
    """Return the words of a class, or of all of them, from answers that are there.

    Args:
        arguments: See `word_arguments`.
        label: The class that the rows were given; None for all.
        min_rows: Rows that must have a word.
    """
    return _ranked(str(state.workspace().root), json.dumps(arguments), label, min_rows)
