"""Start a module as a process that outlives the page and the app. Imports no torch."""

import os
import subprocess
import sys
from pathlib import Path

from textcls_core.workspace import APP_DIR

KEEP_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": str(4 * 2**30),
    "MALLOC_TRIM_THRESHOLD_": str(8 * 2**30),
}
"""Lets glibc keep freed memory; else every step asks the system for its tensors anew."""


def start_detached(module: str, folder: Path, log_file: Path) -> "subprocess.Popen[bytes]":
    """Run `python -m MODULE FOLDER` in a session of its own, with its output in `log_file`."""
    with log_file.open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", module, str(folder.resolve())],
            cwd=APP_DIR,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            close_fds=True,
            env=environment(),
        )


def environment() -> dict[str, str]:
    """Return the variables of a process that may train: no progress bars, memory that is kept."""
    quiet = {"HF_HUB_DISABLE_PROGRESS_BARS": "1", "TRANSFORMERS_VERBOSITY": "error"}
    return {**os.environ, **KEEP_MEMORY, **quiet, "PYTHONUNBUFFERED": "1"}
