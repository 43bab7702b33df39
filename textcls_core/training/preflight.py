"""A few real steps before the start: how long a run will take, and how much memory it needs.

Runs in a process of its own, `python -m textcls_core.training.preflight WORKSPACE`, with the
settings on standard input, so that the app stays free of torch and its memory is not counted.
"""

import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from textcls_core.config import RunConfig
from textcls_core.errors import TextclsError
from textcls_core.models.device import choose_compute
from textcls_core.models.work import training_flops
from textcls_core.training.adaptation import adapt
from textcls_core.training.distributed import Ranks
from textcls_core.training.fine_tune import in_folds, load_dataset, prepare, tokenize_splits
from textcls_core.training.plan import PlannedStep, StepShape, oversampled, plan_epoch
from textcls_core.training.steps import Stepper
from textcls_core.workspace import Workspace

MIN_MARGIN = 0.1
"""Nothing is promised more exactly than this, because other work on the machine changes."""


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
    """Most memory in use after the largest step, in 10^6 bytes: of the GPU, or of the process."""
    longest_batch_tokens: int
    """Tokens of the largest step."""
    device: str
    precision: str
    reasons: tuple[str, ...]
    """One sentence per choice."""


def measure(workspace: Workspace, config: RunConfig) -> Preflight:
    """Return what the largest and a middling step of the first epoch say about the whole run.

    Raises:
        TextclsError: If data set, model or settings cannot be used, or memory does not suffice.
    """
    dataset = in_folds(config, load_dataset(config, workspace))
    compute = choose_compute(config.device, config.precision)
    classifier, reasons = prepare(config, dataset, compute)
    splits = tokenize_splits(classifier, dataset, workspace, Ranks())
    adapt(classifier.model, config)
    stepper = Stepper(classifier, splits["train"], config, compute)
    plan, work = _plan(stepper)
    order = np.argsort(work)
    largest, middling = int(order[-1]), int(order[len(order) // 2])
    _time(stepper, plan[middling])  # the first step also pays for what is kept afterwards
    seconds = {index: _time(stepper, plan[index]) for index in (largest, middling)}
    rate = sum(seconds.values()) / sum(work[index] for index in seconds)
    gaps = [abs(work[index] * rate / spent - 1) for index, spent in seconds.items()]
    lengths = stepper.train.tokens.lengths
    return Preflight(
        seconds=round(rate * float(work.sum()) * config.num_epochs, 1),
        margin=round(max(MIN_MARGIN, *gaps), 2),
        seconds_per_step=round(rate * float(work.mean()), 3),
        peak_memory_mb=round(compute.peak_memory_mb(), 1),
        longest_batch_tokens=int(lengths[plan[largest].rows].sum()),
        device=compute.device,
        precision=compute.precision,
        reasons=(*compute.reasons, *reasons),
    )


def _plan(stepper: Stepper) -> tuple[list[PlannedStep], np.ndarray]:
    """Return the steps of the first epoch and the arithmetic of each."""
    config, train = stepper.config, stepper.train
    lengths = train.tokens.lengths
    rows = oversampled(train.targets) if config.oversampling else np.arange(len(train.tokens))
    shape = StepShape.of(config, is_padded=not stepper.classifier.is_packed)
    plan = plan_epoch(lengths, rows, seed=config.seed, epoch=1, shape=shape)
    model = stepper.classifier.model
    return plan, np.array([training_flops(model, lengths[step.rows]) for step in plan])


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
