"""Edits of a text: words left out or swapped, and the words that two texts do not share.

Free of torch, for pages.
"""

from collections.abc import Mapping, Sequence

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
    for old, kept in _common_words(before, after):
        gone[old] = new[kept] = False
    return tuple(gone), tuple(new)


def _common_words(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int]]:
    """Return the places of as many words as both texts can have in common, in the same order.

    `difflib` finds long common stretches, which may mark more than was changed.

    Source:
        Wagner and Fischer 1974, "The String-to-String Correction Problem", Journal of the ACM
        21(1).
    """
    most = [[0] * (len(after) + 1) for _ in range(len(before) + 1)]  # from each pair of places on
    for old in reversed(range(len(before))):
        for new in reversed(range(len(after))):
            is_same = before[old] == after[new]
            skipped = max(most[old + 1][new], most[old][new + 1])
            most[old][new] = most[old + 1][new + 1] + 1 if is_same else skipped
    found, old, new = [], 0, 0
    while most[old][new]:
        if before[old] == after[new]:
            found.append((old, new))
            old, new = old + 1, new + 1
        elif most[old + 1][new] == most[old][new]:
            old += 1
        else:
            new += 1
    return found
