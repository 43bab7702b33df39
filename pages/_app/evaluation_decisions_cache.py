"""What the view of decisions remembers: tuned rules, what they are worth, what they cost."""

from pathlib import Path

import streamlit as st

from pages._app import state
from textcls_core.dataset.text_dataset import Split
from textcls_core.evaluation.costs import RuleCost
from textcls_core.evaluation.rule import DecisionRule
from textcls_core.evaluation.rule_figures import RuleResult
from textcls_core.evaluation.rule_tuning import RuleRequest
from textcls_core.runs.rules import FOR_F1, compare_run_costs, measure_run_rule, tune_run_rule
from textcls_core.runs.run import Run


@st.cache_data(max_entries=32, show_spinner="Tuning the rule")
def _tuned(root: str, run_id: str, decision: str, request: str) -> DecisionRule:  # noqa: ARG001 - the key
    return tune_run_rule(Run(Path(root) / run_id), RuleRequest.model_validate_json(request))


def tuned_rule(run: Run, request: RuleRequest) -> DecisionRule:
    """Return the rule that does what was asked for on the validation rows.

    Raises:
        TextclsError: If they cannot give it.
    """
    decision = state.decision_key(run)
    return _tuned(str(run.folder.parent), run.run_id, decision, request.model_dump_json())


@st.cache_resource(max_entries=8, show_spinner="Measuring the rule")
def _result(root: str, run_id: str, split: Split, decision: str, rule: str) -> RuleResult:  # noqa: ARG001 - the key
    run = Run(Path(root) / run_id)
    rows = state.dataset(run.config.dataset_fingerprint)
    return measure_run_rule(run, rows, split, DecisionRule.model_validate_json(rule))


def rule_result(run: Run, split: Split, rule: DecisionRule) -> RuleResult:
    """Return what a rule is worth on a split."""
    decision = state.decision_key(run)
    return _result(str(run.folder.parent), run.run_id, split, decision, rule.model_dump_json())


@st.cache_data(max_entries=8, show_spinner="Comparing costs")
def _costs(root: str, run_id: str, split: Split, decision: str, rule: str) -> list[RuleCost]:
    thresholds = _tuned(root, run_id, decision, FOR_F1.model_dump_json())
    return compare_run_costs(_result(root, run_id, split, decision, rule), thresholds)


def rule_costs(run: Run, split: Split, rule: DecisionRule) -> list[RuleCost]:
    """Return what the answers of the most common rules cost on a split."""
    decision = state.decision_key(run)
    return _costs(str(run.folder.parent), run.run_id, split, decision, rule.model_dump_json())
