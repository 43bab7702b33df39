"""Run: a handle on one run folder, with everything in it derived from its files.

config.json          written once when the run is made
worker.lock          held by the worker for its whole life
worker.log           what the worker printed
environment.json     worker: its slots, versions, device, number format and why
started.json         worker: start time, once its device is free; number of steps
history.jsonl        worker: one metric row per line
stop, pause, resume  made by whoever asks for it; the worker takes `resume` away when it begins
live_validation.parquet  worker: predictions of the newest validation
dynamics/            worker: one Parquet file per whole epoch, if the run records it
checkpoints/         worker: the whole state after a step, to go on from
errors/              one file per process that failed, when there are several
model/               worker: the best model so far, a plain Hugging Face folder; in it
                     textcls_decision.json, written by whoever chooses a temperature or a rule
predictions/         worker: one Parquet file per split
reports/             whoever asks for one: report and model card of a split, replaced as a whole
finished.json        worker: how it ended, with the figures
"""

import datetime as dt
import time
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

from textcls_core.config import RunConfig
from textcls_core.dataset.text_dataset import SPLITS, Split
from textcls_core.errors import NotFoundError, RunStateError
from textcls_core.evaluation.by_task import AnyPredictions, load_predictions, with_temperature
from textcls_core.evaluation.decision import Decision, read_decision
from textcls_core.evaluation.predictions import Predictions
from textcls_core.files import read_json, read_model, write_text
from textcls_core.jobs.lock import is_locked
from textcls_core.runs.checkpoint import checkpoints
from textcls_core.runs.dynamics import Dynamics, read_dynamics
from textcls_core.runs.history import History, read_history

_LAUNCH_SECONDS = 20.0
"""A run whose worker has not taken its lock after this time will not start any more."""
_LAUNCH_TOGETHER_SECONDS = 120.0
"""Several processes start one after another, torchrun first."""
_LOG_BYTES = 20_000


class RunStatus(StrEnum):
    """What a run is doing; never stored, always derived from the files."""

    QUEUED = "queued"
    RUNNING = "running"
    STOPPING = "stopping"
    COMPLETED = "completed"
    STOPPED = "stopped"
    FAILED = "failed"
    INTERRUPTED = "interrupted"

    @property
    def is_active(self) -> bool:
        """Whether a worker is or will be at work."""
        return self in {RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.STOPPING}

    @property
    def has_model(self) -> bool:
        """Whether such a run has a model, if it was not stopped before it began."""
        return self in {RunStatus.COMPLETED, RunStatus.STOPPED}


@dataclass(frozen=True)
class Run:
    """One run folder. Reading never fails because a worker is writing at the same time."""

    folder: Path

    @property
    def run_id(self) -> str:
        """Id made by us, also the folder's name."""
        return self.folder.name

    @property
    def exists(self) -> bool:
        """Whether the folder is still there."""
        return (self.folder / "config.json").exists()

    def require_folder(self) -> None:
        """Refuse to go on without the folder: the next write would bring a part of it back.

        Raises:
            RunStateError: If somebody deleted it.
        """
        if not self.exists:
            raise RunStateError(f"The folder of run {self.run_id} was deleted.")

    @cached_property
    def config(self) -> RunConfig:
        """All settings of the run.

        Raises:
            InvalidArgumentError: If the file is damaged or from another version of the app.
        """
        return read_model(self.folder / "config.json", RunConfig, "run")

    @property
    def created_at(self) -> dt.datetime:
        """When the run was made, UTC; if its folder was copied since, when it started."""
        made, started_at = _modified(self.folder / "config.json"), self.started.get("started_at")
        return min(made, dt.datetime.fromisoformat(started_at)) if started_at else made

    @property
    def lock_file(self) -> Path:
        """Held by the worker for its whole life."""
        return self.folder / "worker.lock"

    @property
    def log_file(self) -> Path:
        """Standard output and error of the worker."""
        return self.folder / "worker.log"

    @property
    def model_dir(self) -> Path:
        """The best model so far, a plain Hugging Face folder."""
        return self.folder / "model"

    @property
    def stop_file(self) -> Path:
        """Asks the worker to stop after the current step."""
        return self.folder / "stop"

    @property
    def pause_file(self) -> Path:
        """Asks the worker to save a checkpoint after the current step and end."""
        return self.folder / "pause"

    @property
    def resume_file(self) -> Path:
        """Says that a worker was started to go on; holds its number of processes if that is new."""
        return self.folder / "resume"

    @property
    def num_processes(self) -> int:
        """Processes per machine that are to be started: of the settings, or asked for anew."""
        with suppress(FileNotFoundError):  # also when the worker takes it away just now
            return int(self.resume_file.read_text() or self.config.num_processes)
        return self.config.num_processes

    @property
    def checkpoints_dir(self) -> Path:
        """One folder per checkpoint."""
        return self.folder / "checkpoints"

    @property
    def live_predictions_file(self) -> Path:
        """Predictions of the newest validation."""
        return self.folder / "live_validation.parquet"

    @property
    def history_file(self) -> Path:
        """Metric rows, one JSON object per line."""
        return self.folder / "history.jsonl"

    @property
    def reports_dir(self) -> Path:
        """Reports and model cards that somebody asked for."""
        return self.folder / "reports"

    @property
    def status(self) -> RunStatus:
        """What the run is doing now."""
        outcome = self._facts("finished.json").get("outcome")
        if outcome:
            return RunStatus(outcome)
        is_alive = is_locked(self.lock_file)
        if not is_alive and self._facts("finished.json"):  # it ended between the two looks
            return RunStatus(self._facts("finished.json")["outcome"])
        started = (self.folder / "started.json").exists()
        is_to_end = self.stop_file.exists() or self.pause_file.exists()
        if is_alive and is_to_end:
            return RunStatus.STOPPING
        if is_alive:
            return RunStatus.RUNNING if started else RunStatus.QUEUED
        if not self._is_launching(started):
            return RunStatus.INTERRUPTED
        is_called_off = is_to_end and self.config.num_nodes > 1  # perhaps nobody ever starts it
        return RunStatus.STOPPED if is_called_off else RunStatus.QUEUED

    def _is_launching(self, started: bool) -> bool:
        """Tell whether a worker may still be on its way."""
        is_resumed = self.resume_file.exists()
        if not is_resumed and (started or (self.folder / "environment.json").exists()):
            return False
        asked = self.resume_file if is_resumed else self.folder / "config.json"
        limit = _LAUNCH_SECONDS if self.num_processes == 1 else _LAUNCH_TOGETHER_SECONDS
        return time.time() - asked.stat().st_mtime < limit or self.config.num_nodes > 1

    @property
    def awaits_machines(self) -> bool:
        """Whether people have yet to start its processes, with one command per machine."""
        is_queued = self.config.num_nodes > 1 and self.status == RunStatus.QUEUED
        return is_queued and not is_locked(self.lock_file)

    @property
    def has_model(self) -> bool:
        """Whether the run ended with a model; one that was stopped while queued has none."""
        return self.status.has_model and bool(self.splits)

    @property
    def started(self) -> dict[str, Any]:
        """Facts written at the start: `started_at`, `num_examples`, then `num_steps`; {} before."""
        return self._facts("started.json")

    @property
    def environment(self) -> dict[str, Any]:
        """Slots, versions, device and reasons; {} before the worker has looked."""
        return self._facts("environment.json")

    @property
    def finished(self) -> dict[str, Any]:
        """Facts written at the end: `outcome`, `error` or the figures; {} before."""
        return self._facts("finished.json")

    @property
    def ended_at(self) -> dt.datetime | None:
        """When it ended by the file that says so (a copy has another time), UTC; None before."""
        finished_at = self.finished.get("finished_at")
        return dt.datetime.fromisoformat(finished_at) if finished_at else None

    @property
    def decision_key(self) -> str:
        """What its figures depend on: what was chosen for the model, and when the run ended.

        A run that was stopped can go on, and then has another model and other predictions.
        """
        return f"{self.ended_at} {self.decision.model_dump_json()}"

    @property
    def history(self) -> History:
        """Metric rows so far."""
        return read_history(self.history_file)

    @property
    def updated_at(self) -> dt.datetime:
        """When the worker last wrote something, UTC."""
        files = (self.history_file, self.log_file, self.folder / "config.json")
        return max(_modified(file) for file in files if file.exists())

    @property
    def progress(self) -> tuple[float, float | None]:
        """Share of the steps done, in [0, 1], and seconds left, None while unknown."""
        num_steps, history = self.started.get("num_steps"), self.history
        seconds = history.latest("train_seconds")
        if not num_steps or not history.step or seconds is None:
            return 0.0, None
        share = min(history.step / num_steps, 1.0)
        return share, seconds * (1 - share) / share

    @property
    def resumable(self) -> int | None:
        """The step from which the run can go on (0: from the start), or None if it cannot.

        A checkpoint counts if its files have their sizes; the worker reads them before it goes on.
        """
        if self.status not in {RunStatus.STOPPED, RunStatus.FAILED, RunStatus.INTERRUPTED}:
            return None
        saved = checkpoints(self.checkpoints_dir)
        return next((one.step for one in saved if not one.problem(reads_files=False)), 0)

    @property
    def is_paused(self) -> bool:
        """Whether the run ended because somebody asked for a pause."""
        return bool(self.finished.get("paused"))

    @property
    def splits(self) -> tuple[Split, ...]:
        """Splits with predictions, in the order train, validation, test."""
        return tuple(split for split in SPLITS if self.predictions_file(split).exists())

    def predictions_file(self, split: Split) -> Path:
        """Return where the predictions of a split lie."""
        return self.folder / "predictions" / f"{split}.parquet"

    def predictions(self, split: Split) -> AnyPredictions:
        """Return the predictions of a split, with the temperature chosen for the model.

        Raises:
            NotFoundError: If the run has none for it.
        """
        return with_temperature(self.raw_predictions(split), self.decision.temperature)

    @property
    def decision(self) -> Decision:
        """What was chosen for the model after training."""
        return read_decision(self.model_dir)

    def raw_predictions(self, split: Split) -> AnyPredictions:
        """Return the predictions of a split as the worker wrote them, at temperature 1.

        Raises:
            NotFoundError: If the run has none for it.
        """
        file = self.predictions_file(split)
        if not file.exists():
            has = ", ".join(self.splits) or "none yet"
            raise NotFoundError(
                f'Run {self.run_id} has no predictions for "{split}" (it has: {has}; '
                f"status: {self.status})."
            )
        return load_predictions(file)

    def single_label_predictions(self, split: Split, view: str) -> Predictions:
        """Return the predictions of a split for a view that knows one label per text only.

        Args:
            split: One of the run's splits.
            view: What they are for, as a sentence begins with it: "The list of mistakes".

        Raises:
            NotFoundError: If the run has none for it.
            RunStateError: If the run gives several labels per text.
        """
        predictions = self.predictions(split)
        if isinstance(predictions, Predictions):
            return predictions
        raise RunStateError(
            f"This run gives several labels per text. {view} comes for single-label runs only so "
            f"far; `evaluate {self.run_id}` prints its figures."
        )

    def live_predictions(self) -> AnyPredictions | None:
        """Return the predictions of the newest validation, if there was one."""
        file = self.live_predictions_file
        return load_predictions(file) if file.exists() else None

    @property
    def dynamics_dir(self) -> Path:
        """One file per whole epoch."""
        return self.folder / "dynamics"

    @property
    def dynamics(self) -> Dynamics | None:
        """How sure the epochs so far were of the training labels; None before the second one."""
        return read_dynamics(self.dynamics_dir)

    def require_model(self) -> Path:
        """Return the model folder of a run that ended with one.

        Raises:
            RunStateError: If the run is not finished.
        """
        status = self.status
        if not self.has_model:
            raise RunStateError(
                f"Run {self.run_id} is {status} and has no finished model. "
                "Choose a completed run, or wait for this one."
            )
        return self.model_dir

    def request_stop(self) -> None:
        """Ask the worker to stop after its current step and keep the best model.

        Raises:
            RunStateError: If nobody is at work.
        """
        self._require_active("stop")
        write_text(self.stop_file, "")

    def request_pause(self) -> None:
        """Ask the worker to save a checkpoint after its current step and end; it can be resumed.

        Raises:
            RunStateError: If nobody is at work.
        """
        self._require_active("pause")
        write_text(self.pause_file, "")

    def _require_active(self, wish: str) -> None:
        if not (status := self.status).is_active:
            raise RunStateError(
                f"Run {self.run_id} is already {status}; there is nothing to {wish}."
            )

    def log_tail(self, num_lines: int = 20) -> list[str]:
        """Return the last lines of the worker's log."""
        if not self.log_file.exists():
            return []
        with self.log_file.open("rb") as file:
            file.seek(max(self.log_file.stat().st_size - _LOG_BYTES, 0))
            lines = file.read().decode("utf-8", errors="replace").splitlines()
        return lines[-num_lines:]

    def _facts(self, name: str) -> dict[str, Any]:
        """Return a JSON object written by the worker, or {} before it is written."""
        file = self.folder / name
        return dict(read_json(file)) if file.exists() else {}


def _modified(file: Path) -> dt.datetime:
    return dt.datetime.fromtimestamp(file.stat().st_mtime, dt.UTC)
