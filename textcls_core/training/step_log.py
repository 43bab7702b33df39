"""The figures of finished steps, kept on the device until it is time to report them."""

import itertools
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from textcls_core.arrays import Lengths
from textcls_core.config import RunConfig
from textcls_core.models.device import Compute

_REPORT_SECONDS = 0.5
"""Losses stay on the device this long, so that reporting does not make it wait."""


@dataclass(slots=True)
class StepLog:
    """Steps since the last report, and how much work they were."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    broken: dict[str, Any] | None = None
    """The first step whose loss or gradient was not a number."""
    documents: int = 0
    tokens: int = 0
    operations: float = 0.0
    started_at: float = field(default_factory=time.perf_counter)

    @property
    def is_due(self) -> bool:
        """Whether it is time to report."""
        return time.perf_counter() - self.started_at >= _REPORT_SECONDS

    def restart_clock(self) -> None:
        """Leave the time until now out of the speed."""
        self.started_at = time.perf_counter()

    def note(self, row: dict[str, Any], lengths: Lengths, operations: float) -> None:
        """Keep a step.

        Args:
            row: Its figures; tensors are read only when they are reported.
            lengths: Tokens of its documents.
            operations: Useful floating-point operations.
        """
        self.rows.append(row)
        self.documents += len(lengths)
        self.tokens += int(lengths.sum())
        self.operations += operations

    def take(self, compute: Compute, num_processes: int) -> list[dict[str, Any]]:
        """Return the kept steps up to one that is broken, with their common speed."""
        if not self.rows or self.broken is not None:
            return []
        speed = self._speed(compute, num_processes)
        rows = [{**_as_numbers(row), **speed} for row in self.rows]
        finite = list(itertools.takewhile(_is_finite, rows))
        self.broken = rows[len(finite)] if len(finite) < len(rows) else None
        self.rows, self.documents, self.tokens, self.operations = [], 0, 0, 0.0
        self.restart_clock()
        return finite

    def _speed(self, compute: Compute, num_processes: int) -> dict[str, float]:
        seconds = max(time.perf_counter() - self.started_at, 1e-9)
        speed = {
            "examples_per_second": round(self.documents / seconds, 2),
            "tokens_per_second": round(self.tokens / seconds, 1),
            "memory_mb": round(compute.peak_memory_mb(), 1),
        }
        if compute.peak_gflops:
            reached = self.operations / seconds / 1e9 / num_processes
            speed["useful_share"] = round(reached / compute.peak_gflops, 4)
        return speed


def _is_finite(row: Mapping[str, Any]) -> bool:
    """Tell whether the figures of a step are numbers, as JSON understands them."""
    return math.isfinite(row["train_loss"]) and math.isfinite(row["gradient_norm"])


def _as_numbers(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with its device values as Python numbers."""
    return {
        name: value.item() if isinstance(value, torch.Tensor) else value
        for name, value in row.items()
    }


def describe_broken(row: Mapping[str, Any], config: RunConfig) -> str:
    """Return what became of a training at a step whose figures are not numbers, with advice."""
    return (
        f"The loss became {row['train_loss']} and the gradient norm {row['gradient_norm']} at step "
        f"{row['step']}. Lower the learning rate (now {config.learning_rate:g}) or use precision "
        "fp32."
    )
