"""Attention inside each sequence of a packed row: torch's own kernels, one document at a time."""

import itertools
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional

from textcls_core.models.grouped_attention import grouped_attention, learns_on_cpu_in_bf16

ATTENTION = "textcls_packed"
"""Name of the attention function in transformers' registry."""
Projections = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


@dataclass(frozen=True, slots=True)
class PackedBatch:
    """B sequences in one row of T tokens."""

    input_ids: torch.Tensor
    """Token ids, shape (1, T)."""
    position_ids: torch.Tensor
    """Positions, starting anew in every sequence, shape (1, T)."""
    lengths: tuple[int, ...]
    """Tokens of each sequence, B numbers whose sum is T."""
    boundaries: torch.Tensor
    """Where each sequence starts, and the end, shape (B + 1,), int32."""

    @property
    def first_tokens(self) -> torch.Tensor:
        """Position of the first token of each sequence, shape (B,)."""
        return self.boundaries[:-1].long()


def pack(
    sequences: list[torch.Tensor], first_position: int, device: str | torch.device
) -> PackedBatch:
    """Return sequences as one row on `device`.

    Args:
        sequences: B rows of token ids.
        first_position: Position id of a sequence's first token.
        device: Where the model is.
    """
    lengths = tuple(len(sequence) for sequence in sequences)
    positions = [torch.arange(first_position, first_position + length) for length in lengths]
    boundaries = torch.tensor([0, *lengths]).cumsum(0)
    return PackedBatch(
        input_ids=torch.cat(sequences)[None].to(device),
        position_ids=torch.cat(positions)[None].to(device),
        lengths=lengths,
        boundaries=boundaries.to(torch.int32).to(device),
    )


def packed_attention(
    _module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,  # noqa: ARG001 - transformers passes it by name
    **options: Any,
) -> tuple[torch.Tensor, None]:
    """Attend inside each sequence of a packed row.

    Args:
        query: Shape (1, H, T, D / H); `key` and `value` alike.
        key: See `query`.
        value: See `query`.
        attention_mask: None; boundaries take its place.
        options: `packed` (the `PackedBatch`), `scaling`, `dropout`, `sliding_window`.

    Returns:
        The attended values, shape (1, T, H, D / H), and no weights.
    """
    batch: PackedBatch = options["packed"]
    scale, dropout = options.get("scaling"), options.get("dropout", 0.0)
    window = options.get("sliding_window")
    if query.is_cuda and query.dtype != torch.float32 and not dropout:
        return _varlen_attention((query, key, value), batch, scale, window), None
    if not dropout and window is None and learns_on_cpu_in_bf16(query):
        return grouped_attention((query, key, value), batch.lengths, scale), None
    return _attention_by_length((query, key, value), batch, scale, dropout, window), None


def _varlen_attention(
    projections: Projections, batch: PackedBatch, scale: float | None, window: int | None
) -> torch.Tensor:
    """Use torch's own variable-length kernel, which exists for half precision on CUDA."""
    from torch.nn.attention.varlen import varlen_attn

    query, key, value = (tensor[0].transpose(0, 1) for tensor in projections)  # (T, H, D / H)
    reach = (-1, -1) if window is None else (window - 1, window - 1)
    ends, longest = batch.boundaries, max(batch.lengths)
    attended = varlen_attn(
        query, key, value, ends, ends, longest, longest, scale=scale, window_size=reach
    )
    return torch.as_tensor(attended)[None]


def _attention_by_length(
    projections: Projections,
    batch: PackedBatch,
    scale: float | None,
    dropout: float,
    window: int | None,
) -> torch.Tensor:
    """Call the dense kernel once per run of equally long neighbours."""
    runs = runs_of_equal_length(batch.lengths)
    sizes = [count * length for count, length in runs]
    split = [torch.split(projection, sizes, 2) for projection in projections]
    attended = []
    for (count, length), *parts in zip(runs, *split, strict=True):
        # (1, H, count * length, D / H) -> (count, H, length, D / H), without copying
        query, key, value = (
            part[0].unflatten(1, (count, length)).transpose(0, 1) for part in parts
        )
        mask = None if window is None else _window_mask(length, window, query.device)
        result = functional.scaled_dot_product_attention(
            query, key, value, attn_mask=mask, dropout_p=dropout, scale=scale
        )
        attended.append(result.transpose(1, 2).flatten(0, 1))  # (count * length, H, D / H)
    return torch.cat(attended)[None]


def runs_of_equal_length(lengths: tuple[int, ...]) -> list[tuple[int, int]]:
    """Return (count, length) for each run of equal neighbours.

    Example:
        >>> runs_of_equal_length((3, 3, 5))
        [(2, 3), (1, 5)]
    """
    return [(len(list(run)), length) for length, run in itertools.groupby(lengths)]


def _window_mask(length: int, window: int, device: torch.device) -> torch.Tensor:
    """Return which tokens see each other in a layer with local attention, shape (T, T)."""
    positions = torch.arange(length, device=device)
    return (positions[:, None] - positions[None]).abs() < window


def register() -> None:
    """Make the attention function known to transformers."""
    from transformers.modeling_utils import AttentionInterface

    AttentionInterface.register(ATTENTION, packed_attention)
