"""Which GPUs a run may use, asked without torch."""

import functools
import importlib.util
import itertools
import os
import re
import runpy
import subprocess
from pathlib import Path

from textcls_core.errors import TrainingError
from textcls_core.wording import plural

_TIMEOUT_SECONDS = 10.0
_UUID = re.compile(r"(GPU|MIG)-[0-9A-Za-z/-]+")


@functools.cache
def num_gpus() -> int:
    """Return the number of NVIDIA GPUs that the driver lists; 0 without a driver."""
    try:
        done = subprocess.run(
            ["nvidia-smi", "-L"],  # noqa: S607 - wherever the driver has put it
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return 0
    return sum(line.startswith("GPU ") for line in done.stdout.splitlines())


def visible_gpus() -> tuple[str, ...]:
    """Return the GPUs that torch can use in this process, by number or UUID.

    They are all that the driver lists, or those of CUDA_VISIBLE_DEVICES in its order: as CUDA reads
    it, up to the first name that no GPU has. None if torch is not built for CUDA.
    """
    if not num_gpus() or not is_built_for_cuda():
        return ()
    every = tuple(str(number) for number in range(num_gpus()))
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is None:
        return every
    names = (name.strip() for name in chosen.split(","))
    return tuple(itertools.takewhile(lambda name: name in every or _UUID.fullmatch(name), names))


@functools.cache
def is_built_for_cuda() -> bool:
    """Tell whether the installed torch can use NVIDIA GPUs; a small file of it says so."""
    found = importlib.util.find_spec("torch")
    if found is None or found.origin is None:
        return False
    facts = runpy.run_path(str(Path(found.origin).with_name("version.py")))
    return facts.get("cuda") is not None


def require_gpus(num_processes: int, num_present: int) -> None:
    """Refuse more processes on this machine than it has GPUs.

    Raises:
        TrainingError: If there are more.
    """
    if num_processes > num_present:
        raise TrainingError(
            f"Expected at most {plural(num_present, 'process', 'processes')} on this machine, one "
            f"per GPU, got {num_processes}. Set num_processes to {num_present}, or device to cpu."
        )
