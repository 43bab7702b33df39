"""Which part of a text an explanation looks at, and which part the run reads, in a sentence."""

from dataclasses import dataclass

from textcls_core.config import RunConfig
from textcls_core.explanation.judged import judged_part
from textcls_core.explanation.windows import MAX_WINDOWS, Window
from textcls_core.explanation.words import MAX_TOKENS
from textcls_core.models.tokens import Reading


def note_on_heads(config: RunConfig) -> str:
    """Say how long texts count where heads are looked at on many; empty if none are longer.

    Args:
        config: Settings of the run.
    """
    is_longer = config.max_length > MAX_TOKENS
    if config.long_documents == "windows":
        first = f", the first {MAX_WINDOWS} at most" if config.max_windows > MAX_WINDOWS else ""
        each = f", {MAX_TOKENS} tokens of each at most" if is_longer else ""
        return f"A text in several windows counts once, with the mean of its windows{first}{each}."
    return f"Of each text {MAX_TOKENS} tokens at most are looked at here." if is_longer else ""


def note_on_trust(config: RunConfig) -> str:
    """Say how much of long texts the trust meter judges; empty if none are longer.

    Args:
        config: Settings of the run.
    """
    if config.max_length > MAX_TOKENS:
        return f"Of each text {MAX_TOKENS} tokens at most are judged."
    if config.long_documents != "windows":
        return ""
    most = judged_part(Reading(config.max_length, "windows", config.max_windows)).max_windows
    first = f", the first {most} windows at most" if most < config.max_windows else ""
    return f"A text in several windows is judged as a whole{first}."


@dataclass(frozen=True, slots=True)
class LookedAt:
    """How much of a text was explained."""

    num_tokens: int
    """Tokens that were looked at."""
    num_cut: int
    """Tokens of the text that were not."""
    config: RunConfig
    """Settings of the run."""
    window: Window | None = None
    """The one window that was looked at, if the run reads several of the text."""

    @property
    def is_all_that_is_read(self) -> bool:
        """Whether the run answers by the same tokens, and so the same."""
        is_as_long = self.num_tokens >= self.config.max_length
        return not self.num_cut or (is_as_long and self.window is None)

    @property
    def sentence(self) -> str:
        """What was explained, and what the run reads; empty if that is the whole text at once."""
        if self.window is not None:
            return (
                f"Looked at: {self.window.title.lower()}. The run reads all of these windows, and "
                "its answer is their mean."
            )
        in_windows = ""
        if self.config.long_documents == "windows" and self.num_tokens > self.config.max_length:
            in_windows = f" in windows of {self.config.max_length:,}, whose mean is the answer"
        if not self.num_cut:
            said = f"all {self.num_tokens:,} tokens{in_windows}"
            return f"Explained: {said}." if in_windows else ""
        of_all = f"of {self.num_tokens + self.num_cut:,} tokens{in_windows}"
        return f"Explained: {self._stretch(self.num_tokens)} {of_all}; {self._reads}."

    @property
    def _reads(self) -> str:
        limit = self.config.max_length
        if self.num_tokens + self.num_cut <= limit:
            return "the run reads all of them"
        if self.is_all_that_is_read:
            return "the run reads no more"
        return f"the run reads {self._stretch(limit)}"

    def _stretch(self, num_tokens: int) -> str:
        if self.config.long_documents != "head_tail":
            return f"the first {num_tokens:,}"
        tail = num_tokens // 2
        return f"the first {num_tokens - tail:,} and the last {tail:,}"
