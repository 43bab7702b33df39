"""What the Attention page remembers: two runs, so that they can be compared, and a few answers."""

from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from pages._app import controls, state
from textcls_core.dataset.openings import openings
from textcls_core.errors import DatasetFormatError, NotFoundError
from textcls_core.explanation.attribution import Attribution, Question
from textcls_core.explanation.attribution_store import AttributionStore, answer_one
from textcls_core.explanation.methods import Method
from textcls_core.runs.run import Run

_LONGEST_NUMBER = 5


@st.cache_data(max_entries=8, show_spinner="Looking for an example")
def _examples(root: str, fingerprint: str) -> tuple[str, str]:  # noqa: ARG001 - the key
    return openings(state.dataset(fingerprint))


def examples(run: Run) -> tuple[str, str]:
    """Return two short texts like those a run read, empty ones where its data set is gone."""
    try:
        return _examples(str(state.workspace().root), run.config.dataset_fingerprint)
    except (NotFoundError, DatasetFormatError):
        return "", ""


@st.cache_resource(max_entries=2, show_spinner="Loading the model")
def _explainable(folder: str, decision: str) -> Any:  # noqa: ARG001 - the key
    """Return a classifier with attention weights."""
    from textcls_core.explanation.attention import load_explainable

    return load_explainable(Path(folder))


@st.cache_resource(max_entries=2, show_spinner="Computing attention")
def _attention(
    folder: str, decision: str, text: str, part: int | None = None, window: int = 0
) -> Any:
    from textcls_core.explanation.attention import explain_attention

    return explain_attention(_explainable(folder, decision), text, part, window)


def attention(run: Run, text: str, window: int = 0) -> Any:
    """Return the attention weights of one text, or of one of its windows, under one finished run.

    Raises:
        RunStateError: If the run is not finished.
        InvalidArgumentError: If the text has no such window.
    """
    return _attention(str(run.require_model()), state.decision_key(run), text, window=window)


def attention_part(run: Run, text: str) -> Any:
    """Return the attention weights of the window and the part of a text that the URL names.

    Without a name, or with one that this text does not have, they are those of the first one.

    Raises:
        RunStateError: If the run is not finished.
    """
    part, window = _number("part"), chosen_window(run, text)
    key = str(run.require_model()), state.decision_key(run), text
    found = _attention(*key, part, window)
    is_beyond = found.part is not None and found.part.number != part
    # the control goes back to the first one too
    return _attention(*key, 0, window) if is_beyond else found


def _number(name: str) -> int:
    """Return a number from the URL, 0 if there is none."""
    named = state.parameter(name)
    is_short = named.isdecimal() and len(named) < _LONGEST_NUMBER
    return int(named) if is_short and str(int(named)) == named else 0


@st.cache_data(max_entries=32, show_spinner=False)
def _num_windows(folder: str, decision: str, text: str) -> int:
    from textcls_core.explanation.words import read_whole

    return len(read_whole(_explainable(folder, decision), text).pieces)


def chosen_window(run: Run, text: str) -> int:
    """Return the window of a text that the URL names, the first one if the text has no such.

    Raises:
        RunStateError: If the run is not finished.
    """
    named = _number("window")
    count = _num_windows(str(run.require_model()), state.decision_key(run), text)
    return named if named < count else 0


def text_to_text(
    run: Run, text: str, layer: int | None, heads: tuple[int, ...], by_token: bool
) -> Any:
    """Return the strongest lines between the words of a text, or its tokens."""
    from textcls_core.explanation.text_to_text import text_to_text

    return text_to_text(attention_part(run, text), layer, heads, by_token=by_token)


def head_grid(run: Run, text: str) -> Any:
    """Return small pictures and statistics of all heads on the part that the URL names."""
    found = attention_part(run, text)
    number = found.part.number if found.part else None
    shown = number, chosen_window(run, text)
    return _head_grid(str(run.require_model()), state.decision_key(run), text, shown, found)


@st.cache_resource(max_entries=4, show_spinner="Looking at every head")
def _head_grid(
    folder: str,  # noqa: ARG001 - the key, like the next three
    decision: str,  # noqa: ARG001
    text: str,  # noqa: ARG001
    shown: tuple[int | None, int],  # noqa: ARG001
    _found: Any,
) -> Any:
    from textcls_core.explanation.head_grid import head_grid

    return head_grid(_found)


@st.cache_resource(max_entries=2, show_spinner="Loading the model")
def _attributable(folder: str, decision: str) -> Any:  # noqa: ARG001 - the key
    """Return a classifier for attributions, which needs no weights of attention."""
    from textcls_core.explanation.attributions import load_attributable

    return load_attributable(Path(folder))


def attributable(run: Run) -> Any:
    """Return the classifier of a finished run that explains and answers; two are kept in memory.

    Raises:
        RunStateError: If the run is not finished.
    """
    return _attributable(str(run.require_model()), state.decision_key(run))


@st.cache_resource(max_entries=32, show_spinner=False)
def _known(store: str, question: Question) -> list[Attribution]:  # noqa: ARG001 - the key
    """Return where the answer is kept: a cached function cannot show how far it is."""
    return []


def attribution(run: Run, text: str, method: Method, label: str, against: str) -> Attribution:
    """Return how much each token of a text speaks for a class; what is on disk needs no model.

    Args:
        run: A finished run.
        text: Any text.
        method: How it is computed.
        label: Name of the class; empty for the predicted one.
        against: Name of the class it is compared with; empty for none.

    Raises:
        RunStateError: If the run is not finished.
        InvalidArgumentError: If a class is unknown.
    """
    folder, decision = run.require_model(), state.decision_key(run)
    store = AttributionStore.open(state.workspace(), folder, decision)
    question = Question(text, method, label or None, against or None)
    known = _known(str(store), question)
    if not known:
        load = partial(_attributable, str(folder), decision)
        with st.spinner("Computing what each word adds"), controls.progress_bar() as progress:
            known.append(answer_one(store, question, load, progress=progress))
    return known[0]


@st.cache_resource(max_entries=16, show_spinner="Following attention through the layers")
def _flow(folder: str, decision: str, text: str, window: int, label: str) -> Any:
    from textcls_core.explanation.flow import explain_flow

    return explain_flow(_explainable(folder, decision), text, label or None, window)


def flow(run: Run, text: str, label: str) -> Any:
    """Return what reached the answer from each word, in the window that the URL names.

    Args:
        run: A finished run.
        text: Any text.
        label: Name of the class that gradients are taken of; empty for the predicted one.

    Raises:
        RunStateError: If the run is not finished.
        InvalidArgumentError: If the class is unknown.
    """
    window = chosen_window(run, text)
    return _flow(str(run.require_model()), state.decision_key(run), text, window, label)
