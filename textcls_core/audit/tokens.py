"""What a model would see of the texts: cut off, unknown, and what a longer reading costs."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from jaxtyping import Float, Int
from pydantic import BaseModel, ConfigDict

from textcls_core.arrays import Indices, Lengths
from textcls_core.audit.lengths import LengthSummary, summarise
from textcls_core.audit.rows import EXAMPLES, AuditedRows, graded
from textcls_core.audit.thresholds import THRESHOLDS
from textcls_core.config import PRESETS
from textcls_core.dataset.findings import Finding
from textcls_core.models.catalogue import position_limit
from textcls_core.models.token_lengths import load_tokenizer, share_cut_off, unknown_token
from textcls_core.wording import percent, plural, shorten

MAX_TOKENIZED = 200_000
"""Texts cut into tokens at most; of more a fixed random sample is taken. A share measured on so
many is off by at most 0.2 points in 95 of 100 cases."""
LENGTHS = (32, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 2048, 4096, 8192)
USUAL_LENGTH: int = PRESETS["balanced"]["max_length"]
_AT_ONCE = 2_000
_MIN_CLASS_TOKENS = 200
"""Tokens of a class from which its share of unknown ones says something."""


class LengthCost(BaseModel):
    """What reading so many tokens of each text keeps and costs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_length: int
    texts_cut_off: float
    """Share of the texts that lose their end, in [0, 1]."""
    tokens_cut_off: float
    """Share of all tokens that are never read, in [0, 1]."""
    tokens_per_epoch: int
    """Tokens of all training rows that are read in one pass."""
    seconds_per_epoch: float | None
    """How long that takes at the measured speed, if one is known."""


class ClassTokens(BaseModel):
    """How much of a class the tokenizer knows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str
    num_tokens: int
    unknown: float
    """Share of its tokens that are unknown, in [0, 1]."""


class TokenFigures(BaseModel):
    """What a model would see of a data set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    num_measured: int
    """Texts that were cut into tokens: all of them, or a sample."""
    lengths: LengthSummary
    costs: tuple[LengthCost, ...]
    """For each length up to the model's own limit."""
    has_unknown: bool
    """Whether this tokenizer has an unknown token at all; those that work on bytes have none."""
    unknown: float
    """Share of unknown tokens, in [0, 1]."""
    unknown_by_class: tuple[ClassTokens, ...]


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """Tokens of M texts."""

    rows: Indices
    """Positions of the texts, shape (M,)."""
    lengths: Lengths
    """Tokens of each text, special ones included, shape (M,)."""
    specials: int
    """Special tokens that every text gets."""
    unknown: Int[np.ndarray, " M"]
    """Unknown tokens of each text, shape (M,)."""

    @property
    def own(self) -> Lengths:
        """Tokens of each text without the special ones, shape (M,)."""
        return np.asarray(np.maximum(self.lengths - self.specials, 0))


def count_tokens(rows: AuditedRows, tokenizer: Any) -> TokenCounts:
    """Return the tokens of all texts, or of a sample, and how many of them are unknown."""
    chosen = rows.sample(MAX_TOKENIZED)
    unknown_id = unknown_token(tokenizer)
    lengths = np.zeros(len(chosen), dtype=np.int64)
    unknown = np.zeros(len(chosen), dtype=np.int64)
    for start, texts in _portions(rows, chosen):
        rows.report(start, len(chosen), "Cutting texts into tokens")
        for place, encoding in enumerate(tokenizer.encode_batch_fast(texts), start):
            ids = encoding.ids
            lengths[place] = len(ids)
            if unknown_id is not None:
                unknown[place] = ids.count(unknown_id)
    return TokenCounts(chosen, lengths, tokenizer.num_special_tokens_to_add(False), unknown)


def _portions(rows: AuditedRows, chosen: Indices) -> Iterator[tuple[int, list[str]]]:
    for start in range(0, len(chosen), _AT_ONCE):
        taken = rows.texts.take(pa.array(chosen[start : start + _AT_ONCE]))
        yield start, taken.to_pylist()


def check_tokens(
    rows: AuditedRows, model: str, folder: Path, tokens_per_second: float | None = None
) -> tuple[list[Finding], TokenFigures]:
    """Report what a model would not see of the texts.

    Args:
        rows: At least one row.
        model: Its name, for people.
        folder: Where its tokenizer and settings are.
        tokens_per_second: Measured speed of training with this model, if one is known.

    Raises:
        ModelError: If the model has no usable tokenizer.
    """
    tokenizer = load_tokenizer(folder)
    limit = position_limit(folder)
    counts = count_tokens(rows, tokenizer)
    by_class = _unknown_by_class(rows, counts)
    figures = TokenFigures(
        model=model,
        num_measured=len(counts.rows),
        lengths=summarise("tokens", counts.lengths),
        costs=tuple(_costs(rows, counts, lengths_up_to(limit), tokens_per_second)),
        has_unknown=unknown_token(tokenizer) is not None,
        unknown=float(counts.unknown.sum() / max(counts.own.sum(), 1)),
        unknown_by_class=by_class,
    )
    findings = [
        *_cut_off(rows, counts, min(USUAL_LENGTH, limit or USUAL_LENGTH)),
        *_unknown(rows, counts, figures),
        *_empty(rows, counts),
    ]
    return findings, figures


def lengths_up_to(limit: int | None) -> list[int]:
    """Return the lengths to compare, up to what a model can read.

    Example:
        >>> lengths_up_to(512)[-2:], lengths_up_to(100)[-2:]
        ([384, 512], [96, 100])
    """
    most = limit or USUAL_LENGTH * 2
    return sorted({length for length in LENGTHS if length <= most} | ({limit} if limit else set()))


def _costs(
    rows: AuditedRows, counts: TokenCounts, lengths: list[int], speed: float | None
) -> Iterator[LengthCost]:
    is_train = rows.splits[counts.rows] == 0
    scale = int((rows.splits == 0).sum()) / max(int(is_train.sum()), 1)
    for length in lengths:
        of_texts, of_tokens = share_cut_off(counts.lengths, length)
        tokens = round(float(np.minimum(counts.lengths[is_train], length).sum()) * scale)
        yield LengthCost(
            max_length=length,
            texts_cut_off=of_texts,
            tokens_cut_off=of_tokens,
            tokens_per_epoch=tokens,
            seconds_per_epoch=round(tokens / speed, 2) if speed else None,
        )


def _unknown_by_class(rows: AuditedRows, counts: TokenCounts) -> tuple[ClassTokens, ...]:
    names = rows.dataset.label_names
    own = np.zeros(rows.dataset.num_examples, dtype=float)
    unknown = np.zeros(rows.dataset.num_examples, dtype=float)
    own[counts.rows], unknown[counts.rows] = counts.own, counts.unknown
    label_rows, label_ids = rows.flat_labels
    totals = np.bincount(label_ids, own[label_rows], minlength=len(names))
    parts = np.bincount(label_ids, unknown[label_rows], minlength=len(names))
    shares: Float[np.ndarray, " C"] = parts / np.maximum(totals, 1)
    return tuple(
        ClassTokens(label=name, num_tokens=int(totals[i]), unknown=float(shares[i]))
        for i, name in enumerate(names)
    )


def _cut_off(rows: AuditedRows, counts: TokenCounts, length: int) -> list[Finding]:
    found = np.flatnonzero(counts.lengths > length)
    of_texts, of_tokens = share_cut_off(counts.lengths, length)
    longest_first = counts.rows[found[np.argsort(-counts.lengths[found], kind="stable")]]
    message = (
        f"At max_length {length}, {percent(of_texts)} of the texts lose their end: "
        f"{percent(of_tokens)} of all tokens are never read{_measured(rows, counts)}."
    )
    return rows.finding("cut_off_texts", longest_first, message, of_tokens)


def _unknown(rows: AuditedRows, counts: TokenCounts, figures: TokenFigures) -> list[Finding]:
    found = np.flatnonzero(counts.unknown)
    worst_first = counts.rows[found[np.argsort(-counts.unknown[found], kind="stable")]]
    message = (
        f"{percent(figures.unknown, 2)} of all tokens are unknown to {shorten(figures.model)}, "
        f"in {plural(len(found), 'row')}{_measured(rows, counts)}."
    )
    spoken = [item for item in figures.unknown_by_class if item.num_tokens >= _MIN_CLASS_TOKENS]
    worst = sorted(spoken, key=lambda item: -item.unknown)
    least = THRESHOLDS["unknown_tokens_of_class"].warn or 0.0
    odd = [item for item in worst if item.unknown >= max(least, 2 * figures.unknown)]
    shown = [f"{shorten(item.label)} ({percent(item.unknown)})" for item in odd]
    by_class = graded(
        "unknown_tokens_of_class",
        len(odd),
        f"{plural(len(odd), 'class has', 'classes have')} more than twice as many unknown tokens "
        "as the others.",
        odd[0].unknown if odd else 0.0,
        shown[:EXAMPLES],
    )
    return [*rows.finding("unknown_tokens", worst_first, message, figures.unknown), *by_class]


def _empty(rows: AuditedRows, counts: TokenCounts) -> list[Finding]:
    found = counts.rows[np.flatnonzero(counts.own <= counts.unknown)]
    share = len(found) / max(len(counts.rows), 1)
    message = (
        f"{plural(len(found), 'row')} of which the model knows no token at all "
        f"({percent(share)}){_measured(rows, counts)}."
    )
    return rows.finding("empty_after_tokenisation", found, message, share)


def _measured(rows: AuditedRows, counts: TokenCounts) -> str:
    if len(counts.rows) == rows.dataset.num_examples:
        return ""
    return f", measured on {len(counts.rows):,} of {rows.dataset.num_examples:,} texts"
