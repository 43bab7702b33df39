"""Padded batches, and groups of texts that fit in memory together."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from textcls_core.arrays import Indices, Lengths


def pad_batch(
    sequences: Sequence[np.ndarray], tokenizer: Any, multiple_of: int = 1
) -> dict[str, torch.Tensor]:
    """Return `input_ids` (B, T) and, unless all are equally long, `attention_mask` (B, T).

    Args:
        sequences: B rows of token ids.
        tokenizer: Gives the pad token and the side to pad on.
        multiple_of: Round the width up to a multiple, so that few shapes occur.
    """
    lengths = [len(sequence) for sequence in sequences]
    rounded = -(-max(lengths) // multiple_of) * multiple_of
    width = max(min(rounded, tokenizer.model_max_length), max(lengths))  # positions may end there
    input_ids = torch.full((len(lengths), width), int(tokenizer.pad_token_id))  # (B, T)
    mask = torch.zeros((len(lengths), width), dtype=torch.int64)  # (B, T)
    on_left = tokenizer.padding_side == "left"
    for position, (sequence, length) in enumerate(zip(sequences, lengths, strict=True)):
        span = slice(width - length, width) if on_left else slice(0, length)
        input_ids[position, span] = torch.from_numpy(sequence.astype(np.int64))
        mask[position, span] = 1
    if min(lengths) == width:
        return {"input_ids": input_ids}  # without a mask torch takes its fastest attention kernel
    return {"input_ids": input_ids, "attention_mask": mask}


def batches_by_length(lengths: Lengths, max_tokens: int) -> list[Indices]:
    """Return row positions in batches of similar length whose padded size is at most `max_tokens`.

    Every row is in exactly one batch; a single text longer than `max_tokens` is a batch of its own.

    Args:
        lengths: Tokens per text, shape (N,).
        max_tokens: Largest number of texts times longest text.
    """
    order = np.argsort(lengths, kind="stable")[::-1]
    batches = []
    start = 0
    while start < len(order):
        size = max(max_tokens // int(lengths[order[start]]), 1)
        batches.append(order[start : start + size])
        start += size
    return batches
