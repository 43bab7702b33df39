"""Attention of packed short texts on the CPU in bfloat16, in a few products of neighbours.

Torch's own kernel spends most of the backward pass of a short text on overhead there. Plain
products are faster, and faster still for several texts at once: neighbours of similar length are
padded to the longest of them, inside attention only.
"""

import functools
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional

_ALONE_FROM = 129
"""A text of so many tokens fills a product of its own."""
_WEIGHTS_UP_TO = 512
"""The attention weights of a longer text would take too much memory to be kept."""
_MAX_PADDING = 2.0
"""Places per token that a group has at most."""


@dataclass(frozen=True, slots=True)
class Group:
    """n neighbouring texts of a packed row, padded to the W tokens of the longest."""

    lengths: tuple[int, ...]
    """Tokens of each text."""
    places: torch.Tensor
    """Place of each token among the n W padded ones, shape (T,)."""
    tokens: torch.Tensor
    """Token at each place; at padding the first one, shape (n W,)."""
    mask: torch.Tensor
    """0 where there is a token, minus infinity at padding, shape (n, 1, 1, W)."""

    @classmethod
    def of(cls, lengths: tuple[int, ...]) -> "Group":
        """Return where the tokens of texts of these lengths stand."""
        width = max(lengths)
        is_token = torch.arange(width) < torch.tensor(lengths)[:, None]  # (n, W)
        places = is_token.flatten().nonzero()[:, 0]
        tokens = torch.zeros(is_token.numel(), dtype=torch.long)
        tokens[places] = torch.arange(len(places))
        mask = torch.zeros(len(lengths), 1, 1, width, dtype=torch.bfloat16)
        return cls(lengths, places, tokens, mask.masked_fill(~is_token[:, None, None], -torch.inf))

    @property
    def has_padding(self) -> bool:
        """Whether the texts differ in length."""
        return len(self.places) < len(self.tokens)


class _Pad(torch.autograd.Function):
    """Copy tokens to their places; what stands at padding never counts."""

    @staticmethod
    def forward(ctx: Any, tokens: torch.Tensor, group: Group) -> torch.Tensor:
        ctx.group = group
        return tokens.index_select(0, group.tokens)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None]:
        return gradients[0].index_select(0, ctx.group.places), None


class _Unpad(torch.autograd.Function):
    """Copy tokens back from their places."""

    @staticmethod
    def forward(ctx: Any, padded: torch.Tensor, group: Group) -> torch.Tensor:
        ctx.group = group
        return padded.index_select(0, group.places)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None]:
        places, gradient = ctx.group.places, gradients[0]
        padded = gradient.new_zeros(len(ctx.group.tokens), *gradient.shape[1:])
        return padded.index_copy_(0, places, gradient), None


def learns_on_cpu_in_bf16(query: torch.Tensor) -> bool:
    """Tell whether `grouped_attention` is for this forward pass."""
    return query.device.type == "cpu" and query.dtype == torch.bfloat16 and query.requires_grad


def grouped_attention(
    projections: tuple[torch.Tensor, ...], lengths: tuple[int, ...], scale: float | None
) -> torch.Tensor:
    """Return the attended values of a packed row, shape (1, T, H, D / H).

    Args:
        projections: Query, key and value, each of shape (1, H, T, D / H).
        lengths: Tokens of each text.
        scale: What products of query and key are multiplied with; None means 1 / sqrt(D / H).
    """
    groups = groups_of(lengths)
    sizes = [sum(group.lengths) for group in groups]
    split = [torch.split(projection[0].transpose(0, 1), sizes) for projection in projections]
    attended = [
        _attend(group, parts, parts[0].shape[-1] ** -0.5 if scale is None else scale)
        for group, *parts in zip(groups, *split, strict=True)
    ]
    return torch.cat(attended)[None]


def _attend(group: Group, parts: list[torch.Tensor], scale: float) -> torch.Tensor:
    """Return the attended values of one group, shape (T, H, D / H)."""
    if group.has_padding:
        parts = [torch.as_tensor(_Pad.apply(part, group)) for part in parts]  # type: ignore[no-untyped-call]
    # (n W, H, D / H) -> (n, H, W, D / H)
    query, key, value = (
        part.reshape(len(group.lengths), -1, *part.shape[1:]).transpose(1, 2) for part in parts
    )
    if query.shape[2] > _WEIGHTS_UP_TO:
        result = functional.scaled_dot_product_attention(query, key, value, scale=scale)
    else:
        products = (query * scale) @ key.transpose(-1, -2)
        masked = products + group.mask if group.has_padding else products
        result = torch.softmax(masked, -1) @ value
    attended = result.transpose(1, 2).flatten(0, 1)
    if group.has_padding:
        attended = torch.as_tensor(_Unpad.apply(attended, group))  # type: ignore[no-untyped-call]
    return attended


@functools.lru_cache(maxsize=16)
def groups_of(lengths: tuple[int, ...]) -> tuple[Group, ...]:
    """Return the texts in groups of neighbours; every layer of a forward pass asks for the same."""
    return tuple(Group.of(neighbours) for neighbours in _neighbours(lengths))


def _neighbours(lengths: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Yield the lengths of texts that are computed together.

    Example:
        >>> list(_neighbours((3, 5, 6, 20, 300, 300)))
        [(3, 5, 6), (20,), (300, 300)]
    """
    for is_short, run in itertools.groupby(lengths, lambda length: length < _ALONE_FROM):
        if not is_short:
            yield from (tuple(equal) for _, equal in itertools.groupby(run))
            continue
        group: list[int] = []
        for length in run:
            wider = [*group, length]
            if len(wider) * max(wider) > _MAX_PADDING * sum(wider):
                yield tuple(group)
                wider = [length]
            group = wider
        yield tuple(group)
