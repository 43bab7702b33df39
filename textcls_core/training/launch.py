"""Start a run in a process of its own, which outlives the page and the app. Imports no torch."""

import json
import shlex
import subprocess
import sys
import time
from typing import Any

from textcls_core.config import RunConfig
from textcls_core.dataset.audit import require_trainable
from textcls_core.dataset.store import DatasetStore
from textcls_core.dataset.text_dataset import Task, TextDataset
from textcls_core.errors import InvalidArgumentError, RunStateError, TrainingError
from textcls_core.evaluation.metric_names import RANKED, VALIDATION, metrics_of
from textcls_core.files import write_text
from textcls_core.jobs.lock import is_locked
from textcls_core.jobs.process import environment, start_detached
from textcls_core.models.catalogue import absolute_name, require_available
from textcls_core.runs.run import Run, RunStatus
from textcls_core.runs.slots import device_slots, likely_device, only_gpu
from textcls_core.runs.store import RunStore
from textcls_core.training.rows import in_folds
from textcls_core.training.trackers import require_trackers
from textcls_core.wording import plural
from textcls_core.workspace import APP_DIR, Workspace

_POLL_SECONDS = 0.5


def checked(workspace: Workspace, config: RunConfig) -> RunConfig:
    """Return complete settings after checking everything that can be checked without the model.

    Raises:
        TextclsError: If data set or model is missing or unusable.
    """
    pinned, dataset = pin(workspace, config)
    require_usable(pinned, dataset)
    return pinned


def require_usable(config: RunConfig, dataset: TextDataset) -> None:
    """Refuse settings that fail for sure with this data set, or on this machine.

    Raises:
        TextclsError: If data set, model or a tool of `report_to` is missing or unusable.
    """
    require_trainable(dataset)
    if config.oversampling and dataset.task == "multi_label":
        raise InvalidArgumentError(
            f"{config.dataset} has several labels per text, so no class can be made as frequent as "
            "another by repeating rows. Set oversampling to false."
        )
    require_measured(config, dataset.task, dataset.num_labels)
    _require_defined(config, dataset)
    require_available(config.model)
    require_trackers(config.report_to)


def require_measured(config: RunConfig, task: Task, num_labels: int) -> None:
    """Refuse a metric that is not measured for such a data set.

    Args:
        config: Settings of the run.
        task: Whether a text has exactly one label or any number.
        num_labels: Labels of the data set.

    Raises:
        InvalidArgumentError: With the metrics that are.
    """
    known = [f"{VALIDATION}{name}" for name in metrics_of(task, num_labels)]
    if config.metric_for_best_model not in known:
        has = "exactly one label" if task == "single_label" else "any number of labels"
        raise InvalidArgumentError(
            f"{config.metric_for_best_model} is not measured where a text has {has} of "
            f"{num_labels:,}. Set metric_for_best_model to one of {', '.join(known)}."
        )


def _require_defined(config: RunConfig, dataset: TextDataset) -> None:
    """Refuse a metric that is undefined because the validation rows are all alike."""
    name = config.metric_for_best_model.removeprefix(VALIDATION)
    if name not in RANKED:
        return
    parts = in_folds(config, dataset)
    targets = parts.targets[parts.indices("validation")]
    same = targets.flat[0] if name.startswith("micro") else targets[0]
    if (targets == same).all():
        raise InvalidArgumentError(
            f"{config.metric_for_best_model} is undefined for {config.dataset}: all of its "
            f"{plural(len(targets), 'validation row')} have the same labels. Set "
            "metric_for_best_model to another metric, such as validation_macro_f1."
        )


def pin(workspace: Workspace, config: RunConfig) -> tuple[RunConfig, TextDataset]:
    """Return settings that name the exact data set version and model, and that version.

    Raises:
        NotFoundError: If there is no such data set.
    """
    datasets = DatasetStore.open(workspace)
    info = datasets.find(config.dataset_fingerprint or config.dataset)
    exact = {
        "dataset": info.name,
        "dataset_fingerprint": info.fingerprint,
        "model": absolute_name(config.model),
    }
    return config.model_copy(update=exact), datasets.load(info.fingerprint)


def preflight(workspace: Workspace, config: RunConfig) -> dict[str, Any]:
    """Return what a few real steps say about time and memory, measured in a process of its own.

    The fields are those of `training.preflight.Preflight`.

    Raises:
        TextclsError: If the settings cannot be used, with the reason.
    """
    complete = checked(workspace, config)
    done = subprocess.run(
        [sys.executable, "-m", "textcls_core.training.preflight", str(workspace.root)],
        cwd=APP_DIR,
        input=complete.model_dump_json(),
        capture_output=True,
        text=True,
        env={**environment(), **only_gpu(_slots_to_measure(workspace, complete))},
    )
    if done.returncode == 0:
        return dict(json.loads(done.stdout.splitlines()[-1]))
    lines = done.stderr.strip().splitlines()
    raise TrainingError(lines[-1] if lines else "The measurement ended without a word.")


def _slots_to_measure(workspace: Workspace, config: RunConfig) -> tuple[str, ...]:
    """Return the slots that the run would take now: of one process a free one, if there is one."""
    slots = device_slots(likely_device(config.device), config.num_processes)
    if config.num_processes > 1:
        return slots
    store = RunStore.open(workspace)
    free = tuple(slot for slot in slots if not is_locked(store.slot_file(slot)))
    return (free or slots)[:1]


def start_run(workspace: Workspace, config: RunConfig, run_id: str | None = None) -> Run:
    """Check everything that can be checked now, then start a worker and return its run at once.

    Args:
        workspace: Where data sets and runs lie.
        config: All settings.
        run_id: From `runs.store.new_run_id`; a second call with the same id finds the first run.

    Raises:
        TextclsError: If data set or model is missing or unusable; nothing is stored then.
    """
    complete = checked(workspace, config)
    run, is_new = RunStore.open(workspace).create(complete, run_id)
    if is_new and complete.num_nodes == 1:
        _start_worker(run)
    return run


def resume_run(workspace: Workspace, run_id: str, num_processes: int | None = None) -> Run:
    """Let a run that was paused, stopped, killed or failed go on, and return it at once.

    It goes on from its newest whole checkpoint, or from the start if there is none.

    Args:
        workspace: Where the run lies.
        run_id: Its id.
        num_processes: To go on with another number of processes than that of the settings, until
            the run ends or is paused again. Each step has the same texts.

    Raises:
        RunStateError: If the run is at work or completed.
        InvalidArgumentError: If it cannot be trained by so many processes.
    """
    run = RunStore.open(workspace).open_run(run_id)
    if run.resumable is None:
        raise RunStateError(
            f"Run {run.run_id} is {run.status}; only a run that was paused, stopped, interrupted "
            "or failed can go on."
        )
    if num_processes is not None:
        _require_processes(run, num_processes)
    write_text(run.resume_file, str(num_processes or ""))
    past = (run.folder / "finished.json", run.folder / "environment.json")  # it has no slots yet
    for file in (run.stop_file, run.pause_file, *past):
        file.unlink(missing_ok=True)
    if run.config.num_nodes == 1:
        _start_worker(run)
    return run


def _require_processes(run: Run, num_processes: int) -> None:
    """Refuse a number of processes with which the run could not have been made."""
    if run.config.num_nodes > 1:
        raise InvalidArgumentError(
            f"Run {run.run_id} is on {run.config.num_nodes} machines, where people start its "
            f"processes. Resume it without a number, and give --nproc-per-node {num_processes} in "
            "the command of each machine."
        )
    RunConfig.create({**run.config.model_dump(), "num_processes": num_processes})


def node_commands(run: Run) -> list[str]:
    """Return the command to start on each machine of a run on several; FIRST is the first one."""
    config = run.config
    return [
        f"torchrun --nnodes {config.num_nodes} --nproc-per-node {config.num_processes} "
        f"--node-rank {node} --rdzv-backend c10d --rdzv-endpoint FIRST:29400 "
        f"--rdzv-id {run.run_id} -m textcls_core.training.worker {_quoted(run.folder.resolve())}"
        for node in range(config.num_nodes)
    ]


def wait(run: Run) -> RunStatus:
    """Return the final status of a run, waiting for it."""
    while (status := run.status).is_active:
        time.sleep(_POLL_SECONDS)
    return status


def command_line(config: RunConfig) -> str:
    """Return the command that starts the same run from a terminal.

    A run names its data set version by the fingerprint, because the name means the newest one.
    """
    defaults = RunConfig.create(
        {"dataset": config.dataset, "model": config.model, "preset": config.preset}
    )
    skip = {"dataset", "model", "preset", "dataset_fingerprint", "group"}
    changed = [
        f"--set {name}={_quoted(value)}"
        for name, value in config
        if name not in skip and value != getattr(defaults, name)
    ]
    parts = [
        "python -m textcls_core train",
        f"--dataset {_quoted(config.dataset_fingerprint[:16] or config.dataset)}",
        f"--model {_quoted(config.model)}",
        f"--preset {config.preset}",
        *changed,
    ]
    return " ".join(parts)


def clone_command(run: Run, dataset: str) -> str:
    """Return the command that trains a run again on another data set version.

    Args:
        run: Any run.
        dataset: Name or fingerprint.
    """
    return f"python -m textcls_core runs clone {run.run_id} --dataset {_quoted(dataset)}"


def _quoted(value: object) -> str:
    words = ",".join(value) if isinstance(value, tuple) else str(value)
    return shlex.quote(words)


def _start_worker(run: Run) -> None:
    """Start the worker, or what starts several, with its output in the run's log."""
    module = "worker" if run.num_processes == 1 else "launcher"
    start_detached(f"textcls_core.training.{module}", run.folder, run.log_file)
