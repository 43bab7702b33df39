"""The verbs of training: `train` and `runs list|show|stop|pause|resume`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from textcls_core.cli.printing import Json, RunId, emit, open_run
from textcls_core.config import PRESETS, RunConfig
from textcls_core.errors import InvalidArgumentError
from textcls_core.files import read_json
from textcls_core.runs.run import Run, RunStatus
from textcls_core.runs.store import RunStore, summary
from textcls_core.training.baselines import Baseline, baselines_of_run, best_baseline
from textcls_core.training.launch import preflight, resume_run, start_run, wait
from textcls_core.wording import duration, percent
from textcls_core.workspace import Workspace

runs_app = typer.Typer(no_args_is_help=True, help="Look at runs and stop them.")


def train(
    dataset: Annotated[str | None, typer.Option("--dataset", help="Data set name.")] = None,
    model: Annotated[
        str | None, typer.Option("--model", help="minilm, folder or hub name.")
    ] = None,
    preset: Annotated[str | None, typer.Option("--preset", help=", ".join(PRESETS))] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE")] = None,
    config_file: Annotated[Path | None, typer.Option("--config", help="RunConfig as JSON.")] = None,
    stay: Annotated[bool, typer.Option("--wait", help="Stay until the run has ended.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only measure time and memory in a few steps.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Fine-tune a model in a process of its own."""
    values = _read_settings(config_file) if config_file else {}
    given = {"dataset": dataset, "model": model, "preset": preset}
    values |= {key: value for key, value in given.items() if value is not None}
    values |= dict(_setting(item) for item in settings or [])
    values.setdefault("dataset", "bbc-news")
    config = RunConfig.create(values)
    if dry_run:
        figures = preflight(Workspace.default(), config)
        emit(as_json, figures, _preflight_lines(figures))
        return 0
    run = start_run(Workspace.default(), config)
    return _started(run, stay, as_json)


def _preflight_lines(figures: dict[str, Any]) -> list[str]:
    time_left, margin = duration(figures["seconds"]), percent(figures["margin"], 0)
    return [
        f"{time_left} of training (give or take {margin}) on {figures['device']}, "
        f"{figures['precision']}",
        f"{figures['peak_memory_mb']:,.0f} MB after the largest step "
        f"({figures['longest_batch_tokens']:,} tokens)",
        *figures["reasons"],
    ]


def _read_settings(file: Path) -> dict[str, Any]:
    """Return the settings in a JSON file."""
    try:
        values = read_json(file)
    except OSError as error:
        raise InvalidArgumentError(f"{file} cannot be read: {error.strerror}.") from error
    if not isinstance(values, dict):
        raise InvalidArgumentError(
            f"Expected one JSON object of settings in {file}, got {type(values).__name__}."
        )
    return values


def _setting(item: str) -> tuple[str, str]:
    key, equals, value = item.partition("=")
    if not equals:
        raise InvalidArgumentError(f'Expected --set key=value, got "{item[:60]}".')
    return key.strip(), value.strip()


@runs_app.command("list")
def runs_list(as_json: Json = False) -> None:
    """List all runs, newest first."""
    runs = RunStore.open(Workspace.default()).runs()
    lines = [f"{run.run_id}  {run.status:<12}{run.config.title}" for run in runs]
    emit(as_json, [_run_json(run) for run in runs], lines)


@runs_app.command("show")
def runs_show(run_id: RunId, as_json: Json = False) -> None:
    """Show one run."""
    run = open_run(run_id)
    emit(as_json, _run_json(run), _run_lines(run))


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
    stay: Annotated[bool, typer.Option("--wait", help="Stay until the run has ended.")] = False,
    as_json: Json = False,
) -> int:
    """Let a paused, stopped, killed or failed run go on from its newest whole checkpoint."""
    run = resume_run(Workspace.default(), open_run(run_id).run_id)
    return _started(run, stay, as_json)


def _started(run: Run, stay: bool, as_json: bool) -> int:
    """Print a run that was started, now or when it has ended; return the exit code."""
    if not stay:
        emit(as_json, {"run_id": run.run_id, "status": str(run.status)}, [run.run_id])
        return 0
    status = wait(run)
    emit(as_json, _run_json(run), _run_lines(run))
    return 1 if status in {RunStatus.FAILED, RunStatus.INTERRUPTED} else 0


def _run_json(run: Run) -> dict[str, object]:
    """Return a run in its stable form, with the best baseline on the same test rows."""
    best = _best_baseline(run)
    if best is None:
        return summary(run)
    baseline, accuracy = best
    facts = {"best": baseline.name, "title": baseline.title, "test_accuracy": accuracy}
    return {**summary(run), "baselines": facts}


def _best_baseline(run: Run) -> tuple[Baseline, float] | None:
    known = baselines_of_run(Workspace.default(), run.config, "test")
    return best_baseline(known, "test")


def _run_lines(run: Run) -> list[str]:
    lines = [f"{run.run_id}  {run.status}  {run.config.title}  (step {run.history.step:,})"]
    finished = run.finished
    for split in ("validation", "test"):
        if split in finished:
            accuracy, macro_f1 = (percent(finished[split][n]) for n in ("accuracy", "macro_f1"))
            lines.append(f"{split}: accuracy {accuracy}, macro-F1 {macro_f1}")
    best = _best_baseline(run)
    if best is not None:
        lines.append(f"best baseline: {best[0].title}, test accuracy {percent(best[1])}")
    return lines + ([f"error: {finished['error']}"] if "error" in finished else [])
