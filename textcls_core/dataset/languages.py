"""Scripts and languages of texts, as a whole and class by class.

The script comes from the Unicode ranges of the letters, for every row. The language comes from
py3langid, a naive Bayes classifier over the languages with a two-letter code, for a sample of the
rows; short and doubtful texts are "undetermined".
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Bool, Int, UInt8

from textcls_core.arrays import Indices
from textcls_core.dataset.characters import (
    TABLE_SIZE,
    Characters,
    Texts,
    map_chunks,
    read_characters,
    string_column,
)
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.jobs.progress import Report, ignore

NO_SCRIPT, OTHER_SCRIPT = "none", "other"
"""Texts without letters, and letters outside the ranges below."""
UNDETERMINED = "und"
MAX_LANGUAGE_ROWS = 5_000
"""Rows whose language is looked at; a share is then known to about one point."""
MIN_LETTERS = 20
"""Fewer letters say too little; a guess would be right about half of the time."""
_DENSE, _DENSITY = ("Han", "Japanese", "Hangul"), 3
"""In these scripts a character says as much as three letters, and counts as so many."""
_READ_CHARACTERS = 400
"""A language shows in the first lines; the rest would only take time."""
MIN_CONFIDENCE = 0.7
"""Probability of the language below which it counts as undetermined."""
_SEED = 0
_KANA_SHARE = 0.1
"""Kana for each Chinese character from which on a text is Japanese."""

_RANGES = (
    ("Latin", 0x0041, 0x024F), ("Latin", 0x1E00, 0x1EFF), ("Latin", 0x2C60, 0x2C7F),
    ("Latin", 0xA720, 0xA7FF), ("Greek", 0x0370, 0x03FF), ("Greek", 0x1F00, 0x1FFF),
    ("Cyrillic", 0x0400, 0x052F), ("Armenian", 0x0530, 0x058F), ("Hebrew", 0x0590, 0x05FF),
    ("Arabic", 0x0600, 0x06FF), ("Syriac", 0x0700, 0x074F), ("Arabic", 0x0750, 0x077F),
    ("Thaana", 0x0780, 0x07BF), ("N'Ko", 0x07C0, 0x07FF), ("Arabic", 0x0870, 0x08FF),
    ("Devanagari", 0x0900, 0x097F), ("Bengali", 0x0980, 0x09FF), ("Gurmukhi", 0x0A00, 0x0A7F),
    ("Gujarati", 0x0A80, 0x0AFF), ("Oriya", 0x0B00, 0x0B7F), ("Tamil", 0x0B80, 0x0BFF),
    ("Telugu", 0x0C00, 0x0C7F), ("Kannada", 0x0C80, 0x0CFF), ("Malayalam", 0x0D00, 0x0D7F),
    ("Sinhala", 0x0D80, 0x0DFF), ("Thai", 0x0E00, 0x0E7F), ("Lao", 0x0E80, 0x0EFF),
    ("Tibetan", 0x0F00, 0x0FFF), ("Burmese", 0x1000, 0x109F), ("Georgian", 0x10A0, 0x10FF),
    ("Hangul", 0x1100, 0x11FF), ("Ethiopic", 0x1200, 0x139F), ("Cherokee", 0x13A0, 0x13FF),
    ("Khmer", 0x1780, 0x17FF), ("Mongolian", 0x1800, 0x18AF), ("Georgian", 0x1C90, 0x1CBF),
    ("Tifinagh", 0x2D30, 0x2D7F), ("Han", 0x3005, 0x3007), ("Japanese", 0x3040, 0x30FF),
    ("Hangul", 0x3130, 0x318F), ("Japanese", 0x31F0, 0x31FF), ("Han", 0x3400, 0x4DBF),
    ("Han", 0x4E00, 0x9FFF), ("Hangul", 0xAC00, 0xD7FF), ("Han", 0xF900, 0xFAFF),
    ("Hebrew", 0xFB1D, 0xFB4F), ("Arabic", 0xFB50, 0xFDFF), ("Arabic", 0xFE70, 0xFEFC),
    ("Han", 0x20000, 0x323AF),
)  # fmt: skip
SCRIPTS = (NO_SCRIPT, OTHER_SCRIPT, *dict.fromkeys(name for name, _, _ in _RANGES))
"""Names; a script id is a position in this tuple."""
RIGHT_TO_LEFT = ("Hebrew", "Arabic", "Syriac", "Thaana", "N'Ko")
_MAYBE_RIGHT_TO_LEFT = re.compile(
    f"[{''.join(f'{chr(a)}-{chr(b)}' for name, a, b in _RANGES if name in RIGHT_TO_LEFT)}]"
)
"""Found in a fraction of the time that the table of all letters takes to make."""

ScriptIds = Int[np.ndarray, " N"]


@dataclass(frozen=True, slots=True)
class Mix:
    """How often each kind (of script or language) occurs, in all rows and by class."""

    kinds: tuple[str, ...]
    """K names, the most frequent first."""
    counts: Int[np.ndarray, " K"]
    """Rows of each kind."""
    by_class: Int[np.ndarray, "K C"]
    """Rows of each kind in each class; a row counts for each of its classes."""
    num_rows: int
    """Rows that were looked at."""
    num_all_rows: int
    """Rows of the data set."""

    def share(self, kind: str) -> float:
        """Return the share of the rows looked at that are of a kind, in [0, 1]."""
        found = dict(zip(self.kinds, self.counts.tolist(), strict=True))
        return float(found.get(kind, 0) / max(self.num_rows, 1))


def script_mix(dataset: TextDataset, progress: Report = ignore) -> Mix:
    """Return the scripts of all rows; a row is of the script of most of its letters."""
    ids = script_ids(dataset.table["text"], progress)
    names = [SCRIPTS[number] for number in ids.tolist()]
    return _mix(names, dataset, np.arange(dataset.num_examples))


def language_mix(
    dataset: TextDataset, *, max_rows: int = MAX_LANGUAGE_ROWS, progress: Report = ignore
) -> Mix:
    """Return the languages of the rows, or of a fixed random sample of them.

    Args:
        dataset: Any data set.
        max_rows: Rows to look at; of more, a sample is drawn.
        progress: Called with rows done, all rows, and what is done.
    """
    rows = np.arange(dataset.num_examples)
    if len(rows) > max_rows:
        rows = np.sort(np.random.default_rng(_SEED).permutation(rows)[:max_rows])
    return _mix(languages(dataset.texts(rows), progress), dataset, rows)


def languages(texts: Sequence[str], progress: Report = ignore) -> list[str]:
    """Return the ISO 639-1 code of the language of each text, or `und`.

    Example:
        >>> languages(["Das Wetter ist heute schön, die Sonne scheint.", "ok"])
        ['de', 'und']
    """
    is_enough = _has_enough_letters(texts)
    found = []
    for number, text in enumerate(texts):
        if number % 100 == 0:
            progress(number, len(texts), "Looking at languages")
        found.append(
            _identifier().classify(text[:_READ_CHARACTERS])[0]
            if is_enough[number]
            else UNDETERMINED
        )
    return found


def script_ids(texts: Texts, progress: Report = ignore) -> ScriptIds:
    """Return the script of most letters of each text as a position in `SCRIPTS`, shape (N,)."""
    column = string_column(texts)
    ids = np.zeros(len(column), dtype=np.int64)
    for start, stop, found in map_chunks(_scripts_of, column):
        ids[start:stop] = found
        progress(stop, len(column), "Looking at scripts")
    return ids


def is_right_to_left(texts: Texts) -> Bool[np.ndarray, " N"]:
    """Tell which texts are written from right to left: most of their letters are.

    Example:
        >>> is_right_to_left(["Hello", "مرحبا بالعالم", "iPhone هو هاتف ذكي"]).tolist()
        [False, True, True]
    """
    if isinstance(texts, Sequence) and not any(
        _MAYBE_RIGHT_TO_LEFT.search(text or "") for text in texts
    ):
        return np.zeros(len(texts), dtype=bool)
    wanted = [SCRIPTS.index(name) for name in RIGHT_TO_LEFT]
    return np.isin(script_ids(texts), wanted)


def _scripts_of(characters: Characters) -> ScriptIds:
    """Return the most frequent script of each text; Japanese wins over the Han it is mixed with."""
    counts = _letters_by_script(characters)
    han, japanese = SCRIPTS.index("Han"), SCRIPTS.index("Japanese")
    is_japanese = counts[:, japanese] > _KANA_SHARE * counts[:, han]
    counts[is_japanese, han] = 0
    return np.where(counts.any(axis=1), counts.argmax(axis=1), SCRIPTS.index(NO_SCRIPT))


def _letters_by_script(characters: Characters) -> Int[np.ndarray, "N S"]:
    """Return the weight of the letters of each text in each script; `NO_SCRIPT` has none."""
    scripts = _script_table()[np.minimum(characters.codes, TABLE_SIZE - 1)]
    letters = np.flatnonzero(scripts)
    row_of = np.searchsorted(characters.text_starts, letters, side="right") - 1
    num_texts = len(characters.text_starts) - 1
    keys = row_of * len(SCRIPTS) + scripts[letters]
    counts = np.bincount(keys, minlength=num_texts * len(SCRIPTS)).reshape(num_texts, len(SCRIPTS))
    counts[:, [SCRIPTS.index(name) for name in _DENSE]] *= _DENSITY
    return counts


def _has_enough_letters(texts: Sequence[str]) -> Bool[np.ndarray, " N"]:
    weights = _letters_by_script(read_characters(list(texts))).sum(axis=1)
    return np.asarray(weights >= MIN_LETTERS)


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(
        MODEL_FILE, norm_probs=True, min_confidence=MIN_CONFIDENCE
    )
    # Without dialects and pidgins, for which it takes every tenth plain text.
    identifier.set_languages([code for code in identifier.labels if len(code) == 2])
    return identifier


@cache
def _script_table() -> UInt8[np.ndarray, " T"]:
    """Return the script id of every code point; 0 for what is no letter."""
    groups = [unicodedata.category(chr(code))[0] for code in range(TABLE_SIZE)]
    is_letter = np.array([group == "L" for group in groups])
    is_mark = np.array([group == "M" for group in groups])
    table = np.where(is_letter, SCRIPTS.index(OTHER_SCRIPT), 0).astype(np.uint8)
    for name, first, last in _RANGES:
        part = slice(first, last + 1)
        table[part][is_letter[part] | is_mark[part]] = SCRIPTS.index(name)
    return table


def _mix(kinds: Sequence[str], dataset: TextDataset, rows: Indices) -> Mix:
    """Return how often each kind occurs, with one kind per row."""
    counts = Counter(kinds)
    names = tuple(name for name, _ in counts.most_common())
    number = {name: position for position, name in enumerate(names)}
    lists = dataset.table["label_ids"].take(pa.array(rows))
    sizes = np.asarray(pc.list_value_length(lists), dtype=np.int64)
    owners = np.repeat(np.array([number[kind] for kind in kinds], dtype=np.int64), sizes)
    by_class = np.zeros((len(names), dataset.num_labels), dtype=np.int64)
    np.add.at(by_class, (owners, np.asarray(pc.list_flatten(lists), dtype=np.int64)), 1)
    totals = np.array([counts[name] for name in names], dtype=np.int64)
    return Mix(names, totals, by_class, len(rows), dataset.num_examples)
