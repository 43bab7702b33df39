"""Plan, start, cancel and continue groups of runs. Imports neither torch nor optuna."""

import datetime as dt
import shlex
import time
from collections.abc import Container
from contextlib import suppress
from typing import Literal

from textcls_core.config import MAX_MEMBERS, RunConfig
from textcls_core.dataset.folding import with_fold
from textcls_core.errors import InvalidArgumentError, RunStateError
from textcls_core.jobs.process import start_detached
from textcls_core.models.catalogue import absolute_name
from textcls_core.runs.group import (
    MAX_COORDINATORS,
    GroupKind,
    GroupPlan,
    RunGroup,
    TrialEnd,
    member_run_id,
)
from textcls_core.runs.group_store import GroupStore
from textcls_core.runs.run import Run, RunStatus
from textcls_core.runs.search_space import (
    Choices,
    Space,
    combinations,
    num_combinations,
    require_grid,
)
from textcls_core.runs.store import new_run_id
from textcls_core.training.launch import command_line, pin, require_usable, resume_run, start_run
from textcls_core.wording import plural, shorten
from textcls_core.workspace import Workspace

Method = Literal["grid", "random", "tpe"]
METHODS: tuple[Method, ...] = ("grid", "random", "tpe")
MAX_TRIALS = 1_000
_DECISIVE = ("model", "oversampling")
"""Settings of a space that decide whether a run can start at all."""
_POLL_SECONDS = 0.5
_LAUNCH_SECONDS = 20.0


def plan_seeds(config: RunConfig, num_seeds: int) -> GroupPlan:
    """Return a group that trains the same settings with successive seeds.

    Args:
        config: Settings; their seed is the first one.
        num_seeds: Runs, from 2 to `MAX_MEMBERS`.

    Raises:
        InvalidArgumentError: If the number or the last seed is out of range.
    """
    _require_number(num_seeds, "seeds")
    RunConfig.create({**config.model_dump(), "seed": config.seed + num_seeds - 1})  # the last one
    seeds = Choices(choices=tuple(range(config.seed, config.seed + num_seeds)))
    return _plan("seeds", config, {"seed": seeds}, num_seeds)


def plan_folds(config: RunConfig, num_folds: int) -> GroupPlan:
    """Return a group that cross-validates: each run validates on another part of the rows.

    Args:
        config: Settings.
        num_folds: Runs, from 2 to `MAX_MEMBERS`.

    Raises:
        InvalidArgumentError: If the number is out of range.
    """
    _require_number(num_folds, "folds")
    first = RunConfig.create({**config.model_dump(), "num_folds": num_folds, "fold": 1})
    folds = Choices(choices=tuple(range(1, num_folds + 1)))
    return _plan("folds", first, {"fold": folds}, num_folds)


def plan_search(
    config: RunConfig, space: Space, method: Method, num_trials: int = 0, *, prune: bool = True
) -> GroupPlan:
    """Return a group that tries settings from a space.

    Args:
        config: Settings that stay as they are.
        space: From `parse_space`.
        method: `grid` tries every combination; `random` and `tpe` draw trials one after another,
            `tpe` (tree-structured Parzen estimator) where earlier ones did well.
        num_trials: For `random` and `tpe`: trials, from 2 to `MAX_TRIALS`.
        prune: For `random` and `tpe`: stop runs that fall behind.

    Raises:
        InvalidArgumentError: If a grid has ranges or too many combinations, or there are more
            trials than the space has points.
    """
    size = num_combinations(space)
    if method == "grid":
        require_grid(space)
        if size > MAX_MEMBERS:
            raise InvalidArgumentError(
                f"A grid of {size:,} combinations is too large; at most {MAX_MEMBERS} runs are "
                "queued at once. Give fewer values, or search with random or tpe."
            )
        return _plan(method, config, space, int(size))
    if not 2 <= num_trials <= MAX_TRIALS:
        raise InvalidArgumentError(f"Expected from 2 to {MAX_TRIALS:,} trials, got {num_trials:,}.")
    if num_trials > size:
        raise InvalidArgumentError(
            f"The space has only {plural(int(size), 'combination')}, fewer than {num_trials:,} "
            "trials. Search it with grid, or ask for fewer trials."
        )
    return _plan(method, config, space, num_trials).model_copy(update={"prune": prune})


def _require_number(number: int, what: str) -> None:
    if not 2 <= number <= MAX_MEMBERS:
        raise InvalidArgumentError(f"Expected from 2 to {MAX_MEMBERS} {what}, got {number:,}.")


def _plan(kind: GroupKind, config: RunConfig, space: Space, num_planned: int) -> GroupPlan:
    what = {
        "seeds": f"{num_planned} seeds",
        "folds": f"{num_planned}-fold cross-validation",
        "grid": f"grid of {num_planned}",
        "random": f"random search, {num_planned} trials",
        "tpe": f"TPE search, {num_planned} trials",
    }
    return GroupPlan(
        kind=kind,
        title=f"{shorten(config.title, 80)}: {what[kind]}",
        config=config,
        space=dict(space),
        num_planned=num_planned,
        created_at=dt.datetime.now(dt.UTC),
    )


def planned_members(
    plan: GroupPlan, group_id: str = ""
) -> tuple[dict[int, RunConfig], list[TrialEnd]]:
    """Return the settings of all members by number, and the combinations that contradict.

    Raises:
        InvalidArgumentError: If no combination is possible.
    """
    members, skipped = {}, []
    for number, settings in enumerate(combinations(_choices(plan.space, plan.space)), 1):
        try:
            members[number] = plan.member_config(group_id, number, settings)
        except InvalidArgumentError as error:
            reason = str(error)
            skipped.append(
                TrialEnd(number=number, ending="skipped", settings=settings, reason=reason)
            )
    if not members:
        raise InvalidArgumentError(f"No combination is possible. {skipped[0].reason}")
    return members, skipped


def start_group(workspace: Workspace, plan: GroupPlan, group_id: str | None = None) -> RunGroup:
    """Check everything that can be checked now, then start the group and return at once.

    Seeds, folds and grids are queued run by run; searches get a coordinator that starts one run
    after another.

    Args:
        workspace: Where data sets and runs lie.
        plan: From `plan_seeds`, `plan_folds` or `plan_search`.
        group_id: From `runs.store.new_run_id`; a second call with the same id finds the first
            group and makes no run twice.

    Raises:
        TextclsError: If data set, model or settings are unusable; nothing is stored then.
    """
    complete = _complete(workspace, plan)
    if not plan.is_search:
        planned_members(complete)
    group, is_new = GroupStore.open(workspace).create(complete, group_id or new_run_id())
    if not group.plan.is_search:
        _start_members(group)
    elif is_new:
        _start_coordinator(group)
    return group


def _complete(workspace: Workspace, plan: GroupPlan) -> GroupPlan:
    """Return the plan with the exact data set and models, which all members then share."""
    _require_one_machine(plan.config)
    config, dataset = pin(workspace, plan.config)
    for settings in combinations(_choices(plan.space, _DECISIVE)):
        require_usable(config.model_copy(update=settings), dataset)
    if config.num_folds:
        with_fold(dataset, num_folds=config.num_folds, fold=config.fold)
    return plan.model_copy(update={"config": config, "space": _with_absolute_models(plan.space)})


def _choices(space: Space, names: Container[str]) -> dict[str, Choices]:
    """Return those of the named settings that take one of a few values."""
    return {n: axis for n, axis in space.items() if n in names and isinstance(axis, Choices)}


def _with_absolute_models(space: Space) -> Space:
    """Return the space with models that a process in any folder finds."""
    absolute = {
        name: Choices(choices=tuple(absolute_name(str(model)) for model in axis.choices))
        for name, axis in _choices(space, ("model",)).items()
    }
    return {**space, **absolute}


def _require_one_machine(config: RunConfig) -> None:
    if config.num_nodes > 1:
        raise InvalidArgumentError(
            f"Expected num_nodes 1 in a group, got {config.num_nodes}: people start the processes "
            "of such a run on each machine, so nothing would start its members. Set num_nodes to "
            "1, or start the runs one by one."
        )


def _start_members(group: RunGroup) -> None:
    """Queue every member that is not there yet."""
    members, skipped = planned_members(group.plan, group.group_id)
    for end in skipped:
        group.record_end(end)
    for number, config in members.items():
        start_member(group, number, config)


def start_member(group: RunGroup, number: int, config: RunConfig) -> Run | None:
    """Start a member, or find it; None if the group was cancelled before it existed.

    The cancel file is looked at before and after: whoever cancels writes it first and then stops
    the members that are there.
    """
    if group.is_cancelled:
        return None
    run = start_run(group.workspace, config, member_run_id(group.group_id, number))
    if group.is_cancelled:
        stop_quietly(run)
    return run


def stop_quietly(run: Run) -> None:
    """Ask a run to stop; one that has ended meanwhile is left alone."""
    with suppress(RunStateError):
        run.request_stop()


def resume_quietly(run: Run) -> None:
    """Let a run go on; one that somebody else has resumed meanwhile is left alone."""
    with suppress(RunStateError):
        resume_run(Workspace(run.folder.parent.parent), run.run_id)


def cancel(workspace: Workspace, group_id: str) -> RunGroup:
    """Start nothing more of a group, and stop its active members with their best models.

    Raises:
        NotFoundError: If there is no such group.
        RunStateError: If nothing of it goes on or could go on.
    """
    group = GroupStore.open(workspace).open_group(group_id)
    if not group.can_cancel:
        raise RunStateError(
            f"Group {group_id} is already {group.status}; there is nothing to cancel."
        )
    group.request_cancel()
    for run in RunGroup(group.folder).members:  # a new handle: members that came meanwhile too
        stop_quietly(run)
    return group


def resume(workspace: Workspace, group_id: str) -> RunGroup:
    """Go on with a group: its members were paused or killed or are missing, or its coordinator is.

    Raises:
        NotFoundError: If there is no such group.
        RunStateError: If it was cancelled, is at work, or has nothing that could go on.
    """
    group = GroupStore.open(workspace).open_group(group_id)
    if not group.can_resume:
        raise RunStateError(
            f"Group {group_id} is {group.status}; only one that somebody left behind or paused "
            "can be resumed. Start a new group for other settings."
        )
    for run in group.waiting:
        resume_quietly(run)
    if group.plan.is_search:
        _start_coordinator(group)
    else:
        _start_members(group)
    return RunGroup(group.folder)


def join(workspace: Workspace, group_id: str) -> RunGroup:
    """Give a search that is at work one more coordinator: it then trains one more run at a time.

    Raises:
        NotFoundError: If there is no such group.
        RunStateError: If it is no search at work, or has as many coordinators as it may have.
    """
    group = GroupStore.open(workspace).open_group(group_id)
    number = group.num_coordinators
    if not number or group.is_cancelled:
        what = "search" if group.plan.is_search else f"group of {group.plan.kind}"
        raise RunStateError(
            f"Group {group_id} is a {what} and {group.status}; only a search that is at work can "
            "be joined."
        )
    if number >= MAX_COORDINATORS:
        raise RunStateError(f"{MAX_COORDINATORS} coordinators work on group {group_id}; no more.")
    _start_coordinator(group)
    return group


def _start_coordinator(group: RunGroup) -> None:
    """Start a coordinator and wait until it is seen to be alive."""
    process = start_detached("textcls_core.training.search", group.folder, group.log_file)
    deadline = time.monotonic() + _LAUNCH_SECONDS
    while process.poll() is None and time.monotonic() < deadline and not group.has_coordinator:
        time.sleep(_POLL_SECONDS)


def wait(group: RunGroup) -> RunStatus:
    """Return the final status of a group, waiting for it."""
    while (status := RunGroup(group.folder).status).is_active:
        time.sleep(_POLL_SECONDS)
    return status


def group_command(plan: GroupPlan) -> str:
    """Return the command that starts the same group from a terminal."""
    if plan.kind == "seeds":
        return f"{command_line(plan.config)} --seeds {plan.num_planned}"
    if plan.kind == "folds":
        whole = plan.config.model_copy(update={"num_folds": 0, "fold": 0})
        return f"{command_line(whole)} --folds {plan.num_planned}"
    parts = [command_line(plan.config).replace("textcls_core train", "textcls_core search", 1)]
    parts += [f"--space {shlex.quote(f'{name}={axis}')}" for name, axis in plan.space.items()]
    parts.append(f"--method {plan.kind}")
    if plan.is_search:
        parts.append(f"--trials {plan.num_planned}" + ("" if plan.prune else " --no-prune"))
    return " ".join(parts)
