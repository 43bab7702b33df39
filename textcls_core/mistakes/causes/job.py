"""The job that looks for the causes of mistakes; see `textcls_core.jobs`.

It works in stages, each kept on disk when it is done, so that whoever stops it, or kills the
process, loses one stage at most.
"""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from textcls_core.dataset.text_dataset import SPLITS, Split
from textcls_core.errors import TextclsError, parse_choice
from textcls_core.files import read_json, write_json
from textcls_core.jobs.lock import ProcessLock
from textcls_core.jobs.progress import Report, ignore
from textcls_core.mistakes.causes.case import Case, Finding
from textcls_core.mistakes.causes.copies import duplicate_with_other_label
from textcls_core.mistakes.causes.found import CAUSES, Cause, FoundCause, in_order
from textcls_core.mistakes.causes.labels import label_suspect
from textcls_core.mistakes.causes.model import RunModel
from textcls_core.mistakes.causes.neighbourhood import (
    conflicting_neighbours,
    look_around,
    no_close_neighbour,
)
from textcls_core.mistakes.causes.pieces import unknown_tokens
from textcls_core.mistakes.causes.rare import rare_class
from textcls_core.mistakes.causes.reading import cut_off, truncated
from textcls_core.mistakes.causes.scores import almost_right
from textcls_core.mistakes.causes.topics import ambiguous
from textcls_core.mistakes.causes.triage import Triage, TriageFacts, read_triage, triage_dir
from textcls_core.mistakes.causes.words import misleading_tokens
from textcls_core.runs.run import Run
from textcls_core.runs.store import RunStore
from textcls_core.workspace import Workspace

ENTRY = "textcls_core.mistakes.causes.job:run_job"
_WAIT_SECONDS = 2.0
_FINDINGS = TypeAdapter(list[Finding])


@dataclass(frozen=True)
class Work:
    """What the stages share."""

    case: Case
    progress: Report

    @cached_property
    def model(self) -> RunModel:
        """The run's model, loaded when first asked for."""
        self.progress(0, 0, "Loading the model")
        return RunModel.load(self.case.run)


def _scores(work: Work) -> list[Finding]:
    return [almost_right(work.case)]


def _rare(work: Work) -> list[Finding]:
    return [rare_class(work.case)]


def _copies(work: Work) -> list[Finding]:
    return [duplicate_with_other_label(work.case, work.progress)]


def _pieces(work: Work) -> list[Finding]:
    return [unknown_tokens(work.case, work.progress)]


def _labels(work: Work) -> list[Finding]:
    return [label_suspect(work.case, work.progress)]


def _neighbours(work: Work) -> list[Finding]:
    around = look_around(work.case, work.progress)
    return [no_close_neighbour(work.case, around), conflicting_neighbours(work.case, around)]


def _reading(work: Work) -> list[Finding]:
    cut = cut_off(work.case)
    if not cut:
        return [work.case.finding("truncated", {}, asked=[])]
    return [truncated(work.case, cut, work.model, work.progress)]


def _topics(work: Work) -> list[Finding]:
    return [ambiguous(work.case, lambda: work.model, work.progress)]


def _words(work: Work) -> list[Finding]:
    return [misleading_tokens(work.case, work.model, work.progress)]


_STAGES: dict[str, tuple[tuple[Cause, ...], Callable[[Work], list[Finding]]]] = {
    "scores": (("almost_right",), _scores),
    "rare": (("rare_class",), _rare),
    "copies": (("duplicate_with_other_label",), _copies),
    "pieces": (("unknown_tokens",), _pieces),
    "labels": (("label_suspect",), _labels),
    "neighbours": (("no_close_neighbour", "conflicting_neighbours"), _neighbours),
    "reading": (("truncated",), _reading),
    "topics": (("ambiguous",), _topics),
    "words": (("misleading_tokens",), _words),
}
"""Which causes each stage finds, the cheap ones first."""


def job_arguments(run: Run, split: Split) -> dict[str, Any]:
    """Return what the job is told, which is also its identity."""
    return {"run": run.run_id, "split": split}


def run_job(workspace: Workspace, arguments: dict[str, Any], progress: Report) -> None:
    """Look for the causes of the mistakes of a run on a split.

    Args:
        workspace: Where runs, data sets and results are.
        arguments: From `job_arguments`.
        progress: Reports, and raises when asked to stop.
    """
    run = RunStore.open(workspace).open_run(str(arguments["run"]))
    split = parse_choice(str(arguments["split"]), SPLITS, "a split")
    ensure_triage(workspace, run, split, progress)


def ensure_triage(
    workspace: Workspace, run: Run, split: Split, progress: Report = ignore
) -> Triage:
    """Return the causes of a run's mistakes, from disk if they were looked for before.

    Two processes that want the same wait for one another. A cause that cannot be looked for, for
    example without a model, is left out, and the facts of the result say why.

    Args:
        workspace: Where data sets, embeddings and results are.
        run: A finished run.
        split: One of its splits.
        progress: Told within every stage; may raise to stop.

    Raises:
        NotFoundError: If the run has no predictions for the split, or its data set is gone.
    """
    folder = triage_dir(workspace, run, split)
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = ProcessLock(folder.with_name(f".{folder.name}.lock"))
    while not lock.acquire(_WAIT_SECONDS):
        progress(0, 0, "Waiting for another process that looks for the same causes")
    try:
        return read_triage(workspace, run, split) or _make(folder, workspace, run, split, progress)
    finally:
        lock.release()


def forget_triage(workspace: Workspace, run: Run, split: Split) -> None:
    """Delete the causes of a run's mistakes, so that they are looked for again."""
    shutil.rmtree(triage_dir(workspace, run, split), ignore_errors=True)


def _make(folder: Path, workspace: Workspace, run: Run, split: Split, progress: Report) -> Triage:
    start = time.monotonic()
    progress(0, 0, "Reading the mistakes")
    case = Case.open(workspace, run, split)
    work = Work(case, progress)
    partial = folder.with_name(f".{folder.name}.partial")
    findings = [found for stage in _STAGES for found in _stage(stage, partial, work)]
    triage = _collect(case, findings, split, round(time.monotonic() - start, 2))
    shutil.rmtree(folder, ignore_errors=True)  # a damaged one
    triage.save(folder)
    shutil.rmtree(partial, ignore_errors=True)
    return triage


def _stage(name: str, partial: Path, work: Work) -> list[Finding]:
    """Return what a stage finds, from disk if it was done before the work was interrupted."""
    causes, look = _STAGES[name]
    if not len(work.case):
        return [work.case.finding(cause, {}) for cause in causes]
    file = partial / f"{name}.json"
    try:
        return _FINDINGS.validate_python(read_json(file))
    except (OSError, ValueError, ValidationError):
        pass
    try:
        findings = look(work)
    except TextclsError as error:
        return [work.case.finding(cause, {}, looked=0, note=str(error)) for cause in causes]
    write_json(file, [found.model_dump(mode="json") for found in findings])
    return findings


def _collect(case: Case, findings: list[Finding], split: Split, seconds: float) -> Triage:
    """Return the causes of each mistake, the largest loss first."""
    by_cause = {found.coverage.cause: found for found in findings}
    facts = TriageFacts(
        run_id=case.run.run_id,
        split=split,
        num_rows=len(case.predictions),
        num_mistakes=len(case),
        coverage=tuple(by_cause[cause].coverage for cause in CAUSES),
        seconds=seconds,
    )
    held = {
        row_id: in_order(
            [
                FoundCause(cause, found.evidence[row_id])
                for cause, found in by_cause.items()
                if row_id in found.evidence
            ]
        )
        for row_id in case.row_ids
    }
    return Triage(facts, {row_id: causes for row_id, causes in held.items() if causes})
