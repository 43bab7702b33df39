"""Which texts the timed steps train on: whole batches as a Trainer would draw them.

Timing a few steps on a small sample would be unfair to length grouping: Trainer sorts pools of up
to 50 batches, but a sample of 10 batches only in pools of 2, which leaves most of the padding. So
the batches are drawn from an order of *all* training texts, and both sides get the same ones.
"""

from collections.abc import Sequence

import numpy as np

from bench.errors import BenchError
from textcls_core.arrays import Lengths

Batches = list[list[int]]


def random_batches(num_texts: int, batch_size: int, count: int, seed: int) -> Batches:
    """Return `count` batches of a shuffled epoch, as the plain Trainer draws them.

    Raises:
        BenchError: If there are not enough texts.
    """
    order = np.random.default_rng(seed).permutation(num_texts).tolist()
    return _cut(order, batch_size, count)[:count]


def grouped_batches(lengths: Lengths, batch_size: int, count: int, seed: int) -> Batches:
    """Return `count` random batches of an epoch in the order of Trainer's `group_by_length`.

    Any `count` consecutive ones would be alike in length, because Trainer sorts inside each pool.

    Raises:
        BenchError: If there are not enough texts.
    """
    batches = _cut(_grouped(lengths, batch_size, seed), batch_size, count)
    chosen = np.random.default_rng(seed).permutation(len(batches))[:count]
    return [batches[position] for position in chosen]


def regrouped_batches(lengths: Lengths, batches: Batches, seed: int) -> Batches:
    """Return the texts of these batches as `group_by_length` orders them when it sees no others."""
    rows = np.concatenate(batches)
    order = rows[_grouped(lengths[rows], len(batches[0]), seed)].tolist()
    return _cut(order, len(batches[0]), len(batches))


def _grouped(lengths: Lengths, batch_size: int, seed: int) -> list[int]:
    """Return positions in the order of Trainer's own function."""
    import torch
    from transformers.trainer_pt_utils import get_length_grouped_indices

    generator = torch.Generator().manual_seed(seed)
    order: list[int] = get_length_grouped_indices(  # type: ignore[no-untyped-call]
        lengths.tolist(), batch_size, generator=generator
    )
    return order


def _cut(order: Sequence[int], batch_size: int, count: int) -> Batches:
    """Return the full batches of an epoch."""
    full = range(0, len(order) - batch_size + 1, batch_size)
    if len(full) < count:
        raise BenchError(
            f"Expected at least {count * batch_size:,} training texts for {count} steps of "
            f"{batch_size}, found {len(order):,}. Ask for fewer --steps."
        )
    return [[int(row) for row in order[start : start + batch_size]] for start in full]
