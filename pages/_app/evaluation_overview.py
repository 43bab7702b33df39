"""The figures of a run at a glance: headlines beside the baselines, and every class."""

import streamlit as st

from pages._app import baselines, controls
from pages._app.kept_rule import note_kept_rule
from textcls_core.dataset.text_dataset import Split
from textcls_core.evaluation.figures import Figures
from textcls_core.evaluation.multi_label import MultiLabelEvaluation
from textcls_core.runs.run import Run
from textcls_core.wording import percent


def show_overview(run: Run, split: Split, figures: Figures) -> None:
    """Show the headline figures, what else is measured of label sets, and precision by class."""
    baselines.show_figures(run, split, figures)
    note_kept_rule(run, "A decision rule is kept in this model. These figures are without it.")
    if isinstance(figures, MultiLabelEvaluation):
        st.caption(
            f"Micro-F1 {percent(figures.micro_f1)}, Hamming loss {percent(figures.hamming_loss)}. "
            "Accuracy counts a text if all its labels are right."
        )
    st.subheader("By class", anchor=False)
    controls.shares_table(
        figures.to_json()["per_class"],
        ("precision", "recall", "f1"),
        "Precision, recall, F1 and support per class",
    )
