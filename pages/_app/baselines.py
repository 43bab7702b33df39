"""Baselines on the pages: beside the figures of a run, as a table, and measured on demand."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages._app import controls, state
from pages._app.text import escape
from textcls_core.dataset.text_dataset import Split
from textcls_core.errors import TextclsError
from textcls_core.evaluation.figures import Figures
from textcls_core.runs.run import Run
from textcls_core.training.baselines import (
    FIGURES,
    Baseline,
    BaselineFigures,
    BaselineName,
    Figure,
    best_baseline,
)
from textcls_core.wording import duration, percent, points

COLUMNS: dict[BaselineName, str] = {
    "majority": "Majority",
    "tfidf": "TF-IDF",
    "frozen": "Frozen",
}
"""Of a table of runs: what each baseline is called there."""
DIFFERENCE = "To best baseline"
_QUICK = {"majority", "tfidf"}
_HOW = "how it was made"
_SHARES: dict[str, Figure] = {
    "accuracy": "accuracy",
    "balanced accuracy": "balanced_accuracy",
    "macro-F1": "macro_f1",
    "weighted F1": "weighted_f1",
    "micro-F1": "micro_f1",
    "Hamming loss": "hamming_loss",
}
"""The last two where a text may have several labels."""


def table_cells(run: Run) -> dict[str, str]:
    """Return what a table of runs shows beside the test accuracy of a run."""
    test = run.finished.get("test")
    if not test:
        return dict.fromkeys((DIFFERENCE, *COLUMNS.values()), "")
    known = {one.name: one.test.accuracy for one in state.run_baselines(run, "test")}
    accuracies = {"majority": test["majority_accuracy"]} | known
    shown = {name: percent(accuracies[name]) if name in accuracies else "" for name in COLUMNS}
    return {
        DIFFERENCE: points(test["accuracy"], max(accuracies.values())),
        **{COLUMNS[name]: cell for name, cell in shown.items()},
    }


def best_value(known: Sequence[Baseline], split: Split, name: str) -> float | None:
    """Return the best value of a figure among baselines; None where none was measured."""
    figure = next((figure for figure in FIGURES if figure == name), None)
    best = best_baseline(known, split, figure) if figure else None
    return best and best[1]


def levels(run: Run, split: Split, figure: Figure) -> dict[str, float]:
    """Return what each baseline reaches in a figure, by title."""
    known = state.run_baselines(run, split)
    found = {one.title: best_value([one], split, figure) for one in known}
    return {title: value for title, value in found.items() if value is not None}


def show_comparison(run: Run, split: Split, result: Figures, known: Sequence[Baseline]) -> None:
    """Show the figures of a run and of the baselines as a table, or where to measure them."""
    if known:
        own = BaselineFigures.of(result, has_probabilities=True)
        rows = [{"method": "This run", **_cells(own), "time": "", _HOW: run.config.title}]
        rows += [
            {
                "method": baseline.title,
                **_cells(figures),
                "time": duration(baseline.seconds),
                _HOW: baseline.description,
            }
            for baseline in known
            if (figures := baseline.figures(split)) is not None
        ]
        with st.expander("Baselines as a table"):
            _table(rows, f"This run and the baselines on {split}")
    elif split != "train" and not run.config.num_folds:
        controls.link(
            "pages/dataset.py",
            "Measure the baselines of this data set",
            icon=":material/speed:",
            dataset=run.config.dataset_fingerprint[:16],
            view="Overview",
        )


def show_dataset_baselines(fingerprint: str) -> None:
    """Show what simple methods reach on a data set, and offer to measure it."""
    st.subheader("Baselines", anchor=False)
    known = state.baselines(fingerprint)
    if known:
        rows = [
            {
                "method": baseline.title,
                "validation accuracy": percent(baseline.validation.accuracy),
                "test accuracy": percent(baseline.test.accuracy),
                "test macro-F1": percent(baseline.test.macro_f1),
                "time": duration(baseline.seconds),
                _HOW: baseline.description,
            }
            for baseline in known
        ]
        _table(rows, "Baselines of this data set")
    if {baseline.name for baseline in known} >= _QUICK:
        st.caption("A run should beat them; each run adds the frozen encoder of its model.")
        return
    st.caption(
        "What simple methods reach here, so that a run has something to beat. "
        "Takes seconds; with megabytes of text, up to a minute or two."
    )
    if st.button("Measure baselines", icon=":material/speed:", key="dataset.measure"):
        _measure(fingerprint)


def _measure(fingerprint: str) -> None:
    try:
        with st.spinner("Measuring the baselines"):
            state.measure_baselines(fingerprint)
    except TextclsError as error:
        st.error(escape(str(error)), icon=":material/error:")
    else:
        st.rerun()


def _cells(figures: BaselineFigures) -> dict[str, str]:
    values = {title: getattr(figures, name) for title, name in _SHARES.items()}
    shares = {title: percent(value) for title, value in values.items() if value is not None}
    return {**shares, "loss": "none" if figures.loss is None else f"{figures.loss:.3f}"}


def _table(rows: Sequence[dict[str, Any]], summary: str) -> None:
    """Show records whose numbers are on the right and whose explanation is wide."""
    numbers = [name for name in rows[0] if name not in {"method", _HOW}]
    st.dataframe(
        list(rows),
        hide_index=True,
        column_config={
            **dict.fromkeys(numbers, controls.RIGHT),
            _HOW: st.column_config.TextColumn(width="large"),
        },
        alt=summary,
    )
