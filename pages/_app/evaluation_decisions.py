"""Decisions: how probabilities become answers, what that is worth, and what it changes."""

import streamlit as st

from pages._app import baselines_cache, controls
from pages._app.evaluation_decisions_cache import rule_costs, rule_result, tuned_rule
from pages._app.evaluation_decisions_changes import show_changes
from pages._app.evaluation_decisions_form import choose_request
from pages._app.kept_rule import keep_rule, show_kept_rule
from pages._app.text import escape
from textcls_core.charts.evaluation.decisions import (
    MAX_CLASSES,
    class_coverage_chart,
    class_coverage_rows,
    cost_rows,
    costs_chart,
    risk_coverage_chart,
    risk_coverage_rows,
    set_sizes_chart,
    thresholds_chart,
)
from textcls_core.dataset.text_dataset import Split, Task
from textcls_core.errors import TextclsError
from textcls_core.evaluation.figures import Figures
from textcls_core.evaluation.multi_label import MultiLabelEvaluation
from textcls_core.evaluation.rule_figures import RuleResult
from textcls_core.evaluation.rule_words import answers_in_words, rule_in_words, span
from textcls_core.runs.rules import tuning_rows
from textcls_core.runs.run import Run
from textcls_core.wording import percent

_BASELINES = (
    "Grey: baselines by the plain rule; one that is equally sure of all its answers is a mark."
)


def show_decisions(run: Run, split: Split, figures: Figures) -> None:
    """Show the rule in use, let another one be chosen, measure it, and keep it when asked to."""
    task: Task = "multi_label" if isinstance(figures, MultiLabelEvaluation) else "single_label"
    show_kept_rule(run, task)
    try:
        tuning_rows(run)
    except TextclsError as error:
        st.info(escape(str(error)), icon=":material/info:")
        return
    temperature = run.decision.temperature
    try:
        request = choose_request(run, task, tuple(label.label for label in figures.per_class))
        rule = run.decision.rule if request is None else tuned_rule(run, request)
        result = rule_result(run, split, rule)
    except TextclsError as error:
        st.error(escape(str(error)), icon=":material/error:")
        return
    _show_headline(run, split, result, temperature)
    _show_charts(run, split, result)
    if result.sets is not None:
        _show_sets(result)
    show_changes(run, split, result)


def _show_headline(run: Run, split: Split, result: RuleResult, temperature: float) -> None:
    """Show what the rule is worth in a sentence and as figures, and the button that keeps it."""
    task: Task = "single_label" if result.is_single_label else "multi_label"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"#### {escape(answers_in_words(result))}", width="stretch")
        is_kept = run.decision.rule == result.rule
        if st.button("Use this rule", type="primary", key="decisions.use", disabled=is_kept,
                     help="Keep it in the model; every new text is answered by it."):  # fmt: skip
            said = "New texts are answered by this rule from now on."
            keep_rule(run, result.rule, said, tuned_at=temperature)
    if not is_kept:
        st.caption(escape(rule_in_words(result.rule, task)))
    controls.metrics(_cards(result, task), card_width=170)
    if split == "test":
        st.caption(
            "Tuned on validation, measured on test. Intervals hold 95 % of what other test texts "
            "of the same kind would give; they say nothing about texts of another kind."
        )
    else:
        why = "tuned on these rows" if split == "validation" else "trained on these rows"
        who = "rule was" if split == "validation" else "model was"
        st.caption(f"The {who} {why}, so these figures are too good. Choose the test split.")


def _cards(result: RuleResult, task: Task) -> list[tuple[str, str, str]]:
    """Return label, value and note of the figures."""
    right = "Right answers" if task == "single_label" else "Right answers (all labels)"
    plain, accuracy = percent(result.plain_accuracy), result.accuracy
    ends = result.macro_f1_interval
    f1 = f"{span(ends)} %, " if ends else ""
    return [
        (
            "Texts answered",
            percent(result.answered.value),
            f"{span(result.answered.interval)} %" if result.rule.can_abstain else "always",
        ),
        (
            right,
            percent(accuracy.value) if accuracy else "none",
            f"{span(accuracy.interval)} %, plain rule {plain}" if accuracy else "",
        ),
        (
            "Macro-F1 of answers",
            percent(result.macro_f1),
            f"{f1}plain rule {percent(result.plain_macro_f1)}",
        ),
        (
            "Area under risk-coverage",
            f"{result.curve.aurc:.4f}",
            f"0 is best, {result.curve.risk[-1]:.3f} by chance",
        ),
    ]


def _show_charts(run: Run, split: Split, result: RuleResult) -> None:
    """Show answers against mistakes, and beside them what is particular to the kind of rule."""
    left, right = controls.panels()
    with left:
        figure = risk_coverage_chart(result, baselines_cache.risks(run, split))
        st.plotly_chart(
            figure, config=controls.NO_TOOLBAR, key="decisions.risk",
            alt=f"Risk and coverage: {answers_in_words(result)}",
        )  # fmt: skip
        st.caption(
            "The surest texts are answered first. A curve that is low on the left and rises on the "
            "right means that the model knows when it may be wrong. "
            + baselines_cache.note(run, split, _BASELINES)
        )
        controls.table_twin(risk_coverage_rows(result), "Wrong answers by share answered")
    with right:
        if result.rule.thresholds:
            _show_thresholds(result)
        elif result.rule.kind == "costs":
            _show_costs(run, split, result)
        else:
            _explain_plain()


def _explain_plain() -> None:
    with st.container(border=True):
        st.markdown("**What can be decided**")
        st.markdown(
            "- *Thresholds* make rare classes easier to answer, or a label harder to give.\n"
            "- *Costs* weigh mistakes that hurt more than others, where a text has one label.\n"
            "- *No answer* leaves unsure texts to a person.\n"
            "- *Prediction sets* name all classes that may be right, with a chosen coverage."
        )


def _show_thresholds(result: RuleResult) -> None:
    """Show the threshold of each class."""
    names, thresholds = result.predictions.label_names, result.rule.thresholds or ()
    if result.is_single_label and len(set(thresholds)) == 1:
        with st.container(border=True):
            st.markdown("**All thresholds stay equal**")
            st.markdown(
                "Other thresholds would not raise macro-F1 on validation rows that are left out of "
                "tuning them. So this is the rule of the most probable class."
            )
        return
    figure = thresholds_chart(thresholds, names, is_relative=result.is_single_label)
    st.plotly_chart(figure, config=controls.NO_TOOLBAR, key="decisions.thresholds",
                    alt="Threshold of each class")  # fmt: skip
    if result.is_single_label:
        st.caption(
            "The class with the largest ratio of probability and threshold is the answer, so only "
            "the ratios matter. They are tuned for macro-F1 on validation, and stay equal where "
            "that would not help on rows left out."
        )
    else:
        st.caption("Each label is given from its own probability on, tuned on validation.")
    if len(names) > MAX_CLASSES:
        st.caption(f"Showing the {MAX_CLASSES} of {len(names)} that differ most from 0.5.")
    rows = [{"class": n, "threshold": t} for n, t in zip(names, thresholds, strict=True)]
    controls.table_twin(rows, "Threshold of each class")


def _show_costs(run: Run, split: Split, result: RuleResult) -> None:
    """Show what the answers cost under each rule."""
    costs = rule_costs(run, split, result.rule)
    st.plotly_chart(costs_chart(costs), config=controls.NO_TOOLBAR, key="decisions.costs.chart",
                    alt="Mean cost of a text under each rule")  # fmt: skip
    st.caption(
        "The least expected cost believes the probabilities: it is the cheapest rule only as far "
        "as they are calibrated. See the Calibration view."
    )
    controls.table_twin(cost_rows(costs), "Mean cost of a text under each rule")


def _show_sets(result: RuleResult) -> None:
    """Show how often prediction sets hold the true class, and how large they are."""
    sets, conformal = result.sets, result.rule.conformal
    coverage, size = result.set_coverage, result.mean_set_size
    if sets is None or conformal is None or coverage is None or size is None:
        return
    st.subheader("Prediction sets", anchor=False)
    st.markdown(
        f"Chosen coverage {percent(conformal.coverage, 0)}, measured "
        f"**{percent(coverage.value)}** ({span(coverage.interval)} %), with "
        f"**{size.value:.2f} classes** in a set on average "
        f"({size.interval.low:.2f}–{size.interval.high:.2f})."  # noqa: RUF001 - a range
    )
    left, right = controls.panels()
    with left:
        st.plotly_chart(set_sizes_chart(sets), config=controls.NO_TOOLBAR, key="decisions.sizes",
                        alt="Texts by number of classes in their prediction set")  # fmt: skip
    names = result.predictions.label_names
    with right:
        figure = class_coverage_chart(sets, names, conformal.coverage)
        st.plotly_chart(figure, config=controls.NO_TOOLBAR, key="decisions.class_coverage",
                        alt="Coverage of each true class")  # fmt: skip
    st.caption(
        "The coverage holds on average over texts like those of the validation split, not for each "
        "class or each text. An empty set means that no class fits well enough."
    )
    controls.table_twin(class_coverage_rows(sets, names), "Coverage of each true class")
