"""The learning rate as a pure function of the step."""

import math
from typing import Literal

Scheduler = Literal["linear", "cosine", "constant"]


def learning_rate_factor(
    step: int, *, num_steps: int, warmup_ratio: float, kind: Scheduler = "linear"
) -> float:
    """Return the factor on the peak learning rate for a step.

    Args:
        step: Optimizer step about to be done, from 1 to `num_steps`.
        num_steps: Steps of the whole run.
        warmup_ratio: Share of the steps in which the factor rises linearly from 0 to 1.
        kind: How it goes on: `linear` and `cosine` fall to 0 at the step after the last.

    Returns:
        A value in (0, 1].

    Example:
        >>> [learning_rate_factor(s, num_steps=4, warmup_ratio=0.5) for s in (1, 2, 3, 4)]
        [0.5, 1.0, 1.0, 0.5]
        >>> learning_rate_factor(3, num_steps=4, warmup_ratio=0.0, kind="cosine")
        0.5
    """
    warmup = round(num_steps * warmup_ratio)
    if step <= warmup:
        return step / warmup
    if kind == "constant":
        return 1.0
    left = (num_steps - step + 1) / (num_steps - warmup)
    return left if kind == "linear" else round(0.5 * (1 - math.cos(math.pi * left)), 12)
