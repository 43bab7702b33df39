"""What all verbs share: their common options, and printing for a script or for a person."""

import time
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from textcls_core.config import RunConfig
from textcls_core.dataset.store import DatasetStore
from textcls_core.dataset.text_dataset import SPLITS, Split
from textcls_core.errors import parse_choice
from textcls_core.files import to_json
from textcls_core.runs.run import Run, RunStatus
from textcls_core.runs.store import RunStore, summary
from textcls_core.runs.versions import dataset_title
from textcls_core.training.baseline_answers import AnsweredBaseline, answers_of_run
from textcls_core.training.baselines import (
    Baseline,
    BaselineFigures,
    baselines_of_run,
    baselines_of_runs,
    best_baseline,
)
from textcls_core.training.launch import wait
from textcls_core.wording import percent
from textcls_core.workspace import Workspace

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
RunId = Annotated[str, typer.Argument(metavar="RUN", help="A run id, or `latest`.")]
Wait = Annotated[bool, typer.Option("--wait", help="Stay until the end.")]
SplitName = Annotated[str, typer.Option("--split", help="train, validation or test.")]
_SECONDS_BETWEEN_LINES = 5.0


def emit(as_json: bool, value: Any, lines: Sequence[str]) -> None:
    """Print a result for a script or for a person."""
    typer.echo(to_json(value) if as_json else "\n".join(lines))


class Progress:
    """Writes to stderr what is being done: at every new step, and every few seconds of a long one.

    Where the end is unknown it gives no share.
    """

    def __init__(self) -> None:
        self._step, self._said_at = "", 0.0

    def __call__(self, done: int, total: int, message: str) -> None:
        """Take a report."""
        step, now = message.split(":")[0], time.monotonic()
        if step == self._step and now - self._said_at < _SECONDS_BETWEEN_LINES:
            return
        self._step, self._said_at = step, now
        share = f"{100 * done // total:3d} %" if total else "     "
        typer.echo(f"{share}  {step}", err=True)


def open_run(run_id: str) -> Run:
    """Return a run of the default workspace."""
    return RunStore.open(Workspace.default()).open_run(run_id)


def parse_split(name: str) -> Split:
    """Return the split with this name."""
    return parse_choice(name, SPLITS, "a split")


def report_run(run: Run, *, stay: bool, as_json: bool) -> int:
    """Print the id of a run that was started, or stay and print its result; give the exit code."""
    if not stay:
        emit(as_json, {"run_id": run.run_id, "status": str(run.status)}, [run.run_id])
        return 0
    status = wait(run)
    emit(as_json, run_json(run), run_lines(run))
    return exit_code(status)


def exit_code(status: RunStatus) -> int:
    """Return the exit code of a command that waited for a run or a group."""
    return 1 if status in {RunStatus.FAILED, RunStatus.INTERRUPTED} else 0


def run_json(run: Run) -> dict[str, object]:
    """Return a run in its stable form, with the best baseline on the same test rows."""
    facts = {**summary(run), **_version_json(run)}
    best = _best_baseline(run)
    if best is None:
        return facts
    baseline, accuracy = best
    best_facts = {"best": baseline.name, "title": baseline.title, "test_accuracy": accuracy}
    return {**facts, "baselines": best_facts}


def _version_json(run: Run) -> dict[str, object]:
    fingerprint = run.config.dataset_fingerprint
    info = _dataset_store().get(fingerprint)
    return {"dataset_version": info and info.version, "dataset_fingerprint": fingerprint}


def _dataset_store() -> DatasetStore:
    return DatasetStore(Workspace.default().datasets_dir)


def run_line(run: Run) -> str:
    """Return a run in one line of a list."""
    title = dataset_title(_dataset_store(), run)
    return f"{run.run_id}  {run.status:<12}{run.config.title}  [{title}]"


MeasuredBaseline = tuple[Baseline, BaselineFigures]


def measured_baselines(configs: Sequence[RunConfig], split: Split) -> list[MeasuredBaseline]:
    """Return the baselines on the rows that all these runs have in a split, with their figures."""
    return [
        (baseline, figures)
        for baseline in baselines_of_runs(Workspace.default(), configs, split)
        if (figures := baseline.figures(split)) is not None
    ]


def answered_baselines(run: Run, split: Split) -> list[AnsweredBaseline]:
    """Return the baselines of a run whose answers on a split are known."""
    return answers_of_run(Workspace.default(), run.config, split)


def baselines_json(known: Sequence[MeasuredBaseline]) -> list[dict[str, object]]:
    """Return the figures of baselines on one split in their stable form."""
    return [{"name": b.name, "title": b.title, **f.model_dump(exclude_none=True)} for b, f in known]


def baseline_lines(known: Sequence[MeasuredBaseline], split: Split) -> list[str]:
    """Return what a person reads about baselines, a line each."""
    return [
        f"baseline {baseline.title}: {split} accuracy {percent(figures.accuracy)}, macro-F1 "
        f"{percent(figures.macro_f1)}"
        for baseline, figures in known
    ]


def _best_baseline(run: Run) -> tuple[Baseline, float] | None:
    known = baselines_of_run(Workspace.default(), run.config, "test")
    return best_baseline(known, "test")


def run_lines(run: Run) -> list[str]:
    """Return what a person reads about a run."""
    lines = [f"{run.run_id}  {run.status}  {run.config.title}  (step {run.history.step:,})"]
    finished = run.finished
    for split in ("validation", "test"):
        if split in finished:
            accuracy, macro_f1 = (percent(finished[split][n]) for n in ("accuracy", "macro_f1"))
            lines.append(f"{split}: accuracy {accuracy}, macro-F1 {macro_f1}")
    lines.append(f"data set: {dataset_title(_dataset_store(), run)}")
    lines += run.environment.get("reasons", [])
    lines += baseline_lines(measured_baselines([run.config], "test"), "test")
    return lines + ([f"error: {finished['error']}"] if "error" in finished else [])
