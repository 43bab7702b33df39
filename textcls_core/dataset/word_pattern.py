"""What counts as a word where texts of any language are counted."""

import re

_NO_SPACES = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Thai, kana and Han: scripts written without spaces between words."""
WORD_PATTERN = rf"(?u)[{_NO_SPACES}]|[^\W{_NO_SPACES}]{{2,}}"
"""scikit-learn's own pattern, but that each character of these scripts is a word."""
_SPACED = re.compile(rf"(?a:\w)|[^\W{_NO_SPACES}]")
"""A sign of a word that ends where another sign begins."""


def whole_word(word: str) -> str:
    r"""Return a regular expression (RE2) that finds a word, and not parts of others, in any case.

    Scripts without spaces and signs that are no letters have no edges: they are found anywhere.

    Example:
        >>> whole_word("he"), whole_word("$")
        ('(?i)\\bhe\\b', '(?i)\\$')
    """
    return f"(?i){_edge(word[0], '^')}{re.escape(word)}{_edge(word[-1], '$')}"


def _edge(sign: str, end: str) -> str:
    r"""Return what stands beside the first or last sign of a word; RE2 knows `\b` in ASCII only."""
    if not _SPACED.match(sign):
        return ""
    return r"\b" if sign.isascii() else rf"(?:{end}|[^\pL\pN])"
