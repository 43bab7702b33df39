"""What the causes of all mistakes add up to: how many of each, and what each action could mend."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from textcls_core.evaluation.by_task import AnyPredictions, true_text
from textcls_core.mistakes.causes.found import ACTIONS, CAUSES, Action, Cause
from textcls_core.mistakes.causes.triage import Triage


@dataclass(frozen=True, slots=True)
class ActionCount:
    """What one action could mend at most."""

    action: Action
    causes: tuple[Cause, ...]
    """The causes found that call for it."""
    row_ids: tuple[str, ...]
    """The mistakes with one of them, each once."""
    num_first: int
    """How many of these have it as first choice: their most specific cause calls for it. Over all
    actions they add up to the mistakes with a cause, so that none is promised twice."""


def action_counts(triage: Triage) -> list[ActionCount]:
    """Return the actions that the causes call for, the most frequent first choice first."""
    first = Counter(CAUSES[found[0].cause].action for found in triage.by_row.values())
    by_action = {
        action: tuple(cause for cause in triage.counts if CAUSES[cause].action == action)
        for action in ACTIONS
    }
    counts = [
        ActionCount(action, causes, tuple(triage.rows_with(causes)), first[action])
        for action, causes in by_action.items()
        if causes
    ]
    return sorted(counts, key=lambda found: (-found.num_first, -len(found.row_ids)))


def true_classes(predictions: AnyPredictions, row_ids: Sequence[str]) -> list[tuple[str, int]]:
    """Return the true classes of some mistakes with their numbers, the most frequent first.

    Args:
        predictions: Of the split.
        row_ids: Some of its rows.
    """
    wanted = set(row_ids)
    names = [
        true_text(predictions, row)
        for row, row_id in enumerate(predictions.row_ids)
        if row_id in wanted
    ]
    return Counter(names).most_common()
