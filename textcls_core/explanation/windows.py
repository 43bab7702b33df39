"""One window of a long text by itself: what is read at once, and which words these are."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from textcls_core.errors import InvalidArgumentError
from textcls_core.explanation.words import ReadText, read_text, read_whole

if TYPE_CHECKING:  # what was read is shown again without torch
    from textcls_core.models.classifier import Classifier

MAX_WINDOWS = 8
"""Windows looked at of each of many texts: as many as a run reads by default."""


@dataclass(frozen=True, slots=True)
class Window:
    """One of several windows in which a text is read."""

    read: ReadText
    """What is looked at of the window, as a text of its own; what is outside counts as cut."""
    number: int
    """From 0."""
    words: tuple[tuple[int, int], ...]
    """First and last word of each window of the text, from 1, special tokens not counted."""

    @classmethod
    def of(cls, whole: ReadText, number: int, max_tokens: int | None = None) -> Self:
        """Return one window of a text.

        Args:
            whole: All that is read of the text.
            number: From 0.
            max_tokens: Tokens looked at, the first ones and the special ones at the end; None for
                all.

        Raises:
            InvalidArgumentError: If the text has no such window.
        """
        pieces = whole.pieces
        _require_window(number, len(pieces))
        piece = pieces[number]
        if max_tokens is not None and len(piece) > max_tokens:
            behind = len(whole.tokens) - whole.windows[-1][1]
            piece = np.concatenate([piece[: max_tokens - behind], piece[len(piece) - behind :]])
        outside = len(whole.tokens) - len(piece)
        read = replace(whole.only(piece), num_cut=whole.num_cut + outside)
        return cls(
            read, number, tuple(_words_of(whole, start, stop) for start, stop in whole.windows)
        )

    @property
    def titles(self) -> list[str]:
        """Names of all windows of the text.

        Example:
            `Window 2 of 3, words 180 to 420`
        """
        count = len(self.words)
        return [
            f"Window {number} of {count}, words {first:,} to {last:,}"
            for number, (first, last) in enumerate(self.words, 1)
        ]

    @property
    def title(self) -> str:
        """Name of this one."""
        return self.titles[self.number]


def read_at_once(
    classifier: "Classifier", text: str, max_tokens: int | None, number: int = 0
) -> tuple[ReadText, Window | None]:
    """Return what a classifier reads of a text at once, and which window of it that is.

    Args:
        classifier: Its tokenizer and how much it reads.
        text: Any text.
        max_tokens: Tokens looked at; None for all that it reads at once.
        number: Of the window, from 0.

    Raises:
        InvalidArgumentError: If the text is empty, or has no such window.
    """
    whole = read_whole(classifier, text)
    if whole.windows:
        window = Window.of(whole, number, max_tokens)
        return window.read, window
    _require_window(number, 1)
    return read_text(classifier, text, max_tokens), None


def read_in_windows(classifier: "Classifier", text: str, max_tokens: int | None) -> list[ReadText]:
    """Return each window of a text as a text of its own, or the text if it is read at once.

    Of more than `MAX_WINDOWS` they are the first ones.

    Args:
        classifier: Its tokenizer and how much it reads.
        text: Any text.
        max_tokens: Tokens of a window that are looked at; None for all.

    Raises:
        InvalidArgumentError: If the text is empty.
    """
    whole = read_whole(classifier, text)
    if not whole.windows:
        return [read_text(classifier, text, max_tokens)]
    count = min(len(whole.windows), MAX_WINDOWS)
    return [Window.of(whole, number, max_tokens).read for number in range(count)]


def _require_window(number: int, count: int) -> None:
    if not 0 <= number < count:
        which = f"a window from 0 to {count - 1}" if count > 1 else "no window but 0"
        raise InvalidArgumentError(
            f"Expected {which}, because the text is read in {count}, got {number}. Choose another."
        )


def _words_of(whole: ReadText, start: int, stop: int) -> tuple[int, int]:
    """Return the first and the last word among some tokens, from 1."""
    ordinary = ~np.array(whole.special(by_token=False))
    number = ordinary.cumsum()[whole.word_of[[start, stop - 1]]]
    return int(number[0]), int(number[1])
