"""The machine of a measurement: whether it is quiet, what it is, what it chooses and reaches."""

import argparse
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from bench.children import num_threads, run_child
from bench.errors import BenchError
from bench.flops import Encoder
from bench.jobs import Peak, PeakJob, Place, Probe, ProbeJob
from textcls_core.models.catalogue import locate
from textcls_core.workspace import APP_DIR

MAX_LOAD = 1.5
MAX_DRIFT = 0.1
_PACKAGES = ("torch", "transformers", "accelerate", "tokenizers", "numpy")
_CPU_FLAGS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16")


@dataclass(slots=True)
class Session:
    """One measurement from its start: the machine, the model and what went wrong meanwhile."""

    model_dir: Path
    place: Place
    peer_precision: dict[str, str]
    facts: dict[str, Any]
    voids: list[str] = field(default_factory=list)
    """Why the figures do not count, if they do not."""

    @classmethod
    def begin(cls, options: argparse.Namespace, *, is_timed: bool = True) -> "Session":
        """Check that the machine is quiet, and let the product choose device and number format.

        Args:
            options: Arguments of the measurement.
            is_timed: Whether other work on the machine would change the figures.

        Raises:
            BenchError: If other processes are at work and that matters.
        """
        load = require_quiet(is_allowed=options.allow_load or not is_timed)
        model_dir = locate(options.model)
        say("Asking the product for its device and number format.")
        probe = run_child(ProbeJob(), Probe)
        tuned = "bf16" if options.peer_bf16 else probe.precision
        session = cls(
            model_dir=model_dir,
            place=Place(device=probe.device, precision=probe.precision),
            peer_precision={"p0": "fp32", "p1": tuned, "p2": tuned},
            facts={
                **machine_facts(),
                "model": options.model,
                "settings": options.settings,
                "device": probe.device,
                "precision": probe.precision,
                "reasons": list(probe.reasons),
                "load_before": load,
                "is_load_allowed": options.allow_load,
            },
        )
        session.facts["peer_precision"] = session.peer_precision
        if is_timed and load > MAX_LOAD:
            session.voids.append(f"The load average was {load:.2f} at the start.")
        return session

    @property
    def encoder(self) -> Encoder:
        """Sizes of the model."""
        return Encoder.of_model(self.model_dir)

    def peer_place(self, engine: str) -> Place:
        """Return where and in which number format an engine computes."""
        precision = self.peer_precision.get(engine, self.place.precision)
        return Place.model_validate({"device": self.place.device, "precision": precision})

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Measure the matmul peak before and after a block, which is void if they differ."""
        job = PeakJob(place=self.place, hidden_size=self.encoder.hidden_size)
        before = run_child(job, Peak).gflops
        yield
        self.note_drift(before, run_child(job, Peak).gflops)

    def note_drift(self, before: float, after: float) -> None:
        """Void the figures if the peak before and after a block differ too much."""
        drift = abs(before - after) / max(before, after)
        if drift > MAX_DRIFT:
            self.voids.append(
                f"The matmul peak went from {before:.0f} to {after:.0f} GFLOP/s during a block, "
                f"more than {MAX_DRIFT:.0%}: something else was at work."
            )

    def report(self, figures: dict[str, Any]) -> dict[str, Any]:
        """Return the figures with the machine, and why they are void if they are."""
        return {**figures, "machine": self.facts, "void": self.voids}


def require_quiet(*, is_allowed: bool) -> float:
    """Return the load average of the last minute.

    Args:
        is_allowed: Whether to go on with a busy machine; the figures are void then.

    Raises:
        BenchError: If other processes are at work.
    """
    load = os.getloadavg()[0]
    if load > MAX_LOAD and not is_allowed:
        raise BenchError(
            f"Expected a quiet machine (load average at most {MAX_LOAD}), found {load:.2f}. Wait "
            "until other work has ended, or use --allow-load to try the command out; its figures "
            "are void then."
        )
    return round(load, 2)


def machine_facts() -> dict[str, Any]:
    """Return what a figure depends on: versions, commit, processor, threads."""
    return {
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in _PACKAGES},
        "commit": _git("rev-parse", "HEAD"),
        "has_local_changes": bool(_git("status", "--porcelain")),
        **_processor(),
        "num_threads": num_threads(),
    }


def measure_peak(options: argparse.Namespace) -> dict[str, Any]:
    """Measure the matmul peak twice, as it is measured before and after a block."""
    session = Session.begin(options)
    job = PeakJob(place=session.place, hidden_size=session.encoder.hidden_size)
    before, after = run_child(job, Peak), run_child(job, Peak)
    session.note_drift(before.gflops, after.gflops)
    figures = {
        "peak_gflops": max(before.gflops, after.gflops),
        "peak_gflops_before": before.gflops_by_shape,
        "peak_gflops_after": after.gflops_by_shape,
    }
    return session.report(figures)


def say(message: str) -> None:
    """Tell a waiting person what is being measured."""
    print(message, file=sys.stderr, flush=True)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=APP_DIR, capture_output=True, text=True)  # noqa: S607
    return done.stdout.strip()


def _processor() -> dict[str, Any]:
    """Return name and flags of the processor, as far as the system tells."""
    info = Path("/proc/cpuinfo")
    if not info.exists():
        return {"processor": platform.processor(), "num_cpus": os.cpu_count()}
    fields = {
        name.strip(): value.strip()
        for name, _, value in (line.partition(":") for line in info.read_text().splitlines())
    }
    flags = fields.get("flags", "").split()
    return {
        "processor": fields.get("model name", platform.processor()),
        "cpu_flags": [flag for flag in _CPU_FLAGS if flag in flags],
        "num_cpus": os.cpu_count(),
    }
