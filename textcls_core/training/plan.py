"""The plan of batches: a pure function of seed, epoch and lengths.

Because nothing else decides the order, a run can be resumed from a step number alone, and any
number of processes can work from the same plan.
"""

from dataclasses import dataclass

import numpy as np

from textcls_core.arrays import Indices, Lengths


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """The documents of one optimizer step, in micro-batches that fit in memory."""

    micro_batches: tuple[Indices, ...]
    """Row positions per forward pass."""

    @property
    def num_documents(self) -> int:
        """Documents in the step."""
        return sum(len(rows) for rows in self.micro_batches)


def steps_per_epoch(num_examples: int, documents_per_step: int) -> int:
    """Return the optimizer steps of one epoch; the last one may have fewer documents."""
    return -(-num_examples // documents_per_step)


def plan_epoch(
    lengths: Lengths, *, seed: int, epoch: int, batch_size: int, gradient_accumulation_steps: int
) -> list[PlannedStep]:
    """Return the steps of one epoch; every document is in exactly one of them.

    Documents are shuffled by (seed, epoch) alone. Inside a step they are ordered by length before
    being cut into micro-batches, which saves padding and does not change the gradient.

    Args:
        lengths: Tokens per training text, shape (N,).
        seed: Seed of the run.
        epoch: Counted from 1.
        batch_size: Documents per micro-batch.
        gradient_accumulation_steps: Micro-batches per step.
    """
    order = np.random.default_rng([seed, epoch]).permutation(len(lengths))
    documents_per_step = batch_size * gradient_accumulation_steps
    steps = []
    for start in range(0, len(order), documents_per_step):
        rows = order[start : start + documents_per_step]
        rows = rows[np.argsort(lengths[rows], kind="stable")]
        cuts = range(batch_size, len(rows), batch_size)
        steps.append(PlannedStep(tuple(np.split(rows, list(cuts)))))
    return steps
