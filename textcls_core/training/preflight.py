"""A few real steps before the start: how long a run will take, and how much memory it needs.

Runs in a process of its own, `python -m textcls_core.training.preflight WORKSPACE`, with the
settings on standard input, so that the app stays free of torch and its memory is not counted.
"""

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from textcls_core.arrays import Indices
from textcls_core.config import RunConfig
from textcls_core.errors import TextclsError
from textcls_core.jobs.lock import is_locked
from textcls_core.models.device import choose_compute
from textcls_core.models.work import training_flops
from textcls_core.runs.slots import device_slots
from textcls_core.runs.store import RunStore
from textcls_core.training.adaptation import adapt
from textcls_core.training.distributed import Ranks
from textcls_core.training.fine_tune import load_dataset, prepare, tokenize_splits
from textcls_core.training.plan import PlannedStep, RunPlan
from textcls_core.training.rows import drawn, in_folds
from textcls_core.training.steps import Stepper
from textcls_core.wording import plural
from textcls_core.workspace import Workspace

MIN_MARGIN = 0.1
"""Nothing is promised more exactly than this, because other work on the machine changes."""


@dataclass(frozen=True, slots=True)
class Preflight:
    """What a few steps say about a run."""

    seconds: float
    """Likely time of all optimizer steps, without validations."""
    margin: float
    """The time may be off by this share: how far the measured steps were from one common speed.

    It says nothing about memory.
    """
    seconds_per_step: float
    """Mean over an epoch."""
    peak_memory_mb: float
    """Most memory in use after the largest step, in 10^6 bytes: of the GPU, or of the process.

    No step needs more, but validations, saving and averaged weights do.
    """
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
    longest, plan = _steps(stepper)
    middling = sorted(plan, key=lambda step: _work(stepper, step))[len(plan) // 2]
    _time(stepper, longest)  # the first step also pays for what is kept, and for too little memory
    work = np.array([_work(stepper, step) for step in (longest, middling)])
    seconds = np.array([_time(stepper, step) for step in (longest, middling)])
    rate = float(seconds.sum() / work.sum())
    every = sum(_work(stepper, step) for step in plan)
    return Preflight(
        seconds=round(rate * every * config.num_epochs, 1),
        margin=round(max(MIN_MARGIN, float(np.abs(work * rate / seconds - 1).max())), 2),
        seconds_per_step=round(rate * every / len(plan), 3),
        peak_memory_mb=round(compute.peak_memory_mb(), 1),
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
    yield "Memory is that of the longest texts; validations, saving and averaged weights add to it."
    if _num_processes(config) > 1:
        yield (
            f"One of {_num_processes(config)} processes was measured alone: waiting for the others "
            "is not counted, nor sharing a processor or a GPU with them."
        )
    if stepper.halvings:
        size = -(-config.batch_size // 2**stepper.halvings)
        yield (
            f"Memory ran out until micro-batches held at most {plural(size, 'text')}. A run of one "
            f"process does the same by itself; for several set batch_size to {size}."
        )
    store = RunStore.open(workspace)
    slots = device_slots(stepper.compute.device, config.num_processes)
    if any(is_locked(store.slot_file(slot)) for slot in slots):
        yield "Another run is at work on this device: a run alone takes less time."


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
