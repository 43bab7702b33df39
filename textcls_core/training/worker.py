"""The process that trains one run: `python -m textcls_core.training.worker RUN_FOLDER`.

It is the only writer of the run's files while it lives, and holds the run's lock for that long.
When torchrun starts several of them, the first one does both and the others only compute.
"""

import contextlib
import datetime as dt
import errno
import logging
import os
import shutil
import signal
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textcls_core.errors import TextclsError
from textcls_core.files import restore_directory, write_json, write_text
from textcls_core.jobs.lock import ProcessLock
from textcls_core.runs.run import Run, RunStatus
from textcls_core.training.device_queue import StoppedWhileQueuedError, wait_for_device
from textcls_core.training.run_writer import RunWriter, SilentObserver

if TYPE_CHECKING:
    from textcls_core.models.device import Compute

_LOCK_SECONDS = 5.0
logger = logging.getLogger("textcls_core.worker")


def main(run_folder: Path) -> int:
    """Train the run in `run_folder`; return the exit code."""
    run = Run(run_folder)
    if int(os.environ.get("RANK", "0")) > 0:
        return _help(run)
    lock = ProcessLock(run.lock_file)
    if not lock.acquire(_LOCK_SECONDS):
        logger.error("Another worker is at work on %s.", run.run_id)
        return 1
    if run.finished:
        return 0  # somebody asked twice to resume, and the first worker is done
    _tidy_up(run)
    writer = RunWriter(run)
    signal.signal(signal.SIGTERM, lambda *_: setattr(writer, "was_terminated", True))
    facts = _guarded(run, writer)
    if not run.exists:  # nobody is left to be told
        _remove_remains(run)
        return 1
    outcome = _conclude(run, facts)
    writer.close(str(outcome))
    return _exit_code(outcome, facts)


def _exit_code(outcome: RunStatus, facts: dict[str, Any]) -> int:
    """Return 1 unless the run ended well; also if torchrun is to end others that wait for this."""
    others_wait = "steps" not in facts and int(os.environ.get("WORLD_SIZE", "1")) > 1
    return int(outcome not in {RunStatus.COMPLETED, RunStatus.STOPPED} or others_wait)


def _tidy_up(run: Run) -> None:
    """Take away what an earlier attempt left behind."""
    for file in (run.resume_file, run.folder / "started.json"):
        file.unlink(missing_ok=True)
    restore_directory(run.model_dir)
    half_written = (*run.folder.glob(".model.*"), *run.checkpoints_dir.glob(".step-*"))
    for folder in (run.folder / "errors", *half_written):
        shutil.rmtree(folder, ignore_errors=True)


def _conclude(run: Run, facts: dict[str, Any]) -> RunStatus:
    """Write how the run ended; return what it is then: interrupted if that cannot be written."""
    outcome = RunStatus(facts["outcome"])
    try:
        write_json(run.folder / "finished.json", {**facts, "finished_at": now()})
    except OSError as error:
        logger.error("The run is %s, but that could not be written. %s", outcome, explain(error))
        return RunStatus.INTERRUPTED
    logger.info("Run %s.", "paused" if facts.get("paused") else outcome)
    return outcome


def _remove_remains(run: Run) -> None:
    """Remove what a write that was under way brought back of a folder that was deleted."""
    if not run.lock_file.exists():  # else only some of its files are gone, and the rest stays
        shutil.rmtree(run.folder, ignore_errors=True)


def _guarded(run: Run, writer: RunWriter) -> dict[str, Any]:
    """Do the work; return the facts for `finished.json`, whatever happens."""
    try:
        return _work(run, writer)
    except StoppedWhileQueuedError:
        reason = first_error(run) or ""  # torchrun also stops it when another process has failed
        if not reason:
            return {"outcome": RunStatus.STOPPED, "paused": run.pause_file.exists()}
    except TextclsError as error:
        logger.error("%s", error)
        reason = str(error)
    except Exception as error:  # the outermost frame: the reason must reach the page
        logger.exception("The run failed.")
        reason = explain(error)
    reason = first_error(run) or reason  # before the others fail because this process leaves
    with contextlib.suppress(Exception):  # the reason counts, not whether the others hear of it
        from textcls_core.training.distributed import leave

        leave()
    return {"outcome": RunStatus.FAILED, "error": reason}


def _work(run: Run, writer: RunWriter) -> dict[str, Any]:
    """Wait for the device, then train; return the facts for `finished.json`."""
    with contextlib.ExitStack() as slots:
        device, reason = wait_for_device(run, writer, slots)
        from textcls_core.models.device import compute_on
        from textcls_core.training.distributed import join
        from textcls_core.training.fine_tune import fine_tune

        writer.open_trackers()
        ranks, own_device = join(device)
        # Only now: the number format is measured, which needs the device for itself.
        compute = compute_on(device, reason, run.config.precision)
        ranks.from_first(compute)
        return fine_tune(run, writer, compute.on(own_device), ranks)


def _help(run: Run) -> int:
    """Take part in a run whose files another process writes."""
    from textcls_core.training.distributed import join
    from textcls_core.training.fine_tune import fine_tune

    rank = os.environ["RANK"]
    logging.getLogger().setLevel(logging.WARNING)  # the first process tells the story
    try:
        ranks, own_device = join()
        # torchrun hands it to all processes, and the first one tells the others what to do then.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        compute: Compute = ranks.from_first(None)
        fine_tune(run, SilentObserver(), compute.on(own_device), ranks)
    except Exception as error:  # the outermost frame: the reason must reach the first process
        reason = f"Process {rank}: {explain(error)}"
        if run.exists:  # a folder that was deleted must not come back
            write_text(run.folder / "errors" / f"process-{rank}.txt", reason)
        traceback.print_exc()
        return 1
    return 0


def first_error(run: Run) -> str | None:
    """Return what the first process to fail said, if another than the first one did."""
    files = sorted((run.folder / "errors").glob("*.txt"), key=lambda file: file.stat().st_mtime)
    return files[0].read_text(encoding="utf-8") if files else None


def explain(error: Exception) -> str:
    """Return one sentence for an error, with advice where there is some."""
    if isinstance(error, TextclsError):
        return str(error)
    text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if "out of memory" in text.lower() or isinstance(error, MemoryError):
        return "Out of memory. Halve batch_size and double gradient_accumulation_steps."
    is_full = isinstance(error, OSError) and error.errno == errno.ENOSPC
    if is_full or f"os error {errno.ENOSPC}" in text:  # as safetensors says it
        return "The disk is full. Free some space, then resume the run from its last checkpoint."
    if isinstance(error, OSError) and error.errno is not None:
        return f"The disk refused a write or read: {os.strerror(error.errno)}."
    return f"{type(error).__name__}: {text}"


def now() -> str:
    """Return the present time, UTC, as it is written into run folders."""
    return dt.datetime.now(dt.UTC).isoformat()


if __name__ == "__main__":
    logging.basicConfig(
        level=logging.INFO, stream=sys.stdout, format="%(asctime)s %(message)s", datefmt="%H:%M:%S"
    )
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    # Read by huggingface_hub and transformers when they are imported: no progress bars in the log,
    # and no report that the head is new, because it always is.
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    sys.exit(main(Path(sys.argv[1]).resolve()))
