"""The run as one file for people without this app: what it holds, and how to get it."""

import streamlit as st

from pages._app import controls
from pages._app.evaluation_report_cache import model_card, report, saved_files
from pages._app.text import show_text
from textcls_core.dataset.text_dataset import Split
from textcls_core.evaluation.figures import Figures
from textcls_core.evaluation.multi_label import MultiLabelEvaluation
from textcls_core.runs.run import Run
from textcls_core.wording import plural

_REPORT = (
    ("Answer", "how many rows are right, how certain that is, against the best baseline"),
    ("Figures", "all of them with 95 % intervals, and every class"),
    ("Confusions", "the matrix, and which classes are mistaken for which"),
    ("Calibration", "whether the model is as sure as it may be"),
    ("Weak slices", "parts of the rows where it is weaker beyond chance"),
    ("Worst mistakes", "ten rows with their texts, cut"),
    ("Limits", "what was not measured"),
    ("Origin", "data set with version and fingerprint, settings, machine, how to train it again"),
)


def show_report(run: Run, split: Split, figures: Figures) -> None:
    """Show what report and model card contain, and the buttons that make them."""
    left, right = controls.panels()
    with left, st.container(border=True, height="stretch"):
        _show_report(run, split, figures)
    with right, st.container(border=True, height="stretch"):
        _show_card(run, split)
    _show_saving(run, split)


def _show_report(run: Run, split: Split, figures: Figures) -> None:
    st.subheader("Report", anchor=False)
    st.caption(
        f"One HTML file about {plural(figures.num_examples, f'{split} row')}, for people who do "
        "not have this app. It opens without a network, in light and dark, and prints. Made when "
        "you click, which takes seconds."
    )
    kind = "Label counts" if isinstance(figures, MultiLabelEvaluation) else "Confusions"
    lines = (f"- **{kind if name == 'Confusions' else name}**: {what}" for name, what in _REPORT)
    st.markdown("\n".join(lines))
    st.download_button(
        "Download the report",
        data=lambda: report(run, split),
        file_name=f"report-{run.run_id}-{split}.html",
        mime="text/html",
        icon=":material/download:",
        type="primary",
        on_click="ignore",
        key="report.html",
    )


def _show_card(run: Run, split: Split) -> None:
    st.subheader("Model card", anchor=False)
    st.caption(
        "The README.md that the Hugging Face Hub shows beside a model: the same content in short, "
        "with metadata that the Hub can search. The license is left as unknown; choose one before "
        "you publish."
    )
    st.markdown(
        "Both files quote texts of the data set (the worst mistakes) and name its classes. Read "
        "them before you pass them on."
    )
    st.download_button(
        "Download the model card",
        data=lambda: model_card(run, split),
        file_name="README.md",
        mime="text/markdown",
        icon=":material/download:",
        on_click="ignore",
        key="report.card",
    )


def _show_saving(run: Run, split: Split) -> None:
    """Write both files beside the run, and say where they lie and how a script gets them."""
    if st.button("Save both with the run", icon=":material/save:", key="report.save"):
        saved_files(run, split)
        st.toast("Report and model card are saved with the run.")
    files = [run.reports_dir / f"report-{split}.html", run.reports_dir / f"model-card-{split}.md"]
    known = [file for file in files if file.exists()]
    if known:
        st.caption("Saved with the run:")
        for file in known:
            show_text(str(file))
    st.caption("The same from a terminal:")
    options = f"--split {split} --report report.html --model-card README.md"
    st.code(f"python -m textcls_core evaluate {run.run_id} {options}", language="bash")
