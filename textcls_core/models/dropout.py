"""Dropout for the CPU, where torch draws its random numbers one after another."""

from typing import Any

import numpy as np
import torch

_LEVELS = 2**16
"""Values a random number can have: the share dropped is exact to 1 / 65,536."""


class RandomBits:
    """A fast source of random numbers for all dropouts of one model."""

    def __init__(self) -> None:
        self.seed(0)

    def seed(self, seed: int) -> None:
        """Start anew; the same seed gives the same numbers."""
        self._source = np.random.SFC64(seed)

    def draw(self, shape: torch.Size) -> torch.Tensor:
        """Return random 16-bit integers."""
        count = shape.numel()
        words = self._source.random_raw(-(-count * 2 // 8))
        return torch.from_numpy(words.view(np.int16)[:count]).view(shape)


class _Dropped(torch.autograd.Function):
    """Zero some values and scale up the others, the same ones forwards and backwards."""

    @staticmethod
    def forward(ctx: Any, values: torch.Tensor, kept: torch.Tensor, scale: float) -> torch.Tensor:
        ctx.save_for_backward(kept)
        ctx.scale = scale
        return (values * kept).mul_(scale)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        (kept,) = ctx.saved_tensors
        return (gradients[0] * kept).mul_(ctx.scale), None, None


class FastDropout(torch.nn.Dropout):
    """Dropout whose random numbers come from `RandomBits`."""

    def __init__(self, p: float, bits: RandomBits) -> None:
        super().__init__(p)
        self.bits = bits

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Return `input` with a share `p` of its values dropped, in training only."""
        if not self.training or not self.p:
            return input
        threshold = round(self.p * _LEVELS) - _LEVELS // 2
        kept = self.bits.draw(input.shape) >= threshold
        return torch.as_tensor(_Dropped.apply(input, kept, 1 / (1 - self.p)))  # type: ignore[no-untyped-call]


def use_fast_dropout(model: torch.nn.Module) -> RandomBits:
    """Replace every dropout of a model on the CPU; return the source of their random numbers."""
    bits = RandomBits()
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if type(child) is torch.nn.Dropout:
                setattr(module, name, FastDropout(child.p, bits))
    return bits
