"""Choose device and number format by trying them, and say why."""

import math
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch
from torch.nn import functional

MIN_BF16_SPEEDUP = 1.2
_PROBE_SECONDS = 0.1
_ROWS, _WIDTH = 512, 1024


@dataclass(frozen=True, slots=True)
class Compute:
    """Where and in which number format a run computes."""

    device: str
    """`cuda`, `mps` or `cpu`."""
    precision: str
    """`bf16` (matrix products in bfloat16, weights in float32) or `fp32`."""
    reasons: tuple[str, ...]
    """One sentence per choice."""
    peak_gflops: float = 0.0
    """Matrix products measured here, in 10^9 operations per second; 0 if nobody measured."""

    def exact(self) -> "Compute":
        """Return the same device in fp32, so that stored and later scores agree."""
        return replace(self, precision="fp32")

    def on(self, device: str) -> "Compute":
        """Return the same choices for one of several devices of a kind, and apply them."""
        _allow_tf32(device)
        return replace(self, device=device)

    def peak_memory_mb(self) -> float:
        """Return the most memory used so far, in 10^6 bytes: of the GPU, or of this process."""
        if self.device.startswith("cuda"):
            return torch.cuda.max_memory_allocated(self.device) / 1e6
        return _peak_process_memory_mb()

    def autocast(self) -> torch.autocast:
        """Return the context in which forward passes run."""
        return torch.autocast(
            self.device.split(":")[0], torch.bfloat16, enabled=self.precision == "bf16"
        )


@contextmanager
def exact_products() -> Iterator[None]:
    """Compute float32 matrix products in full, also where training may round them (TF32)."""
    previous = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(previous)


def choose_compute(device: str = "auto", precision: str = "auto") -> Compute:
    """Return the device and number format to use.

    Args:
        device: `auto`, `cpu`, `cuda` or `mps`; one that fails its self-check falls back to the CPU.
        precision: `auto` measures float32 against bfloat16 for a moment and takes the faster.
    """
    return compute_on(*choose_device(device), precision)


def compute_on(device: str, reason: str, precision: str) -> Compute:
    """Return the number format to use on a device that `choose_device` has chosen for a reason."""
    number_format, precision_reason, peak = _choose_precision(device, precision)
    _allow_tf32(device)
    return Compute(device, number_format, (reason, precision_reason), peak)


def _allow_tf32(device: str) -> None:
    """Let training round float32 products where the GPU is faster then; each process for itself."""
    if device.startswith("cuda"):
        torch.set_float32_matmul_precision("high")


def choose_device(preference: str = "auto") -> tuple[str, str]:
    """Return the device to use and why; one that fails its self-check falls back to the CPU."""
    if preference == "cpu":
        return "cpu", "CPU, as asked for."
    candidates = ["cuda", "mps"] if preference == "auto" else [preference]
    for device in candidates:
        problem = _self_check(device)
        if problem is None:
            return device, f"{_device_name(device)}, self-check passed."
        if problem != "not present" or preference != "auto":
            return "cpu", f"CPU, because {device} is unusable: {problem}."
    return "cpu", "CPU, because no accelerator is present."


def _self_check(device: str) -> str | None:
    """Return None if a small forward and backward pass on `device` agrees with the CPU."""
    backend = torch.cuda if device == "cuda" else torch.backends.mps
    if not backend.is_available():
        return "not present"
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(64, 64, generator=generator)
    try:
        gradients = [_gradient(weight, "cpu"), _gradient(weight, device)]
    except RuntimeError as error:
        return str(error).splitlines()[0]
    gap = float((gradients[0] - gradients[1]).abs().max())
    return None if gap < 1e-2 else f"its gradients differ from the CPU's by {gap:.2g}"


def _gradient(weight: torch.Tensor, device: str) -> torch.Tensor:
    leaf = weight.to(device).requires_grad_()
    functional.gelu(functional.linear(leaf, leaf)).mean().backward()  # type: ignore[no-untyped-call]
    return torch.zeros(1) if leaf.grad is None else leaf.grad.cpu()


def _device_name(device: str) -> str:
    return torch.cuda.get_device_name() if device == "cuda" else "Apple GPU (mps)"


def _choose_precision(device: str, preference: str) -> tuple[str, str, float]:
    """Return the number format, why, and its measured speed in 10^9 operations per second."""
    exact = _measured_gflops(device, torch.float32)
    if preference == "fp32":
        return "fp32", "fp32, as asked for.", exact
    try:
        fast = _measured_gflops(device, torch.bfloat16)
    except RuntimeError as error:
        return "fp32", f"fp32, because bf16 fails here: {str(error).splitlines()[0]}.", exact
    if preference == "bf16":
        return "bf16", "bf16, as asked for.", fast
    speedup = fast / exact
    reason = f"bf16 measured at {speedup:.1f} times the speed of fp32 here."
    return ("bf16", reason, fast) if speedup >= MIN_BF16_SPEEDUP else ("fp32", reason, exact)


def _measured_gflops(device: str, dtype: torch.dtype) -> float:
    """Return the speed of matrix products on `device`, in 10^9 operations per second."""
    left = torch.randn(_ROWS, _WIDTH, device=device).to(dtype)
    right = torch.randn(_WIDTH, _WIDTH, device=device).to(dtype)
    for _ in range(3):
        functional.linear(left, right)
    _wait(device)
    start, best = time.perf_counter(), math.inf
    while time.perf_counter() - start < _PROBE_SECONDS:
        before = time.perf_counter()
        functional.linear(left, right)
        _wait(device)
        best = min(best, time.perf_counter() - before)
    return 2 * _ROWS * _WIDTH * _WIDTH / best / 1e9


def _peak_process_memory_mb() -> float:
    """Return the largest resident size of this process; 0 where the system does not tell."""
    if sys.platform == "win32":
        return 0.0
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def _wait(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()
    elif device == "mps":
        torch.mps.synchronize()
