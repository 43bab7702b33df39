"""Saving what a view shows: as a picture made in the browser, or as a file that needs no app.

A view notes what it draws (`note`, `chart`); the file is built from the notes when somebody asks.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any

import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._app import state
from pages._app.picture import offer_pictures
from pages._app.text import escape
from textcls_core.reporting.explanation_page import (
    Drawing,
    Fact,
    Heading,
    Part,
    Sentence,
    explanation_page,
)
from textcls_core.runs.run import Run

_PLACE = "saved_view"
"""Key of the container that holds the view; the browser finds it by its class."""
_LOOK: dict[str, Any] = {"icon": ":material/download:", "type": "tertiary"}
OPEN = "save.open"
"""Session state: whether the control is open."""
_noted: ContextVar[list[Part] | None] = ContextVar("noted", default=None)


def note(*parts: Part) -> None:
    """Remember what a view shows, in its order, for the file that people save."""
    noted = _noted.get()
    if noted is not None:
        noted += parts


def heading(title: str) -> None:
    """Show a heading, which is plain text, and note it."""
    note(Heading(title))
    st.subheader(escape(title), anchor=False)


def caption(meaning: str) -> None:
    """Show what something means, which is plain text, and note it."""
    note(Sentence(meaning))
    st.caption(escape(meaning))


def chart(figure: go.Figure, *, alt: str, **arguments: Any) -> Any:
    """Draw a Plotly chart, and note it; arguments are those of `st.plotly_chart`."""
    note(Drawing(figure, alt))
    return st.plotly_chart(figure, alt=alt, **arguments)


@contextmanager
def saved_view(run: Run, view: str, place: DeltaGenerator) -> Iterator[None]:
    """Offer to save what is drawn inside.

    Args:
        run: The run that the view is about.
        view: Its name.
        place: Where the control stands.
    """
    noted: list[Part] = [
        Fact("Run", f"{run.config.title} ({run.run_id})"),
        Fact("Data set", state.dataset_title(run)),
        Fact("Fingerprint", run.config.dataset_fingerprint[:16]),
    ]
    num_facts = len(noted)
    control = place.empty()
    control.popover("Save", **_LOOK, disabled=True)  # keeps its room until the view is drawn
    token = _noted.set(noted)
    try:
        with st.container(key=_PLACE):
            yield
    finally:
        _noted.reset(token)
    if len(noted) > num_facts:
        with control:
            _offer(run, view, noted)


@st.fragment
def _offer(run: Run, view: str, noted: Sequence[Part]) -> None:
    """Show the quiet control; what is in it is made when it is opened, the view stays as it is."""
    place = st.popover("Save", **_LOOK, key=OPEN, on_change="rerun")
    if not place.open:
        return
    name = f"{view.lower().replace(' ', '-')}-{run.run_id}"
    with place:
        st.caption("Made on this machine; the files open without a network.")
        st.download_button(
            "HTML",
            data=partial(_page, view, tuple(noted)),
            file_name=f"{name}.html",
            mime="text/html",
            on_click="ignore",
            key="save.html",
            width="stretch",
        )
        facts = [f"{part.name}: {part.value}" for part in noted if isinstance(part, Fact)]
        offer_pictures(_PLACE, name, view, facts)


def _page(view: str, noted: Sequence[Part]) -> str:
    return explanation_page(view, noted, dt.datetime.now(dt.UTC))
