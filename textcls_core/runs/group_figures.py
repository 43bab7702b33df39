"""The figures of a group: how its members did, their mean and spread, the best one."""

import datetime as dt
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from textcls_core.dataset.text_dataset import Split
from textcls_core.evaluation.metric_names import metric_of
from textcls_core.runs.group import Ending, RunGroup, TrialEnd
from textcls_core.runs.run import Run, RunStatus

COMPARED: tuple[Split, ...] = ("validation", "test")
_PAUSED = "Paused: it goes on when it is resumed."
_NOT_SUMMARISED = frozenset({"majority_accuracy"})
"""Figures of the data, not of a member."""


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure over several runs."""

    mean: float
    standard_deviation: float | None
    """Over runs, with n - 1 in the denominator; None for a single run."""
    min: float
    max: float
    n: int
    """Number of runs."""

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Return the spread of at least one value.

        Example:
            >>> Spread.of([1.0, 3.0]).standard_deviation
            1.4142135623730951
        """
        deviation = statistics.stdev(values) if len(values) > 1 else None
        return cls(statistics.fmean(values), deviation, min(values), max(values), len(values))


@dataclass(frozen=True, slots=True)
class Member:
    """One member as tables and charts show it; a skipped combination has no run."""

    number: int
    label: str
    run_id: str
    status: RunStatus | None
    """None for a combination that was skipped."""
    is_paused: bool
    has_model: bool
    ending: Ending | None
    """How a search or grid recorded its end, if it did."""
    reason: str
    settings: Mapping[str, Any]
    """The settings in which members differ."""
    score: float | None
    """The validation figure that members are compared by, so far."""
    figures: Mapping[str, Mapping[str, float]]
    """By split and name; empty before the end."""

    @property
    def state(self) -> str:
        """How it stands, in one word."""
        if self.is_paused:
            return "paused"
        is_pruned = self.status == RunStatus.STOPPED and self.ending == "pruned"
        return "pruned" if is_pruned else str(self.status or self.ending)

    @property
    def counts(self) -> bool:
        """Whether mean and spread are taken over it: it was trained to its end."""
        return self.status == RunStatus.COMPLETED


def members_of(group: RunGroup) -> list[Member]:
    """Return all members by number, with the combinations that were skipped among them."""
    ends = group.ends
    members = [_member(group, run, ends.get(group.number_of(run))) for run in group.members]
    shown = {member.number for member in members}
    skipped = [_skipped(group, end) for end in ends.values() if end.number not in shown]
    return sorted([*members, *skipped], key=lambda member: member.number)


def _member(group: RunGroup, run: Run, end: TrialEnd | None) -> Member:
    number, settings = group.number_of(run), group.settings_of(run)
    finished = run.finished
    return Member(
        number=number,
        label=group.plan.label(number, settings) if number else run.config.title,
        run_id=run.run_id,
        status=run.status,
        is_paused=run.is_paused,
        has_model=run.has_model,
        ending=end.ending if end else None,
        reason=_PAUSED if run.is_paused else _reason(end, finished),
        settings=settings,
        score=validation_score(run, group.plan.metric),
        figures={split: finished[split] for split in COMPARED if split in finished},
    )


def _reason(end: TrialEnd | None, finished: Mapping[str, Any]) -> str:
    return (end.reason if end else "") or str(finished.get("error", ""))


def _skipped(group: RunGroup, end: TrialEnd) -> Member:
    return Member(
        number=end.number,
        label=group.plan.label(end.number, end.settings),
        run_id="",
        status=None,
        is_paused=False,
        has_model=False,
        ending=end.ending,
        reason=end.reason,
        settings=end.settings,
        score=None,
        figures={},
    )


def validation_score(run: Run, metric: str) -> float | None:
    """Return the figure of the kept model on the validation rows, None before the first one.

    Args:
        run: Any run; while it trains, the best validation so far counts.
        metric: A column of the history such as `validation_macro_f1`.
    """
    figures = run.finished.get("validation", {})
    name = metric.removeprefix("validation_")
    if name in figures:
        return float(figures[name])
    best = run.history.best(metric)
    return float(best[metric]) if best else None


def summary(members: Sequence[Member]) -> dict[str, dict[str, Spread]]:
    """Return mean and spread of every figure over the completed members, by split."""
    counted = [member for member in members if member.counts]
    return {
        split: _spreads([member.figures.get(split, {}) for member in counted]) for split in COMPARED
    }


def _spreads(rows: Sequence[Mapping[str, Any]]) -> dict[str, Spread]:
    names = dict.fromkeys(name for row in rows for name in row if name not in _NOT_SUMMARISED)
    columns = {name: [row[name] for row in rows if _is_number(row.get(name))] for name in names}
    return {name: Spread.of(values) for name, values in columns.items() if values}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def best_member(members: Sequence[Member], metric: str) -> Member | None:
    """Return the member with the best model by its validation figure; ties go to the first."""
    sign = metric_of(metric).sign
    ended = [member for member in members if member.has_model]
    scored = [(sign * member.score, member) for member in ended if member.score is not None]
    return min(scored, key=lambda pair: pair[0], default=(0.0, None))[1]


def seconds_left(group: RunGroup) -> float | None:
    """Return how long the members that have not ended will take, None before the first has ended.

    The mean time of the members that ended counts for each of the others.
    """
    spans = [_span(run) for run in group.members]
    known = [span for span in spans if span is not None]
    num_left = group.plan.num_planned - group.num_ended
    return statistics.fmean(known) * num_left if known else None


def _span(run: Run) -> float | None:
    """Return the seconds between getting the device and the last figure of a run."""
    moments = (run.started.get("started_at"), run.finished.get("finished_at"))
    if not all(moments):
        return None
    start, end = (dt.datetime.fromisoformat(str(moment)) for moment in moments)
    return (end - start).total_seconds()


def group_json(group: RunGroup) -> dict[str, Any]:
    """Return a group in the stable form of the command line."""
    plan, members = group.plan, members_of(group)
    best = best_member(members, plan.metric)
    error = {"error": group.error} if group.error else {}
    return {
        "group_id": group.group_id,
        "kind": plan.kind,
        "status": str(group.status),
        "name": plan.title,
        "dataset": plan.config.dataset,
        "model": plan.config.model,
        "metric": plan.metric,
        "created_at": plan.created_at.isoformat(),
        "planned": plan.num_planned,
        "space": {name: axis.model_dump(mode="json") for name, axis in plan.space.items()},
        "summary": {
            split: {name: asdict(spread) for name, spread in spreads.items()}
            for split, spreads in summary(members).items()
        },
        "best": best.run_id if best else None,
        "members": [_member_json(member) for member in members],
        **error,
    }


def _member_json(member: Member) -> dict[str, Any]:
    facts = asdict(member)
    figures = facts.pop("figures")
    status = member.ending if member.status is None else member.status
    return {**facts, "status": str(status), **figures}
