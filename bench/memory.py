"""`bench memory`: peak memory of a training process, ours and P0."""

import argparse
import re
import sys
from pathlib import Path
from typing import Any

from bench import data
from bench.arguments import add_one_data, add_shared, add_steps
from bench.children import run_child
from bench.jobs import Engine, StepJob, Timing
from bench.machine import Session, say
from bench.sampling import Batches, random_batches
from bench.summary import ratios, spread

_BATCH_SIZE = 16
_PEAK_LINE = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `bench memory`."""
    add_shared(parser, "batch_size")
    add_one_data(parser, "r8")
    add_steps(parser, steps=8, repeats=3)


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Train the same texts with both in turns; return the peaks and their ratio.

    Generous to P0: ours keeps all training texts tokenised in memory, P0 only those of the steps,
    as if the others lay in a memory-mapped file.
    """
    session = Session.begin(options, is_timed=False)
    num_texts = len(data.load(options.data.name).indices("train"))
    engines: tuple[Engine, ...] = ("ours", "p0")
    peaks: dict[Engine, list[float]] = {engine: [] for engine in engines}
    for repeat in range(options.repeats):
        seed = options.seed + repeat
        count = options.warmup + options.steps
        batches = random_batches(num_texts, _BATCH_SIZE, count, seed)
        for engine in engines:
            say(f"{options.data}: repeat {repeat + 1}, {engine}")
            timing = run_child(_job(session, engine, batches, options), Timing)
            peaks[engine].append(timing.peak_memory_bytes / 2**20)
    figures = {
        "ratio_p0": ratios(peaks["ours"], peaks["p0"]),
        "peak_memory_mib": {engine: spread(peaks[engine], 1) for engine in engines},
    }
    return session.report({str(options.data): figures})


def peak_memory_bytes() -> int:
    """Return the largest resident memory this process has had, in bytes.

    On Linux from /proc: `getrusage` would hand a child the peak of the parent that started it.
    """
    status = Path("/proc/self/status")
    if status.exists():
        found = _PEAK_LINE.search(status.read_text())
        if found:
            return int(found.group(1)) * 1024
    import resource  # not on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _job(
    session: Session, engine: Engine, batches: Batches, options: argparse.Namespace
) -> StepJob:
    return StepJob(
        engine=engine,
        data=options.data.name,
        max_length=options.data.max_length,
        model_dir=str(session.model_dir),
        place=session.peer_place(engine),
        batch_size=_BATCH_SIZE,
        seed=options.seed,
        settings=options.settings if engine == "ours" else {},
        batches=batches,
        warmup_steps=options.warmup,
        keeps_all_texts=engine == "ours",
    )
