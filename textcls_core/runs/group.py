"""RunGroup: several runs that belong together, with everything in it derived from files.

groups/<group_id>/
  group.json             written once by whoever starts the group
  cancel                 made by whoever cancels it
  ends/<number>.json     searches: how a trial ended; grids: combinations that were skipped
  coordinator-<n>.lock   held by a coordinator of a search for its whole life
  coordinator.log        what the coordinators printed
  failed.json            coordinator: why the search cannot go on
  study.journal          Optuna's record of the search, shared by its coordinators

The members are the runs whose settings name the group; nothing lists them a second time.
"""

import datetime as dt
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from textcls_core.config import RunConfig
from textcls_core.dataset.text_dataset import Split
from textcls_core.files import read_json, read_model, write_json, write_text
from textcls_core.jobs.lock import is_locked
from textcls_core.runs.run import Run, RunStatus
from textcls_core.runs.search_space import Axis, Value
from textcls_core.runs.store import RunStore
from textcls_core.wording import shorten
from textcls_core.workspace import Workspace

GroupKind = Literal["seeds", "folds", "grid", "random", "tpe"]
Ending = Literal["completed", "pruned", "stopped", "skipped", "failed"]
MAX_COORDINATORS = 16
"""Coordinators that may work on one search at a time."""
_LAUNCH_SECONDS = 20.0
"""A group at which nobody has begun to work after this time was left behind."""


class GroupPlan(BaseModel):
    """What a group was made for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: GroupKind
    title: Annotated[str, Field(max_length=120)]
    config: RunConfig
    """Settings that all members share; `space` says which ones differ."""
    space: dict[str, Axis]
    num_planned: Annotated[int, Field(ge=1)]
    """Members to make, skipped ones included."""
    prune: bool = True
    """Searches: stop a run whose validation falls behind the median of the earlier ones."""
    created_at: dt.datetime

    @property
    def is_search(self) -> bool:
        """Whether a coordinator decides the settings of each run while the group goes on."""
        return self.kind in {"random", "tpe"}

    @property
    def repeats(self) -> bool:
        """Whether members differ by chance alone, so that their mean and spread say something."""
        return self.kind in {"seeds", "folds"}

    @property
    def headline(self) -> Split:
        """The split whose figures speak for repeated runs: over folds all rows validate once."""
        return "validation" if self.kind == "folds" else "test"

    @property
    def metric(self) -> str:
        """The validation figure by which members are compared."""
        return self.config.metric_for_best_model

    def label(self, number: int, settings: dict[str, Any]) -> str:
        """Return what a member is called inside the group."""
        if self.kind == "seeds":
            return f"seed {settings['seed']}"
        if self.kind == "folds":
            return f"fold {settings['fold']} of {self.config.num_folds}"
        return f"{'trial' if self.is_search else 'combination'} {number}"

    def member_config(self, group_id: str, number: int, settings: dict[str, Any]) -> RunConfig:
        """Return the settings of a member.

        Raises:
            InvalidArgumentError: If they contradict each other.
        """
        name = f"{shorten(self.config.title, 48)}, {self.label(number, settings)}"
        own = {"group": group_id, "name": name, **settings}
        return RunConfig.create({**self.config.model_dump(), **own})


class TrialEnd(BaseModel):
    """How one planned member ended that left no run, or whose run alone does not tell."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int
    ending: Ending
    settings: dict[str, Value]
    value: float | None = None
    """The validation figure, if there is one."""
    reason: str = ""
    """One sentence for people."""


@dataclass(frozen=True)
class RunGroup:
    """One group folder. Make a new handle to see members that came later."""

    folder: Path

    @property
    def group_id(self) -> str:
        """Id made by us, also the folder's name."""
        return self.folder.name

    @cached_property
    def plan(self) -> GroupPlan:
        """What the group was made for.

        Raises:
            InvalidArgumentError: If the file is damaged or from another version of the app.
        """
        return read_model(self.folder / "group.json", GroupPlan, "group")

    @property
    def workspace(self) -> Workspace:
        """The workspace that the group lies in."""
        return Workspace(self.folder.parent.parent)

    @property
    def cancel_file(self) -> Path:
        """Asks everybody at work on the group to stop."""
        return self.folder / "cancel"

    @property
    def is_cancelled(self) -> bool:
        """Whether somebody asked for it."""
        return self.cancel_file.exists()

    @property
    def log_file(self) -> Path:
        """Standard output and error of the coordinators."""
        return self.folder / "coordinator.log"

    @property
    def failed_file(self) -> Path:
        """Why a search cannot go on."""
        return self.folder / "failed.json"

    def coordinator_lock(self, place: int) -> Path:
        """Return the lock held by the coordinator in this place, from 1."""
        return self.folder / f"coordinator-{place}.lock"

    @property
    def has_coordinator(self) -> bool:
        """Whether a coordinator is alive."""
        return self.num_coordinators > 0

    @property
    def num_coordinators(self) -> int:
        """Coordinators that are alive. Never ask inside one: that would free its own lock."""
        return sum(is_locked(file) for file in self.folder.glob("coordinator-*.lock"))

    @cached_property
    def members(self) -> tuple[Run, ...]:
        """The runs of the group, in the order of their ids, as they were when first asked for."""
        runs = RunStore.open(self.workspace).runs()
        own = [run for run in runs if run.config.group == self.group_id]
        return tuple(sorted(own, key=lambda run: run.run_id))

    @property
    def ends(self) -> dict[int, TrialEnd]:
        """What is recorded about planned members that ended, by number."""
        found = [
            TrialEnd.model_validate(read_json(file)) for file in self.folder.glob("ends/*.json")
        ]
        return {end.number: end for end in sorted(found, key=lambda end: end.number)}

    def record_end(self, end: TrialEnd) -> None:
        """Write down how a planned member ended."""
        write_json(self.folder / "ends" / f"{end.number}.json", end.model_dump(mode="json"))

    @property
    def error(self) -> str:
        """Why the search cannot go on; empty if nothing stands in its way."""
        file = self.failed_file
        return str(read_json(file).get("error", "")) if file.exists() else ""

    @property
    def status(self) -> RunStatus:
        """What the group is doing now, in the words of a run."""
        states = {run.status for run in self.members}
        at_work = {state for state in states if state.is_active}
        if at_work or self.has_coordinator:
            return self._status_at_work(states, at_work)
        if self.is_cancelled:
            return RunStatus.STOPPED
        if self.error:
            return RunStatus.FAILED
        if self.waiting or self.has_open_members:
            return self._status_at_rest()
        return RunStatus.COMPLETED if RunStatus.COMPLETED in states else RunStatus.FAILED

    def _status_at_work(self, states: set[RunStatus], at_work: set[RunStatus]) -> RunStatus:
        if self.is_cancelled:
            return RunStatus.STOPPING
        has_only_begun = states == at_work == {RunStatus.QUEUED}
        return RunStatus.QUEUED if has_only_begun else RunStatus.RUNNING

    def _status_at_rest(self) -> RunStatus:
        """Return what a group is that could go on, but at which nobody works."""
        waiting = self.waiting
        is_whole = self.num_ended + len(waiting) >= self.plan.num_planned
        if is_whole and all(run.is_paused for run in waiting):
            return RunStatus.STOPPED
        age = time.time() - (self.folder / "group.json").stat().st_mtime
        has_just_begun = age < _LAUNCH_SECONDS and not waiting
        return RunStatus.QUEUED if has_just_begun else RunStatus.INTERRUPTED

    @property
    def waiting(self) -> list[Run]:
        """Members that were paused or killed and can go on; a recorded end is an end."""
        ends = self.ends
        at_rest = [run for run in self.members if self.number_of(run) not in ends]
        return [run for run in at_rest if run.is_paused or run.status == RunStatus.INTERRUPTED]

    @property
    def has_open_members(self) -> bool:
        """Whether planned members have not come to an end."""
        return self.num_ended < self.plan.num_planned

    @property
    def can_resume(self) -> bool:
        """Whether members are missing, paused or killed and nobody will see to them.

        A search whose coordinator was killed can be resumed while its last run still trains.
        """
        if self.is_cancelled or not (self.has_open_members or self.waiting):
            return False
        if self.plan.is_search:
            return not self.has_coordinator
        return not self.status.is_active

    @property
    def can_cancel(self) -> bool:
        """Whether anything of it goes on or could go on."""
        return self.status.is_active or self.can_resume

    @property
    def num_ended(self) -> int:
        """How many of the planned members have come to an end."""
        ended = {self.number_of(run) for run in self.members if not run.status.is_active}
        waiting = {self.number_of(run) for run in self.waiting}
        return len((ended - waiting | set(self.ends)) - {0})

    def number_of(self, run: Run) -> int:
        """Return the planned number of a member, from 1; 0 if it joined the group by hand."""
        number = int(run.run_id[-4:], 16)
        return number if run.run_id == member_run_id(self.group_id, number) else 0

    def settings_of(self, run: Run) -> dict[str, Any]:
        """Return the settings in which a member may differ from the others."""
        return {name: getattr(run.config, name) for name in self.plan.space}

    def request_cancel(self) -> None:
        """Leave word that nothing of the group shall start or go on."""
        write_text(self.cancel_file, "")


def member_run_id(group_id: str, number: int) -> str:
    """Return the run id of a planned member: the same for the same number, and in their order.

    A second start, or a coordinator that comes back after kill -9, thereby finds the run that is
    already there.

    Example:
        >>> member_run_id("20260101-120000-0123abcd", 10)
        '20260101-120000-0123000a'
    """
    return f"{group_id[:-4]}{number:04x}"
