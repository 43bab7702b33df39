"""From columns of strings to a TextDataset: cleaning, digests, row ids, label ids.

A digest is the first eight bytes of a BLAKE2b hash. Comparing numbers instead of texts is what
makes checks of millions of rows quick; that any two different texts among ten million share one
has a probability of three in a million.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from textcls_core.arrays import Digests, Ranks
from textcls_core.dataset.text_dataset import SCHEMA, Split, TextDataset

_UNSAFE = re.compile("[\ud800-\udfff]")
_DIGEST_BYTES = 8
_CHUNK = 100_000
"""Rows that are Python objects at a time."""
SPACES = "".join(character for character in map(chr, range(0x3001)) if character.isspace())
"""What `str.strip` takes away."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Cleaned columns of equal length N, ready to become a data set."""

    texts: Sequence[str]
    labels: Sequence[str]
    splits: Sequence[Split]
    extra: Mapping[str, Sequence[str | None]]


def clean_text(text: str) -> str:
    """Return `text` without NUL characters and with lone surrogates replaced by U+FFFD.

    Both crash the screen and storage; everything else is kept as the author wrote it.
    """
    if text.isascii() and "\0" not in text:
        return text
    return _UNSAFE.sub("�", text.replace("\0", ""))


def duplicate_key(text: str) -> str:
    """Return what equal texts share: surrounding spaces and the Unicode form do not count.

    Example:
        >>> duplicate_key("  a text ") == duplicate_key("a text")
        True
    """
    return unicodedata.normalize("NFC", text).strip()


def shuffle_key(seed: int, key: str) -> bytes:
    """Return what to sort texts by to shuffle them, whatever order they come in."""
    return hashlib.blake2b(f"{seed}\0{key}".encode(), digest_size=16).digest()


def build_dataset(rows: Rows, row_ids: Sequence[str] | None = None) -> TextDataset:
    """Return a single-label data set; class ids follow the sorted class names.

    Args:
        rows: Texts, labels, splits and further columns.
        row_ids: N unique ids; made from the texts when absent.
    """
    label_names = sorted(set(rows.labels))
    id_of = {name: position for position, name in enumerate(label_names)}
    columns = {
        "row_id": pa.array(row_ids or make_row_ids(rows.texts), pa.string()),
        "text": pa.array(rows.texts, pa.string()),
        "label_ids": pa.array([[id_of[label]] for label in rows.labels], SCHEMA.field(2).type),
        "split": pa.array(rows.splits, pa.string()),
        **{name: pa.array(values, pa.string()) for name, values in rows.extra.items()},
    }
    return TextDataset(pa.table(columns), tuple(label_names))


def make_row_ids(texts: Sequence[str]) -> list[str]:
    """Return ids that stay the same when rows are reordered, relabelled or imported again.

    An id is a hash of the text; the second and later copies of a text get `.2`, `.3` and so on.
    """
    digests = text_digests(pa.chunked_array([pa.array(texts, pa.string())]))
    return list(row_ids_of(digests).to_pylist())


def text_digests(texts: pa.ChunkedArray) -> Digests:
    """Return a number for every text, shape (N,); texts with the same bytes share one."""
    parts = [_hash_all(part.cast(pa.binary()).to_pylist()) for part in _slices(texts)]
    return np.concatenate([*parts, np.empty(0, np.uint64)])


def duplicate_digests(texts: pa.ChunkedArray, digests: Digests) -> Digests:
    """Return a number for every text, shape (N,), that equal texts share (see `duplicate_key`).

    Args:
        texts: N texts.
        digests: Their `text_digests`, used wherever a text is its own key.
    """
    result = digests.copy()
    start = 0
    for part in _slices(texts):
        trimmed = pc.utf8_trim(part, characters=SPACES)
        is_trimmed = pc.equal(pc.binary_length(trimmed), pc.binary_length(part))
        is_key = pc.and_(pc.string_is_ascii(part), is_trimmed)
        others = np.flatnonzero(~np.asarray(is_key))
        keys = map(duplicate_key, part.take(pa.array(others)).to_pylist())
        result[start + others] = _hash_all([key.encode() for key in keys])
        start += len(part)
    return result


def row_ids_of(digests: Digests) -> pa.Array:
    """Return an id for every row, N strings; see `make_row_ids`.

    Args:
        digests: The `text_digests` of N texts.
    """
    ids = _as_hex(digests)
    ranks = copy_ranks(digests)
    if not ranks.any():
        return ids
    numbers = pa.array(ranks + 1).cast(pa.string())
    numbered = pc.binary_join_element_wise(ids, numbers, ".")
    return pc.if_else(pa.array(ranks > 0), numbered, ids)


def copy_ranks(values: Digests) -> Ranks:
    """Return for every value how many equal ones stand before it, shape (N,).

    Example:
        >>> copy_ranks(np.array([7, 3, 7, 7])).tolist()
        [0, 0, 1, 2]
    """
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]][: len(values)])
    sizes = np.diff(np.r_[starts, len(values)])
    ranks = np.empty(len(values), np.int64)
    ranks[order] = np.arange(len(values)) - np.repeat(starts, sizes)
    return ranks


def _slices(texts: pa.ChunkedArray) -> Iterator[pa.Array]:
    """Yield the texts in parts that are small enough to become Python objects."""
    for chunk in texts.iterchunks():
        for start in range(0, len(chunk), _CHUNK):
            yield chunk.slice(start, _CHUNK)


def _hash_all(values: Sequence[bytes]) -> Digests:
    blake2b = hashlib.blake2b
    joined = b"".join([blake2b(value, digest_size=_DIGEST_BYTES).digest() for value in values])
    return np.frombuffer(joined, dtype=">u8").astype(np.uint64)


def _as_hex(digests: Digests) -> pa.StringArray:
    """Return every number as 16 hexadecimal digits."""
    digits = digests.astype(">u8").tobytes().hex().encode()
    offsets = np.arange(len(digests) + 1, dtype=np.int32) * (2 * _DIGEST_BYTES)
    return pa.StringArray.from_buffers(len(digests), pa.py_buffer(offsets), pa.py_buffer(digits))
