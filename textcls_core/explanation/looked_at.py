"""Which part of a text an explanation looks at, and which part the run reads, in a sentence."""

from dataclasses import dataclass

from textcls_core.config import RunConfig
from textcls_core.explanation.windows import Window
from textcls_core.explanation.words import MAX_TOKENS


def note_on_long_texts(config: RunConfig, *, every_window: bool = False) -> str:
    """Say which part of long texts is looked at in a view of many; empty if it is all.

    Args:
        config: Settings of the run.
        every_window: Whether the view looks at all windows of a text, not at the first one alone.
    """
    is_longer, in_windows = config.max_length > MAX_TOKENS, config.long_documents == "windows"
    if in_windows and not every_window:
        at_most = f", and {MAX_TOKENS} tokens of it at most" if is_longer else ""
        return f"Of a text in several windows only the first one is looked at here{at_most}."
    if is_longer:
        what = "window" if in_windows else "text"
        return f"Of each {what} {MAX_TOKENS} tokens at most are looked at here."
    return ""


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
