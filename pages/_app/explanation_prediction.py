"""The answer of the model to the text that is explained."""

from collections.abc import Mapping

import streamlit as st

from pages._app import controls, saving
from pages._app.explanation_what_if_cache import said
from pages._app.text import escape
from textcls_core.charts.prediction import probabilities_chart
from textcls_core.explanation.looked_at import LookedAt
from textcls_core.runs.run import Run
from textcls_core.wording import percent


def show_prediction(
    run: Run,
    text: str,
    probabilities: Mapping[str, float],
    looked_at: LookedAt,
    key: str = "prediction",
) -> None:
    """Show the probability of every class, and how much of the text was explained.

    Args:
        run: A finished run.
        text: What is explained, the whole of it.
        probabilities: By class name, of what was looked at.
        looked_at: How much of it that is.
        key: Tells apart the charts of one page, which may be equal.
    """
    best = max(probabilities, key=probabilities.__getitem__)
    saving.chart(
        probabilities_chart(probabilities),
        key=key,
        config=controls.NO_TOOLBAR,
        alt=f"The most probable label is {best} with {percent(probabilities[best])}",
    )
    if looked_at.sentence:
        st.caption(looked_at.sentence)
    if not looked_at.is_all_that_is_read:
        answer = escape(said(run, text).answer)
        part = "that part" if looked_at.window is None else "this window by itself"
        st.caption(f"These are the probabilities of {part}. Of the whole text: {answer}.")
