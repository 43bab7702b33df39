"""Texts that were damaged on their way: wrong encoding, lost characters, remnants of HTML.

A repair is made only where it is provable. Text that was UTF-8 and was read as Windows-1252 can be
turned back into the bytes it came from; when all of them are valid UTF-8 again, and at least one
sequence cannot be ordinary writing, that is what the author wrote. Control characters where
Windows-1252 has quotation marks and dashes were read as Latin-1; browsers take that for granted
too (WHATWG, Encoding Standard).
"""

import html
import re
import unicodedata
from html.entities import html5

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from textcls_core.arrays import Indices

_MAX_PASSES = 3
"""Times a text may have been broken one after another."""
_UNDEFINED = {0x81, 0x8D, 0x8F, 0x90, 0x9D}
_HIGH = {
    byte: chr(byte) if byte in _UNDEFINED else bytes([byte]).decode("cp1252")
    for byte in range(0x80, 0x100)
}
_TO_BYTE = {chr(byte): byte for byte in range(0x100)} | {text: byte for byte, text in _HIGH.items()}
"""Windows-1252 and, for its gaps and for texts read as Latin-1, the characters of equal number."""
_CONTINUATION = "".join(sorted({_HIGH[b] for b in range(0x80, 0xC0)})) + "\x80-\xbf"
_SEQUENCE = re.compile(f"[\xc2-\xf4][{_CONTINUATION}]{{1,3}}")
_SURE = re.compile("(?<![A-ZÀ-Þ])[ÂÃ]\xa0")
_AFTER_LARGE_A = frozenset("\u201d\u2019…")
_AFTER_OTHERS = frozenset("\u201d\u2019“\u2018»«\u203a\u2039…\u2013—\xa0™®°·")
"""What may follow an accented letter in ordinary writing, such as a closing quotation mark."""

REPLACED = "\ufffd"
_CONTROL = "[\x01-\x08\x0b\x0c\x0e-\x1f\x7f\x81\x8d\x8f\x90\x9d]"
_WINDOWS = {byte: text for byte, text in _HIGH.items() if byte < 0xA0 and byte not in _UNDEFINED}
"""Characters that Windows-1252 has where Latin-1 has control characters nobody writes."""

_TAGS = (
    "a|abbr|b|big|blockquote|body|br|center|code|dd|div|dl|dt|em|font|form|h[1-6]|head|hr|html|i|"
    "iframe|img|input|li|link|meta|nav|ol|option|p|pre|q|s|script|section|small|span|strike|"
    "strong|style|sub|sup|table|tbody|td|th|thead|title|tr|tt|u|ul|video"
)
_TAG = rf"(?i)</?(?:{_TAGS})(?:\s[^<>]*)?/?>"
_ENTITY = r"&(?:[A-Za-z][A-Za-z0-9]{1,30}|#[0-9]{2,7}|#[xX][0-9A-Fa-f]{2,6});"
_UNSEEN = {r"(?i)<script\b[^<>]*>": r"(?i)</script\s*>", r"(?i)<style\b[^<>]*>": r"(?i)</style\s*>"}
_UNSEEN["<!--"] = "-->"
"""What opens and closes a passage that no reader of a page sees."""


def repair_encoding(text: str) -> str:
    """Return what the author wrote, or the text as it is where that cannot be proved.

    Example:
        >>> repair_encoding("cafÃ© â€¦ 5Â£"), repair_encoding("IRMÃ”")
        ('café … 5£', 'IRMÃ”')
    """
    for _ in range(_MAX_PASSES):
        repaired = _decoded_again(text)
        if repaired is None:
            break
        text = repaired
    return text.translate(_WINDOWS)


def _decoded_again(text: str) -> str | None:
    """Return the text with one wrong decoding undone, or None if there was none."""
    if not (_SURE.search(text) or any(map(_is_odd, _SEQUENCE.findall(text)))):
        return None
    try:
        repaired = bytes(_TO_BYTE[character] for character in text).decode("utf-8")
    except (KeyError, UnicodeDecodeError):
        return None
    return repaired if all(unicodedata.category(c) != "Cn" for c in repaired) else None


def _is_odd(sequence: str) -> bool:
    """Tell whether nobody would write this on purpose."""
    ordinary = _AFTER_LARGE_A | {"\xa0"} if sequence[0] in "ÂÃ" else _AFTER_OTHERS
    return not ordinary.issuperset(sequence[1:])


def rows_with_wrong_encoding(texts: pa.ChunkedArray) -> Indices:
    """Return the rows that `repair_encoding` changes, shape (M,).

    Args:
        texts: N texts.
    """
    pattern = f"[\xc2-\xf4][{_CONTINUATION}]|[{''.join(map(chr, _WINDOWS))}]"
    rows = rows_matching(texts, pattern)
    found = texts.take(pa.array(rows)).to_pylist()
    return rows[[repair_encoding(text) != text for text in found]] if len(rows) else rows


def rows_with_lost_characters(texts: pa.ChunkedArray) -> Indices:
    """Return the rows with U+FFFD, which stands for a character that nobody can bring back."""
    return np.flatnonzero(np.asarray(pc.match_substring(texts, REPLACED)))


def rows_with_control_characters(texts: pa.ChunkedArray) -> Indices:
    """Return the rows with characters that no font shows; tab and line ends are not among them."""
    return rows_matching(texts, _CONTROL)


def rows_with_html(texts: pa.ChunkedArray) -> Indices:
    """Return the rows that `remove_html` changes, shape (M,)."""
    rows = rows_matching(texts, f"{_TAG}|{_ENTITY}|<!--")
    found = texts.take(pa.array(rows)).to_pylist()
    return rows[[remove_html(text) != text for text in found]] if len(rows) else rows


def remove_html(text: str) -> str:
    """Return text without tags, scripts and comments, and with its entities as characters.

    A text of which nothing would be left stays as it is. Signs that are not HTML stay.

    Example:
        >>> remove_html("<p>a &amp; b<br/>c &lt; d</p> 1 < 2 & 3 > 2")
        'a & b c < d 1 < 2 & 3 > 2'
    """
    seen = text
    for opening, closing in _UNSEEN.items():
        seen = _without_passages(seen, re.compile(opening), re.compile(closing))
    bare = re.sub(_TAG, " ", seen)
    plain = re.sub(_ENTITY, _character, bare)
    if plain == text:
        return text
    joined = re.sub(r"[ \xa0]{2,}", " ", plain).strip()
    return joined or text


def _without_passages(text: str, opening: re.Pattern[str], closing: re.Pattern[str]) -> str:
    """Return text without what stands between two signs; each character is looked at once."""
    kept, position = [], 0
    while start := opening.search(text, position):
        end = closing.search(text, start.end())
        if end is None:
            break
        kept.append(text[position : start.start()])
        position = end.end()
    return " ".join([*kept, text[position:]])


def _character(entity: re.Match[str]) -> str:
    """Return the character of an entity; an unknown name stays."""
    written = entity.group()
    is_known = written[1] == "#" or written[1:] in html5
    return html.unescape(written).replace("\0", "") if is_known else written


def remove_control_characters(text: str) -> str:
    """Return text without characters that no font shows."""
    return re.sub(_CONTROL, "", text)


def rows_matching(texts: pa.ChunkedArray, pattern: str) -> Indices:
    """Return the positions of texts in which an RE2 pattern is found, shape (M,)."""
    return np.flatnonzero(np.asarray(pc.match_substring_regex(texts, pattern)))
