"""Other runs against this one on the same rows: what changed, and whether it could be chance."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from pages._app import controls, state
from pages._app.baselines import best_value
from pages._app.evaluation_compare_cache import comparisons, obstacle
from pages._app.mistakes_link import open_mistakes
from pages._app.text import cells, escape, label
from textcls_core.arrays import Indices
from textcls_core.charts.evaluation.compare import (
    MAX_CLASSES,
    ClassFigure,
    change_chart,
    change_rows,
)
from textcls_core.dataset.text_dataset import Split
from textcls_core.evaluation.comparison import Outcome
from textcls_core.evaluation.figures import Figures
from textcls_core.evaluation.metric_names import METRICS, value_text
from textcls_core.runs.comparison import RunComparison, changed_rows
from textcls_core.runs.comparison_words import (
    difference_text,
    interval_text,
    left_out_sentence,
    p_value_text,
    reading,
    seeds_sentence,
    verdict,
    verdicts,
)
from textcls_core.runs.run import Run
from textcls_core.training.baselines import Baseline
from textcls_core.wording import plural, shorten

ROWS_SHOWN = 200
_PARAMETER = "compare_runs"
_UNIT = " points"
_TABLE_HEIGHT, _CARD_WIDTH = 320, 180
_ANSWERS = ("this run", "other run")
_FIGURES: dict[str, ClassFigure] = {"F1": "f1", "Precision": "precision", "Recall": "recall"}
_ICONS: dict[Outcome, str] = {
    "better": ":material/trending_up:",
    "worse": ":material/trending_down:",
    "unclear": ":material/trending_flat:",
}


def show_compare(run: Run, split: Split, figures: Figures) -> None:  # noqa: ARG001 - as all views
    """Show the verdict first, then what it rests on."""
    others = {other.run_id: other for other in state.run_store().runs() if other.has_model}
    others.pop(run.run_id, None)
    chosen = _choose(run, split, others)
    if not chosen:
        return
    found = comparisons(run, chosen, split)
    known = state.shared_baselines([run, *chosen], split)
    if len(found) > 1:
        _show_overview(found, known)
    comparison = _choose_detail(found)
    _show_verdict(comparison)
    _show_outcomes(comparison)
    _show_figures(comparison, known)
    left, right = controls.panels()
    with left:
        _show_classes(comparison)
    with right:
        _show_settings(comparison)
    _show_rows(comparison)


def _choose(run: Run, split: Split, others: Mapping[str, Run]) -> list[Run]:
    """Return the runs to compare with, and say which cannot be."""
    against = {run_id: obstacle(run, other, split) for run_id, other in others.items()}
    labels = controls.run_labels({run.run_id: run, **others})
    names = {run_id: labels[run_id] for run_id in others if not against[run_id]}
    _leave_out(run, against)
    chosen = state.choose_many(
        _PARAMETER, "Compare this run with", names, noun="run to compare with",
        placeholder="Choose one or more runs", disabled=not names,
    )  # fmt: skip
    if not chosen:
        _explain_choice(split, len(names))
    refused = {run_id: reason for run_id, reason in against.items() if reason}
    if refused:
        with st.expander(f"{plural(len(refused), 'run')} cannot be compared"):
            for run_id, reason in refused.items():
                st.markdown(f"**{label(others[run_id].config.title)}**: {escape(reason)}")
    return [others[run_id] for run_id in chosen]


def _leave_out(run: Run, against: Mapping[str, str]) -> None:
    """Take the run itself, and with a message those that cannot be compared, out of the URL."""
    asked = [one for one in state.parameter(_PARAMETER).split(",") if one]
    for run_id in asked:
        if against.get(run_id):
            st.warning(escape(against[run_id]), icon=":material/warning:")
    kept = [one for one in asked if one != run.run_id and not against.get(one)]
    if kept != asked:
        state.set_parameter(_PARAMETER, ",".join(kept))


def _explain_choice(split: Split, num_comparable: int) -> None:
    if not num_comparable:
        st.info(
            f"There is no other finished run on the same {split} rows. Train a second one on this "
            "data set version, for example with another model or another seed.",
            icon=":material/info:",
        )
        return
    st.caption(
        "You will see whether another run is right more often than this one or whether that could "
        "be chance, which settings differ, and which rows it fixed and broke."
    )


def _show_verdict(comparison: RunComparison) -> None:
    draw = {"better": st.success, "worse": st.warning, "unclear": st.info}[comparison.outcome]
    draw(escape(verdict(comparison)), icon=_ICONS[comparison.outcome])
    if comparison.left_out is not None:
        st.warning(escape(left_out_sentence(comparison)), icon=":material/difference:")
    st.caption(escape(seeds_sentence(comparison)))


def _show_overview(found: Sequence[RunComparison], known: Sequence[Baseline]) -> None:
    """Show all runs at a glance, the answer first."""
    st.markdown(f"**{verdicts(found)}**")
    names = state.distinct_labels(
        {one.other.run_id: shorten(one.other.config.title, 60) for one in found}
    )
    rows = [
        {
            "run": names[comparison.other.run_id],
            "accuracy": value_text("accuracy", accuracy.other),
            "difference": difference_text("accuracy", accuracy.difference).removesuffix(_UNIT),
            "95 % interval": interval_text(accuracy).removesuffix(_UNIT),
            "reading": comparison.outcome,
            "McNemar": p_value_text(comparison.result.mcnemar.p_value),
            "Holm-corrected": p_value_text(comparison.p_value),
        }
        for comparison in found
        for accuracy in (comparison.result.figure("accuracy"),)
    ]
    rows += [_baseline_row(baseline, found[0]) for baseline in known]
    _table(rows, "Each run against this one", texts={"run", "reading"})
    st.caption(
        f"{len(found)} runs are compared with this one at once: the more one compares, the more "
        "often chance looks like a finding. Holm's correction of the p values allows for that."
    )


def _baseline_row(baseline: Baseline, comparison: RunComparison) -> dict[str, str]:
    """Return a baseline as a row below the runs; no test says whether it differs by chance."""
    accuracy = best_value([baseline], comparison.split, "accuracy") or 0.0
    difference = accuracy - comparison.result.figure("accuracy").reference
    return {
        "run": baseline.title,
        "accuracy": value_text("accuracy", accuracy),
        "difference": difference_text("accuracy", difference).removesuffix(_UNIT),
        "95 % interval": "",
        "reading": "baseline",
        "McNemar": "",
        "Holm-corrected": "",
    }


def _choose_detail(found: Sequence[RunComparison]) -> RunComparison:
    by_id = {comparison.other.run_id: comparison for comparison in found}
    if len(by_id) == 1:
        return found[0]
    names = controls.run_labels({run_id: one.other for run_id, one in by_id.items()})
    if state.parameter("compare_with") not in by_id:  # its run was taken out of the comparison
        state.set_parameter("compare_with", None)
    return by_id[state.choose("compare_with", "Details of", names, default=next(iter(names)))]


def _show_outcomes(comparison: RunComparison) -> None:
    """Show in how many rows both, one or none is right."""
    result, test = comparison.result, comparison.result.mcnemar
    right = round(result.figure("accuracy").reference * result.num_examples)
    both = right - test.broken
    neither = result.num_examples - both - test.fixed - test.broken
    controls.metrics(
        [
            ("Fixed", f"{test.fixed:,}", "only the other is right"),
            ("Broken", f"{test.broken:,}", "only this is right"),
            ("Both right", f"{both:,}", f"of {plural(result.num_examples, 'row')}"),
            ("Both wrong", f"{neither:,}", f"of {plural(result.num_examples, 'row')}"),
        ],
        card_width=_CARD_WIDTH,
    )
    if result.task == "multi_label":
        st.caption("A row is right if all its labels are right.")


def _show_figures(comparison: RunComparison, known: Sequence[Baseline]) -> None:
    st.subheader("Figures", anchor=False)
    rows = [
        {
            "figure": METRICS[change.name].title,
            "this run": value_text(change.name, change.reference),
            "other run": value_text(change.name, change.other),
            "difference": difference_text(change.name, change.difference).removesuffix(_UNIT),
            "95 % interval": interval_text(change).removesuffix(_UNIT),
            "reading": reading(change),
            **{one.title: _baseline_cell(one, comparison.split, change.name) for one in known},
        }
        for change in comparison.result.figures
    ]
    _table(rows, "Figures of both runs and baselines", texts={"figure", "reading"})
    sampled = " Baselines may be measured on a sample of these rows." if known else ""
    st.caption(
        "Other run minus this run; shares differ in percentage points. Intervals: both runs on "
        "1,000 samples of these rows, copies of a text together. They say how far other rows could "
        f"change the difference, not how far another seed could.{sampled}"
    )


def _baseline_cell(baseline: Baseline, split: Split, name: str) -> str:
    value = best_value([baseline], split, name)
    return "" if value is None else value_text(name, value)


def _show_settings(comparison: RunComparison) -> None:
    st.subheader("Settings", anchor=False)
    if not comparison.settings:
        st.caption("The settings are the same.")
        return
    rows = [
        {"setting": name, "this run": str(one), "other run": str(another)}
        for name, one, another in comparison.settings
    ]
    _table(rows, "Settings in which the runs differ", texts={"setting", "this run", "other run"})


def _show_classes(comparison: RunComparison) -> None:
    """Show the change of every class with its interval."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader("By class", anchor=False, width="content")
        name = state.choose(
            "compare_figure", "Figure", list(_FIGURES), default="F1",
            draw=st.segmented_control, label_visibility="collapsed",
        )  # fmt: skip
    classes, figure = comparison.result.per_class, _FIGURES[name]
    chart = change_chart(classes, figure)
    st.plotly_chart(chart, config=controls.NO_TOOLBAR, alt=str(chart.layout.title.text))
    shown = f"The {MAX_CLASSES} classes that changed most. " if len(classes) > MAX_CLASSES else ""
    st.caption(
        f"{shown}Triangles: the interval leaves out zero. Each class is judged by itself, so about "
        "one class in twenty leaves out zero by chance alone."
    )
    controls.table_twin(change_rows(classes, figure), f"Change of {name} by class")


def _show_rows(comparison: RunComparison) -> None:
    """Show fixed and broken rows side by side, each with both answers."""
    fixed, broken = controls.panels()
    reference, other = comparison.reference, comparison.other
    with fixed:
        st.subheader(f"Fixed: {comparison.result.mcnemar.fixed:,}", anchor=False)
        st.caption("This run is wrong, the other one right.")
        _show_changed(comparison, comparison.result.fixed, reference, "fixed")
    with broken:
        st.subheader(f"Broken: {comparison.result.mcnemar.broken:,}", anchor=False)
        st.caption("This run is right, the other one wrong.")
        _show_changed(comparison, comparison.result.broken, other, "broken")


def _show_changed(comparison: RunComparison, rows: Indices, wrong: Run, kind: str) -> None:
    """Show changed rows; a selected one opens with the run that is wrong there."""
    if not len(rows):
        st.caption("No row.")
        return
    dataset = state.dataset(comparison.reference.config.dataset_fingerprint)
    records = changed_rows(comparison, rows[:ROWS_SHOWN], dataset)
    columns = {"reference": "this run", "other": "other run", "text": "text"}
    shown = {title: cells([row[name] for row in records]) for name, title in columns.items()}
    event = st.dataframe(
        shown,
        hide_index=True,
        height=controls.table_height(len(records), _TABLE_HEIGHT),
        column_config={
            **dict.fromkeys(
                ("true", "this run", "other run"), st.column_config.TextColumn(width=120)
            ),
            "text": st.column_config.TextColumn(width="large"),
        },
        on_select="rerun",
        selection_mode="single-row",
        key=f"compare.{kind}.{comparison.reference.run_id}.{comparison.other.run_id}",
        alt=f"Rows that were {kind}, with the answers of both runs",
    )
    if len(rows) > ROWS_SHOWN:
        st.caption(f"Showing {ROWS_SHOWN} of {len(rows):,}.")
    for position in event["selection"]["rows"]:
        link = {"run": wrong.run_id, "split": comparison.split}
        open_mistakes(**link, row=records[position]["row_id"])
    st.caption("Select a row to read it on the Mistakes page.")


def _table(rows: Sequence[dict[str, Any]], summary: str, *, texts: set[str]) -> None:
    """Show records whose numbers are on the right."""
    numbers = [name for name in rows[0] if name not in texts]
    st.dataframe(
        list(rows),
        hide_index=True,
        column_config=dict.fromkeys(numbers, controls.RIGHT),
        alt=summary,
    )
