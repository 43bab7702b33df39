"""The plan of batches: a pure function of seed, epoch, lengths and the number of processes.

Because nothing else decides the order, a run can be resumed from a step number alone, and any
number of processes can work from the same plan: each step holds the same documents for all of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from textcls_core.arrays import Indices, Lengths
from textcls_core.config import RunConfig

_TOKENS_PER_CALL = 256
"""A forward pass more is worth this many tokens of padding less."""
_TOKENS_PER_SQUARE = 2_048
"""Attention makes a text of this length twice as dear per token."""


@dataclass(frozen=True, slots=True)
class StepShape:
    """How many documents make a step, and how they are shared out."""

    documents_per_step: int
    """Documents per optimizer step, over all processes, unless `tokens_per_step` decides."""
    batch_size: int
    """Documents per forward pass at most."""
    max_tokens: int = 0
    """Tokens per forward pass at most; 0 sets no limit. A longer text travels alone."""
    world_size: int = 1
    """Number of processes."""
    is_padded: bool = False
    """Whether short documents are kept apart from long ones to save padding."""
    tokens_per_step: int = 0
    """Tokens per optimizer step at most, over all processes; 0 counts documents instead."""

    @classmethod
    def of(cls, config: RunConfig, *, world_size: int = 1, is_padded: bool = False) -> "StepShape":
        """Return the shape that a configuration asks for."""
        return cls(
            config.documents_per_step,
            config.batch_size,
            config.max_tokens_per_batch,
            world_size,
            is_padded,
            config.tokens_per_step,
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


def epoch_order(rows: Indices, *, seed: int, epoch: int) -> Indices:
    """Return the rows of an epoch in the order in which they are drawn.

    Args:
        rows: Positions to train on, shape (M,).
        seed: Seed of the run.
        epoch: Counted from 1.
    """
    return np.asarray(rows[np.random.default_rng([seed, epoch]).permutation(len(rows))])


def step_ends(lengths: Lengths, shape: StepShape) -> Indices:
    """Return the position after the last document of each step, shape (S,).

    By documents every step but the last is full. By tokens a step takes the next documents in the
    order of the epoch as long as they fit; one that is longer than the budget is a step of its own.

    Args:
        lengths: Tokens of the documents in the order in which they are drawn, shape (M,).
        shape: Size of a step.

    Example:
        >>> step_ends(np.array([3, 4, 9, 2]), StepShape(2, 2, tokens_per_step=8)).tolist()
        [2, 3, 4]
    """
    count = len(lengths)
    if not shape.tokens_per_step:
        num_steps = -(-count // shape.documents_per_step)
        return np.minimum(np.arange(1, num_steps + 1) * shape.documents_per_step, count)
    total = np.concatenate([[0], np.cumsum(lengths)])
    ends, end = [], 0
    while end < count:
        fitting = int(np.searchsorted(total, total[end] + shape.tokens_per_step, side="right")) - 1
        end = max(fitting, end + 1)
        ends.append(end)
    return np.array(ends, dtype=np.int64)


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
    ends = step_ends(lengths[order], shape)
    return [planned(lengths, order[start:end], shape) for start, end in pairwise([0, *ends])]


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


@dataclass(frozen=True, slots=True)
class RunPlan:
    """All steps of a run, epoch after epoch; nothing else counts them."""

    lengths: Lengths
    """Tokens per training text, shape (N,)."""
    rows: Indices
    """Positions that each epoch draws, some perhaps several times, shape (M,)."""
    seed: int
    shape: StepShape
    epoch_ends: Indices
    """The last step of each epoch, counted from 1 over the whole run, shape (E,)."""

    @classmethod
    def of(
        cls,
        config: RunConfig,
        lengths: Lengths,
        rows: Indices,
        *,
        world_size: int = 1,
        is_padded: bool = False,
    ) -> "RunPlan":
        """Return the plan of a run.

        Args:
            config: Its settings.
            lengths: Tokens per training text, shape (N,).
            rows: Positions that each epoch draws, shape (M,).
            world_size: Number of processes that train it.
            is_padded: Whether the model computes padding.
        """
        shape = StepShape.of(config, world_size=world_size, is_padded=is_padded)
        epochs, seed = range(1, config.num_epochs + 1), config.seed
        if shape.tokens_per_step:  # in another order other texts share a step
            orders = (epoch_order(rows, seed=seed, epoch=epoch) for epoch in epochs)
            counts = [len(step_ends(lengths[order], shape)) for order in orders]
        else:
            counts = [len(step_ends(lengths[rows], shape))] * len(epochs)
        return cls(lengths, rows, seed, shape, np.cumsum(counts))

    @property
    def num_steps(self) -> int:
        """Optimizer steps of the whole run."""
        return int(self.epoch_ends[-1])

    def epoch_of(self, step: int) -> int:
        """Return the epoch of a step; both are counted from 1."""
        return int(np.searchsorted(self.epoch_ends, step)) + 1

    def ends_epoch(self, step: int) -> bool:
        """Tell whether a step is the last one of its epoch."""
        return step in self.epoch_ends

    def epoch(self, epoch: int) -> list[PlannedStep]:
        """Return the steps of an epoch, counted from 1."""
        return plan_epoch(self.lengths, self.rows, seed=self.seed, epoch=epoch, shape=self.shape)

    def remaining(self, done: int) -> Iterator[tuple[int, PlannedStep]]:
        """Yield each step after the first `done` ones with its epoch."""
        starts = [0, *self.epoch_ends]
        for epoch in range(self.epoch_of(done + 1), len(starts)):
            for step in self.epoch(epoch)[max(done - starts[epoch - 1], 0) :]:
                yield epoch, step

    def largest_step(self) -> PlannedStep:
        """Return a step of the longest texts, which takes at least the work of any that is drawn.

        By tokens its last text may go beyond the budget, so that no step within it is larger.
        """
        by_length = self.rows[np.argsort(self.lengths[self.rows], kind="stable")]
        count, budget = self.shape.documents_per_step, self.shape.tokens_per_step
        if budget:
            total = np.cumsum(self.lengths[by_length[::-1]])
            count = int(np.searchsorted(total, budget)) + 1
        return planned(self.lengths, by_length[-count:], self.shape)
