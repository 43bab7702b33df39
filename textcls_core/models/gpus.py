"""How many GPUs this machine has, asked without torch."""

import functools
import subprocess

_TIMEOUT_SECONDS = 10.0


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
