"""A few real steps before the start: how long a run will take, and how much memory it needs.

Runs in a process of its own, `python -m textcls_core.training.preflight WORKSPACE`, with the
settings on standard input, so that the app stays free of torch and its memory is not counted.
"""

import json
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from textcls_core.arrays import Indices
from textcls_core.config import RunConfig
from textcls_core.dataset.text_dataset import Split
from textcls_core.errors import TextclsError
from textcls_core.jobs.lock import is_locked
from textcls_core.models.batching import batches_by_length
from textcls_core.models.classifier import MAX_TOKENS_PER_BATCH
from textcls_core.models.device import choose_compute
from textcls_core.models.work import training_flops
from textcls_core.runs.slots import device_slots
from textcls_core.runs.store import RunStore
from textcls_core.training.adaptation import adapt
from textcls_core.training.averaging import WeightAverage
from textcls_core.training.distributed import Ranks
from textcls_core.training.fine_tune import load_dataset, prepare, tokenize_splits
from textcls_core.training.plan import PlannedStep, RunPlan
from textcls_core.training.rows import drawn, in_folds
from textcls_core.training.splits import TokenizedSplit
from textcls_core.training.steps import Stepper
from textcls_core.workspace import Workspace

MIN_MARGIN = 0.1
"""Nothing is promised more exactly than this, because other work on the machine changes."""
PROCESS_MARGIN = 1.2
"""Freed memory of a CPU process is kept for later steps, and what is kept grows with their shapes:
seven whole runs had at most 1.07 to 2.09 times what is measured here (docs/performance.md)."""


@dataclass(frozen=True, slots=True)
class Preflight:
    """What a few steps say about a run."""

    seconds: float
    """Likely time of all optimizer steps, without validations."""
    margin: float
    """The time may be off by this share: how far the measured steps were from one common speed."""
    seconds_per_step: float
    """Mean over an epoch."""
    peak_memory_mb: float
    """Most memory in use, in 10^6 bytes: of the GPU, or of the process.

    With the largest step, the largest batch of a validation, and averaged weights.
    """
    memory_margin: float
    """The run may come to need more by this share."""
    longest_batch_tokens: int
    """Tokens of the measured step of the longest texts, over all processes; none has more."""
    device: str
    precision: str
    reasons: tuple[str, ...]
    """One sentence per choice."""
    notes: tuple[str, ...]
    """What the figures leave out, and what happened while they were measured."""


def measure(workspace: Workspace, config: RunConfig) -> Preflight:
    """Return what a step of the longest texts and a middling one say about the whole run.

    Of several processes the first one's share is measured.

    Raises:
        TextclsError: If data set, model or settings cannot be used, or memory does not suffice.
    """
    dataset = in_folds(config, load_dataset(config, workspace))
    compute = choose_compute(config.device, config.precision)
    classifier, reasons = prepare(config, dataset, compute)
    splits = tokenize_splits(classifier, dataset, workspace, Ranks())
    adapt(classifier.model, config)
    stepper = Stepper(classifier, splits["train"], config, compute)
    average = WeightAverage(classifier.model, config.ema_decay) if config.ema_decay else None
    longest, plan = _steps(stepper)
    middling = sorted(plan, key=lambda step: _work(stepper, step))[len(plan) // 2]
    _time(stepper, longest)  # the first step also pays for what is kept, and for too little memory
    work = np.array([_work(stepper, step) for step in (longest, middling)])
    seconds = np.array([_time(stepper, step) for step in (longest, middling)])
    _predict_longest(stepper, splits)
    if average is not None:
        average.update(classifier.model)
    rate = float(seconds.sum() / work.sum())
    every = sum(_work(stepper, step) for step in plan)
    return Preflight(
        seconds=round(rate * every * config.num_epochs, 1),
        margin=round(max(MIN_MARGIN, float(np.abs(work * rate / seconds - 1).max())), 2),
        seconds_per_step=round(rate * every / len(plan), 3),
        peak_memory_mb=round(compute.peak_memory_mb(), 1),
        memory_margin=_memory_margin(compute.device),
        longest_batch_tokens=int(stepper.train.tokens.lengths[longest.rows].sum()),
        device=compute.device,
        precision=compute.precision,
        reasons=(*compute.reasons, *reasons),
        notes=tuple(_notes(stepper, workspace)),
    )


def _steps(stepper: Stepper) -> tuple[PlannedStep, list[PlannedStep]]:
    """Return a step of the longest texts, which no epoch exceeds, and those of the first epoch."""
    train = stepper.train
    plan = RunPlan.of(
        stepper.config,
        train.tokens.lengths,
        drawn(stepper.config, train.targets),
        world_size=_num_processes(stepper.config),
        is_padded=not stepper.classifier.is_packed,
    )
    return plan.largest_step(), plan.epoch(1)


def _num_processes(config: RunConfig) -> int:
    return config.num_processes * config.num_nodes


def _work(stepper: Stepper, step: PlannedStep) -> float:
    """Return the arithmetic of the first process in a step."""
    rows: Indices = np.concatenate(step.ranks[0])
    return training_flops(stepper.classifier.model, stepper.train.tokens.sequence_lengths(rows))


def _notes(stepper: Stepper, workspace: Workspace) -> Iterator[str]:
    """Yield what a reader of the figures has to know."""
    config = stepper.config
    yield "The time is that of the steps alone; baselines, validations and predictions add to it."
    if _num_processes(config) > 1:
        yield (
            f"One of {_num_processes(config)} processes was measured alone: waiting for the others "
            "is not counted, nor sharing a processor or a GPU with them."
        )
    if stepper.halvings:
        parts = 2**stepper.halvings
        limit = "max_tokens_per_batch" if config.max_tokens_per_batch else "batch_size"
        size = -(-getattr(config, limit) // parts)
        yield (
            f"Memory ran out until micro-batches were cut into {parts} parts. A run of one process "
            f"does the same by itself; for several set {limit} to {size}."
        )
    store = RunStore.open(workspace)
    slots = device_slots(stepper.compute.device, config.num_processes)
    if any(is_locked(store.slot_file(slot)) for slot in slots):
        yield "Another run is at work on this device: a run alone takes less time."


def _memory_margin(device: str) -> float:
    """Return by which share a run may need more; of a process, more than half is kept for later."""
    return MIN_MARGIN if device.startswith("cuda") else PROCESS_MARGIN


def _predict_longest(stepper: Stepper, splits: Mapping[Split, TokenizedSplit]) -> None:
    """Predict the largest batch that a validation or the end of the run has."""
    stepper.optimizer.prepare_all()
    for split in splits.values():
        (longest, *_) = batches_by_length(split.tokens.lengths, MAX_TOKENS_PER_BATCH)
        stepper.classifier.predict_logits(split.tokens.take(longest), stepper.compute.exact())


def _time(stepper: Stepper, planned: PlannedStep) -> float:
    """Return the seconds of one step, which changes the weights hardly at all."""
    start = time.perf_counter()
    loss, _ = stepper.run(planned, 1, 1e-12)
    loss.item()  # waits for the device
    return time.perf_counter() - start


def main(workspace: Path) -> int:
    """Measure the settings on standard input; print the figures, or the reason why not."""
    try:
        config = RunConfig.model_validate_json(sys.stdin.read())
        figures = asdict(measure(Workspace(workspace), config))
    except TextclsError as error:
        sys.stderr.write(str(error))
        return 2
    sys.stdout.write(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
