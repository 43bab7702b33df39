"""`dataset audit NAME --kind label_issues`: the queue of rows whose label is probably wrong."""

from typing import Any

from textcls_core.cli.printing import emit
from textcls_core.jobs.progress import Report
from textcls_core.mistakes.label_issues.job import compute_label_issues
from textcls_core.mistakes.label_issues.queue import LabelIssues, label_issue_rows
from textcls_core.wording import percent, plural, shorten
from textcls_core.workspace import Workspace

LABEL_ISSUES = "label_issues"
_LINES = 20


def print_label_issues(name: str, source: str, *, as_json: bool, progress: Report) -> None:
    """Print every judged row for a script, or the head of the queue for a person.

    Args:
        name: Name or fingerprint of the data set.
        source: The encoder, or `group:` and the id of a finished cross-validation.
        as_json: Whether a script reads it.
        progress: Told after each step.
    """
    issues = compute_label_issues(Workspace.default(), name, source, progress=progress)
    rows = label_issue_rows(issues)
    facts = issues.facts.model_dump(mode="json", exclude={"label_names"})
    emit(as_json, {"dataset": name, **facts, "rows": rows}, _lines(issues, rows))


def _lines(issues: LabelIssues, rows: list[dict[str, Any]]) -> list[str]:
    facts = issues.facts
    head = (
        f"{plural(facts.num_suspects, 'suspect label')} in {plural(facts.num_judged, 'row')}"
        f" of {facts.num_examples:,}"
    )
    head += f". {facts.left_out}" if facts.left_out else ""
    texts = {record["row_id"]: record["text"] for record in issues.records(issues.row_ids[:_LINES])}
    return [head, *(_line(row, texts[row["row_id"]]) for row in rows[:_LINES])]


def _line(row: dict[str, Any], text: str) -> str:
    label, suggested = (_named(row[key]) for key in ("label", "suggested"))
    return f"{percent(row['score'])}  {label} -> {suggested}  {row['row_id']}  {shorten(text, 60)}"


def _named(label: str | list[str]) -> str:
    return shorten(label if isinstance(label, str) else ", ".join(label) or "no label", 30)
