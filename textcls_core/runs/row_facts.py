"""RowFacts: what is known about the rows that a run predicted, beside what it said about them."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from textcls_core.arrays import Indices, Lengths, Mask
from textcls_core.config import RunConfig
from textcls_core.dataset.statistics import words_per_text
from textcls_core.dataset.text_dataset import Split, TextDataset
from textcls_core.errors import ModelError
from textcls_core.models.token_lengths import (
    cached_token_lengths,
    load_tokenizer,
    stored_token_lengths,
)
from textcls_core.models.tokens import OVERLAP
from textcls_core.runs.run import Run


@dataclass(frozen=True)
class RowFacts:
    """Facts about N rows, in the order of the predictions of one split."""

    row_ids: tuple[str, ...]
    """N row ids of the data set."""
    positions: Indices
    """Where these rows are in the data set, shape (N,)."""
    num_characters: Lengths
    """Characters of each text, shape (N,)."""
    num_words: Lengths
    """Words of each text, shape (N,); a Chinese or Japanese character counts as a word."""
    num_tokens: Lengths | None
    """Uncut tokens of each text for the model of the run, shape (N,); None without a tokenizer."""
    is_truncated: Mask | None
    """Whether the run read only a part of the text, shape (N,); None without a tokenizer."""
    columns: dict[str, pa.ChunkedArray]
    """The further columns of the data set, each with N values."""

    def __len__(self) -> int:
        """Number of rows, N."""
        return len(self.row_ids)


def row_facts(run: Run, dataset: TextDataset, split: Split, cache_dir: Path) -> RowFacts:
    """Return what is known about the rows of a split.

    Tokens are counted with the tokenizer in the folder of the run's model, without loading the
    model, and kept on disk.

    Args:
        run: A finished run.
        dataset: The version it was trained on.
        split: One of the run's splits.
        cache_dir: Folder that may be deleted at any time.

    Raises:
        NotFoundError: If the run has no predictions for the split, or the data set other rows.
    """
    return facts_of(run, dataset, run.predictions(split).row_ids, cache_dir)


def facts_of(
    run: Run,
    dataset: TextDataset,
    row_ids: tuple[str, ...],
    cache_dir: Path,
    most_characters: int | None = None,
) -> RowFacts:
    """Return what is known about some rows.

    Args:
        run: A finished run.
        dataset: The version it was trained on.
        row_ids: N rows of it.
        cache_dir: Folder that may be deleted at any time.
        most_characters: If tokens were not counted before, texts with more characters in all are
            left uncounted; None counts them however many there are.

    Raises:
        NotFoundError: If the data set has other rows.
    """
    positions = dataset.positions(row_ids)
    rows = dataset.table.take(pa.array(positions))
    num_tokens = _num_tokens(run, dataset, rows, cache_dir, most_characters)
    return RowFacts(
        row_ids=row_ids,
        positions=positions,
        num_characters=np.asarray(pc.utf8_length(rows["text"]), dtype=np.int64),
        num_words=words_per_text(rows["text"]),
        num_tokens=num_tokens,
        is_truncated=None if num_tokens is None else num_tokens > tokens_read(run),
        columns={name: rows[name] for name in dataset.extra_columns},
    )


def tokens_read(run: Run) -> int:
    """Return how long a text may be, in uncut tokens, for the run to read all of it.

    Raises:
        ModelError: If the run reads windows, and its model has no tokenizer.
    """
    config = run.config
    if config.long_documents != "windows":
        return config.max_length
    special = load_tokenizer(run.model_dir).num_special_tokens_to_add(is_pair=False)
    return windows_read(config, special)


def windows_read(config: RunConfig, num_special: int) -> int:
    """Return how many tokens of a text overlapping windows cover, special tokens counted once.

    Args:
        config: Settings of a run that reads windows.
        num_special: Special tokens that each window has.

    Example:
        >>> settings = {"dataset": "toy", "max_length": 100, "max_windows": 2}
        >>> windows_read(RunConfig.create({**settings, "long_documents": "windows"}), 2)
        173
    """
    content = config.max_length - num_special
    step = content - int(config.max_length * OVERLAP)
    return content + (config.max_windows - 1) * step + num_special


def _num_tokens(
    run: Run, dataset: TextDataset, rows: pa.Table, cache_dir: Path, most_characters: int | None
) -> Lengths | None:
    names = "\n".join([dataset.fingerprint, *rows["row_id"].to_pylist()])
    key = hashlib.sha256(names.encode()).hexdigest()
    try:
        known = stored_token_lengths(key, run.model_dir, cache_dir)
        num_characters = pc.sum(pc.utf8_length(rows["text"])).as_py() or 0
        if known is not None or (most_characters is not None and num_characters > most_characters):
            return known
        return cached_token_lengths(
            rows["text"].to_pylist(), key, run.model_dir, cache_dir, most=len(rows)
        )
    except ModelError:
        return None
