"""Curves: how well classes are told apart at every threshold, and which texts are hard."""

import streamlit as st

from pages._app import baselines, baselines_cache, controls, state
from pages._app import evaluation_curves_cache as cache
from pages._app.text import label
from textcls_core.charts.evaluation.curves import (
    class_size_chart,
    length_chart,
    precision_recall_chart,
    roc_chart,
    truncation_chart,
)
from textcls_core.dataset.text_dataset import Split
from textcls_core.evaluation.curves import ClassCurves, Curves
from textcls_core.evaluation.figures import Figures
from textcls_core.evaluation.parts import METRICS, PartMetric
from textcls_core.runs.row_facts import tokens_read
from textcls_core.runs.run import Run
from textcls_core.wording import percent, plural, shorten

MOST = 10
"""With more classes the worst ones are drawn unless others are chosen."""
_WORST = 5


def show_curves(run: Run, split: Split, figures: Figures) -> None:
    """Show curves by threshold, F1 by class size, and a figure by text length."""
    found = cache.curves(run, split)
    if found.classes:
        names = tuple(one.label for one in figures.per_class)
        _show_thresholds(run, split, names, found)
    else:
        st.info(
            "There are no curves: every class is in all rows of this split or in none, so there "
            "is nothing to tell apart.",
            icon=":material/info:",
        )
    left, right = controls.panels()
    with left:
        _show_sizes(run, split, figures)
    with right:
        _show_lengths(run, split)


def _show_thresholds(run: Run, split: Split, names: tuple[str, ...], found: Curves) -> None:
    shown = _choose_classes(names, found)
    beside_roc, beside_precision = baselines_cache.curves(run, split)
    is_dark = state.theme() == "dark"
    left, right = controls.panels()
    with left:
        st.subheader("ROC", anchor=False)
        macro = found.macro_roc
        st.plotly_chart(
            roc_chart(shown, macro, names, beside_roc, is_dark=is_dark),
            config=controls.NO_TOOLBAR,
            alt=f"ROC curves, mean AUC {macro.area:.3f}" if macro else "ROC curves",
        )
        st.caption(
            "AUC is the chance that a row of the class gets a higher probability for it than "
            "another row. 0.5 is guessing (dotted). Drag to zoom, double-click to see all again."
        )
    with right:
        st.subheader("Precision and recall", anchor=False)
        macro = found.macro_precision_recall
        st.plotly_chart(
            precision_recall_chart(shown, macro, names, beside_precision, is_dark=is_dark),
            config=controls.NO_TOOLBAR,
            alt=f"Precision-recall curves, mean AP {macro.area:.3f}" if macro else "Curves",
        )
        st.caption(
            "AP is the average precision over all recalls. Guessing reaches the share of the class "
            "among the rows, so compare rare classes with that."
        )
    said = "Grey: baselines, the mean of all classes; a cross where a method gives answers alone."
    if note := baselines_cache.note(run, split, said):
        st.caption(note)
    _show_areas(names, found)


def _choose_classes(names: tuple[str, ...], found: Curves) -> list[ClassCurves]:
    """Return the curves to draw: those chosen; else all, or of many the worst ones."""
    labels = {str(one.label_id): shorten(names[one.label_id], 40) for one in found.classes}
    is_many = len(labels) > MOST
    everything = f"The {_WORST} with the lowest AP" if is_many else "All"
    chosen = state.choose_many(
        "curves_classes", "Classes", labels, noun="class", placeholder=everything
    )
    if chosen:
        return [one for one in found.classes if str(one.label_id) in chosen]
    if not is_many:
        return list(found.classes)
    return sorted(found.classes, key=lambda one: one.precision_recall.area)[:_WORST]


def _show_areas(names: tuple[str, ...], found: Curves) -> None:
    missing = len(names) - len(found.classes)
    if missing:
        st.caption(
            f"Without a curve, and not in the mean, because all rows of this split belong to them "
            f"or none: {plural(missing, 'class', 'classes')}."
        )
    rows = [
        {
            "class": names[one.label_id],
            "rows": one.num_positives,
            "AUC": round(one.roc.area, 4),
            "average precision": round(one.precision_recall.area, 4),
        }
        for one in found.classes
    ]
    controls.table_twin(rows, "Areas under the curves per class")


def _show_sizes(run: Run, split: Split, figures: Figures) -> None:
    st.subheader("F1 by class size", anchor=False)
    with_rows = [one for one in figures.per_class if one.support]
    worst = min(with_rows, key=lambda one: one.f1, default=None)
    st.plotly_chart(
        class_size_chart(
            figures.per_class,
            baselines.levels(run, split, "macro_f1"),
            is_dark=state.theme() == "dark",
        ),
        config=controls.NO_TOOLBAR,
        alt="F1 against the rows of each class"
        + (f"; the worst is {worst.label} with {percent(worst.f1)}" if worst else ""),
    )
    empty = len(figures.per_class) - len(with_rows)
    without = f" Left out, without any row: {plural(empty, 'class', 'classes')}." * bool(empty)
    st.caption(
        "Few rows make F1 uncertain: one row more or less moves a class of ten by several points."
        f"{without}"
    )


def _show_lengths(run: Run, split: Split) -> None:
    """Show a figure by text length, and for texts that were cut off."""
    st.subheader("By text length", anchor=False)
    units = list(cache.lengths(run, split))
    with st.container(horizontal=True):
        chosen = state.choose(
            "curves_metric", "Figure", METRICS, default="accuracy", draw=st.segmented_control
        )
        wanted = state.choose(
            "curves_unit", "Length in", units, default="words", draw=st.segmented_control
        )
    metric: PartMetric = next(known for known in METRICS if known == chosen)
    unit = next(known for known in units if known == wanted)
    parts, values = cache.by_length(run, split, unit, metric)
    limit = tokens_read(run) if unit == "tokens" else None
    beside = cache.baselines_by_length(run, split, unit, metric)
    titles = (f"Length in {unit}", METRICS[metric])
    st.plotly_chart(
        length_chart(parts.bounds, values, titles, beside, limit=limit),
        config=controls.NO_TOOLBAR,
        alt=f"{METRICS[metric]} by text length in {unit}",
    )
    st.caption(
        "Each point is about the same number of rows, with a 95 % interval. Where intervals "
        "overlap widely, the difference may be chance. "
        + baselines_cache.note(run, split, "Grey lines: baselines on the same texts.")
    )
    _show_truncation(run, split, metric)


def _show_truncation(run: Run, split: Split, metric: PartMetric) -> None:
    cut = cache.facts(run, split).is_truncated
    if cut is None:
        st.caption(
            "Which texts were cut off is unknown: the tokenizer in the folder of the run's model "
            "cannot be read."
        )
        return
    limit, num_cut = tokens_read(run), int(cut.sum())
    read = f"The run read up to {limit:,} tokens of the tokenizer of {label(run.config.model)}."
    if not num_cut:
        st.caption(f"{read} No text of this split is longer, so none was cut off.")
        return
    if num_cut == len(cut):
        st.caption(f"{read} Every text of this split is longer, and the rest of it was not read.")
        return
    st.plotly_chart(
        truncation_chart(
            cache.by_truncation(run, split, metric),
            METRICS[metric],
            cache.baselines_by_truncation(run, split, metric),
        ),
        config=controls.NO_TOOLBAR,
        alt=f"{METRICS[metric]} of whole and of cut off texts",
    )
    st.caption(f"{read} {plural(num_cut, 'text')} were longer, and the rest of them was not read.")
