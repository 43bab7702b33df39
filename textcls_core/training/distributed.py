"""Several processes that train one model, on torch's own engine and started by torchrun."""

import datetime as dt
import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import distributed

from textcls_core.models.gpus import require_gpus

_TIMEOUT = dt.timedelta(days=7)
"""The first process may wait for its device for long while the others wait for it."""
_DEVICE_KEY = "textcls/device"
_BUCKET_VALUES = 2**22
"""Gradients are exchanged in messages of at least so many values, 16 MB: few, but small copies."""


@dataclass(frozen=True, slots=True)
class Ranks:
    """This process among those of one run."""

    rank: int = 0
    world_size: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this process writes the files of the run."""
        return self.rank == 0

    def wrap(self, model: Any, device: str) -> Any:
        """Return what to call for a forward pass: the model, or a wrapper that adds gradients up.

        The wrapper begins with the first process's weights in all processes. It divides the summed
        gradient by their number.
        """
        if self.world_size == 1:
            return model
        return torch.nn.parallel.DistributedDataParallel(
            model,
            device_ids=[device] if device.startswith("cuda") else None,
            find_unused_parameters=True,  # the own pooler of a model whose tokens are averaged
        )

    def without_exchange(self, forward: Any) -> AbstractContextManager[None]:
        """Return a context in which gradients stay in this process until the next backward."""
        return nullcontext() if self.world_size == 1 else forward.no_sync()

    def sum_gradients(self, model: Any) -> None:
        """Replace the gradients that stayed in each process by their sum over all processes."""
        if self.world_size == 1:
            return
        learned = [weight for weight in model.parameters() if weight.grad is not None]
        for bucket in _buckets(learned):
            total = torch.cat([weight.grad.flatten() for weight in bucket])
            distributed.all_reduce(total)
            parts = torch.split(total, [weight.numel() for weight in bucket])
            for weight, part in zip(bucket, parts, strict=True):
                weight.grad = part.view_as(weight)

    def any(self, flag: bool) -> bool:
        """Tell whether a flag is set in any process. No device has to finish its work for it."""
        if self.world_size == 1:
            return flag
        number = torch.tensor(int(flag))
        distributed.all_reduce(number, distributed.ReduceOp.MAX)
        return bool(number)

    def summed(self, value: torch.Tensor) -> torch.Tensor:
        """Return the sum of a tensor over all processes."""
        if self.world_size > 1:
            value = value.clone()
            distributed.all_reduce(value)
        return value

    def summed_array(self, array: np.ndarray, device: str) -> np.ndarray:
        """Return the sum of an array over all processes."""
        if self.world_size == 1:
            return array
        return np.asarray(self.summed(torch.from_numpy(array).to(device)).cpu().numpy())

    def from_first(self, value: Any) -> Any:
        """Return the first process's value in all processes."""
        if self.world_size == 1:
            return value
        box = [value]
        distributed.broadcast_object_list(box, src=0)
        return box[0]


def _buckets(weights: Sequence[Any]) -> Iterator[list[Any]]:
    """Yield weights together until their gradients fill a message."""
    bucket: list[Any] = []
    num_values = 0
    for weight in weights:
        bucket.append(weight)
        num_values += weight.numel()
        if num_values >= _BUCKET_VALUES:
            yield bucket
            bucket, num_values = [], 0
    if bucket:
        yield bucket


def join(device: str | None = None) -> tuple[Ranks, str]:
    """Join the processes that torchrun started, if it did; return this rank and its device.

    Args:
        device: `cpu`, `cuda` or `mps`, said by the first process once the run has its slots. The
            others wait for that before they touch a GPU; each on a machine gets one of its own.

    Raises:
        TrainingError: If there are more processes on this machine than GPUs.
    """
    world_size = int(os.environ.get("WORLD_SIZE", "1"))
    if device is not None and world_size == 1:
        return Ranks(), device
    own = device = device or _told_device()
    if device == "cuda":
        require_gpus(int(os.environ["LOCAL_WORLD_SIZE"]), torch.cuda.device_count())
        own = f"cuda:{os.environ['LOCAL_RANK']}"
        torch.cuda.set_device(own)
    if os.environ["RANK"] == "0":
        _store().set(_DEVICE_KEY, device)
    backend = "cpu:gloo,cuda:nccl" if device == "cuda" else "gloo"
    if not distributed.is_initialized():
        distributed.init_process_group(backend, timeout=_TIMEOUT)
    return Ranks(distributed.get_rank(), world_size), own


def _told_device() -> str:
    """Return the device that the first process has, waiting until it says so."""
    store = _store()
    store.wait([_DEVICE_KEY], _TIMEOUT)
    return bytes(store.get(_DEVICE_KEY)).decode()


def _store() -> Any:
    """Return the key-value store of torchrun, which is there before the processes have joined."""
    address, port = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
    return distributed.TCPStore(  # type: ignore[attr-defined]
        address, port, is_master=False, wait_for_workers=False
    )


def leave() -> None:
    """End the work together."""
    if distributed.is_available() and distributed.is_initialized():
        distributed.destroy_process_group()
