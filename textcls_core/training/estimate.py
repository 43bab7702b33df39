"""What a run will take, as far as it is known before the start. Imports no torch."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from textcls_core.arrays import Lengths
from textcls_core.config import RunConfig
from textcls_core.models.catalogue import absolute_name
from textcls_core.models.tokens import OVERLAP
from textcls_core.runs.run import Run
from textcls_core.training.plan import StepShape, epoch_order, step_ends


@dataclass(frozen=True, slots=True)
class Estimate:
    """Size and likely duration of a run."""

    num_steps: int
    """Optimizer steps of the whole run; with `tokens_per_step` about so many."""
    num_tokens: int
    """Tokens to be trained on, over all epochs, without padding."""
    seconds: float | None
    """Likely training time, or None when no earlier run says anything about the speed."""
    basis: str
    """Where the time comes from, or why there is none."""


def estimate(
    config: RunConfig, num_examples: int, token_lengths: Lengths, runs: Sequence[Run]
) -> Estimate:
    """Return what a run will take.

    The time follows from the speed that the newest finished run of the same model reached on this
    machine; other text lengths, and other work on the machine, change it.

    Args:
        config: All settings.
        num_examples: Texts of one epoch; one that is drawn several times counts as often.
        token_lengths: Tokens per text of the data set or a sample of it, uncut, shape (N,).
        runs: Runs of this machine, newest first.
    """
    read = _tokens_read(token_lengths, config)
    drawn = np.resize(epoch_order(read, seed=config.seed, epoch=1), num_examples)
    num_tokens = round(float(read.mean()) * num_examples * config.num_epochs)
    speed = _measured_speed(config, runs)
    return Estimate(
        num_steps=len(step_ends(drawn, StepShape.of(config))) * config.num_epochs,
        num_tokens=num_tokens,
        seconds=None if speed is None else num_tokens / speed,
        basis=(
            f"No run of {config.model} has finished on this machine yet."
            if speed is None
            else f"At {speed:,.0f} tokens/s, as the last run of {config.model} here."
        ),
    )


def _tokens_read(token_lengths: Lengths, config: RunConfig) -> Lengths:
    """Return the tokens read of each text; special tokens are counted once, not per window."""
    limit = config.max_length
    if config.long_documents != "windows":
        return np.asarray(np.minimum(token_lengths, limit))
    overlap = int(limit * OVERLAP)
    num_more = -(-np.maximum(token_lengths - limit, 0) // (limit - overlap))
    uncut = token_lengths + num_more * overlap
    return np.asarray(np.minimum(uncut, limit * config.max_windows))


def _measured_speed(config: RunConfig, runs: Sequence[Run]) -> float | None:
    """Return tokens per second of the newest finished run of this model, if there is one."""
    model = absolute_name(config.model)  # as runs keep it
    for run in runs:
        speed = run.finished.get("tokens_per_second")
        if speed and run.config.model == model:
            return float(speed)
    return None
