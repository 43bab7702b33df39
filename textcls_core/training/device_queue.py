"""The queue: a run trains once it holds the slots of its device, first come, first served."""

import os
import time
from contextlib import ExitStack

from textcls_core.files import write_json
from textcls_core.jobs.lock import ProcessLock
from textcls_core.models.gpus import require_gpus, visible_gpus
from textcls_core.runs.run import Run
from textcls_core.runs.slots import device_slots, likely_device, only_gpu
from textcls_core.runs.store import RunStore
from textcls_core.training.run_writer import RunWriter

_POLL_SECONDS = 0.5


class StoppedWhileQueuedError(Exception):
    """A stop was asked for before the device was free."""


def wait_for_device(run: Run, writer: RunWriter, held: ExitStack) -> tuple[str, str]:
    """Return the device of a run and why, once the run has its slots; closing `held` frees them.

    The slots come before torch, so that a run that waits takes no memory, least of all on a GPU
    that is busy. If torch then finds the device unusable, the run waits for that of its choice.

    Raises:
        StoppedWhileQueuedError: If a stop or a pause is asked for meanwhile.
        TrainingError: If there are more processes on this machine than GPUs.
    """
    likely = likely_device(run.config.device)
    _wait_for_slots(run, writer, likely, held)
    from textcls_core.models.device import choose_device

    device, reason = choose_device(run.config.device)
    if device != likely:
        held.close()
        _wait_for_slots(run, writer, device, held)
    return device, reason


def _wait_for_slots(run: Run, writer: RunWriter, device: str, held: ExitStack) -> None:
    """Take the slots of a device once they are free; tell others what the run waits for and has."""
    num_processes = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    if device == "cuda" and visible_gpus():
        require_gpus(num_processes, len(visible_gpus()))
    wanted, environment = device_slots(device, num_processes), run.folder / "environment.json"
    write_json(environment, {"device": device, "waits_for": wanted})
    while not (slots := _take(run, wanted, min(num_processes, len(wanted)), held)):
        if writer.command() != "go":
            raise StoppedWhileQueuedError
        time.sleep(_POLL_SECONDS)
    write_json(environment, {"device": device, "slots": slots})
    os.environ.update(only_gpu(slots))


def _take(run: Run, wanted: tuple[str, ...], count: int, held: ExitStack) -> list[str]:
    """Take so many of the slots and return them; if too few are free, hold none, so none is idle.

    Slots that earlier runs wait for are left to them.
    """
    store = RunStore(run.folder.parent)
    reserved, taken = store.reserved_before(run), list[str]()
    with ExitStack() as attempt:
        for slot in wanted:
            lock = ProcessLock(store.slot_file(slot))
            if slot not in reserved and lock.acquire():
                attempt.callback(lock.release)
                taken.append(slot)
            if len(taken) == count:
                held.push(attempt.pop_all())
                return taken
    return []
