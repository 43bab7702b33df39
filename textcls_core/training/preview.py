"""What the model will see: the texts of the first training step, cut into tokens.

Uses the tokenizer alone; neither torch nor transformers is loaded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from tokenizers import Encoding, Tokenizer

from textcls_core.arrays import Indices, Lengths
from textcls_core.config import RunConfig
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.models.token_lengths import load_tokenizer
from textcls_core.models.tokens import OVERLAP
from textcls_core.training.plan import StepShape, epoch_order, step_ends
from textcls_core.training.rows import epoch_rows

MAX_CUT_CHARACTERS = 400
"""Of what is cut off, so much is shown."""
_TEXTS_MEASURED = 64
"""To find how many texts fit in a step, first so many are cut into tokens, then twice as many."""
_UNKNOWN_TOKENS = {"[UNK]", "<unk>"}

TokenKind = Literal["plain", "special", "unknown"]
LongDocuments = Literal["truncate", "head_tail", "windows"]


@dataclass(frozen=True, slots=True)
class PreviewToken:
    """One token as it is shown."""

    text: str
    """What the token stands for; of an unknown one the characters in the text."""
    kind: TokenKind
    """`special` tokens are added by the tokenizer; of `unknown` ones the model sees no letters."""
    is_joined: bool
    """Whether it goes on where the token before it ended, without a space."""


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """One training text as the model sees it."""

    label: str
    tokens: tuple[PreviewToken, ...]
    """Tokens that are read; of a text in windows those of the first."""
    num_windows: int
    """Windows the text is read in; 1 unless it is longer than `max_length`."""
    num_cut: int
    """Tokens of the text that are never read."""
    cut_text: str
    """The text they stand for, or the beginning of it."""
    cut_at: int
    """Position among the tokens where they are missing."""


@dataclass(frozen=True, slots=True)
class FirstStep:
    """What the first training step of a run reads."""

    num_texts: int
    """Texts of the step."""
    rows: tuple[PreviewRow, ...]
    """The first of them, in the order in which they are drawn."""


def preview_of(
    dataset: TextDataset, config: RunConfig, model_dir: Path, num_rows: int
) -> FirstStep:
    """Return the first training step of a run, with some of its texts.

    Args:
        dataset: What the run trains on.
        config: Settings of the run.
        model_dir: Folder with the model's `tokenizer.json`.
        num_rows: Texts wanted at most.

    Raises:
        ModelError: If the model has no `tokenizer.json`, or a damaged one.
    """
    every = first_step_rows(dataset, config, model_dir)
    rows = every[:num_rows]
    label_sets = dataset.table["label_ids"].take(pa.array(rows)).to_pylist()
    shown = first_batch(
        dataset.texts(rows),
        [", ".join(dataset.label_names[label] for label in labels) for labels in label_sets],
        model_dir,
        max_length=config.max_length,
        long_documents=config.long_documents,
        max_windows=config.max_windows,
    )
    return FirstStep(len(every), tuple(shown))


def first_step_rows(dataset: TextDataset, config: RunConfig, model_dir: Path) -> Indices:
    """Return the rows of the first training step, in the order in which they are drawn.

    Args:
        dataset: Its training rows are used, or those of the run's fold.
        config: Settings of the run.
        model_dir: Folder with the model's `tokenizer.json`, which `tokens_per_step` needs.
    """
    order = epoch_order(epoch_rows(config, dataset), seed=config.seed, epoch=1)
    if not config.tokens_per_step:
        return order[: config.documents_per_step]
    count, lengths = 0, np.zeros(0, dtype=np.int64)
    while count < len(order) and lengths.sum() <= config.tokens_per_step:
        count = max(2 * count, _TEXTS_MEASURED)
        lengths = _read_lengths(dataset.texts(order[:count]), config, model_dir)
    return order[: step_ends(lengths, StepShape.of(config))[0]]


def _read_lengths(texts: Sequence[str], config: RunConfig, model_dir: Path) -> Lengths:
    """Return the tokens read of each text over all its windows, shape (N,)."""
    tokenizer = _cutting(model_dir, config.max_length, config.long_documents)
    limit = config.max_windows if config.long_documents == "windows" else 1
    windows = ([text, *text.overflowing][:limit] for text in tokenizer.encode_batch(list(texts)))
    return np.array([max(sum(len(one.ids) for one in read), 1) for read in windows])


def _cutting(model_dir: Path, max_length: int, long_documents: LongDocuments) -> Tokenizer:
    """Return a tokenizer that cuts what is too long, into windows where these are read."""
    tokenizer = load_tokenizer(model_dir)
    stride = int(max_length * OVERLAP) if long_documents == "windows" else 0
    tokenizer.enable_truncation(max_length, stride=stride)
    return tokenizer


def first_batch(
    texts: Sequence[str],
    labels: Sequence[str],
    model_dir: Path,
    *,
    max_length: int,
    long_documents: LongDocuments = "truncate",
    max_windows: int = 8,
) -> list[PreviewRow]:
    """Return texts as the model sees them.

    Args:
        texts: Texts of the first step.
        labels: The class of each, by name.
        model_dir: Folder with the model's `tokenizer.json`.
        max_length: Tokens read at once, special tokens included.
        long_documents: What happens to longer texts; see `RunConfig`.
        max_windows: With `windows`: windows read of each text at most.

    Raises:
        ModelError: If the model has no `tokenizer.json`, or a damaged one.
    """
    whole, cutting = load_tokenizer(model_dir), _cutting(model_dir, max_length, long_documents)
    limit = max_windows if long_documents == "windows" else 1
    rows = []
    for text, label in zip(texts, labels, strict=True):
        encoding = whole.encode(text)
        if len(encoding.ids) <= max_length:
            tokens = _tokens(whole, text, encoding)
            rows.append(PreviewRow(label, tokens, 1, 0, "", len(tokens)))
        elif long_documents == "head_tail":
            rows.append(_head_and_tail(whole, text, label, encoding, max_length))
        else:
            first = cutting.encode(text)
            windows = [first, *first.overflowing][:limit]
            rows.append(_from_start(whole, text, label, encoding, windows))
    return rows


def _from_start(
    tokenizer: Tokenizer, text: str, label: str, encoding: Encoding, windows: list[Encoding]
) -> PreviewRow:
    """Return a text of which all is read up to the end of its last window."""
    end = max(end for _, end in windows[-1].offsets)
    return PreviewRow(
        label=label,
        tokens=_tokens(tokenizer, text, windows[0]),
        num_windows=len(windows),
        num_cut=sum(start >= end for start, stop in encoding.offsets if stop > start),
        cut_text=_shortened(text[end:]),
        cut_at=max(i for i, (start, stop) in enumerate(windows[0].offsets, 1) if stop > start),
    )


def _head_and_tail(
    tokenizer: Tokenizer, text: str, label: str, encoding: Encoding, max_length: int
) -> PreviewRow:
    """Return a text of which the first and the last half of `max_length` is read."""
    tail = max_length // 2
    head = max_length - tail
    tokens = _tokens(tokenizer, text, encoding)
    start, end = encoding.offsets[head - 1][1], encoding.offsets[-tail][0]
    return PreviewRow(
        label=label,
        tokens=(*tokens[:head], *tokens[-tail:]),
        num_windows=1,
        num_cut=len(tokens) - max_length,
        cut_text=_shortened(text[start:end]),
        cut_at=head,
    )


def _tokens(tokenizer: Tokenizer, text: str, encoding: Encoding) -> tuple[PreviewToken, ...]:
    """Return the tokens of an encoding as they are shown."""
    added = tokenizer.get_added_tokens_decoder()
    unknown = _UNKNOWN_TOKENS | {getattr(tokenizer.model, "unk_token", None)}
    tokens, previous_end = [], -1
    for token_id, token, (start, end), is_added in zip(
        encoding.ids, encoding.tokens, encoding.offsets, encoding.special_tokens_mask, strict=True
    ):
        surface = text[start:end]
        is_joined = start <= previous_end and not surface[:1].isspace()
        if token in unknown and not is_added:
            tokens.append(PreviewToken(surface.strip() or token, "unknown", is_joined))
        elif is_added or _is_special(added, token_id):
            tokens.append(PreviewToken(token, "special", is_joined=False))
        else:
            is_same = start < previous_end  # another byte of the character before
            shown = "·" if is_same else _shown(tokenizer, token_id, token, surface)
            tokens.append(PreviewToken(shown, "plain", is_joined))
        previous_end = end if end > start else -1
    return tuple(tokens)


def _is_special(added: dict[int, Any], token_id: int) -> bool:
    """Tell whether a text spells out a special token, which the model then sees as one."""
    return token_id in added and bool(added[token_id].special)


def _shown(tokenizer: Tokenizer, token_id: int, token: str, surface: str) -> str:
    """Return what a token stands for; the first byte of a character stands for all of it."""
    if surface.isspace():
        return "␣"
    piece = tokenizer.decode([token_id], skip_special_tokens=False).strip()
    if token.startswith("##"):
        piece = piece.removeprefix("##")
    return piece if piece and "\ufffd" not in piece else surface.strip() or token


def _shortened(text: str) -> str:
    """Return the beginning of a text that is cut off."""
    text = text.strip()
    return text if len(text) <= MAX_CUT_CHARACTERS else text[:MAX_CUT_CHARACTERS].rstrip() + "…"
