"""How much of one text a run read: which part was cut off, as text that can be shown."""

from dataclasses import dataclass

from tokenizers import Encoding, Tokenizer

from textcls_core.config import RunConfig
from textcls_core.runs.row_facts import windows_read


@dataclass(frozen=True, slots=True)
class TextPart:
    """A stretch of a text that was read, or that was not."""

    text: str
    is_read: bool


@dataclass(frozen=True, slots=True)
class ReadText:
    """A text as far as a run read it; its parts put together are the text."""

    parts: tuple[TextPart, ...]
    num_tokens: int
    """Tokens of the whole text, special tokens included."""
    num_cut: int
    """Tokens that the model never read."""

    @property
    def num_read(self) -> int:
        """Tokens that the model read."""
        return self.num_tokens - self.num_cut


def read_text(text: str, tokenizer: Tokenizer, config: RunConfig) -> ReadText:
    """Return which part of a text a run reads.

    Args:
        text: Any text.
        tokenizer: Of the run's model, neither cutting nor padding; see `load_tokenizer`.
        config: Settings of the run.
    """
    encoding = tokenizer.encode(text)
    dropped = _dropped(encoding, config, tokenizer.num_special_tokens_to_add(is_pair=False))
    if not dropped:
        return ReadText((TextPart(text, is_read=True),), len(encoding.ids), 0)
    start = encoding.offsets[dropped[0]][0]
    end = len(text) if config.long_documents != "head_tail" else encoding.offsets[dropped[-1]][1]
    stretches = ((text[:start], True), (text[start:end], False), (text[end:], True))
    parts = tuple(TextPart(part, is_read) for part, is_read in stretches if part)
    return ReadText(parts, len(encoding.ids), len(dropped))


def _dropped(encoding: Encoding, config: RunConfig, num_special: int) -> list[int]:
    """Return the positions of the tokens that are not read, one after another."""
    total = len(encoding.ids)
    if total <= config.max_length:
        return []
    if config.long_documents == "head_tail":
        tail = config.max_length // 2
        return list(range(config.max_length - tail, total - tail))
    content = [place for place, added in enumerate(encoding.special_tokens_mask) if not added]
    limit = config.max_length
    if config.long_documents == "windows":
        limit = windows_read(config, num_special)
    return content[limit - num_special :]
