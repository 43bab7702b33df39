"""Training dynamics as they are recorded: from the forward passes that training does anyway."""

from dataclasses import dataclass, field

import numpy as np
import torch

from textcls_core.arrays import Indices, Losses

_TENSORS = "sums"


@dataclass(slots=True)
class DynamicsRecorder:
    """Adds up, per training row, what the steps of the present epoch found.

    The probabilities are those of the training itself: dropout is on, and the weights move on
    during the epoch, as in the implementation of Swayamdipta et al. 2020.
    """

    num_rows: int
    device: str
    sums: torch.Tensor = field(init=False)
    """Probability of the given label, hits, and times seen, shape (3, N)."""
    pending: list[tuple[torch.Tensor, torch.Tensor]] = field(default_factory=list)
    """Rows (B,) and findings (3, B) of the step at work."""

    def __post_init__(self) -> None:
        """Begin with an epoch in which nothing was seen."""
        self.sums = torch.zeros((3, self.num_rows), device=self.device)

    def note(self, rows: Indices, logits: torch.Tensor, targets: torch.Tensor) -> None:
        """Note a forward pass; it counts when the step is done.

        Args:
            rows: Positions of B training rows.
            logits: Shape (B, C).
            targets: Class ids (B,), or 0 and 1 per class (B, C).
        """
        found = torch.stack(given_label(logits.detach().float(), targets))
        seen = torch.cat([found, torch.ones_like(found[:1])])
        self.pending.append((torch.from_numpy(rows).to(self.device), seen))

    def forget_step(self) -> None:
        """Drop what was noted in a step that begins again."""
        self.pending.clear()

    def finish_step(self) -> None:
        """Count what the step noted."""
        for rows, seen in self.pending:
            self.sums.index_add_(1, rows, seen)
        self.pending.clear()

    def take_epoch(self) -> tuple[Losses, Losses]:
        """Return probability and correctness, each (N,), and begin the next epoch.

        A row that was seen several times gets the mean.
        """
        probability, hits, times = self.sums.cpu().numpy().astype(np.float64)
        self.sums.zero_()
        times = np.maximum(times, 1)
        return probability / times, hits / times

    def state(self) -> dict[str, torch.Tensor]:
        """Return the tensors of a checkpoint: the part of the epoch that is done."""
        return {_TENSORS: self.sums}

    def load(self, tensors: dict[str, torch.Tensor]) -> None:
        """Go on from the tensors of a checkpoint."""
        self.sums.copy_(tensors[_TENSORS])


def given_label(logits: torch.Tensor, targets: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the probability of the given label, and whether it is predicted, each (B,).

    With several labels per text: the mean over the labels of the probability that each is as
    given, and whether all of them are predicted so.

    Args:
        logits: Shape (B, C).
        targets: Class ids (B,), or 0 and 1 per class (B, C).
    """
    if targets.ndim == 1:
        probabilities = logits.softmax(1)
        hits = probabilities.argmax(1) == targets
        return probabilities.gather(1, targets[:, None])[:, 0], hits.float()
    is_given = targets > 0
    as_given = torch.where(is_given, logits, -logits).sigmoid()
    return as_given.mean(1), ((logits >= 0) == is_given).all(1).float()
