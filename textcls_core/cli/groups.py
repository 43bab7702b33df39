"""The verbs of several runs: `search` and `groups list|show|cancel|resume|join`."""

from typing import Annotated, Any

import typer

from textcls_core.cli.printing import Json, Wait, emit, exit_code
from textcls_core.cli.settings import (
    ConfigFile,
    DatasetName,
    ModelName,
    PresetName,
    Settings,
    read_config,
)
from textcls_core.errors import InvalidArgumentError
from textcls_core.runs.group import RunGroup
from textcls_core.runs.group_figures import (
    COMPARED,
    Member,
    Spread,
    best_member,
    group_json,
    members_of,
    summary,
)
from textcls_core.runs.group_store import GroupStore
from textcls_core.runs.search_space import parse_space
from textcls_core.training import groups
from textcls_core.training.baselines import GroupBaseline, baselines_of_group
from textcls_core.training.groups import METHODS, Method, plan_search, start_group
from textcls_core.wording import figure_name, percent, plural
from textcls_core.workspace import Workspace

groups_app = typer.Typer(no_args_is_help=True, help="Look at groups of runs and cancel them.")
GroupId = Annotated[str, typer.Argument(metavar="GROUP", help="A group id, or `latest`.")]
DEFAULT_TRIALS = 20
_SHOWN = ("accuracy", "macro_f1")


def search(
    dataset: DatasetName = None,
    model: ModelName = None,
    preset: PresetName = None,
    settings: Settings = None,
    config_file: ConfigFile = None,
    space: Annotated[list[str] | None, typer.Option("--space", metavar="KEY=VALUES")] = None,
    method: Annotated[str, typer.Option("--method", help=", ".join(METHODS))] = "tpe",
    trials: Annotated[int | None, typer.Option("--trials", help="For random and tpe.")] = None,
    prune: Annotated[bool, typer.Option(help="Stop runs that fall behind.")] = True,
    stay: Wait = False,
    as_json: Json = False,
) -> int:
    """Try settings: every combination (grid), or trials drawn one after another (random, tpe)."""
    given = {"dataset": dataset, "model": model, "preset": preset}
    config = read_config(given, settings, config_file)
    chosen = _parse_method(method)
    if chosen == "grid" and trials is not None:
        raise InvalidArgumentError("A grid tries every combination; leave out --trials.")
    number = DEFAULT_TRIALS if trials is None else trials
    plan = plan_search(config, parse_space(space or []), chosen, number, prune=prune)
    return report_group(start_group(Workspace.default(), plan), stay=stay, as_json=as_json)


def _parse_method(name: str) -> Method:
    for method in METHODS:
        if method == name:
            return method
    raise InvalidArgumentError(f'Expected a method ({", ".join(METHODS)}), got "{name[:40]}".')


def report_group(group: RunGroup, *, stay: bool, as_json: bool) -> int:
    """Print the id of a group that was started, or stay and print its result."""
    if not stay:
        runs = [run.run_id for run in group.members]
        value = {"group_id": group.group_id, "status": str(group.status), "runs": runs}
        emit(as_json, value, [group.group_id])
        return 0
    status = groups.wait(group)
    ended = RunGroup(group.folder)
    emit(as_json, _group_facts(ended), _group_lines(ended))
    return exit_code(status)


def _open_group(group_id: str) -> RunGroup:
    return GroupStore.open(Workspace.default()).open_group(group_id)


@groups_app.command("list")
def groups_list(as_json: Json = False) -> None:
    """List all groups, newest first."""
    found = GroupStore.open(Workspace.default()).groups()
    emit(as_json, [_group_facts(group) for group in found], [_headline(group) for group in found])


@groups_app.command("show")
def groups_show(group_id: GroupId, as_json: Json = False) -> None:
    """Show one group: mean and spread, baselines, and every member."""
    group = _open_group(group_id)
    emit(as_json, _group_facts(group), _group_lines(group))


@groups_app.command("cancel")
def groups_cancel(group_id: GroupId, as_json: Json = False) -> None:
    """Start nothing more of a group and stop its active runs with their best models."""
    group = groups.cancel(Workspace.default(), _open_group(group_id).group_id)
    _emit_status(group, as_json=as_json)


@groups_app.command("resume")
def groups_resume(group_id: GroupId, as_json: Json = False) -> None:
    """Go on with a group whose coordinator was killed or whose runs were not all started."""
    group = groups.resume(Workspace.default(), _open_group(group_id).group_id)
    _emit_status(group, as_json=as_json)


@groups_app.command("join")
def groups_join(group_id: GroupId, as_json: Json = False) -> None:
    """Train one more run of a search at a time; worth it where several devices are free."""
    group = groups.join(Workspace.default(), _open_group(group_id).group_id)
    _emit_status(group, as_json=as_json)


def _emit_status(group: RunGroup, *, as_json: bool) -> None:
    status = str(RunGroup(group.folder).status)
    emit(as_json, {"group_id": group.group_id, "status": status}, [status])


def _group_facts(group: RunGroup) -> dict[str, Any]:
    """Return a group in its stable form, with the baselines on the same rows, if there are any."""
    known = [baseline.to_json() for baseline in baselines_of_group(group)]
    return group_json(group) | ({"baselines": known} if known else {})


def _headline(group: RunGroup) -> str:
    num = f"{len(group.members)} of {plural(group.plan.num_planned, 'run')}"
    return f"{group.group_id}  {group.status:<12}{group.plan.title}  ({num})"


def _group_lines(group: RunGroup) -> list[str]:
    members, metric = members_of(group), group.plan.metric
    spreads = [
        f"{split} {name}: {_spread_text(found[name])}"
        for split, found in summary(members).items()
        for name in _SHOWN
        if name in found and group.plan.repeats
    ]
    best = best_member(members, metric)
    kept = [f"best: {best.label}, run {best.run_id}"] if best else []
    compared = [_baseline_line(baseline) for baseline in baselines_of_group(group)]
    failed = [f"error: {group.error}"] if group.error else []
    rows = [_member_line(member, metric) for member in members]
    return [_headline(group), *spreads, *kept, *compared, *failed, *rows]


def _baseline_line(known: GroupBaseline) -> str:
    figures = [
        f"{split} {figure_name(name)} {percent(value)}"
        for split in COMPARED
        for name in _SHOWN
        if (value := known.figure(f"{split}_{name}")) is not None
    ]
    return f"baseline {known.baseline.title}: {', '.join(figures)}"


def _spread_text(spread: Spread) -> str:
    deviation = spread.standard_deviation
    around = "" if deviation is None else f" ± {100 * deviation:.1f}"
    ends = f"{percent(spread.min)} to {percent(spread.max)}"
    return f"{percent(spread.mean)}{around} ({ends}, {plural(spread.n, 'run')})"


def _member_line(member: Member, metric: str) -> str:
    settings = ", ".join(f"{name}={value}" for name, value in member.settings.items())
    score = "" if member.score is None else f"  {metric} {member.score:.4f}"
    reason = f"  {member.reason}" if member.reason else ""
    return (
        f"{member.run_id or '-':<25}{member.number:>4}  {member.state:<12}{settings}{score}{reason}"
    )
