"""`causes RUN`: why a run is wrong, and what each action could mend."""

from typing import Any

from textcls_core.cli.printing import Json, Progress, RunId, SplitName, emit, open_run, parse_split
from textcls_core.mistakes.causes.counts import action_counts
from textcls_core.mistakes.causes.found import ACTIONS, CAUSES
from textcls_core.mistakes.causes.job import ensure_triage
from textcls_core.mistakes.causes.triage import Triage
from textcls_core.wording import plural
from textcls_core.workspace import Workspace


def causes(run_id: RunId, split: SplitName = "test", as_json: Json = False) -> None:
    """Say why a run is wrong: its mistakes by likely cause, and what each action could mend."""
    run, chosen = open_run(run_id), parse_split(split)
    triage = ensure_triage(Workspace.default(), run, chosen, Progress())
    emit(as_json, triage_json(triage), _lines(triage))


def triage_json(triage: Triage) -> dict[str, Any]:
    """Return the causes of a run's mistakes in the stable form of the command line."""
    facts = triage.facts
    return {
        "run_id": facts.run_id,
        "split": facts.split,
        "num_examples": facts.num_rows,
        "num_mistakes": facts.num_mistakes,
        "num_explained": len(triage.by_row),
        "causes": [
            {
                "cause": cause,
                "title": CAUSES[cause].title,
                "count": count,
                "action": CAUSES[cause].action,
            }
            for cause, count in triage.counts.items()
        ],
        "actions": [
            {
                "action": found.action,
                "title": ACTIONS[found.action].title,
                "advice": ACTIONS[found.action].advice,
                "up_to": len(found.row_ids),
                "first_choice": found.num_first,
                "causes": list(found.causes),
            }
            for found in action_counts(triage)
        ],
        "not_looked_at": facts.not_looked_at,
        "seconds": facts.seconds,
    }


def _lines(triage: Triage) -> list[str]:
    facts = triage.facts
    head = (
        f"{plural(facts.num_mistakes, 'mistake')} in {plural(facts.num_rows, 'row')}, "
        f"{len(triage.by_row):,} with a likely cause"
    )
    by_cause = [f"{count:>7,}  {CAUSES[cause].title}" for cause, count in triage.counts.items()]
    by_action = [
        f"{len(found.row_ids):>7,}  {ACTIONS[found.action].title} "
        f"(first choice of {found.num_first:,})"
        for found in action_counts(triage)
    ]
    parts = [head, *by_cause]
    parts += ["Each action could mend up to:", *by_action] if by_action else []
    left_out = facts.not_looked_at
    return [*parts, *(["Not looked at:", *left_out] if left_out else [])]
