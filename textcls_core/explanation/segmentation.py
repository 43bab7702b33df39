"""Words of a text, whatever its script and its tokenizer: where they stand, and which tokens."""

import re
import unicodedata
from collections.abc import Collection, Sequence
from typing import Literal

Kind = Literal["space", "single", "symbol", "letter", "attached"]
Span = tuple[int, int]
_SIGNS = frozenset("$+<=>^`|~")
"""Punctuation of ASCII that Unicode calls symbols."""
_LEADING = " \u00a0\u3000"
"""Spaces that SentencePiece writes alike, as a part of the word behind them."""
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"
    "\U00020000-\U0003ffff]"  # Chinese, Japanese
)
"""Characters of scripts without spaces between words."""


def segment(
    text: str, offsets: Sequence[Span], is_special: Sequence[bool], starts: Collection[int] = ()
) -> tuple[list[int], list[Span]]:
    """Return the word of each token, and where each word stands in the text.

    Words end at spaces, punctuation and symbols. Where a script has no spaces, every character may
    begin a word. A word never begins inside a token or before a mark of the letter it follows.
    Several spaces are a word if they are tokens.

    Args:
        text: The text.
        offsets: Start and end in it of each of T tokens, in their order.
        is_special: Whether the tokenizer added each token to the text.
        starts: Places where a word begins whatever stands there.

    Returns:
        T positions of words, neighbours that never fall, and W spans without the spaces at their
        ends; an added token is a word of its own without a place, (0, 0).

    Example:
        >>> segment("a bc", [(0, 0), (0, 1), (1, 3), (3, 4)], [True, False, False, False])
        ([0, 1, 2, 2], [(0, 0), (0, 1), (2, 4)])
    """
    borders = [may or place in starts for place, may in enumerate(_borders(text))]
    word_of: list[int] = []
    spans: list[Span] = []
    is_open = False
    for place in _places(text, offsets, is_special):
        if place is None or not is_open or _is_apart(borders, spans[-1][1], place[0]):
            spans.append(place or (0, 0))
        else:
            spans[-1] = (min(spans[-1][0], place[0]), max(spans[-1][1], place[1]))
        is_open = place is not None
        word_of.append(len(spans) - 1)
    return word_of, _with_marks(text, spans)


def _is_apart(borders: Sequence[bool], end: int, start: int) -> bool:
    """Return whether a word begins between the end of one and the start of a token."""
    return start >= end and any(borders[end : start + 1])


def _places(text: str, offsets: Sequence[Span], is_special: Sequence[bool]) -> list[Span | None]:
    """Return where each token stands; None for those that stand nowhere.

    A token that is only the space before a word belongs to the next one, or to the one before it.
    """
    found: list[Span | None] = [
        None if added else _place(text, *span)
        for span, added in zip(offsets, is_special, strict=True)
    ]
    for order in (range(len(found) - 2, -1, -1), range(1, len(found))):
        for place in order:
            if found[place] is None and not is_special[place]:
                found[place] = found[place - order.step]
    return found


def _place(text: str, start: int, end: int) -> Span | None:
    """Return a span without the spaces at its ends, or None if it only leads to the next word."""
    piece = text[start:end]
    if piece.strip():
        first = start + len(piece) - len(piece.lstrip())
        return first, first + len(piece.strip())
    leads = piece in _LEADING and text[end : end + 1].strip()
    return None if leads or not piece else (start, end)


def _borders(text: str) -> list[bool]:
    """Return whether a word may begin at each character."""
    borders = []
    before: Kind = "space"
    for character in text:
        kind = _kind(character)
        if kind == "attached":
            borders.append(before == "space")
            kind = "letter" if before == "space" else before
        else:
            borders.append(kind != before or kind == "single")
        before = kind
    return borders


def _kind(character: str) -> Kind:
    """Return how a character stands in words: alone, in a row of its like, or with the former."""
    category = unicodedata.category(character)
    if character.isspace():
        return "space"
    if category[0] in "CM":  # marks, joiners and what no font shows
        return "attached"
    if category[0] == "P" or character in _SIGNS:
        return "single"
    if category[0] == "S":
        return "symbol"
    return "single" if category[0] in "LN" and _UNSPACED.match(character) else "letter"


def _with_marks(text: str, spans: Sequence[Span]) -> list[Span]:
    """Return spans with the marks behind them, which models without accents drop."""
    result = []
    limit = len(text)
    for start, end in reversed(spans):
        last = end
        while start < last < limit and unicodedata.category(text[last])[0] == "M":
            last += 1
        result.append((start, last))
        limit = start if last > start else limit
    return result[::-1]
