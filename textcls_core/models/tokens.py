"""Texts as flat token ids: how much of a text is read, and where it lies in one long array."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from jaxtyping import Int

from textcls_core.arrays import Indices, Lengths

OVERLAP = 0.25
"""Share of a window that the next one repeats."""
_TEXTS_AT_ONCE = 4_096


@dataclass(frozen=True, slots=True)
class Reading:
    """How much of each text is read."""

    max_length: int
    """Tokens read at once, special tokens included."""
    long_documents: Literal["truncate", "head_tail", "windows"] = "truncate"
    """What happens to longer texts; see `RunConfig`."""
    max_windows: int = 8
    """Windows read of each text at most."""


@dataclass(frozen=True)
class TokenizedTexts:
    """N tokenised texts, each of one or more sequences of token ids.

    A text has several sequences only when it is read in windows.
    """

    input_ids: Int[np.ndarray, " tokens"]
    """Token ids of all sequences in a row, special tokens included; may lie on disk."""
    sizes: Int[np.ndarray, " sequences"]
    """Tokens of each sequence."""
    counts: Lengths
    """Sequences of each text, shape (N,)."""
    rows: Indices | None = None
    """Which texts these are, or None for all of them."""

    def __len__(self) -> int:
        """Number of texts, N."""
        return len(self.counts if self.rows is None else self.rows)

    @cached_property
    def _starts(self) -> Int[np.ndarray, " boundaries"]:
        return _boundaries(self.sizes)

    @cached_property
    def _first_sequences(self) -> Int[np.ndarray, " boundaries"]:
        return _boundaries(self.counts)

    @cached_property
    def lengths(self) -> Lengths:
        """Tokens of each text over all its sequences, shape (N,)."""
        lengths: np.ndarray = np.diff(self._starts[self._first_sequences])
        return lengths if self.rows is None else lengths[self.rows]

    def sequence_lengths(self, rows: Indices) -> Lengths:
        """Return the tokens of each sequence of some texts, one text after another.

        Args:
            rows: B positions.
        """
        texts = rows if self.rows is None else self.rows[rows]
        spans = zip(self._first_sequences[texts], self._first_sequences[texts + 1], strict=True)
        parts = [self.sizes[start:end] for start, end in spans]
        return np.concatenate([np.zeros(0, np.int64), *parts])

    def take(self, rows: Indices) -> "TokenizedTexts":
        """Return some of the texts; the token ids are shared, not copied."""
        chosen = rows if self.rows is None else self.rows[rows]
        return TokenizedTexts(self.input_ids, self.sizes, self.counts, chosen)

    def sequences(self, rows: Indices | Sequence[int]) -> tuple[list[np.ndarray], list[int]]:
        """Return the sequences of some texts, and for each of them which of `rows` it belongs to.

        Args:
            rows: B positions.
        """
        found, owners = [], []
        for owner, row in enumerate(rows):
            text = row if self.rows is None else self.rows[row]
            for sequence in range(self._first_sequences[text], self._first_sequences[text + 1]):
                found.append(self.input_ids[self._starts[sequence] : self._starts[sequence + 1]])
                owners.append(owner)
        return found, owners

    def ids_of(self, row: int) -> Int[np.ndarray, " tokens"]:
        """Return the token ids of one text, its windows behind one another."""
        return np.concatenate(self.sequences([row])[0])


def _boundaries(sizes: np.ndarray) -> np.ndarray:
    return np.asarray(np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]))


def tokenize(texts: Sequence[str], tokenizer: Any, reading: Reading) -> TokenizedTexts:
    """Return the token ids of each text, as much of it as is read.

    Args:
        texts: N texts.
        tokenizer: A Hugging Face tokenizer.
        reading: How much of each text.
    """
    parts = list(tokenized_parts(texts, tokenizer, reading))
    ids = [part.input_ids for part in parts]
    return TokenizedTexts(
        np.concatenate([np.zeros(0, np.int32), *ids]),
        np.concatenate([np.zeros(0, np.int64), *(part.sizes for part in parts)]),
        np.concatenate([np.zeros(0, np.int64), *(part.counts for part in parts)]),
    )


def tokenized_parts(texts: Sequence[str], tokenizer: Any, reading: Reading) -> Any:
    """Yield the tokenised texts in portions that fit in memory."""
    for start in range(0, len(texts), _TEXTS_AT_ONCE):
        portion = list(texts[start : start + _TEXTS_AT_ONCE])
        rows, counts = _READERS[reading.long_documents](portion, tokenizer, reading)
        # A text may have no token at all (an empty text for GPT-2): one pad token stands for it.
        rows = [ids or [tokenizer.pad_token_id] for ids in rows]
        sizes = np.array([len(ids) for ids in rows], dtype=np.int64)
        flat = np.fromiter((i for ids in rows for i in ids), np.int32, int(sizes.sum()))
        yield TokenizedTexts(flat, sizes, np.array(counts, dtype=np.int64))


def _truncated(texts: list[str], tokenizer: Any, reading: Reading) -> tuple[list[Any], list[int]]:
    encoded = tokenizer(
        texts, truncation=True, max_length=reading.max_length, return_attention_mask=False
    )
    return encoded["input_ids"], [1] * len(texts)


def _head_and_tail(
    texts: list[str], tokenizer: Any, reading: Reading
) -> tuple[list[Any], list[int]]:
    """Keep the first and the last half; special tokens stand at the ends and stay."""
    encoded = tokenizer(texts, truncation=False, return_attention_mask=False, verbose=False)
    return [both_ends(ids, reading.max_length) for ids in encoded["input_ids"]], [1] * len(texts)


def both_ends(items: list[Any], limit: int) -> list[Any]:
    """Return the first and the last half of the limit if there are more items.

    Example:
        >>> both_ends([1, 2, 3, 4, 5, 6, 7], 5)
        [1, 2, 3, 6, 7]
    """
    tail = limit // 2
    return items if len(items) <= limit else items[: limit - tail] + items[-tail:]


def _windows(texts: list[str], tokenizer: Any, reading: Reading) -> tuple[list[Any], list[int]]:
    """Cut each text into overlapping windows with special tokens of their own."""
    encoded = tokenizer(
        texts,
        truncation=True,
        max_length=reading.max_length,
        stride=int(reading.max_length * OVERLAP),
        return_overflowing_tokens=True,
        return_attention_mask=False,
    )
    windows: list[list[Any]] = [[] for _ in texts]
    for text, ids in zip(encoded["overflow_to_sample_mapping"], encoded["input_ids"], strict=True):
        if len(windows[text]) < reading.max_windows:
            windows[text].append(ids)
    return [ids for group in windows for ids in group], [len(group) for group in windows]


def window_bounds(num_tokens: int, num_special: int, reading: Reading) -> list[tuple[int, int]]:
    """Return first token and end of each window of a text, the same as `tokenize` cuts.

    Args:
        num_tokens: Tokens of the text; those that the tokenizer adds are not counted.
        num_special: Tokens that it adds to every window.
        reading: With `windows`.

    Example:
        >>> window_bounds(10, 2, Reading(8, "windows"))
        [(0, 6), (4, 10)]
    """
    size = reading.max_length - num_special
    step = size - int(reading.max_length * OVERLAP)
    count = min(max(-(-(num_tokens - size) // step), 0) + 1, reading.max_windows)
    return [(start, min(start + size, num_tokens)) for start in range(0, count * step, step)]


def special_ends(tokenizer: Any) -> tuple[int, int]:
    """Return how many tokens a tokenizer adds before a text, and how many behind it."""
    mask = tokenizer("a", return_special_tokens_mask=True)["special_tokens_mask"]
    return mask.index(0), mask[::-1].index(0)


def sequences_of(
    ids: Int[np.ndarray, " T"], tokenizer: Any, reading: Reading
) -> list[Int[np.ndarray, " tokens"]]:
    """Return the sequences that are read of a text, given by all its token ids.

    Args:
        ids: Special tokens included, shape (T,); no longer than what is read at once, except with
            `windows`.
        tokenizer: What they come from.
        reading: How much of each text is read.
    """
    if reading.long_documents != "windows" or len(ids) <= reading.max_length:
        return [ids]
    before, after = special_ends(tokenizer)
    text = ids[before : len(ids) - after]
    ends = ids[:before], ids[len(ids) - after :]
    bounds = window_bounds(len(text), before + after, reading)
    return [np.concatenate([ends[0], text[start:stop], ends[1]]) for start, stop in bounds]


_READERS = {"truncate": _truncated, "head_tail": _head_and_tail, "windows": _windows}
