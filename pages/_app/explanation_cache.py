"""What the Attention page remembers: two models at most, and what they said about a few texts."""

from pathlib import Path
from typing import Any

import streamlit as st

from pages._app import state
from textcls_core.explanation.methods import Method
from textcls_core.runs.run import Run


@st.cache_resource(max_entries=1, show_spinner="Loading the model")
def _explainable(folder: str, decision: str) -> Any:  # noqa: ARG001 - the key
    """Return a classifier with attention weights."""
    from textcls_core.explanation.attention import load_explainable

    return load_explainable(Path(folder))


@st.cache_resource(max_entries=2, show_spinner="Computing attention")
def _attention(folder: str, decision: str, text: str) -> Any:
    from textcls_core.explanation.attention import explain_attention

    return explain_attention(_explainable(folder, decision), text)


def attention(run: Run, text: str) -> Any:
    """Return the attention weights of one text under one finished run.

    Raises:
        RunStateError: If the run is not finished.
    """
    return _attention(str(run.require_model()), state.decision_key(run), text)


@st.cache_resource(max_entries=1, show_spinner="Loading the model")
def _attributable(folder: str, decision: str) -> Any:  # noqa: ARG001 - the key
    """Return a classifier for attributions, which needs no weights of attention."""
    from textcls_core.explanation.attributions import load_attributable

    return load_attributable(Path(folder))


def attributable(run: Run) -> Any:
    """Return the classifier of a finished run that explains and answers; one is kept in memory.

    Raises:
        RunStateError: If the run is not finished.
    """
    return _attributable(str(run.require_model()), state.decision_key(run))


@st.cache_resource(max_entries=32, show_spinner="Computing what each word adds")
def _attribution(
    folder: str, decision: str, text: str, method: Method, label: str, against: str
) -> Any:
    from textcls_core.explanation.attributions import attribute

    classifier = _attributable(folder, decision)
    return attribute(classifier, text, method, label=label or None, against=against or None)


def attribution(run: Run, text: str, method: Method, label: str, against: str) -> Any:
    """Return how much each token of a text speaks for a class.

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
    folder, decision = str(run.require_model()), state.decision_key(run)
    return _attribution(folder, decision, text, method, label, against)
