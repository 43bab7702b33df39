"""Slices: how good a run is in parts of its rows, and which parts are weak."""

from collections.abc import Callable

import streamlit as st

from pages._app import evaluation_slices_cache as cache
from pages._app import state
from pages._app.evaluation_slices_by import show_by
from pages._app.evaluation_slices_fairness import show_fairness
from pages._app.evaluation_slices_saved import show_saved, show_worse
from pages._app.evaluation_slices_weak import show_weak
from textcls_core.dataset.text_dataset import Split
from textcls_core.evaluation.figures import Figures
from textcls_core.runs.run import Run

PANELS: dict[str, Callable[[Run, Split], None]] = {
    "By column": show_by,
    "Weak slices": show_weak,
    "Saved": show_saved,
    "Fairness": show_fairness,
}


def show_slices(run: Run, split: Split, figures: Figures) -> None:  # noqa: ARG001 - as every view
    """Show one of the ways to look at parts of the rows."""
    cache.rows_of(cache.key_of(run, split))
    panel = state.choose(
        "slices", "What to look at", list(PANELS), default="By column",
        draw=st.segmented_control, label_visibility="collapsed",
    )  # fmt: skip
    if panel != "Saved":
        show_worse(run, split)
    PANELS[panel](run, split)
