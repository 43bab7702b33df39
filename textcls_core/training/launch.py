"""Start a run in a process of its own, which outlives the page and the app. Imports no torch."""

import os
import shlex
import subprocess
import sys
import time

from textcls_core.config import RunConfig
from textcls_core.dataset.audit import require_trainable
from textcls_core.dataset.store import DatasetStore
from textcls_core.models.catalogue import absolute_name, require_available
from textcls_core.runs.run import Run, RunStatus
from textcls_core.runs.store import RunStore
from textcls_core.workspace import APP_DIR, Workspace

_POLL_SECONDS = 0.5


def start_run(workspace: Workspace, config: RunConfig, run_id: str | None = None) -> Run:
    """Check everything that can be checked now, then start a worker and return its run at once.

    Args:
        workspace: Where data sets and runs lie.
        config: All settings.
        run_id: From `runs.store.new_run_id`; a second call with the same id finds the first run.

    Raises:
        TextclsError: If data set or model is missing or unusable; nothing is stored then.
    """
    datasets = DatasetStore.open(workspace)
    info = datasets.find(config.dataset_fingerprint or config.dataset)
    require_trainable(datasets.load(info.fingerprint))
    require_available(config.model)
    complete = config.model_copy(
        update={
            "dataset": info.name,
            "dataset_fingerprint": info.fingerprint,
            "model": absolute_name(config.model),
        }
    )
    run, is_new = RunStore.open(workspace).create(complete, run_id)
    if is_new:
        _start_worker(run)
    return run


def wait(run: Run) -> RunStatus:
    """Return the final status of a run, waiting for it."""
    while (status := run.status).is_active:
        time.sleep(_POLL_SECONDS)
    return status


def command_line(config: RunConfig) -> str:
    """Return the command that starts the same run from a terminal."""
    defaults = RunConfig.create(
        {"dataset": config.dataset, "model": config.model, "preset": config.preset}
    )
    skip = {"dataset", "model", "preset", "dataset_fingerprint"}
    changed = [
        f"--set {name}={_quoted(value)}"
        for name, value in config
        if name not in skip and value != getattr(defaults, name)
    ]
    parts = [
        "python -m textcls_core train",
        f"--dataset {_quoted(config.dataset)}",
        f"--model {_quoted(config.model)}",
        f"--preset {config.preset}",
        *changed,
    ]
    return " ".join(parts)


def _quoted(value: object) -> str:
    return shlex.quote(str(value))


def _start_worker(run: Run) -> None:
    """Start the worker in a session of its own, with its output in the run's log."""
    with run.log_file.open("ab") as log:
        subprocess.Popen(
            [sys.executable, "-m", "textcls_core.training.worker", str(run.folder.resolve())],
            cwd=APP_DIR,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            close_fds=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
