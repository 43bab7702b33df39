"""One text as the model reads it: tokens, the words they are parts of, and where those stand."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
from jaxtyping import Float, Int

from textcls_core.dataset.building import clean_text
from textcls_core.errors import InvalidArgumentError
from textcls_core.explanation.segmentation import segment
from textcls_core.models.tokens import both_ends, special_ends, window_bounds

if TYPE_CHECKING:  # what was read is shown again without torch
    from textcls_core.models.classifier import Classifier

MAX_TOKENS = 512
"""Tokens looked at: what is computed about pairs of them grows with the square of the length."""


@dataclass(frozen=True)
class ReadText:
    """The T tokens and W words of one text that a classifier reads."""

    text: str
    input_ids: Int[np.ndarray, " T"]
    """Token ids, special tokens included, shape (T,)."""
    tokens: tuple[str, ...]
    """T tokens as the model sees them."""
    words: tuple[str, ...]
    """W words of the text; a special token is a word of its own."""
    word_of: Int[np.ndarray, " T"]
    """Word position per token, shape (T,)."""
    spans: tuple[tuple[int, int], ...]
    """Start and end of each word in `text`, without spaces; (0, 0) for special tokens."""
    num_cut: int
    """Tokens of the text that are not looked at: its end, or its middle between head and tail."""
    windows: tuple[tuple[int, int], ...] = ()
    """First token and end of each window in which a long text is read, none if it is read at once.
    Special tokens before the first window and behind the last one belong to all of them."""

    @property
    def is_special(self) -> np.ndarray:
        """Whether the tokenizer added each token to the text, shape (T,)."""
        return np.array(self.special(by_token=True))

    def special(self, *, by_token: bool) -> list[bool]:
        """Return for each token or word whether the tokenizer added it to the text."""
        of_words = [end <= start for start, end in self.spans]
        return [of_words[word] for word in self.word_of] if by_token else of_words

    def only(self, kept: Int[np.ndarray, " P"]) -> Self:
        """Return the same with some of the tokens, positions in rising order, and their words."""
        words, word_of = np.unique(self.word_of[kept], return_inverse=True)
        return replace(
            self,
            input_ids=self.input_ids[kept],
            tokens=tuple(self.tokens[token] for token in kept),
            words=tuple(self.words[word] for word in words),
            word_of=word_of,
            spans=tuple(self.spans[word] for word in words),
            windows=(),
        )

    @property
    def pieces(self) -> tuple[Int[np.ndarray, " P"], ...]:
        """Positions of the tokens that are read together: of each window, or all of them."""
        every = np.arange(len(self.tokens))
        if not self.windows:
            return (every,)
        is_end = (every < self.windows[0][0]) | (every >= self.windows[-1][1])
        return tuple(
            every[is_end | ((every >= start) & (every < stop))] for start, stop in self.windows
        )

    def sum_by_word(self, of_tokens: Float[np.ndarray, " T"]) -> Float[np.ndarray, " W"]:
        """Return the sum of what the tokens of each word have, shape (W,)."""
        return np.bincount(self.word_of, weights=of_tokens, minlength=len(self.words))

    def to_json(self) -> dict[str, Any]:
        """Return plain values that `from_json` reads."""
        return {
            "text": self.text,
            "input_ids": self.input_ids.tolist(),
            "tokens": list(self.tokens),
            "words": list(self.words),
            "word_of": self.word_of.tolist(),
            "spans": [list(span) for span in self.spans],
            "num_cut": self.num_cut,
            "windows": [list(window) for window in self.windows],
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """Return what `to_json` wrote."""
        return cls(
            text=value["text"],
            input_ids=np.array(value["input_ids"], dtype=np.int64),
            tokens=tuple(value["tokens"]),
            words=tuple(value["words"]),
            word_of=np.array(value["word_of"], dtype=np.int64),
            spans=tuple((start, end) for start, end in value["spans"]),
            num_cut=value["num_cut"],
            windows=tuple((start, stop) for start, stop in value["windows"]),
        )


def read_text(classifier: "Classifier", text: str, max_tokens: int | None = MAX_TOKENS) -> ReadText:
    """Return a text, as much of it as is looked at when it is read once.

    That is its beginning, and as much of its end if the classifier reads head and tail; of windows
    it is the first one.

    Args:
        classifier: Its tokenizer and length count.
        text: Any text; it is cut to the classifier's length.
        max_tokens: Tokens looked at; None for all that the classifier reads.

    Raises:
        InvalidArgumentError: If the text is empty.
    """
    text = clean_text(text)
    if not text.strip():
        raise InvalidArgumentError("Expected a text, got nothing. Type or paste one.")
    limit = min(classifier.max_length, max_tokens or classifier.max_length)
    return _read(classifier, text, _tokens(classifier, text, limit))


def read_whole(classifier: "Classifier", text: str) -> ReadText:
    """Return all that a classifier reads of a text when it is deployed, over all windows.

    Args:
        classifier: Its tokenizer and how much it reads.
        text: Any text.

    Raises:
        InvalidArgumentError: If the text is empty.
    """
    first = read_text(classifier, text, None)
    if classifier.design.long_documents != "windows" or not first.num_cut:
        return first
    uncut = _encoding(classifier.tokenizer, first.text)
    size = len(uncut.ids)
    before, after = special_ends(classifier.tokenizer)
    bounds = window_bounds(size - before - after, before + after, classifier.reading)
    windows = tuple((before + start, before + stop) for start, stop in bounds)
    kept = [*range(windows[-1][1]), *range(size - after, size)]
    return replace(_read(classifier, first.text, uncut.only(kept)), windows=windows)


class _Encoding(NamedTuple):
    """Tokens of a text as the tokenizer gives them."""

    ids: list[int]
    offsets: list[tuple[int, int]]
    mask: list[int]
    """1 for tokens that it added."""
    starts: list[int]
    """Where in the text tokens begin anew, after some that are left out."""

    def only(self, kept: Sequence[int]) -> "_Encoding":
        """Return some of the tokens, given by position."""
        return _Encoding(
            [self.ids[place] for place in kept],
            [self.offsets[place] for place in kept],
            [self.mask[place] for place in kept],
            self.starts,
        )


def _read(classifier: "Classifier", text: str, looked_at: _Encoding) -> ReadText:
    """Return a text with the tokens of it that are looked at."""
    word_of, spans = segment(
        text, looked_at.offsets, [added == 1 for added in looked_at.mask], looked_at.starts
    )
    tokens = classifier.tokenizer.convert_ids_to_tokens(looked_at.ids)
    uncut = classifier.tokenizer(text, truncation=False, verbose=False)["input_ids"]
    return ReadText(
        text=text,
        input_ids=np.array(looked_at.ids, dtype=np.int64),
        tokens=tuple(tokens),
        words=_word_texts(text, tokens, word_of, spans),
        word_of=np.array(word_of, dtype=np.int64),
        spans=tuple(spans),
        num_cut=len(uncut) - len(looked_at.ids),
    )


def _tokens(classifier: "Classifier", text: str, limit: int) -> _Encoding:
    """Return the tokens looked at: what `models.tokens` reads with that limit at once."""
    has_tail = classifier.design.long_documents == "head_tail"
    cut = {} if has_tail else {"truncation": True, "max_length": limit}
    encoding = _encoding(classifier.tokenizer, text, **cut)
    kept = both_ends(list(range(len(encoding.ids))), limit)
    found = encoding.only(kept)
    starts = [found.offsets[-(limit // 2)][0]] if len(kept) < len(encoding.ids) else []
    return found._replace(starts=starts)


def _encoding(tokenizer: Any, text: str, **cut: Any) -> _Encoding:
    """Return all tokens of a text, or as many as the options of the tokenizer leave."""
    found = tokenizer(
        text, return_offsets_mapping=True, return_special_tokens_mask=True, verbose=False, **cut
    )
    mask = found["special_tokens_mask"]
    return _Encoding(found["input_ids"], found["offset_mapping"], mask, [])


def _word_texts(
    text: str,
    tokens: Sequence[str],
    word_of: Sequence[int],
    spans: Sequence[tuple[int, int]],
) -> tuple[str, ...]:
    """Return each word as it stands in the text; special tokens keep their own name."""
    first = dict(zip(word_of[::-1], tokens[::-1], strict=True))
    return tuple(text[start:end].strip() or first[word] for word, (start, end) in enumerate(spans))
