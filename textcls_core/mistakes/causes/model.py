"""The model of a run, loaded when the first cause asks it something.

torch is imported then, so that a page can import the modules that ask.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tokenizers import Tokenizer

from textcls_core.arrays import Probabilities
from textcls_core.models.token_lengths import load_tokenizer
from textcls_core.models.tokens import Reading, tokenize
from textcls_core.runs.row_facts import tokens_read
from textcls_core.runs.run import Run


@dataclass(frozen=True)
class RunModel:
    """A run's classifier on a device, in full precision, and how much of a text it reads."""

    classifier: Any
    compute: Any
    tokenizer: Tokenizer
    """Neither cuts nor pads."""
    num_tokens: int
    """Tokens read of a text at most, special ones counted once."""

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
        return cls(classifier, compute, load_tokenizer(folder), tokens_read(run))

    @property
    def keeps_end(self) -> bool:
        """Whether it reads beginning and end of long texts."""
        return bool(self.classifier.design.long_documents == "head_tail")

    def probabilities(self, texts: Sequence[str], reading: Reading | None = None) -> Probabilities:
        """Return what it says about some texts, shape (N, C).

        Args:
            texts: N texts.
            reading: How much of each is read, if not as in training.
        """
        chosen = reading or self.classifier.reading
        tokens = tokenize(list(texts), self.classifier.tokenizer, chosen)
        found: Probabilities = self.classifier.predict_probabilities(tokens, self.compute)
        return found
