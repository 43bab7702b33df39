"""Each measured block runs in a fresh process: `python -m bench.children FOLDER`.

The folder holds `job.json`; the child writes `result.json`. Threads, allocator and caches of one
block can therefore not help or hurt the next one.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, TypeAdapter

from bench.errors import BenchError
from bench.jobs import (
    AnyJob,
    NearJob,
    OverheadJob,
    PeakJob,
    ProbeJob,
    StepJob,
    TargetJob,
    Timing,
)
from textcls_core.jobs.process import KEEP_MEMORY
from textcls_core.workspace import APP_DIR

Result = TypeVar("Result", bound=BaseModel)
_ERROR_LINES = 5


def num_threads() -> int:
    """Return the threads a child computes with: `$OMP_NUM_THREADS`, else all cores."""
    return int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1)


def run_child(job: BaseModel, result: type[Result], num_processes: int = 1) -> Result:
    """Do a job in a fresh process, or in several that train together, and return the result.

    Args:
        job: One of `AnyJob`.
        result: The kind of answer.
        num_processes: Above 1, the processes are started by torchrun and share the threads.

    Raises:
        BenchError: If the child fails, with the end of what it said.
    """
    with tempfile.TemporaryDirectory(prefix="textcls-bench-") as name:
        folder = Path(name)
        (folder / "job.json").write_text(job.model_dump_json())
        module = ["-m", "bench.children", name]
        done = subprocess.run(
            [sys.executable, *_launcher(num_processes), *module],
            cwd=APP_DIR,
            capture_output=True,
            text=True,
            env=_environment(num_processes) | _memory_settings(job),
        )
        answer = folder / "result.json"
        if done.returncode or not answer.exists():
            said = " ".join(done.stderr.strip().splitlines()[-_ERROR_LINES:])
            raise BenchError(f"The measuring process ended with code {done.returncode}: {said}")
        return result.model_validate_json(answer.read_text())


def _launcher(num_processes: int) -> list[str]:
    if num_processes == 1:
        return []
    return ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", str(num_processes)]


def _memory_settings(job: BaseModel) -> dict[str, str]:
    """Return what the product sets for its own workers; peers run as their scripts would."""
    return KEEP_MEMORY if getattr(job, "engine", "ours") == "ours" else {}


def _environment(num_processes: int) -> dict[str, str]:
    """Return the environment of a child: quiet libraries, no network, a fixed number of threads."""
    return {
        **os.environ,
        "OMP_NUM_THREADS": str(max(num_threads() // num_processes, 1)),
        "HF_HUB_OFFLINE": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "TRANSFORMERS_VERBOSITY": "error",
        "TOKENIZERS_PARALLELISM": "true",
    }


def _main(folder: Path) -> None:
    """Do the job of a folder; of several processes the first one answers."""
    job: AnyJob = TypeAdapter(AnyJob).validate_json((folder / "job.json").read_text())
    result = _measure(job)
    if os.environ.get("RANK", "0") == "0":
        (folder / "result.json").write_text(result.model_dump_json())


def _measure(job: AnyJob) -> BaseModel:
    if isinstance(job, NearJob):
        from bench import near_engines

        return near_engines.find_pairs(job)
    return _measure_training(job)


def _measure_training(job: ProbeJob | PeakJob | StepJob | TargetJob | OverheadJob) -> BaseModel:
    from bench import ours, peak, peers

    match job:
        case ProbeJob():
            return ours.probe()
        case PeakJob():
            return peak.matmul_peak(job.place, job.hidden_size)
        case StepJob():
            return _timed(job)
        case TargetJob():
            return ours.train_to_target(job) if job.engine == "ours" else peers.train_to_target(job)
        case OverheadJob():
            return ours.time_metrics(job)


def _timed(job: StepJob) -> Timing:
    """Time steps between two measurements of the peak, if they are asked for."""
    from bench import ours, peers
    from bench.flops import Encoder
    from bench.memory import peak_memory_bytes
    from bench.peak import matmul_peak

    width = Encoder.of_model(Path(job.model_dir)).hidden_size
    peaks = [matmul_peak(job.place, width).gflops] if job.measures_peak else []
    timing = ours.time_steps(job) if job.engine == "ours" else peers.time_steps(job)
    memory = peak_memory_bytes()
    peaks += [matmul_peak(job.place, width).gflops] if job.measures_peak else []
    return timing.model_copy(update={"peaks_gflops": tuple(peaks), "peak_memory_bytes": memory})


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
