"""The decision rule of a finished run: tuned on validation rows, measured, kept in its model."""

import numpy as np

from textcls_core.dataset.keys import equal_text_groups
from textcls_core.dataset.text_dataset import Split, TextDataset
from textcls_core.errors import RunStateError
from textcls_core.evaluation.by_task import AnyPredictions, task_of
from textcls_core.evaluation.costs import RuleCost, compare_costs, uniform_costs
from textcls_core.evaluation.decision import write_decision
from textcls_core.evaluation.predictions import Predictions
from textcls_core.evaluation.rule import DecisionRule
from textcls_core.evaluation.rule_figures import RuleResult
from textcls_core.evaluation.rule_tuning import RuleRequest, tune_rule
from textcls_core.runs.run import Run
from textcls_core.wording import percent

ARGMAX, THRESHOLDS = "Most probable class", "Thresholds for F1"
FOR_F1 = RuleRequest(kind="thresholds")
LEAST_COST, LEAST_COST_OR_NONE = "Least expected cost", "Least expected cost, or no answer"


def tuning_rows(run: Run) -> AnyPredictions:
    """Return what a rule may be tuned on: the validation rows, at the temperature of the model.

    Raises:
        RunStateError: If the run has none.
    """
    if "validation" not in run.splits:
        raise RunStateError(
            "This run has no validation split, and a rule must not be tuned on the rows that it is "
            "measured on. Train on a version of the data set with a validation split."
        )
    return run.predictions("validation")


def tune_run_rule(run: Run, request: RuleRequest) -> DecisionRule:
    """Return the rule that does what was asked for on the validation rows of a run.

    Raises:
        RunStateError: If the run has no validation rows.
        InvalidArgumentError: If they cannot give what was asked for.
    """
    return tune_rule(tuning_rows(run), request)


def measure_run_rule(
    run: Run, dataset: TextDataset, split: Split, rule: DecisionRule
) -> RuleResult:
    """Return what a rule is worth on a split; texts that are copies are drawn together.

    Args:
        run: A finished run.
        dataset: The version that it was trained on.
        split: What to measure on.
        rule: Tuned on the validation split.

    Raises:
        NotFoundError: If the run has no predictions for the split.
        InvalidArgumentError: If the rule does not fit the model.
    """
    predictions = run.predictions(split)
    return RuleResult(predictions, rule, equal_text_groups(dataset, predictions.row_ids))


def compare_run_costs(result: RuleResult, thresholds: DecisionRule) -> list[RuleCost]:
    """Return what the answers cost on the rows of a result by the most common rules.

    Args:
        result: Of a rule of the kind costs; its matrix and cost of no answer are the prices.
        thresholds: A rule with thresholds tuned for F1.

    Raises:
        RunStateError: If a text has several labels.
    """
    predictions, rule = result.predictions, result.rule
    if not isinstance(predictions, Predictions):
        raise RunStateError(
            "This run gives several labels per text. A matrix of costs has one true class per row; "
            "tune thresholds instead."
        )
    costs = rule.costs or uniform_costs(len(predictions.label_names))
    always = DecisionRule(kind="costs", costs=costs)
    rules = {ARGMAX: DecisionRule(), THRESHOLDS: thresholds, LEAST_COST: always}
    if rule.abstain_cost is not None:
        rules[LEAST_COST_OR_NONE] = always.model_copy(update={"abstain_cost": rule.abstain_cost})
    return compare_costs(predictions, rules, costs, rule.abstain_cost, result.groups)


def changed_rows(
    result: RuleResult, dataset: TextDataset, change: str, limit: int
) -> list[dict[str, str]]:
    """Return the surest rows with a change as records of plain text.

    Args:
        result: What the rule answers.
        dataset: The version that the rows are from.
        change: One of `CHANGES`.
        limit: Number of rows at most.
    """
    rows = result.rows_with(change)[:limit]
    ids = [result.predictions.row_ids[row] for row in rows]
    texts = dataset.texts(dataset.positions(ids))
    answers, plain = result.answers.label_sets, result.plain
    nothing = "no answer" if change.startswith("no answer") else "no label"
    return [
        {
            "row_id": row_id,
            "true": _names(result, result.truth[row]) or "no label",
            "plain rule": _names(result, plain[row]) or "no label",
            "this rule": _names(result, answers[row]) or nothing,
            "confidence": percent(float(result.answers.confidence[row])),
            "text": text,
        }
        for row, row_id, text in zip(rows, ids, texts, strict=True)
    ]


def _names(result: RuleResult, labels: np.ndarray) -> str:
    names = result.predictions.label_names
    return ", ".join(names[label_id] for label_id in np.flatnonzero(labels))


def use_rule(run: Run, rule: DecisionRule, tuned_at: float | None = None) -> None:
    """Keep a rule in the model of a run, so that every later prediction follows it.

    Args:
        run: A run with a finished model.
        rule: What to keep.
        tuned_at: Temperature of the model when it was tuned; None for a rule that was not.

    Raises:
        RunStateError: If the run has no finished model, or somebody chose another temperature.
        InvalidArgumentError: If the rule was made for other classes.
    """
    predictions = run.raw_predictions(run.splits[-1])
    rule.require_fit(len(predictions.label_names), task_of(predictions))
    model_dir, decision = run.require_model(), run.decision
    if tuned_at not in {None, decision.temperature}:
        raise RunStateError(
            f"The rule was tuned at the temperature {tuned_at:.2f}, but somebody has chosen "
            f"{decision.temperature:.2f} since. Tune it again."
        )
    write_decision(model_dir, decision.with_rule(rule))
