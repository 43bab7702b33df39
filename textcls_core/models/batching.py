"""Texts as flat token ids, and batches of them padded to their longest text."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Int

from textcls_core.arrays import Indices, Lengths


@dataclass(frozen=True, slots=True)
class TokenizedTexts:
    """N tokenised texts behind one another."""

    input_ids: Int[np.ndarray, " tokens"]
    """Token ids of all texts in a row, special tokens included."""
    offsets: Int[np.ndarray, " boundaries"]
    """Where each text starts, and the end: N + 1 positions."""

    def __len__(self) -> int:
        """Number of texts, N."""
        return len(self.offsets) - 1

    @property
    def lengths(self) -> Lengths:
        """Tokens of each text, shape (N,)."""
        return np.diff(self.offsets)

    def ids_of(self, row: int) -> Int[np.ndarray, " tokens"]:
        """Return the token ids of one text."""
        return self.input_ids[self.offsets[row] : self.offsets[row + 1]]


def tokenize(texts: Sequence[str], tokenizer: Any, max_length: int) -> TokenizedTexts:
    """Return the token ids of each text, cut to `max_length` tokens including special tokens.

    Args:
        texts: N texts.
        tokenizer: A Hugging Face tokenizer.
        max_length: Tokens kept of each text.
    """
    if not texts:
        return TokenizedTexts(np.zeros(0, np.int32), np.zeros(1, np.int64))
    encoded = tokenizer(
        list(texts), truncation=True, max_length=max_length, return_attention_mask=False
    )["input_ids"]
    # A text may have no token at all (an empty text for GPT-2): one pad token stands for it.
    rows = [ids or [tokenizer.pad_token_id] for ids in encoded]
    offsets = np.concatenate([[0], np.cumsum([len(ids) for ids in rows])]).astype(np.int64)
    return TokenizedTexts(np.concatenate(rows).astype(np.int32), offsets)


def pad_batch(
    tokenized: TokenizedTexts, rows: Indices | Sequence[int], tokenizer: Any
) -> dict[str, torch.Tensor]:
    """Return `input_ids` (B, T) and, unless all texts are equally long, `attention_mask` (B, T).

    Args:
        tokenized: All texts.
        rows: B positions of the texts of this batch.
        tokenizer: Gives the pad token and the side to pad on.
    """
    lengths = [int(tokenized.lengths[row]) for row in rows]
    width = max(lengths)
    input_ids = torch.full((len(lengths), width), int(tokenizer.pad_token_id))  # (B, T)
    mask = torch.zeros((len(lengths), width), dtype=torch.int64)  # (B, T)
    on_left = tokenizer.padding_side == "left"
    for position, (row, length) in enumerate(zip(rows, lengths, strict=True)):
        span = slice(width - length, width) if on_left else slice(0, length)
        input_ids[position, span] = torch.from_numpy(tokenized.ids_of(row).astype(np.int64))
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
