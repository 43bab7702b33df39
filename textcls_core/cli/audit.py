"""The verbs `dataset audit` and `dataset fix`."""

from typing import Annotated, Any

import typer

from textcls_core.audit.auditing import audit
from textcls_core.audit.fixing import FIXES, apply_fix
from textcls_core.audit.report import AuditReport
from textcls_core.audit.tokens import LengthCost
from textcls_core.cli.label_issues import LABEL_ISSUES, print_label_issues
from textcls_core.cli.printing import Json, Progress, emit
from textcls_core.dataset.findings import Finding
from textcls_core.dataset.store import DatasetStore
from textcls_core.models.catalogue import EMBEDDED
from textcls_core.wording import duration, percent, plural
from textcls_core.workspace import Workspace

FAILED_GATE = 2
"""Exit code of `--strict` when a gate is `fail`."""


def dataset_audit(
    name: Annotated[str, typer.Argument(help="Name or fingerprint of a data set.")],
    model: Annotated[
        str | None,
        typer.Option("--model", help="Also what this model would see: minilm, folder, hub, run."),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            "--kind", help="A check or a kind of finding, several if repeated; or label_issues."
        ),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit code 2 if a gate is `fail`.")
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="Do not use a kept report.")] = False,
    as_json: Json = False,
) -> None:
    """Check a data set: copies, leaks, labels, damage, personal content, what a model sees."""
    if kind == [LABEL_ISSUES]:
        print_label_issues(name, model or EMBEDDED, as_json=as_json, progress=Progress())
        return
    report = audit(Workspace.default(), name, model, kind or None, progress=Progress(), again=again)
    emit(as_json, _report_json(name, report), _report_lines(report))
    if strict and report.gate == "fail":
        raise typer.Exit(FAILED_GATE)


def dataset_fix(
    name: Annotated[str, typer.Argument(help="Name or fingerprint of a data set.")],
    fix: Annotated[str, typer.Argument(help=f"One of {', '.join(FIXES)}.")],
    as_json: Json = False,
) -> None:
    """Make a new version of a data set with what a finding offers as its fix."""
    store = DatasetStore.open(Workspace.default())
    parent = store.find(name)
    made = apply_fix(store, parent, fix)
    value = {
        "dataset": made.name,
        "version": made.version,
        "fingerprint": made.fingerprint,
        "parent": parent.fingerprint,
        "reason": made.reason,
        "num_examples": made.num_examples,
    }
    emit(as_json, value, [f"{made.name} version {made.version}: {made.reason}"])


def _report_json(name: str, report: AuditReport) -> dict[str, Any]:
    facts = report.model_dump(mode="json", exclude={"recipe", "seconds"})
    timing = {"seconds": report.total_seconds, "seconds_by_check": report.seconds}
    return {"dataset": name, "gate": report.gate, **facts, **timing}


def _report_lines(report: AuditReport) -> list[str]:
    took = f"{plural(len(report.checks), 'check')} in {duration(report.total_seconds)}"
    costs = report.tokens.costs if report.tokens else ()
    return [
        f"{report.gate}: {plural(report.num_rows, 'row')}, {took}",
        *(line for finding in report.findings for line in _finding_lines(finding)),
        *(_cost_line(cost) for cost in costs),
        *report.notes,
    ]


def _finding_lines(finding: Finding) -> list[str]:
    lines = [f"{finding.gate:4}  {finding.kind}: {finding.message}"]
    return lines + ([f"      fix: {finding.fix}"] if finding.fix else [])


def _cost_line(cost: LengthCost) -> str:
    seconds = "" if cost.seconds_per_epoch is None else f", {duration(cost.seconds_per_epoch)}"
    return (
        f"max_length {cost.max_length}: {percent(cost.texts_cut_off)} of texts and "
        f"{percent(cost.tokens_cut_off)} of tokens cut off; "
        f"{cost.tokens_per_epoch:,} tokens per epoch{seconds}"
    )
