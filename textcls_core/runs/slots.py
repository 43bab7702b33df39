"""Slots: a run computes on a device while it holds the device's slot. Every GPU has one.

Each slot is a lock (`RunStore.slot_file`). Which slots a run waits for or holds stands in its
`environment.json`, as `waits_for` or `slots`, for those who come after it.
"""

import sys
from collections.abc import Sequence

from textcls_core.models.gpus import visible_gpus
from textcls_core.runs.run import Run

_GPU = "cuda-"


def likely_device(preference: str) -> str:
    """Return the device that `models.device.choose_device` most likely chooses, without torch."""
    if preference != "auto":
        return preference
    if visible_gpus():
        return "cuda"
    return "mps" if sys.platform == "darwin" else "cpu"


def device_slots(device: str, num_processes: int) -> tuple[str, ...]:
    """Return the slots that a run may compute in, best first.

    Args:
        device: `cpu`, `cuda` or `mps`.
        num_processes: Those of the run on this machine. One takes any free GPU, beginning with the
            last; several take the first ones together, which are theirs by LOCAL_RANK.
    """
    if device != "cuda":
        return (device,)
    gpus = visible_gpus() or [str(number) for number in range(num_processes)]  # unknown to driver
    slots = tuple(_GPU + gpu for gpu in gpus)
    return slots[::-1] if num_processes == 1 else slots[:num_processes]


def only_gpu(slots: Sequence[str]) -> dict[str, str]:
    """Return the variable that hides all GPUs but that of the only slot: `cuda` is it then.

    CUDA reads it once, when torch first looks for GPUs. Nothing is hidden from several processes:
    each finds its own among all.
    """
    if len(slots) == 1 and slots[0].startswith(_GPU) and visible_gpus():
        return {"CUDA_VISIBLE_DEVICES": slots[0].removeprefix(_GPU)}
    return {}


def held_slots(run: Run) -> set[str]:
    """Return the slots that an active run holds."""
    return set(run.environment.get("slots", ()))


def awaited_slots(run: Run) -> set[str]:
    """Return the slots that an active run waits for, or most likely will; none once it has its."""
    facts = run.environment
    if "slots" in facts:
        return set()
    device = facts.get("device") or likely_device(run.config.device)
    return set(facts.get("waits_for") or device_slots(device, run.num_processes))
