"""How a job says how far it is, and hears that it should stop."""

import time
from collections.abc import Callable
from pathlib import Path

from textcls_core.files import write_json

_SECONDS_BETWEEN_WRITES = 0.3

Report = Callable[[int, int, str], None]
"""Takes done, total and what is being done; work that is not a job can be given `ignore`."""


def begin(folder: Path) -> None:
    """Note that a process works on the job; without it and its lock the process was killed."""
    write_json(folder / "progress.json", {"done": 0, "total": 0, "message": "Starting"})


class JobCancelledError(Exception):
    """Somebody asked the job to stop."""


def ignore(done: int, total: int, message: str) -> None:
    """Report to nobody."""


class Progress:
    """Called with done, total and a few words; writes them a few times per second."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._last = 0.0
        self._message = ""

    def __call__(self, done: int, total: int, message: str) -> None:
        """Report.

        Raises:
            JobCancelledError: If somebody asked the job to stop.
        """
        if (self._folder / "cancel").exists():
            raise JobCancelledError
        now = time.monotonic()
        if now - self._last < _SECONDS_BETWEEN_WRITES and message == self._message:
            return
        self._last, self._message = now, message
        amount = {"done": int(done), "total": int(total), "message": message}
        write_json(self._folder / "progress.json", amount)
