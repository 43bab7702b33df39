"""What is looked for in texts: words and phrases whatever their case, or a regular expression.

The index of words answers most searches alone; for the others it says which rows have to be read.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from re import _constants as kinds  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from textcls_core.dataset.building import clean_text
from textcls_core.dataset.word_index import Candidates, WordIndex, bad_pattern, lower_case
from textcls_core.errors import InvalidArgumentError

MAX_PATTERN = 1_000
_TERM = re.compile(r'"([^"]+)"|(\S+)')
_INSIDE_WORDS = {kinds.CATEGORY_DIGIT, kinds.CATEGORY_WORD}
_EDGES = {kinds.AT_BOUNDARY}
"""Edges of words are where a regular expression sees them inside a text, too."""


@dataclass(frozen=True, slots=True)
class Search:
    """What a text must contain to be found; empty finds everything."""

    terms: tuple[str, ...] = ()
    """Words, parts of words or phrases, all of them, in small letters."""
    pattern: str = ""
    """Regular expression (RE2)."""

    @classmethod
    def create(cls, text: str, pattern: str) -> "Search":
        """Return the search for what somebody typed: words, and phrases between quotation marks.

        Raises:
            InvalidArgumentError: If the pattern cannot be read.
        """
        pattern = clean_text(pattern)
        check_pattern(pattern)
        typed = (phrase.strip() or word for phrase, word in _TERM.findall(clean_text(text)))
        return cls(tuple(dict.fromkeys(lower_case(term) for term in typed if term)), pattern)

    def passes(self, texts: pa.Array) -> pa.Array:
        """Return for each text whether it is found."""
        tests = []
        if self.terms and _is_ascii(texts):  # the faster way, the same outside of other alphabets
            tests = [pc.match_substring(texts, term, ignore_case=True) for term in self.terms]
        elif self.terms:
            lower = pc.utf8_lower(texts)
            tests = [pc.match_substring(lower, term) for term in self.terms]
        if self.pattern:
            tests.append(pc.match_substring_regex(texts, self.pattern))
        return reduce(pc.and_, tests)


def _is_ascii(texts: pa.Array) -> bool:
    """Tell whether all letters behind some texts are ASCII."""
    letters = texts.buffers()[2]
    return letters is None or letters.size == 0 or np.frombuffer(letters, np.uint8).max() < 0x80


def check_pattern(pattern: str) -> None:
    """Refuse a regular expression that cannot be searched for.

    Raises:
        InvalidArgumentError: If it is too long or cannot be read.
    """
    if len(pattern) > MAX_PATTERN:
        raise InvalidArgumentError(
            f"Expected a regular expression of at most {MAX_PATTERN:,} characters, "
            f"got {len(pattern):,}. Shorten it."
        )
    try:
        pc.match_substring_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid as error:
        raise bad_pattern(pattern, str(error)) from error


def find_candidates(words: WordIndex, search: Search) -> Candidates:
    """Return which rows a search finds as far as the words can tell."""
    parts = [words.containing(term) for term in search.terms]
    if search.pattern:
        parts.append(_matching(words, search.pattern))
    return reduce(Candidates.__and__, parts)


def _matching(words: WordIndex, pattern: str) -> Candidates:
    """Return the rows of a regular expression; those it cannot exclude are possible."""
    try:
        tree = parser.parse(pattern)
    except (re.error, OverflowError, RecursionError):  # RE2 knows signs that Python does not
        return words.everything()
    if _stays_in_words(tree):
        return words.matching(pattern)
    found = words.everything()
    if tree.state.flags & re.IGNORECASE:
        return found
    for letters in _required(tree):
        found = found & words.containing(letters)
    return found


def _stays_in_words(items: Iterable[Any]) -> bool:
    """Tell whether whatever a pattern finds is inside one word, and is found there alone too."""
    return all(_is_inside(kind, value) for kind, value in items)


def _is_inside(kind: Any, value: Any) -> bool:
    if kind is kinds.LITERAL:
        return not chr(value).isspace()
    if kind is kinds.IN:
        return all(_is_inside_set(*item) for item in value)
    if kind is kinds.AT:
        return value in _EDGES
    if kind is kinds.BRANCH:
        return all(_stays_in_words(branch) for branch in value[1])
    if kind is kinds.SUBPATTERN:
        return _stays_in_words(value[3])
    return kind in {kinds.MAX_REPEAT, kinds.MIN_REPEAT} and _stays_in_words(value[2])


def _is_inside_set(kind: Any, value: Any) -> bool:
    if kind is kinds.LITERAL:
        return not chr(value).isspace()
    if kind is kinds.RANGE:
        return bool(value[0] > 0x20 and value[1] < 0x80)
    return kind is kinds.CATEGORY and value in _INSIDE_WORDS


def _required(tree: Sequence[Any]) -> list[str]:
    """Return letters without a space that every text found has, each in one word."""
    runs, current = [], ""
    for kind, value in tree:
        if kind is kinds.LITERAL and not chr(value).isspace():
            current += chr(value)
        elif kind is not kinds.AT:
            runs.append(current)
            current = ""
    return [lower_case(run) for run in [*runs, current] if run]
