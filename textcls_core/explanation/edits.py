"""Edits of a text: words left out or swapped, and the words that two texts do not share.

Free of torch, for pages.
"""

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

Edit = Mapping[int, str]
"""What stands in the place of some words, by position; an empty text leaves the word out."""
Span = tuple[int, int]


def edit_text(text: str, spans: Sequence[Span], edit: Edit) -> str:
    """Return a text with some words left out or swapped; the rest stays as it is.

    Where a word is left out between spaces, one of them goes with it.

    Args:
        text: The text.
        spans: Start and end of each of its W words, in their order.
        edit: What stands in the place of which word.

    Example:
        >>> edit_text("a b c", [(0, 1), (2, 3), (4, 5)], {0: "x", 1: ""})
        'x c'
    """
    for word in sorted(edit, reverse=True):  # from the end, so that earlier spans stay right
        start, end = spans[word]
        left, right = text[:start], text[end:]
        if not edit[word]:
            left, right = _closed_up(left, right)
        text = left + edit[word] + right
    return text


def _closed_up(left: str, right: str) -> tuple[str, str]:
    """Return both sides of a word that is left out, without the space that stood for it."""
    if right[:1].isspace() and (not left or left[-1].isspace()):
        return left, right[1:]
    if not right and left[-1:].isspace():
        return left[:-1], right
    return left, right


def changed_words(
    before: Sequence[str], after: Sequence[str]
) -> tuple[tuple[bool, ...], tuple[bool, ...]]:
    """Return which words of a text are gone, and which of another one are new.

    Example:
        >>> changed_words(["a", "b", "c"], ["a", "x", "c", "d"])
        ((False, True, False), (False, True, False, True))
    """
    gone, new = [True] * len(before), [True] * len(after)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for first, second, size in matcher.get_matching_blocks():
        gone[first : first + size] = [False] * size
        new[second : second + size] = [False] * size
    return tuple(gone), tuple(new)
