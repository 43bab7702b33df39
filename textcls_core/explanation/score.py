"""The number that an attribution explains: the score of a class, or how far it is ahead."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from jaxtyping import Float

from textcls_core.errors import InvalidArgumentError, label_id_of
from textcls_core.models.batching import batches_by_length
from textcls_core.models.classifier import MAX_TOKENS_PER_BATCH, Classifier


@dataclass(frozen=True, slots=True)
class Score:
    """The logit of one class, or its distance from the logit of another one."""

    label_id: int
    against_id: int | None = None

    @classmethod
    def of(cls, label_names: tuple[str, ...], label: str, against: str | None = None) -> Self:
        """Return the score of a class, by name.

        Raises:
            InvalidArgumentError: If a class is unknown, or both are the same.
        """
        if against == label:
            raise InvalidArgumentError(
                f'Expected two classes, got "{label[:60]}" twice. Choose another one to compare.'
            )
        return cls(
            label_id_of(label_names, label),
            None if against is None else label_id_of(label_names, against),
        )

    def __call__(self, logits: torch.Tensor) -> torch.Tensor:
        """Return the score of each row of logits (B, C), shape (B,)."""
        score = logits[:, self.label_id]
        return score if self.against_id is None else score - logits[:, self.against_id]

    def of_logits(self, logits: Float[np.ndarray, "N C"]) -> Float[np.ndarray, " N"]:
        """Return the score of each row of logits, shape (N,)."""
        return np.asarray(self(torch.from_numpy(logits)).numpy())


def logits_of(classifier: Classifier, sequences: list[np.ndarray]) -> Float[np.ndarray, "N C"]:
    """Return the logits of N sequences of token ids, those of similar length computed together.

    A sequence without any token is read as padding.
    """
    pad = np.array([classifier.tokenizer.pad_token_id])
    given = [sequence if len(sequence) else pad for sequence in sequences]
    lengths = np.array([len(sequence) for sequence in given])
    logits = np.zeros((len(given), len(classifier.label_names)))
    for rows in batches_by_length(lengths, MAX_TOKENS_PER_BATCH):
        with torch.inference_mode():
            batch = classifier.sequence_logits([given[row] for row in rows])
        logits[rows] = batch.float().numpy()
    return logits
