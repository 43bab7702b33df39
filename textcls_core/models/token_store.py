"""Token ids on disk: every text is tokenised once per tokenizer and length, for all runs."""

import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from textcls_core.errors import InvalidArgumentError
from textcls_core.files import new_directory, read_json, to_json, write_json
from textcls_core.models.tokens import Reading, TokenizedTexts, tokenized_parts


def stored_tokens(
    texts: Sequence[str], tokenizer: Any, reading: Reading, cache_dir: Path
) -> TokenizedTexts:
    """Return the tokenised texts, from disk if somebody tokenised them before.

    Several processes may ask at the same time; the first one to finish is read by all.

    Args:
        texts: N texts.
        tokenizer: A Hugging Face tokenizer.
        reading: How much of each text is read.
        cache_dir: Folder that may be deleted at any time.
    """
    folder = cache_dir / "tokens" / _key(texts, tokenizer, reading)
    is_there = folder.exists()
    found = _read(folder, len(texts))
    if found is None:
        if is_there:  # a damaged one; another process may be about to put a good one here
            shutil.rmtree(folder, ignore_errors=True)
        try:
            with new_directory(folder) as temporary:
                _write(temporary, texts, tokenizer, reading)
        except FileExistsError:
            pass  # another process was faster
        found = _read(folder, len(texts))
    if found is None:
        raise InvalidArgumentError(
            f"The tokens in {folder} cannot be read back. Check the disk, then try again."
        )
    return found


def _key(texts: Sequence[str], tokenizer: Any, reading: Reading) -> str:
    """Return a name that changes with the texts, the tokenizer and what is read."""
    digest = hashlib.sha256(repr((reading, tokenizer.pad_token_id)).encode())
    settings = json.loads(tokenizer.backend_tokenizer.to_str())
    for state in ("truncation", "padding"):  # what the last call left behind
        settings.pop(state, None)
    digest.update(to_json(settings).encode())
    for text in texts:
        encoded = text.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(8, "little") + encoded)
    return digest.hexdigest()[:32]


def _write(folder: Path, texts: Sequence[str], tokenizer: Any, reading: Reading) -> None:
    """Write the ids portion by portion, in the narrowest type that holds the vocabulary."""
    dtype = np.dtype("<u2" if len(tokenizer) < 2**16 else "<u4")
    sizes, counts = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    with (folder / "ids.bin").open("wb") as file:
        for part in tokenized_parts(texts, tokenizer, reading):
            file.write(part.input_ids.astype(dtype).tobytes())
            sizes.append(part.sizes)
            counts.append(part.counts)
    np.save(folder / "sizes.npy", np.concatenate(sizes))
    np.save(folder / "counts.npy", np.concatenate(counts))
    write_json(folder / "tokens.json", {"dtype": dtype.str})


def _read(folder: Path, num_texts: int) -> TokenizedTexts | None:
    """Return what `_write` wrote, without reading the ids yet; None if it is not whole."""
    try:
        dtype = np.dtype(read_json(folder / "tokens.json")["dtype"])
        sizes = np.load(folder / "sizes.npy", allow_pickle=False)
        counts = np.load(folder / "counts.npy", allow_pickle=False)
        is_whole = (
            len(counts) == num_texts
            and counts.sum() == len(sizes)
            and sizes.sum() * dtype.itemsize == (folder / "ids.bin").stat().st_size
        )
        if not is_whole:
            return None
        ids = np.memmap(folder / "ids.bin", dtype, mode="r") if len(sizes) else np.zeros(0, dtype)
    except Exception:  # whatever is wrong with a cache, it is made again
        return None
    return TokenizedTexts(ids, sizes, counts)
