"""The product as a user drives it: its command line, in a workspace that is deleted at the end."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from bench.children import num_threads
from bench.errors import BenchError
from textcls_core.config import RunConfig
from textcls_core.dataset.store import DatasetStore
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.runs.run import Run, RunStatus
from textcls_core.runs.store import RunStore
from textcls_core.training.launch import pin
from textcls_core.workspace import APP_DIR, Workspace

_POLL_SECONDS = 0.05
_DEATH_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Product:
    """The command line with a workspace of its own."""

    workspace: Workspace

    def import_dataset(self, dataset: TextDataset, name: str) -> str:
        """Store a data set; return its fingerprint, by which runs find exactly this version."""
        store = DatasetStore.open(self.workspace)
        return store.save(dataset, f"bench {name}", "benchmark data").fingerprint

    def call(self, *words: str) -> dict[str, Any]:
        """Run one verb with `--json` and return its answer.

        Raises:
            BenchError: If the verb fails.
        """
        done = subprocess.run(
            [sys.executable, "-m", "textcls_core", *words, "--json"],
            cwd=APP_DIR,
            capture_output=True,
            text=True,
            env={
                **os.environ,
                "TEXTCLS_HOME": str(self.workspace.root),
                "OMP_NUM_THREADS": str(num_threads()),
            },
        )
        if done.returncode:
            said = done.stderr.strip() or done.stdout.strip() or "no message"
            raise BenchError(f"{' '.join(words[:2])} ended with code {done.returncode}: {said}")
        return dict(json.loads(done.stdout))

    def train(self, settings: Mapping[str, str], *flags: str) -> dict[str, Any]:
        """Start a run with these settings; `--wait` among the flags stays until it has ended."""
        words = [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]
        return self.call("train", *words, *flags)

    def earlier_run(self, settings: Mapping[str, str]) -> Run | None:
        """Return the run of this workspace that was started with exactly these settings."""
        wanted, _ = pin(self.workspace, RunConfig.create(dict(settings)))
        runs = RunStore.open(self.workspace).runs()
        return next((run for run in runs if run.config == wanted), None)

    def complete(self, run: Run) -> dict[str, Any]:
        """Return the answer of a run that was started before, once it has trained to its end."""
        while run.status.is_active:
            time.sleep(_POLL_SECONDS)
        if run.status is RunStatus.COMPLETED:
            return self.call("runs", "show", run.run_id)
        return self.call("runs", "resume", run.run_id, "--wait")

    def open_run(self, run_id: str) -> Run:
        """Return a run of this workspace."""
        return RunStore.open(self.workspace).open_run(run_id)


@contextmanager
def temporary_product() -> Iterator[Product]:
    """Give the product an empty workspace; no process of it outlives the block."""
    with tempfile.TemporaryDirectory(prefix="textcls-bench-") as folder:
        workspace = Workspace(Path(folder).resolve())
        try:
            yield Product(workspace)
        finally:
            kill_processes(str(workspace.root))


def kill_processes(mark: str) -> int:
    """Kill, without warning, all processes whose command line contains `mark`; return how many.

    Every process of a run has the run's id in its command line. This process is left alone.
    """
    victims = [process for process in psutil.process_iter(["cmdline"]) if _has(process, mark)]
    for process in victims:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(victims, timeout=_DEATH_SECONDS)
    return len(victims)


def kill_at_step(run: Run, step: int) -> int:
    """Kill a run as soon as its history shows this step; return the last step it wrote.

    Raises:
        BenchError: If the run ends before.
    """
    while run.history.step < step:
        if not run.status.is_active:
            raise BenchError(
                f"Expected run {run.run_id} to reach step {step}; it is {run.status} at step "
                f"{run.history.step}. {run.finished.get('error', 'Choose earlier --stops.')}"
            )
        time.sleep(_POLL_SECONDS)
    if not kill_processes(run.run_id):
        raise BenchError(
            f"Run {run.run_id} ended before it could be killed at step {step}. Choose earlier "
            "--stops, or more --rows."
        )
    return run.history.step


def _has(process: psutil.Process, mark: str) -> bool:
    words = process.info["cmdline"] or []
    return process.pid != os.getpid() and any(mark in word for word in words)
