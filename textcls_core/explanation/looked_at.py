"""Which part of a text an explanation looks at, and which part the run reads, in a sentence."""

from dataclasses import dataclass

from textcls_core.config import RunConfig
from textcls_core.wording import plural


@dataclass(frozen=True, slots=True)
class LookedAt:
    """How much of a text was explained."""

    num_tokens: int
    """Tokens that were looked at."""
    num_cut: int
    """Tokens of the text that were not."""
    config: RunConfig
    """Settings of the run."""

    @property
    def is_all_that_is_read(self) -> bool:
        """Whether the run answers by the same tokens, and so the same."""
        reads_once = self.config.long_documents != "windows"
        return not self.num_cut or (reads_once and self.num_tokens >= self.config.max_length)

    @property
    def sentence(self) -> str:
        """What was explained, and what the run reads; empty if that is the whole text."""
        if not self.num_cut:
            return ""
        total = self.num_tokens + self.num_cut
        return f"Explained: {self._stretch(self.num_tokens)} of {total:,} tokens; {self._reads}."

    @property
    def _reads(self) -> str:
        limit = self.config.max_length
        if self.num_tokens + self.num_cut <= limit:
            return "the run reads all of them"
        if self.is_all_that_is_read:
            return "the run reads no more"
        if self.config.long_documents == "windows":
            windows = plural(self.config.max_windows, "window")
            return f"the run reads up to {windows} of {limit:,} tokens and takes their mean"
        return f"the run reads {self._stretch(limit)}"

    def _stretch(self, num_tokens: int) -> str:
        if self.config.long_documents != "head_tail":
            return f"the first {num_tokens:,}"
        tail = num_tokens // 2
        return f"the first {num_tokens - tail:,} and the last {tail:,}"
