"""The model of a run, loaded when the first cause asks it something.

torch is imported then, so that a page can import the modules that ask.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tokenizers import Tokenizer

from textcls_core.arrays import Probabilities
from textcls_core.config import RunConfig
from textcls_core.mistakes.reading import read_text
from textcls_core.models.token_lengths import load_tokenizer
from textcls_core.models.tokens import Reading, tokenize
from textcls_core.runs.run import Run


@dataclass(frozen=True)
class RunModel:
    """A run's classifier on a device, in full precision."""

    classifier: Any
    compute: Any
    tokenizer: Tokenizer
    """Neither cuts nor pads."""
    config: RunConfig
    """Settings of the run: they say how much of a text it reads."""

    @classmethod
    def load(cls, run: Run) -> "RunModel":
        """Return the model of a finished run.

        Raises:
            ModelError: If it is missing or damaged.
            RunStateError: If the run has none.
        """
        from textcls_core.models.classifier import Classifier
        from textcls_core.models.device import Compute, choose_device

        folder = run.require_model()
        classifier = Classifier.load(folder)
        device, reason = choose_device()
        compute = Compute(device, "fp32", (reason,))
        classifier.model.to(device)
        classifier.enable_packing(compute)
        return cls(classifier, compute, load_tokenizer(folder), run.config)

    def read_part(self, text: str) -> str:
        """Return what is read of a text; all of it if it is short."""
        return self._parts(text, is_read=True)

    def unread_part(self, text: str) -> str:
        """Return what is not read of a text; empty if it is short."""
        return self._parts(text, is_read=False)

    def _parts(self, text: str, *, is_read: bool) -> str:
        parts = read_text(text, self.tokenizer, self.config).parts
        return "\n".join(part.text.strip() for part in parts if part.is_read == is_read)

    def probabilities(self, texts: Sequence[str]) -> Probabilities:
        """Return what it says about some texts, read as in training, shape (N, C)."""
        return self._ask(texts, self.classifier.reading)

    def whole_probabilities(self, texts: Sequence[str], max_windows: int) -> Probabilities:
        """Return what it says about some texts when it reads them to their end, shape (N, C).

        Args:
            texts: N texts.
            max_windows: Overlapping windows read of each at most; their logits are averaged.
        """
        most = max(max_windows, self.config.max_windows)
        return self._ask(texts, Reading(self.classifier.max_length, "windows", most))

    def _ask(self, texts: Sequence[str], reading: Reading) -> Probabilities:
        tokens = tokenize(list(texts), self.classifier.tokenizer, reading)
        found: Probabilities = self.classifier.predict_probabilities(tokens, self.compute)
        return found
