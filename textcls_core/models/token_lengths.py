"""How long texts are in tokens of a model, without loading the model."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from textcls_core.arrays import Lengths
from textcls_core.errors import ModelError
from textcls_core.files import temporary_sibling

MAX_MEASURED = 20_000
"""Texts measured unless asked for more; a fixed random sample stands for the data set."""


def token_lengths(texts: Sequence[str], model_dir: Path) -> Lengths:
    """Return the uncut number of tokens of each text, special tokens included, shape (N,).

    Raises:
        ModelError: If the model has no `tokenizer.json`, or a damaged one.
    """
    encodings = load_tokenizer(model_dir).encode_batch_fast(list(texts))
    return np.array([len(encoding.ids) for encoding in encodings], dtype=np.int64)


def load_tokenizer(model_dir: Path) -> Tokenizer:
    """Return the tokenizer of a model, which neither cuts nor pads.

    Raises:
        ModelError: If the model has no `tokenizer.json`, or a damaged one.
    """
    file = _tokenizer_file(model_dir)
    try:
        tokenizer = Tokenizer.from_file(str(file))
    except Exception as error:  # the library raises nothing more precise
        raise ModelError(
            f"The tokenizer.json of {model_dir.name} is damaged. Download or save the model again."
        ) from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def unknown_token(tokenizer: Tokenizer) -> int | None:
    """Return the id of a tokenizer's unknown token, or None if it has none."""
    written = getattr(tokenizer.model, "unk_token", None)
    for name in [written, "<unk>", "[UNK]"]:
        if name and (found := tokenizer.token_to_id(name)) is not None:
            return int(found)
    return None


def cached_token_lengths(
    texts: Sequence[str],
    fingerprint: str,
    model_dir: Path,
    cache_dir: Path,
    most: int | None = None,
) -> Lengths:
    """Return `token_lengths` of the texts, or of a sample, kept on disk between calls.

    Args:
        texts: N texts of one data set.
        fingerprint: Digest that names exactly these texts.
        model_dir: Folder of the model.
        cache_dir: Folder that may be deleted at any time.
        most: Texts measured at most, `MAX_MEASURED` by default; of more, a fixed random sample.
    """
    known = stored_token_lengths(fingerprint, model_dir, cache_dir)
    if known is not None:
        return known
    file = _lengths_file(fingerprint, model_dir, cache_dir)
    rows = np.arange(len(texts))
    limit = MAX_MEASURED if most is None else most
    if len(texts) > limit:
        rows = np.sort(np.random.default_rng(0).choice(rows, limit, replace=False))
    lengths = token_lengths([texts[int(row)] for row in rows], model_dir)
    with temporary_sibling(file) as temporary:
        with temporary.open("wb") as handle:
            np.save(handle, lengths)
        temporary.replace(file)
    return lengths


def stored_token_lengths(fingerprint: str, model_dir: Path, cache_dir: Path) -> Lengths | None:
    """Return what `cached_token_lengths` kept, or None if these texts were never measured."""
    file = _lengths_file(fingerprint, model_dir, cache_dir)
    return np.asarray(np.load(file, allow_pickle=False)) if file.exists() else None


def _lengths_file(fingerprint: str, model_dir: Path, cache_dir: Path) -> Path:
    digest = hashlib.sha256(_tokenizer_file(model_dir).read_bytes()).hexdigest()
    return cache_dir / "token_lengths" / f"{fingerprint[:16]}-{digest[:16]}.npy"


def share_cut_off(lengths: Lengths, max_length: int) -> tuple[float, float]:
    """Return the share of texts and the share of tokens that `max_length` cuts off, each in [0, 1].

    Args:
        lengths: Tokens per text, shape (N,), N >= 1.
        max_length: Tokens kept of each text.

    Example:
        >>> share_cut_off(np.array([100, 300]), 200)
        (0.5, 0.25)
    """
    excess = np.maximum(lengths - max_length, 0)
    return float((excess > 0).mean()), float(excess.sum() / max(lengths.sum(), 1))


def _tokenizer_file(model_dir: Path) -> Path:
    file = model_dir / "tokenizer.json"
    if not file.is_file():
        raise ModelError(
            f"{model_dir.name} has no tokenizer.json, so its tokens cannot be counted here. "
            "Save the tokenizer once more with a current transformers."
        )
    return file
