"""A lock held for the life of a process: alive exactly as long as its owner.

On POSIX this is `lockf`: the kernel frees it when the owner dies, also after kill -9, and a forked
child does not keep it. Closing any other descriptor of the same file in the owning process would
free it too, so the owner opens the file once and never again.
"""

import sys
import time
from pathlib import Path
from typing import Any

_POLL_SECONDS = 0.2

if sys.platform == "win32":  # pragma: no cover - the mandatory locks of Windows, from a library
    from filelock import FileLock, Timeout

    def _try_lock(path: Path, *, probe: bool = False) -> Any | None:  # noqa: ARG001
        lock = FileLock(path)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return None
        return lock

    def _unlock(handle: Any) -> None:
        handle.release()

else:
    import fcntl

    def _try_lock(path: Path, *, probe: bool = False) -> Any | None:
        handle = path.open("r" if probe else "a")
        kind = (
            fcntl.LOCK_SH if probe else fcntl.LOCK_EX
        )  # two who only ask do not disturb each other
        try:
            fcntl.lockf(handle, kind | fcntl.LOCK_NB)
        except OSError:
            handle.close()
            return None
        return handle

    def _unlock(handle: Any) -> None:
        handle.close()


class ProcessLock:
    """A lock on one file; `release` or the end of the process gives it up."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: Any | None = None

    def acquire(self, timeout_seconds: float = 0.0) -> bool:
        """Take the lock, waiting at most `timeout_seconds`; return whether it is held now.

        A short wait is enough to outlast another process that only asks `is_locked`.
        """
        deadline = time.monotonic() + timeout_seconds
        while self._handle is None:
            self._handle = _try_lock(self.path)
            if self._handle is None and time.monotonic() >= deadline:
                return False
            if self._handle is None:
                time.sleep(_POLL_SECONDS)
        return True

    def release(self) -> None:
        """Give the lock up; does nothing when it is not held."""
        if self._handle is not None:
            _unlock(self._handle)
            self._handle = None


def is_locked(path: Path) -> bool:
    """Tell whether another process holds the lock. Never call it in the process that holds it."""
    if not path.exists():
        return False
    handle = _try_lock(path, probe=True)
    if handle is None:
        return True
    _unlock(handle)
    return False
