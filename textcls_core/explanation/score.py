"""The number that an attribution explains: the score of a class, or how far it is ahead."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from jaxtyping import Float

from textcls_core.errors import InvalidArgumentError, label_id_of
from textcls_core.jobs.progress import Report, ignore
from textcls_core.models.batching import batches_by_length
from textcls_core.models.classifier import MAX_TOKENS_PER_BATCH, Classifier
from textcls_core.models.tokens import sequences_of


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


def logits_of(
    classifier: Classifier, sequences: list[np.ndarray], progress: Report = ignore
) -> Float[np.ndarray, "N C"]:
    """Return the logits of N texts, given by their token ids, as the deployed model has them.

    One that is longer than what is read at once is read in windows if the model reads such, and
    their logits are averaged. A text without any token is read as padding. What several texts have
    in common is computed once, those of similar length together.

    Args:
        classifier: In evaluation mode.
        sequences: Token ids of each text.
        progress: Told how many different sequences are read already; may raise to stop.
    """
    pad = np.array([classifier.tokenizer.pad_token_id])
    read = [
        sequences_of(ids if len(ids) else pad, classifier.tokenizer, classifier.reading)
        for ids in sequences
    ]
    distinct = {one.tobytes(): one for windows in read for one in windows}
    each = _logits_of_each(classifier, list(distinct.values()), progress)
    known = dict(zip(distinct, each, strict=True))
    logits = np.zeros((len(read), len(classifier.label_names)))
    for row, windows in enumerate(read):
        logits[row] = np.mean([known[one.tobytes()] for one in windows], axis=0)
    return logits


def _logits_of_each(
    classifier: Classifier, sequences: list[np.ndarray], progress: Report
) -> Float[np.ndarray, "N C"]:
    """Return the logits of sequences that are read at once, those of similar length together."""
    lengths = np.array([len(sequence) for sequence in sequences])
    logits = np.zeros((len(sequences), len(classifier.label_names)))
    num_read = 0
    for rows in batches_by_length(lengths, MAX_TOKENS_PER_BATCH):
        progress(num_read, len(sequences), "Asking the model about shortened texts")
        with torch.inference_mode():
            batch = classifier.sequence_logits([sequences[row] for row in rows])
        logits[rows] = batch.float().numpy()
        num_read += len(rows)
    return logits
