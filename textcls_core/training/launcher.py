"""Starts the processes of a run on one machine: `python -m textcls_core.training.launcher FOLDER`.

torchrun starts and ends them together. This process writes into the run folder only when they have
ended without a word.
"""

import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

from textcls_core.files import write_json
from textcls_core.jobs.lock import ProcessLock
from textcls_core.runs.run import Run, RunStatus
from textcls_core.training.worker import first_error, now

_LOCK_SECONDS = 5.0
logger = logging.getLogger("textcls_core.worker")


def main(run_folder: Path) -> int:
    """Train the run in `run_folder` with as many processes as it asks for."""
    run = Run(run_folder)
    count = run.num_processes
    threads = max((os.cpu_count() or 1) // count, 1)
    command = [
        *(sys.executable, "-m", "torch.distributed.run", "--standalone"),
        *("--nproc-per-node", str(count), "--max-restarts", "0"),
        *("-m", "textcls_core.training.worker", str(run_folder)),
    ]
    torchrun = subprocess.Popen(command, env={"OMP_NUM_THREADS": str(threads), **os.environ})
    signal.signal(signal.SIGTERM, lambda *_: run.stop_file.touch())
    code = torchrun.wait()
    lock = ProcessLock(run.lock_file)
    is_resumed = run.resume_file.exists()  # somebody was faster than the end of the others
    if not is_resumed and lock.acquire(_LOCK_SECONDS) and not run.finished:
        reason = first_error(run) or (
            f"The processes ended with exit code {code} and without a word; one was perhaps "
            "killed for want of memory. The log tells more; the run can be resumed."
        )
        write_json(
            run.folder / "finished.json",
            {"outcome": RunStatus.FAILED, "error": reason, "finished_at": now()},
        )
    return code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
