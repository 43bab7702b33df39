"""What the What if view remembers: answers, words to swap in, searches, and verdicts on tests."""

from pathlib import Path
from typing import Any

import streamlit as st

from pages._app import explanation_cache, state
from pages._app.dataset_words import class_words
from textcls_core.explanation.flip_result import FlipQuestion
from textcls_core.jobs.progress import Report
from textcls_core.mistakes.behaviour.judging import Said, Verdict
from textcls_core.mistakes.behaviour.store import BehaviourTests
from textcls_core.runs.run import Run


@st.cache_data(max_entries=64, show_spinner="Asking the model")
def _said(run_folder: str, decision: str, text: str) -> Said:  # noqa: ARG001 - the key
    from textcls_core.mistakes.behaviour.running import ask

    return ask(explanation_cache.attributable(Run(Path(run_folder))), [text])[0]


def said(run: Run, text: str) -> Said:
    """Return what the deployed model says about a text."""
    return _said(str(run.folder), state.decision_key(run), text)


@st.cache_resource(max_entries=2, show_spinner="Reading the words of the model")
def _vocabulary(run_folder: str, decision: str) -> Any:  # noqa: ARG001 - the key
    from textcls_core.explanation.vocabulary import Vocabulary

    return Vocabulary.of(explanation_cache.attributable(Run(Path(run_folder))))


@st.cache_data(max_entries=64, show_spinner="Looking for words near it")
def _near(run_folder: str, decision: str, word: str) -> list[str]:
    from textcls_core.explanation.vocabulary import nearest_words

    classifier = explanation_cache.attributable(Run(Path(run_folder)))
    return nearest_words(classifier, _vocabulary(run_folder, decision), word)


def near_words(run: Run, word: str) -> list[str]:
    """Return words whose input embeddings are near that of a word, the nearest first."""
    return _near(str(run.folder), state.decision_key(run), word)


def words_by_class(run: Run) -> dict[str, list[str]]:
    """Return the words that set each class of the run's data set apart, the heaviest first."""
    info = state.dataset_store().find(run.config.dataset_fingerprint)
    found = zip(info.label_names, class_words(info), strict=True)
    return {name: [word.word for word in words] for name, words in found}


def flip(run: Run, text: str, to: str, way: Any, words: str, progress: Report) -> Any:
    """Search for the smallest edit of a text that gives it another answer.

    Args:
        run: A finished run.
        text: Any text.
        to: The label wanted; empty for any other answer.
        way: See `explanation.flip.find_flip`.
        words: `dataset` to swap in words that set its classes apart, else any of the model's.
        progress: Told how often the model was asked.

    Raises:
        InvalidArgumentError: If the label is the answer already.
    """
    from textcls_core.explanation.flip import find_flip
    from textcls_core.explanation.vocabulary import Vocabulary

    classifier = explanation_cache.attributable(run)
    if way == "drop":
        vocabulary = None
    elif words == "dataset":
        given = (word for found in words_by_class(run).values() for word in found)
        vocabulary = Vocabulary.of(classifier, given)
    else:
        vocabulary = _vocabulary(str(run.folder), state.decision_key(run))
    question = FlipQuestion(text, to or None, way)
    return find_flip(classifier, question, vocabulary=vocabulary, progress=progress)


@st.cache_data(max_entries=16, show_spinner="Running the behavioural tests")
def _verdicts(
    run_folder: str,
    file: str,
    name: str,
    key: tuple[str, str],  # noqa: ARG001 - the decision of the run and the stamp of the tests
    *,
    is_open: bool,
) -> list[Verdict]:
    from textcls_core.mistakes.behaviour.running import run_tests
    from textcls_core.models.classifier import Classifier

    run = Run(Path(run_folder))
    classifier = (
        explanation_cache.attributable(run) if is_open else Classifier.load(run.require_model())
    )
    return run_tests(classifier, BehaviourTests(Path(file), name).all())


def verdicts(run: Run, tests: BehaviourTests, *, is_open: bool) -> list[Verdict]:
    """Return how a finished run does in all tests.

    Args:
        run: A finished run.
        tests: Of its data set.
        is_open: Whether it is the run of the page, whose model is kept in memory.
    """
    key = (state.decision_key(run), tests.stamp)
    file, name = str(tests.file), tests.dataset_name
    return _verdicts(str(run.folder), file, name, key, is_open=is_open)
