"""An encoder in memory: texts in, one vector per text out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from textcls_core.arrays import Embeddings
from textcls_core.embeddings.source import Source
from textcls_core.models.catalogue import position_limit
from textcls_core.models.classifier import Classifier
from textcls_core.models.device import Compute, choose_device
from textcls_core.models.embedding import embed
from textcls_core.models.tokens import Reading, tokenize

_HEAD = ("one", "other")
"""Classes of the head, which is not used."""


@dataclass(frozen=True, slots=True)
class TextEncoder:
    """A model's body with its tokenizer, on a device, in fp32.

    Full precision makes the vector of a text the same whatever is embedded beside it, up to
    rounding, so that a text typed now can be compared with rows embedded last month.
    """

    classifier: Classifier
    reading: Reading
    """How much of each text is read: the beginning, or beginning and end if a run does so."""
    compute: Compute

    @classmethod
    def load(cls, source: Source, num_tokens: int) -> Self:
        """Return the encoder of a source.

        Args:
            source: A pretrained model or a run.
            num_tokens: Tokens to read of each text at most; fewer if the model has no positions
                for them, or the run was trained on fewer.

        Raises:
            ModelError: If it cannot be loaded.
        """
        if source.is_run:
            classifier = Classifier.load(source.folder)
        else:
            length = min(position_limit(source.folder) or num_tokens, num_tokens)
            classifier = Classifier.from_pretrained(source.folder, _HEAD, max_length=length)
        reading = Reading(min(classifier.max_length, num_tokens))
        if classifier.design.long_documents == "head_tail":
            reading = replace(reading, long_documents="head_tail")
        device, reason = choose_device()
        return cls(classifier, reading, Compute(device, "fp32", (reason,)))

    @property
    def width(self) -> int:
        """Length of a vector, D."""
        return int(self.classifier.model.config.hidden_size)

    def encode(self, texts: Sequence[str]) -> Embeddings:
        """Return the mean of the last hidden layer over each text's tokens, shape (N, D), float32.

        Raises:
            ModelError: If a vector is not finite.
        """
        tokens = tokenize(texts, self.classifier.tokenizer, self.reading)
        return embed(self.classifier, tokens, self.compute)
