"""Start a module as a process that outlives the page and the app. Imports no torch."""

import os
import subprocess
import sys
from pathlib import Path

from textcls_core.workspace import APP_DIR


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
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
