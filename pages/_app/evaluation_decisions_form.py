"""The form of the view of decisions: what somebody wants of the answers, kept in the URL."""

from typing import Any

import streamlit as st

from pages._app import state
from pages._app.evaluation_decisions_costs import choose_costs
from pages._app.number_choice import choose_number
from textcls_core.dataset.text_dataset import Task
from textcls_core.evaluation.rule import DecisionRule
from textcls_core.evaluation.rule_tuning import RuleRequest
from textcls_core.runs.run import Run

KEPT = "kept"
_KINDS: dict[Task, dict[str, str]] = {
    "single_label": {
        "argmax": "Most probable class",
        "thresholds": "Thresholds per class",
        "costs": "Least expected cost",
    },
    "multi_label": {"argmax": "Every label from 50 % on", "thresholds": "Thresholds per label"},
}
_TARGETS = {
    "f1": "the best F1 of every label",
    "precision": "a precision of every label",
    "recall": "a recall of every label",
}
_NEVER, _BELOW, _RIGHT = "never", "below", "right"
_ABSTAIN = {
    _NEVER: "Always answer",
    _BELOW: "No answer below a confidence",
    _RIGHT: "Answer only to be right in",
}
_COVERAGES = {
    "": "No sets",
    **{f"{c / 100:g}": f"{c} % of the texts" for c in (80, 90, 95, 98, 99)},
}
_METHODS = {"lac": "Smallest sets (LAC)", "aps": "Sets that grow with doubt (APS)"}


def choose_request(run: Run, task: Task, label_names: tuple[str, ...]) -> RuleRequest | None:
    """Return what is wanted of the answers; None for the rule that is kept in the model."""
    kept = {KEPT: "The rule in use"} if run.decision.rule != DecisionRule() else {}
    kind = state.choose(
        "decisions_kind", "How a text gets its answer", {**kept, **_KINDS[task]},
        default=KEPT if kept else "argmax", draw=st.segmented_control,
    )  # fmt: skip
    if kind == KEPT:
        return None
    wishes: dict[str, Any] = {"kind": kind}
    if kind == "thresholds" and task == "multi_label":
        wishes |= _choose_target()
    if kind == "costs":
        wishes |= choose_costs(run, label_names)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if kind != "costs":
            wishes |= _choose_abstaining()
        if task == "single_label":
            wishes |= _choose_sets()
    if task == "multi_label":
        st.caption(
            "Costs and prediction sets need exactly one label per text. For several labels, "
            "thresholds for a precision or a recall weigh the two kinds of mistakes."
        )
    return RuleRequest.create(wishes)


def _choose_target() -> dict[str, Any]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        target = state.choose("decisions_target", "Thresholds are tuned for", _TARGETS,
                              default="f1", width=260)  # fmt: skip
        if target == "f1":
            return {"target": target}
        least = choose_number("decisions_least", "of at least, %", 90.0, 1.0, 100.0,
                              width=150)  # fmt: skip
    return {"target": target, "at_least": least / 100}


def _choose_abstaining() -> dict[str, Any]:
    how = state.choose("decisions_abstain", "When the model is not sure", _ABSTAIN,
                       default=_NEVER, width=270)  # fmt: skip
    if how == _BELOW:
        level = choose_number("decisions_level", "Confidence, %", 80.0, 0.0, 100.0, width=150)
        return {"abstain_below": level / 100}
    if how == _RIGHT:
        share = choose_number("decisions_right", "Right answers, %", 99.0, 1.0, 100.0, width=150)
        return {"accuracy": share / 100}
    return {}


def _choose_sets() -> dict[str, Any]:
    coverage = state.choose("decisions_sets", "Prediction sets with the true class in",
                            _COVERAGES, default="", width=270)  # fmt: skip
    if not coverage:
        return {}
    method = state.choose("decisions_method", "Kind of sets", _METHODS, default="lac",
                          width=270)  # fmt: skip
    return {"coverage": float(coverage), "method": method}
