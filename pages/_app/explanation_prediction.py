"""The answer of the model to the text that is explained."""

from collections.abc import Mapping

import streamlit as st

from pages._app import controls, saving
from textcls_core.charts.prediction import probabilities_chart
from textcls_core.wording import percent, plural


def show_prediction(probabilities: Mapping[str, float], num_tokens: int, num_cut: int) -> None:
    """Show the probability of every class, and how much of the text was read.

    Args:
        probabilities: By class name.
        num_tokens: Tokens that were read.
        num_cut: Tokens at the end that were not.
    """
    best = max(probabilities, key=probabilities.__getitem__)
    saving.chart(
        probabilities_chart(probabilities),
        config=controls.NO_TOOLBAR,
        alt=f"Predicted {best} with {percent(probabilities[best])}",
    )
    if num_cut:
        st.caption(
            f"Only the first {num_tokens:,} tokens are read; {plural(num_cut, 'token')} after "
            "them are not."
        )
