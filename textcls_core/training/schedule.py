"""The learning rate as a pure function of the step, and the weights it is applied to."""

from typing import Any

import torch

_BETAS = (0.9, 0.999)
_EPSILON = 1e-8


def linear_schedule(step: int, *, num_steps: int, warmup_ratio: float) -> float:
    """Return the factor on the peak learning rate for a step.

    Args:
        step: Optimizer step about to be done, from 1 to `num_steps`.
        num_steps: Steps of the whole run.
        warmup_ratio: Share of the steps in which the factor rises from 0 to 1.

    Returns:
        A value in (0, 1]: it rises linearly, then falls linearly; the step after the last is 0.

    Example:
        >>> [linear_schedule(s, num_steps=4, warmup_ratio=0.5) for s in (1, 2, 3, 4)]
        [0.5, 1.0, 1.0, 0.5]
    """
    warmup = round(num_steps * warmup_ratio)
    if step <= warmup:
        return step / warmup
    return (num_steps - step + 1) / (num_steps - warmup)


def build_optimizer(
    model: torch.nn.Module, *, learning_rate: float, weight_decay: float
) -> torch.optim.AdamW:
    """Return AdamW that decays weight matrices and leaves biases and norms alone.

    Source:
        Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization", algorithm 2.
    """
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    groups: list[dict[str, Any]] = [
        {"params": [p for p in trained if p.ndim >= 2], "weight_decay": weight_decay},
        {"params": [p for p in trained if p.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=learning_rate, betas=_BETAS, eps=_EPSILON, fused=True)
