"""Our engine, as the benchmarks drive it: the only file here that knows its functions."""

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench import data
from bench.examiner import Examiner
from bench.flops import Encoder, work
from bench.jobs import Course, Overhead, OverheadJob, Probe, StepJob, TargetJob, Timing, TrainingJob
from bench.peak import synchronize
from bench.sampling import Batches
from textcls_core.arrays import Indices
from textcls_core.config import RunConfig
from textcls_core.dataset.text_dataset import Split, TextDataset
from textcls_core.errors import TrainingError
from textcls_core.evaluation.by_task import figures_of
from textcls_core.models.classifier import Classifier
from textcls_core.models.device import choose_compute
from textcls_core.runs.store import RunStore
from textcls_core.training.loop import Command, FineTuning, Observer
from textcls_core.training.plan import PlannedStep, StepShape, planned
from textcls_core.training.run_writer import RunWriter
from textcls_core.training.splits import TokenizedSplit, predict
from textcls_core.training.steps import Stepper

_VALIDATION_ROWS = 8
"""Validation is not training: the loop gets as little of it as it needs."""


@dataclass(slots=True)
class Silent:
    """An observer that writes nothing."""

    stops: Callable[[], bool] = lambda: False
    """Asked after every step."""

    def on_rows(self, rows: list[dict[str, Any]]) -> None:
        """Forget the rows."""

    def on_best(self, classifier: Classifier) -> None:
        """Keep nothing."""

    def on_validation(self, predictions: object) -> None:
        """Forget the predictions."""

    def on_dynamics(self, *_: object) -> None:
        """Forget what the epoch found."""

    def command(self) -> Command:
        """Tell what `stops` tells."""
        return "stop" if self.stops() else "go"


@dataclass(slots=True)
class Watched:
    """An observer and the seconds spent in its calls."""

    observer: Observer
    seconds: float = 0.0

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Return a call of the observer that is added to the seconds."""
        call = getattr(self.observer, name)

        def watched(*arguments: Any) -> Any:
            start = time.perf_counter()
            try:
                return call(*arguments)
            finally:
                self.seconds += time.perf_counter() - start

        return watched


def probe() -> Probe:
    """Return the device and number format that the product chooses on this machine."""
    compute = choose_compute()
    return Probe.model_validate(
        {"device": compute.device, "precision": compute.precision, "reasons": compute.reasons}
    )


def time_steps(job: StepJob) -> Timing:
    """Time optimizer steps of the product's loop on given texts."""
    dataset = data.load(job.data)
    kept = None if job.keeps_all_texts else np.unique(np.concatenate(job.batches))
    tuning = _prepare(job, dataset, Silent(), kept)
    batches = _as_positions(job.batches, kept)
    _run(tuning, batches[: job.warmup_steps])
    seconds = _run(tuning, timed := batches[job.warmup_steps :])
    lengths = [tuning.stepper.train.tokens.lengths[rows] for rows in timed]
    done = work(Encoder.of_model(Path(job.model_dir)), lengths, is_padded=_is_padded(tuning))
    return Timing(seconds=seconds, work=done)


def time_metrics(job: OverheadJob) -> Overhead:
    """Time the same steps with the product's own writer of live metrics and without it."""
    dataset = data.load(job.data)
    kept = np.unique(np.concatenate(job.batches))
    tuning = _prepare(job, dataset, Silent(), kept)
    batches = _as_positions(job.batches, kept)
    timed = batches[job.warmup_steps :]
    live: list[float] = []
    silent: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        run, _ = RunStore(Path(folder)).create(tuning.config)
        writer = Watched(RunWriter(run))
        sides: list[tuple[list[float], Any]] = [(live, writer), (silent, Silent())]
        _run(tuning, batches[: job.warmup_steps])
        for _ in range(job.repeats):
            for seconds, observer in sides:
                tuning.observer = observer
                seconds.append(_run(tuning, timed))
            sides.reverse()
    tokens = sum(int(tuning.stepper.train.tokens.lengths[rows].sum()) for rows in timed)
    return Overhead(
        live_seconds=tuple(live),
        silent_seconds=tuple(silent),
        writer_seconds=writer.seconds,
        tokens=tokens,
    )


def train_to_target(job: TargetJob) -> Course:
    """Train with the product's loop until the target accuracy on the test rows, or to the end."""
    dataset = data.load(job.data)
    observer = Silent()
    tuning = _prepare(job, dataset, observer, None)
    classifier = tuning.stepper.classifier
    test = _split(classifier, dataset, "test", None)

    def accuracy() -> float:
        tuning.stepper.optimizer.prepare_all()
        predictions = predict(classifier, test, tuning.compute)
        return figures_of(predictions).accuracy

    examiner = Examiner(job, tuning.plan.num_steps, accuracy)
    observer.stops = lambda: examiner.is_satisfied(tuning.progress.step)
    examiner.start()
    if error := tuning.run().error:
        raise TrainingError(error)  # a course that broke off is no result
    return examiner.course


def _prepare(
    job: TrainingJob, dataset: TextDataset, observer: Observer, kept: Indices | None
) -> FineTuning:
    """Return a fine-tuning that has not begun, on the kept training texts or all of them."""
    config = _config(job)
    compute = choose_compute(config.device, config.precision)
    classifier = Classifier.from_pretrained(
        Path(job.model_dir),
        dataset.label_names,
        max_length=config.max_length,
        attention_dropout=config.attention_dropout,
        seed=config.seed,
    )
    classifier.model.to(compute.device)
    if config.packing == "auto":
        classifier.enable_packing(compute)
    train = _split(classifier, dataset, "train", kept)
    validation = _split(classifier, dataset, "validation", np.arange(_VALIDATION_ROWS))
    return FineTuning(Stepper(classifier, train, config, compute), validation, observer)


def _config(job: TrainingJob) -> RunConfig:
    """Return the settings of a run: those of the job, then its own further ones."""
    values: dict[str, Any] = {
        "dataset": job.data,
        "model": job.model_dir,
        "max_length": job.max_length,
        "batch_size": job.batch_size,
        "seed": job.seed,
        "device": job.place.device,
        "precision": job.place.precision,
    }
    if isinstance(job, TargetJob):
        values |= {"num_epochs": job.num_epochs, "learning_rate": job.learning_rate}
    return RunConfig.create({**values, **job.settings})


def _split(
    classifier: Classifier, dataset: TextDataset, split: Split, kept: Indices | None
) -> TokenizedSplit:
    """Return the kept texts of a split as the loop takes them; `kept` are places in the split."""
    rows = dataset.indices(split)
    rows = rows if kept is None else rows[kept[kept < len(rows)]]
    tokens = classifier.tokenize(dataset.texts(rows))
    return TokenizedSplit(tuple(dataset.row_ids(rows)), tokens, dataset.targets[rows])


def _as_positions(batches: Batches, kept: Indices | None) -> list[Indices]:
    """Return the places of the texts of each batch among the kept ones."""
    arrays = [np.asarray(batch) for batch in batches]
    return arrays if kept is None else [np.searchsorted(kept, batch) for batch in arrays]


def _run(tuning: FineTuning, batches: Sequence[Indices]) -> float:
    """Do one optimizer step per batch; return the seconds they took."""
    synchronize(tuning.compute.device)
    start = time.perf_counter()
    for rows in batches:
        tuning._run_step(1, _planned(tuning, rows))
        tuning.observer.command()  # the loop asks once per step, too
    synchronize(tuning.compute.device)
    return time.perf_counter() - start


def _planned(tuning: FineTuning, rows: Indices) -> PlannedStep:
    """Return a step of the given texts, in the order in which the loop would take them."""
    shape = StepShape.of(tuning.config, is_padded=_is_padded(tuning))
    return planned(tuning.stepper.train.tokens.lengths, rows, shape)


def _is_padded(tuning: FineTuning) -> bool:
    """Tell whether the loop computes every text at the length of the longest of its batch."""
    return not tuning.stepper.classifier.is_packed
