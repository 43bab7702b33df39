"""Going through the queue: what is left to decide, and the version that decisions make."""

from collections.abc import Collection, Sequence
from typing import Literal

from textcls_core.dataset.fixes import drop_rows, relabel
from textcls_core.dataset.store import DatasetInfo, DatasetStore
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.errors import InvalidArgumentError
from textcls_core.mistakes.label_issues.decisions import Decision, Decisions, count_kinds
from textcls_core.mistakes.label_issues.queue import LabelIssues
from textcls_core.wording import plural
from textcls_core.workspace import Workspace

Show = Literal["open", "reviewed", "suspects", "all"]
SHOWN: dict[Show, str] = {
    "open": "Suspects to review",
    "reviewed": "Reviewed",
    "suspects": "All suspects",
    "all": "Every row",
}
"""Views of the queue."""


def apply_decisions(dataset: TextDataset, decisions: Sequence[Decision]) -> TextDataset:
    """Return the data set with new labels on some rows and without others.

    Raises:
        NotFoundError: If a row is not in this data set.
        InvalidArgumentError: If a label does not fit the data set, or no row would be left.
    """
    changes = {
        decision.row_id: decision.labels
        for decision in decisions
        if decision.kind in {"accept", "relabel"}
    }
    dropped = [decision.row_id for decision in decisions if decision.kind == "drop"]
    changed = relabel(dataset, changes) if changes else dataset
    return drop_rows(changed, dropped) if dropped else changed


def reason_of(decisions: Sequence[Decision]) -> str:
    """Return in a few words what decisions changed.

    Example:
        >>> reason_of([])
        'label issues: 0 rows relabelled, 0 rows dropped, 0 rows kept'
    """
    counts = count_kinds(decisions)
    parts = {
        "relabelled": counts["accept"] + counts["relabel"],
        "dropped": counts["drop"],
        "kept": counts["keep"],
    }
    said = ", ".join(f"{plural(count, 'row')} {what}" for what, count in parts.items())
    return f"label issues: {said}"


def make_version(workspace: Workspace, info: DatasetInfo) -> DatasetInfo:
    """Store the version that the decisions about another one make, and return it.

    Rows that were kept as they are count as kept in the new version too, so that nobody is asked
    about them again.

    Raises:
        InvalidArgumentError: If no decision changes anything.
    """
    store = DatasetStore.open(workspace)
    decisions = Decisions.open(workspace, info.fingerprint).in_order()
    dataset = store.load(info.fingerprint)
    changed = apply_decisions(dataset, decisions)
    if changed.fingerprint == dataset.fingerprint:
        raise InvalidArgumentError(
            f"Expected a decision that changes a row, got {plural(len(decisions), 'decision')} "
            "that change none. Accept a suggestion, relabel a row or drop one first."
        )
    made = store.derive(info, changed, reason_of(decisions))
    _carry_over(workspace, decisions, made)
    return made


def _carry_over(workspace: Workspace, decisions: Sequence[Decision], made: DatasetInfo) -> None:
    """Let every row that somebody looked at count as kept in the version made from it."""
    later = Decisions.open(workspace, made.fingerprint)
    known = later.by_row()
    for decision in decisions:
        if decision.kind != "drop" and decision.row_id not in known:
            later.record(decision.row_id, "keep")


def rows_to_show(
    issues: LabelIssues, decided: Collection[str], show: Show, label: str = ""
) -> list[str]:
    """Return the row ids of a view of the queue, the most suspect first.

    Args:
        issues: The queue.
        decided: Row ids somebody decided about.
        show: Which rows.
        label: Keep rows with this label, given or suggested; empty for all.
    """
    ids = issues.row_ids if show in {"all", "reviewed"} else suspects(issues)
    if show == "open":
        ids = [row_id for row_id in ids if row_id not in decided]
    elif show == "reviewed":
        ids = [row_id for row_id in ids if row_id in decided]
    if not label:
        return list(ids)
    wanted = issues.rows_with(issues.facts.label_names.index(label))
    return [row_id for row_id in ids if row_id in wanted]


def suspects(issues: LabelIssues) -> list[str]:
    """Return the row ids at the head of the queue that are taken to be wrong."""
    return issues.row_ids[: issues.facts.num_suspects]


def count_reviewed(issues: LabelIssues, decided: Collection[str]) -> int:
    """Return how many of the suspects somebody decided about."""
    return sum(row_id in decided for row_id in suspects(issues))


def next_open(row_ids: Sequence[str], decided: Sequence[str], after: str) -> str | None:
    """Return the next row nobody decided about: behind `after`, or else from the start.

    Example:
        >>> next_open(["a", "b", "c"], ["b"], "a"), next_open(["a", "b"], ["b"], "b")
        ('c', 'a')
        >>> next_open(["a"], ["a"], "a") is None
        True
    """
    known = set(decided)
    start = row_ids.index(after) + 1 if after in row_ids else 0
    waiting = (row for row in [*row_ids[start:], *row_ids[:start]] if row not in known)
    return next(waiting, None)
