"""One example in full: what it says, what was predicted, and its neighbours in the list."""

from typing import Any

import streamlit as st

from pages._app import controls, state
from pages._app.text import badge_label, escape, show_text
from textcls_core.charts.prediction import probabilities_chart
from textcls_core.mistakes.selection import neighbours
from textcls_core.runs.run import Run
from textcls_core.wording import percent


def show_example(run: Run, row: dict[str, Any], row_ids: list[str]) -> None:
    """Show one example in full, with its probabilities and its neighbours in the list."""
    before, after = neighbours(row_ids, row["row_id"])
    with st.container(horizontal=True, vertical_alignment="center"):
        step_button("Previous", ":material/arrow_back:", before, "ArrowLeft")
        step_button("Next", ":material/arrow_forward:", after, "ArrowRight")
        position = row_ids.index(row["row_id"]) + 1 if row["row_id"] in row_ids else 0
        st.caption(f"{position:,} of {len(row_ids):,}" if position else "not in this selection")
    with st.container(border=True):
        with st.container(horizontal=True):
            st.badge(f"true: {badge_label(row['true'])}", color="gray")
            is_right = row["true"] == row["predicted"]
            icon = ":material/check:" if is_right else ":material/close:"
            color: Any = "green" if is_right else "red"
            st.badge(f"predicted: {badge_label(row['predicted'])}", icon=icon, color=color)
            st.badge(f"{percent(row['confidence'])} sure", color="gray")
            st.badge(f"loss {row['loss']:.2f}", color="gray")
        chart = probabilities_chart(row["probabilities"])
        alternative = f"{row['predicted']} is predicted with {percent(row['confidence'])}"
        st.plotly_chart(chart, config=controls.NO_TOOLBAR, alt=alternative)
        if st.button("Look at its attention", icon=":material/visibility:"):
            link = {"run": run.run_id, "row": row["row_id"]}
            st.switch_page("pages/explanation.py", query_params=link)
        st.caption(escape(row["row_id"]))
        with st.container(height=330, border=False):
            show_text(row["text"])


def step_button(name: str, icon: str, row_id: str | None, shortcut: str) -> None:
    """Show a button that opens a neighbour; the arrow keys press it too."""
    key = f"mistakes.{name.lower()}"
    if st.button(name, icon=icon, disabled=row_id is None, key=key, shortcut=shortcut):
        state.set_parameter("row", row_id)
        st.rerun()
