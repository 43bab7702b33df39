"""The verb `decide`: how the probabilities of a finished run become answers."""

from pathlib import Path
from typing import Annotated, Any

import typer

from textcls_core.cli.printing import Json, RunId, SplitName, emit, open_run, parse_split
from textcls_core.dataset.store import DatasetStore
from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.by_task import task_of
from textcls_core.evaluation.costs import RuleCost, costs_from_csv
from textcls_core.evaluation.rule import Costs, DecisionRule
from textcls_core.evaluation.rule_figures import RuleResult
from textcls_core.evaluation.rule_tuning import RuleRequest
from textcls_core.evaluation.rule_words import answers_in_words, rule_in_words
from textcls_core.runs.rules import (
    FOR_F1,
    compare_run_costs,
    measure_run_rule,
    tune_run_rule,
    use_rule,
)
from textcls_core.runs.run import Run
from textcls_core.wording import percent, shorten
from textcls_core.workspace import Workspace

_SHOWN_THRESHOLDS = 20


def decide(
    run_id: RunId,
    split: SplitName = "test",
    kind: Annotated[str | None, typer.Option("--kind", help="argmax, thresholds or costs.")] = None,
    target: Annotated[
        str | None,
        typer.Option("--target", help="Of thresholds: f1; for several labels precision, recall."),
    ] = None,
    at_least: Annotated[
        float | None, typer.Option("--at-least", help="Precision or recall to reach.")
    ] = None,
    costs: Annotated[
        Path | None,
        typer.Option(
            "--costs", exists=True, dir_okay=False, help="CSV file: a row per true class."
        ),
    ] = None,
    abstain_cost: Annotated[
        float | None, typer.Option("--abstain-cost", help="Cost of no answer.")
    ] = None,
    abstain_below: Annotated[
        float | None, typer.Option("--abstain-below", help="No answer below this confidence.")
    ] = None,
    accuracy: Annotated[
        float | None, typer.Option("--accuracy", help="Share of right answers to reach.")
    ] = None,
    coverage: Annotated[
        float | None, typer.Option("--coverage", help="Of prediction sets, such as 0.9.")
    ] = None,
    method: Annotated[str | None, typer.Option("--method", help="lac or aps.")] = None,
    save: Annotated[bool, typer.Option("--save", help="Keep the rule in the model.")] = False,
    reset: Annotated[bool, typer.Option("--reset", help="Go back to the plain rule.")] = False,
    as_json: Json = False,
) -> None:
    """Tune a decision rule on validation and measure it; without options, measure the kept one."""
    run = open_run(run_id)
    temperature = run.decision.temperature
    wishes = {
        "kind": kind or _kind_of(costs is not None or abstain_cost is not None, target),
        "target": target,
        "at_least": at_least,
        "costs": None if costs is None else _read_costs(run, costs),
        "abstain_cost": abstain_cost,
        "abstain_below": abstain_below,
        "accuracy": accuracy,
        "coverage": coverage,
        "method": method,
    }
    given = {name: value for name, value in wishes.items() if value is not None}
    rule = _rule(run, given, save=save, reset=reset)
    dataset = DatasetStore.open(Workspace.default()).load(run.config.dataset_fingerprint)
    result = measure_run_rule(run, dataset, parse_split(split), rule)
    is_priced = rule.kind == "costs"
    compared = compare_run_costs(result, tune_run_rule(run, FOR_F1)) if is_priced else []
    if save or reset:
        use_rule(run, rule, None if reset else temperature)
    value = {
        "run_id": run.run_id,
        "split": split,
        "rule": rule.model_dump(mode="json"),
        "saved": run.decision.rule == rule,
        **result.to_json(),
    }
    if compared:
        value["costs"] = [cost.to_json() for cost in compared]
    emit(as_json, value, _lines(result, compared, is_kept=run.decision.rule == rule))


def _kind_of(has_prices: bool, target: str | None) -> str | None:
    """Return the kind of rule that other options are about; None if they are about any."""
    if has_prices:
        return "costs"
    return None if target is None else "thresholds"


def _rule(run: Run, given: dict[str, Any], *, save: bool, reset: bool) -> DecisionRule:
    """Return the rule that was asked for, the plain one, or the one that is kept."""
    if reset and (given or save):
        raise InvalidArgumentError(
            "Expected --reset alone: it goes back to the plain rule. Leave the other options out."
        )
    if save and not given:
        raise InvalidArgumentError(
            "Expected a rule to save, got none. Add --kind, --abstain-below, --accuracy or "
            "--coverage, or use --reset to go back to the plain rule."
        )
    if reset:
        return DecisionRule()
    return tune_run_rule(run, RuleRequest.create(given)) if given else run.decision.rule


def _read_costs(run: Run, file: Path) -> Costs:
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InvalidArgumentError(
            f"Expected {file.name} to be UTF-8 text. Save it as that."
        ) from (error)
    return costs_from_csv(text, run.raw_predictions(run.splits[-1]).label_names)


def _lines(result: RuleResult, compared: list[RuleCost], *, is_kept: bool) -> list[str]:
    """Return what a person reads about a rule."""
    lines = [rule_in_words(result.rule, task_of(result.predictions)), answers_in_words(result)]
    lines.append("This rule is kept in the model." if is_kept else "Not kept; add --save to do so.")
    names = result.predictions.label_names
    shown = zip(names, result.rule.thresholds or (), strict=False)
    lines += [f"{shorten(name, 40):<42}{value:.3f}" for name, value in shown][:_SHOWN_THRESHOLDS]
    lines += [
        f"{cost.name:<38}{cost.mean:.4f} ({cost.interval.low:.4f} to {cost.interval.high:.4f}), "
        f"answers {percent(cost.answered)}"
        for cost in compared
    ]
    return lines
