"""Which characters of a text a run reads, found with its tokenizer alone."""

from tokenizers import Encoding, Tokenizer

Span = tuple[int, int]
"""First character, and the one after the last."""


def spans_read(encoding: Encoding, num_tokens: int, *, keeps_end: bool) -> list[Span]:
    """Return the parts of a text that are read, in order; one or two of them.

    Args:
        encoding: Of the whole text.
        num_tokens: Tokens read at most, special ones counted once.
        keeps_end: Whether the first and the last half are read, rather than the beginning.
    """
    offsets, is_special = encoding.offsets, encoding.special_tokens_mask
    end = max((stop for _, stop in offsets), default=0)
    if len(offsets) <= num_tokens:
        return [(0, end)]
    if keeps_end:
        tail = num_tokens // 2
        return [(0, offsets[num_tokens - tail - 1][1]), (offsets[-tail][0], end)]
    num_last = next((n for n, flag in enumerate(reversed(is_special)) if not flag), 0)
    return [(0, offsets[max(num_tokens - num_last - 1, 0)][1])]


def spans_unread(read: list[Span], length: int) -> list[Span]:
    """Return the parts between and behind those that are read.

    Example:
        >>> spans_unread([(0, 10), (30, 40)], 50)
        [(10, 30), (40, 50)]
    """
    starts = [end for _, end in read]
    ends = [start for start, _ in read[1:]] + [length]
    return [(start, end) for start, end in zip(starts, ends, strict=True) if end > start]


def parts_of(text: str, spans: list[Span]) -> str:
    """Return parts of a text with a line between them."""
    return "\n".join(text[start:end].strip() for start, end in spans).strip()


def read_part(tokenizer: Tokenizer, text: str, num_tokens: int, *, keeps_end: bool) -> str:
    """Return what is read of a text; all of it if it is short.

    Args:
        tokenizer: Neither cuts nor pads.
        text: Any text.
        num_tokens: As of `spans_read`.
        keeps_end: As of `spans_read`.
    """
    encoding = tokenizer.encode(text)
    if len(encoding.ids) <= num_tokens:
        return text
    return parts_of(text, spans_read(encoding, num_tokens, keeps_end=keeps_end))
