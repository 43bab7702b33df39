"""Numbers that are equal for rows whose texts count as equal. A million texts in seconds."""

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Int

from textcls_core.dataset.text_dataset import TextDataset

RowKeys = Int[np.ndarray, " N"]
"""Equal for rows that count as equal."""

_TEXTS_AT_ONCE = 20_000
_SPACE = ord(" ")
_SEPARATORS = bytes(
    _SPACE if chr(byte) in "!\"#%&'()*,-./:;?@[\\]_{}" or byte <= _SPACE or byte == 127 else byte
    for byte in range(256)
)
"""ASCII signs that separate words become a space; letters, digits and signs of value stay."""
_FOREIGN_SEPARATORS = r"[^\x00-\x7f\pL\pM\pN\pS]+"


def exact_keys(texts: pa.ChunkedArray) -> RowKeys:
    """Return keys that are equal where `duplicate_key` is equal, shape (N,).

    Args:
        texts: N texts.
    """
    return _codes(_trimmed(texts))


def normalised_keys(texts: pa.ChunkedArray) -> RowKeys:
    """Return keys that ignore case, punctuation, spaces and variants of letters, shape (N,).

    A text of punctuation alone keeps its punctuation.

    Args:
        texts: N texts.
    """
    folded = _spaced(_on_foreign(_unified, pc.utf8_lower(texts.cast(pa.large_string()))))
    words = pc.utf8_trim_whitespace(folded)
    is_empty = pc.equal(words, "")
    if pc.any(is_empty).as_py():
        words = pc.if_else(is_empty, _trimmed(texts), words)
    return _codes(words)


def equal_text_groups(dataset: TextDataset, row_ids: Sequence[str]) -> RowKeys:
    """Return which rows of a split have equal texts, by `normalised_keys`, shape (N,).

    Args:
        dataset: The version that holds the rows.
        row_ids: N row ids.

    Raises:
        NotFoundError: If a row is not in this data set.
    """
    rows = dataset.positions(row_ids)
    return normalised_keys(dataset.table["text"].take(pa.array(rows)))


def _trimmed(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    composed = _on_foreign(
        lambda part: pc.utf8_normalize(part, form="NFC"), texts.cast(pa.large_string())
    )
    return pc.utf8_trim_whitespace(composed)


def _unified(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return lower-case texts with one form for every letter and spaces for foreign separators."""
    folded = pc.utf8_lower(pc.utf8_normalize(texts, form="NFKC"))
    return pc.replace_substring_regex(folded, _FOREIGN_SEPARATORS, " ")


def _on_foreign(
    change: Callable[[pa.ChunkedArray], pa.ChunkedArray], texts: pa.ChunkedArray
) -> pa.ChunkedArray:
    """Return texts of which those that are not pure ASCII are changed; the change is slow."""
    is_foreign = pc.invert(pc.string_is_ascii(texts))
    rows = np.flatnonzero(np.asarray(is_foreign))
    if not len(rows):
        return texts
    changed = change(texts.take(pa.array(rows)))
    order = np.arange(len(texts))
    order[rows] = len(texts) + np.arange(len(rows))
    return pa.chunked_array([*texts.chunks, *changed.chunks]).take(pa.array(order))


def _codes(keys: pa.ChunkedArray) -> RowKeys:
    encoded = keys.cast(pa.large_string()).dictionary_encode()
    parts = [
        np.asarray(chunk.indices, dtype=np.int64) for chunk in encoded.unify_dictionaries().chunks
    ]
    return np.concatenate([np.zeros(0, dtype=np.int64), *parts])


def _spaced(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return texts with one space for every run of ASCII separators."""
    parts = [
        _spaced_part(texts.slice(start, _TEXTS_AT_ONCE))
        for start in range(0, len(texts), _TEXTS_AT_ONCE)
    ]
    return pa.chunked_array(parts, pa.large_string())


def _spaced_part(texts: pa.ChunkedArray) -> pa.Array:
    array = pa.concat_arrays(
        [pa.array([], pa.large_string()), *texts.cast(pa.large_string()).chunks]
    )
    _, ends, data = array.buffers()
    offsets = np.frombuffer(ends, np.int64)[array.offset : array.offset + len(array) + 1]
    if data is None or offsets[0] == offsets[-1]:
        return array
    table = np.frombuffer(_SEPARATORS, np.uint8)
    letters = table[np.frombuffer(data, np.uint8)[offsets[0] : offsets[-1]]]
    is_space = letters == _SPACE
    is_kept = ~is_space
    is_kept[1:] |= ~is_space[:-1]
    places = np.concatenate([[0], np.cumsum(is_kept, dtype=np.int64)])
    kept = pa.py_buffer(letters[is_kept].tobytes())
    moved = pa.py_buffer(places[offsets - offsets[0]].tobytes())
    return pa.LargeStringArray.from_buffers(len(array), moved, kept)
