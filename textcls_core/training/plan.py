"""The plan of batches: a pure function of seed, epoch, lengths and the number of processes.

Because nothing else decides the order, a run can be resumed from a step number alone, and any
number of processes can work from the same plan: each step holds the same documents for all of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from textcls_core.arrays import Indices, LabelIds, Lengths
from textcls_core.config import RunConfig

_TOKENS_PER_CALL = 256
"""A forward pass more is worth this many tokens of padding less."""
_TOKENS_PER_SQUARE = 2_048
"""Attention makes a text of this length twice as dear per token."""


@dataclass(frozen=True, slots=True)
class StepShape:
    """How many documents make a step, and how they are shared out."""

    documents_per_step: int
    """Documents per optimizer step, over all processes."""
    batch_size: int
    """Documents per forward pass at most."""
    max_tokens: int = 0
    """Tokens per forward pass at most; 0 sets no limit. A longer text travels alone."""
    world_size: int = 1
    """Number of processes."""
    is_padded: bool = False
    """Whether short documents are kept apart from long ones to save padding."""

    @classmethod
    def of(cls, config: RunConfig, *, world_size: int = 1, is_padded: bool = False) -> "StepShape":
        """Return the shape that a configuration asks for."""
        return cls(
            config.documents_per_step,
            config.batch_size,
            config.max_tokens_per_batch,
            world_size,
            is_padded,
        )


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """The documents of one optimizer step, in micro-batches that fit in memory."""

    ranks: tuple[tuple[Indices, ...], ...]
    """Row positions per forward pass, for each process; a process may have none."""

    @property
    def rows(self) -> Indices:
        """Row positions of all documents of the step."""
        return np.concatenate([rows for batches in self.ranks for rows in batches])


def steps_per_epoch(num_examples: int, documents_per_step: int) -> int:
    """Return the optimizer steps of one epoch; the last one may have fewer documents."""
    return -(-num_examples // documents_per_step)


def oversampled(label_ids: LabelIds) -> Indices:
    """Return row positions in which every class that occurs is equally frequent.

    The rows of a rare class are repeated in turn until there are as many as of the most frequent
    one.

    Args:
        label_ids: Class of each row, shape (N,).

    Example:
        >>> oversampled(np.array([0, 0, 0, 1])).tolist()
        [0, 1, 2, 3, 3, 3]
    """
    members = [np.flatnonzero(label_ids == label) for label in np.unique(label_ids)]
    most = max(len(rows) for rows in members)
    return np.concatenate([np.resize(rows, most) for rows in members])


def epoch_order(rows: Indices, *, seed: int, epoch: int) -> Indices:
    """Return the rows of an epoch in the order in which they are drawn.

    Args:
        rows: Positions to train on, shape (M,).
        seed: Seed of the run.
        epoch: Counted from 1.
    """
    return np.asarray(rows[np.random.default_rng([seed, epoch]).permutation(len(rows))])


def plan_epoch(
    lengths: Lengths, rows: Indices, *, seed: int, epoch: int, shape: StepShape
) -> list[PlannedStep]:
    """Return the steps of one epoch; every entry of `rows` is in exactly one of them.

    The order follows from (seed, epoch) alone. How a step is cut into processes and micro-batches
    does not change its gradient.

    Args:
        lengths: Tokens per training text, shape (N,).
        rows: Positions to train on, some perhaps several times, shape (M,).
        seed: Seed of the run.
        epoch: Counted from 1.
        shape: Sizes of steps and micro-batches.
    """
    order = epoch_order(rows, seed=seed, epoch=epoch)
    return [
        planned(lengths, order[start : start + shape.documents_per_step], shape)
        for start in range(0, len(order), shape.documents_per_step)
    ]


def planned(lengths: Lengths, rows: Indices, shape: StepShape) -> PlannedStep:
    """Return a step whose documents are shared out to processes of nearly equal work.

    Args:
        lengths: Tokens per training text, shape (N,).
        rows: Positions of the documents of the step.
        shape: Sizes of micro-batches.
    """
    by_length = rows[np.argsort(lengths[rows], kind="stable")]
    shares: list[list[int]] = [[] for _ in range(shape.world_size)]
    load = np.zeros(shape.world_size)
    for row in by_length[::-1]:  # the longest first, to the process with the least to do
        rank = int(load.argmin())
        shares[rank].append(int(row))
        load[rank] += lengths[row] * (1 + lengths[row] / _TOKENS_PER_SQUARE)
    return PlannedStep(
        tuple(tuple(_micro_batches(lengths, share[::-1], shape)) for share in shares)
    )


def _micro_batches(lengths: Lengths, rows: list[int], shape: StepShape) -> Iterator[Indices]:
    """Cut rows, from short to long, where a micro-batch would become too large."""
    batch: list[int] = []
    for row in rows:
        if batch and _is_full(lengths, batch, row, shape):
            yield np.array(batch)
            batch = []
        batch.append(row)
    if batch:
        yield np.array(batch)


def _is_full(lengths: Lengths, batch: list[int], row: int, shape: StepShape) -> bool:
    """Tell whether `row` should begin a new micro-batch."""
    width = int(lengths[row])
    tokens = width * (len(batch) + 1) if shape.is_padded else int(lengths[batch].sum()) + width
    if len(batch) >= shape.batch_size or 0 < shape.max_tokens < tokens:
        return True
    padding = int((width - lengths[batch]).sum()) if shape.is_padded else 0
    return padding > _TOKENS_PER_CALL
