"""Validation rows of a run while it trains: the worst, the best, and the same few at random."""

import streamlit as st

from pages._app import state
from pages._app.text import show_text
from textcls_core.errors import TextclsError
from textcls_core.evaluation.by_task import AnyPredictions, task_of
from textcls_core.runs.run import Run
from textcls_core.training.samples import SAMPLE_KINDS, choose_samples, sample_rows

_ROWS = 5
_COLUMNS = ("loss", "true", "predicted", "text")
_CLASS_WIDTH = {"single_label": 90, "multi_label": 150}
_TITLES = {"worst": "Worst", "best": "Best", "random": "Random"}


def show_samples(run: Run, predictions: AnyPredictions) -> None:
    """Show some validation rows as the run predicted them last."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**Validation rows**")
        kind = st.segmented_control(
            "Validation rows",
            SAMPLE_KINDS,
            default="worst",
            required=True,
            format_func=_TITLES.__getitem__,
            key="training.samples",
            label_visibility="collapsed",
            persist_state="session",
        )
        st.caption("by loss at the last validation" if kind != "random" else "the same every time")
    chosen = choose_samples(predictions, kind or "worst", _ROWS, seed=run.config.seed)
    try:
        dataset = state.dataset(run.config.dataset_fingerprint)
        rows = sample_rows(predictions, dataset, chosen)
    except TextclsError:
        st.caption("The data set of this run is not here, so its rows cannot be shown.")
        return
    labels = st.column_config.TextColumn(width=_CLASS_WIDTH[task_of(predictions)])
    event = st.dataframe(
        [{name: row[name] for name in _COLUMNS} for row in rows],
        hide_index=True,
        column_config={
            "loss": st.column_config.NumberColumn(format="%.3f", width=60),
            "true": labels,
            "predicted": labels,
            "text": st.column_config.TextColumn(width="large"),
        },
        on_select="rerun",
        selection_mode="single-row",
        key=f"training.rows.{kind}",
        alt="Validation rows with true and predicted classes, loss and text",
    )
    for position in event["selection"]["rows"]:
        if position < len(rows):  # the selection may be older than the rows
            show_text(rows[position]["text"])
