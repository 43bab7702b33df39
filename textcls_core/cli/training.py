"""The verbs of training: `train` and `runs list|show|stop|pause|resume|diff|clone`."""

from typing import Annotated, Any

import typer

from textcls_core.cli.groups import report_group
from textcls_core.cli.printing import (
    Json,
    RunId,
    Wait,
    emit,
    open_run,
    report_run,
    run_json,
    run_line,
    run_lines,
)
from textcls_core.cli.settings import (
    ConfigFile,
    DatasetName,
    ModelName,
    PresetName,
    Settings,
    parse_settings,
    read_config,
)
from textcls_core.config import RunConfig
from textcls_core.errors import InvalidArgumentError
from textcls_core.runs.group import GroupPlan
from textcls_core.runs.settings import clone_config, config_diff
from textcls_core.runs.store import RunStore
from textcls_core.training.groups import plan_folds, plan_seeds, start_group
from textcls_core.training.launch import preflight, resume_run, start_run
from textcls_core.wording import duration, percent
from textcls_core.workspace import Workspace

runs_app = typer.Typer(no_args_is_help=True, help="Look at runs, compare, clone and stop them.")


def train(
    dataset: DatasetName = None,
    model: ModelName = None,
    preset: PresetName = None,
    settings: Settings = None,
    config_file: ConfigFile = None,
    seeds: Annotated[int | None, typer.Option("--seeds", help="One run per seed.")] = None,
    folds: Annotated[int | None, typer.Option("--folds", help="Cross-validate.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only measure time and memory in a few steps.")
    ] = False,
    stay: Wait = False,
    as_json: Json = False,
) -> int:
    """Fine-tune a model in a process of its own, or several as a group."""
    given = {"dataset": dataset, "model": model, "preset": preset}
    config = read_config(given, settings, config_file)
    if dry_run:
        figures = preflight(Workspace.default(), config)
        emit(as_json, figures, _preflight_lines(figures))
        return 0
    plan = _group_plan(config, seeds, folds)
    if plan is None:
        return report_run(start_run(Workspace.default(), config), stay=stay, as_json=as_json)
    return report_group(start_group(Workspace.default(), plan), stay=stay, as_json=as_json)


def _preflight_lines(figures: dict[str, Any]) -> list[str]:
    time_left, margin = duration(figures["seconds"]), percent(figures["margin"], 0)
    most = figures["peak_memory_mb"] * (1 + figures["memory_margin"])
    return [
        f"{time_left} of training (give or take {margin}) on {figures['device']}, "
        f"{figures['precision']}",
        f"{figures['peak_memory_mb']:,.0f} MB with the largest step "
        f"({figures['longest_batch_tokens']:,} tokens), up to {most:,.0f} MB as the run goes on",
        *figures["reasons"],
        *figures["notes"],
    ]


def _group_plan(config: RunConfig, seeds: int | None, folds: int | None) -> GroupPlan | None:
    """Return the group that was asked for, None for a single run."""
    if seeds is not None and folds is not None:
        raise InvalidArgumentError("Expected --seeds or --folds, got both. Start two groups.")
    if seeds is not None:
        return plan_seeds(config, seeds)
    return None if folds is None else plan_folds(config, folds)


@runs_app.command("list")
def runs_list(as_json: Json = False) -> None:
    """List all runs, newest first."""
    runs = RunStore.open(Workspace.default()).runs()
    emit(as_json, [run_json(run) for run in runs], [run_line(run) for run in runs])


@runs_app.command("show")
def runs_show(run_id: RunId, as_json: Json = False) -> None:
    """Show one run."""
    run = open_run(run_id)
    emit(as_json, run_json(run), run_lines(run))


@runs_app.command("stop")
def runs_stop(run_id: RunId, as_json: Json = False) -> None:
    """Ask a run to stop and keep its best model."""
    run = open_run(run_id)
    run.request_stop()
    emit(as_json, {"run_id": run.run_id, "status": str(run.status)}, [str(run.status)])


@runs_app.command("pause")
def runs_pause(run_id: RunId, as_json: Json = False) -> None:
    """Ask a run to save its state and end; `runs resume` continues it exactly."""
    run = open_run(run_id)
    run.request_pause()
    emit(as_json, {"run_id": run.run_id, "status": str(run.status)}, [str(run.status)])


@runs_app.command("resume")
def runs_resume(
    run_id: RunId,
    processes: Annotated[
        int | None,
        typer.Option("--processes", help="Go on with so many; each step has the same texts."),
    ] = None,
    stay: Wait = False,
    as_json: Json = False,
) -> int:
    """Let a paused, stopped, killed or failed run go on from its newest whole checkpoint."""
    run = resume_run(Workspace.default(), open_run(run_id).run_id, processes)
    return report_run(run, stay=stay, as_json=as_json)


@runs_app.command("diff")
def runs_diff(run_id: RunId, other: RunId, as_json: Json = False) -> None:
    """Show the settings in which two runs differ."""
    runs = (open_run(run_id), open_run(other))
    rows = config_diff(runs[0].config, runs[1].config)
    value = {
        "runs": [run.run_id for run in runs],
        "differences": [{"name": name, "values": [one, two]} for name, one, two in rows],
    }
    lines = [f"{name:<32}{one!s:<32}{two!s}" for name, one, two in rows]
    emit(as_json, value, lines or ["The settings are the same."])


@runs_app.command("clone")
def runs_clone(
    run_id: RunId,
    dataset: DatasetName = None,
    settings: Settings = None,
    stay: Wait = False,
    as_json: Json = False,
) -> int:
    """Start a run with the settings of another one, changed by --dataset and --set."""
    changes = {**({"dataset": dataset} if dataset else {}), **parse_settings(settings)}
    config = clone_config(open_run(run_id).config, changes)
    return report_run(start_run(Workspace.default(), config), stay=stay, as_json=as_json)
