"""From columns of strings to a TextDataset: cleaning, row ids, label ids, checks."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from textcls_core.dataset.text_dataset import SCHEMA, Split, TextDataset

_UNSAFE = re.compile("[\ud800-\udfff]")


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
    seen: Counter[str] = Counter()
    row_ids = []
    for text in texts:
        digest = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
        seen[digest] += 1
        row_ids.append(digest if seen[digest] == 1 else f"{digest}.{seen[digest]}")
    return row_ids
