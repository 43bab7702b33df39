"""The matmul peak: the most operations per second that matrix products of a model reach here."""

import time

import torch
from torch.nn import functional

from bench.jobs import Peak, Place

WINDOWS, WINDOW_SECONDS = 5, 0.4
_ROWS = 4096
_SQUARE = 2048
_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


def shapes(hidden_size: int) -> tuple[tuple[int, int, int], ...]:
    """Return rows, inner width and outer width of the products that are tried.

    A square one, and both feed-forward products of an encoder of this width.
    """
    wide = 4 * hidden_size
    return (_SQUARE, _SQUARE, _SQUARE), (_ROWS, hidden_size, wide), (_ROWS, wide, hidden_size)


def matmul_peak(
    place: Place, hidden_size: int, windows: int = WINDOWS, window_seconds: float = WINDOW_SECONDS
) -> Peak:
    """Return the best rate of each shape in the number format that trains.

    Args:
        place: Device and number format.
        hidden_size: Width of the encoder.
        windows: Time windows per shape, of which the best counts.
        window_seconds: Length of a window.
    """
    rates = {}
    for rows, inner, outer in shapes(hidden_size):
        left = torch.randn(rows, inner, device=place.device).to(_DTYPES[place.precision])
        right = torch.randn(outer, inner, device=place.device).to(_DTYPES[place.precision])
        functional.linear(left, right)  # the first product also prepares the kernel
        best = max(_products_per_second(left, right, window_seconds) for _ in range(windows))
        rates[f"{rows}x{inner}x{outer}"] = round(2 * rows * inner * outer * best / 1e9, 1)
    return Peak(gflops_by_shape=rates)


def synchronize(device: str) -> None:
    """Wait until an accelerator has done what it was given; a CPU has."""
    if device == "cuda":
        torch.cuda.synchronize()
    elif device == "mps":
        torch.mps.synchronize()


def _products_per_second(left: torch.Tensor, right: torch.Tensor, seconds: float) -> float:
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        functional.linear(left, right)
        synchronize(left.device.type)
        count += 1
    return count / (time.perf_counter() - start)
