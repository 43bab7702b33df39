"""The process of one job: `python -m textcls_core.jobs.worker FOLDER`."""

import importlib
import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path

from textcls_core.errors import TextclsError
from textcls_core.files import describe_refusal, read_model, write_json
from textcls_core.jobs.job import Ending, JobPlan, Outcome
from textcls_core.jobs.lock import ProcessLock
from textcls_core.jobs.progress import JobCancelledError, Progress, begin
from textcls_core.workspace import Workspace

logger = logging.getLogger(__name__)


def main(folder: Path) -> int:
    """Do the job in `folder` and say how it ended; return the exit code."""
    lock = ProcessLock(folder / "lock")
    if not lock.acquire(timeout_seconds=1.0) or (folder / "outcome.json").exists():
        return 0  # another process works on it, or just did
    begin(folder)
    start = time.monotonic()
    state, said = _outcome_of(folder)
    given = {"made": said} if state == "finished" else {"error": said}
    outcome = Outcome(state=state, seconds=time.monotonic() - start, **given)
    write_json(folder / "outcome.json", outcome.model_dump(mode="json"))
    lock.release()
    return 1 if state == "failed" else 0


def _outcome_of(folder: Path) -> tuple[Ending, str]:
    """Do the work; return how it ended, and what it made or why it failed."""
    try:
        return "finished", _work(folder) or ""
    except JobCancelledError:
        return "cancelled", ""
    except TextclsError as error:
        return "failed", str(error)
    except OSError as error:
        logger.exception("job")
        return "failed", describe_refusal(error)
    except MemoryError:
        logger.exception("job")
        return "failed", "The memory of this machine was not enough. Choose fewer rows."
    except Exception as error:
        logger.exception("job")
        return "failed", f"An unexpected error: {type(error).__name__}. The log has the details."


def _work(folder: Path) -> str | None:
    plan = read_model(folder / "job.json", JobPlan, "job")
    module, name = plan.entry.split(":")
    entry: Callable[..., str | None] = getattr(importlib.import_module(module), name)
    return entry(Workspace(folder.parent.parent), plan.arguments, Progress(folder))


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    sys.exit(main(Path(sys.argv[1])))
