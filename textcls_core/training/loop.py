"""The training loop: epochs, steps, validations, checkpoints, each a rung of its own.

Knows neither the run folder nor the page: it reports through `Observer` and asks it what to do.
"""

import math
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np

from textcls_core.arrays import Losses
from textcls_core.config import RunConfig
from textcls_core.errors import TrainingError
from textcls_core.evaluation.by_task import AnyPredictions
from textcls_core.evaluation.metric_names import VALIDATION, metric_of
from textcls_core.evaluation.metrics import validation_values
from textcls_core.models.classifier import Classifier
from textcls_core.models.device import Compute
from textcls_core.models.work import training_flops
from textcls_core.runs.checkpoint import Checkpoint
from textcls_core.training.adaptation import merged
from textcls_core.training.averaging import WeightAverage
from textcls_core.training.checkpoint import TrainingState, restore_best
from textcls_core.training.distributed import Ranks
from textcls_core.training.plan import PlannedStep, RunPlan
from textcls_core.training.rows import drawn
from textcls_core.training.schedule import learning_rate_factor
from textcls_core.training.splits import TokenizedSplit, predict
from textcls_core.training.step_log import StepLog, describe_broken
from textcls_core.training.steps import Stepper

_CHECKPOINT_SECONDS = 300.0
_SHORT_EPOCH_SECONDS = 5.0
"""Epochs shorter than this share a checkpoint; saving each would take longer than training it."""
_ASK_STEPS = 8
"""Several processes ask for commands, and whether the loss is still a number, only every so many
steps, because all must agree."""
Command = Literal["go", "pause", "stop"]


class Observer(Protocol):
    """Who watches a run: writes its figures, keeps its best model, may ask it to stop."""

    def on_rows(self, rows: list[dict[str, Any]]) -> None:
        """Take training or evaluation rows, or notes, in order."""

    def on_validation(self, predictions: AnyPredictions) -> None:
        """Take the predictions of a validation."""

    def on_dynamics(
        self, epoch: int, row_ids: Sequence[str], probability: Losses, correctness: Losses
    ) -> None:
        """Keep what a whole epoch found about the given labels of N training rows, each (N,)."""

    def on_best(self, classifier: Classifier) -> None:
        """Keep the weights as they are now."""

    def command(self) -> Command:
        """Tell how to go on after this step."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the loop ended."""

    steps: int
    """Optimizer steps done."""
    train_seconds: float
    """Time spent in optimizer steps, without validations and saving."""
    tokens_per_second: float
    """Tokens of texts, without padding, per second of training."""
    ended_by: Command
    """`go` if nobody asked for an end."""
    stopped_early: bool
    """Whether validations no longer improved."""
    error: str = ""
    """Why it could not go on, if that ended it."""


@dataclass(slots=True)
class Progress:
    """Where a training is; together with the tensors this is its whole state."""

    step: int = 0
    train_seconds: float = 0.0
    tokens_seen: int = 0
    best_value: float | None = None
    evaluations_since_best: int = 0
    evaluated_step: int = 0


@dataclass(slots=True)
class FineTuning:
    """One fine-tuning in progress."""

    stepper: Stepper
    validation: TokenizedSplit
    observer: Observer
    checkpoints_dir: Path | None = None
    """Where to save checkpoints, or None for nowhere."""
    best_dir: Path | None = None
    """Where the observer keeps the best model; a checkpoint holds it too."""
    progress: Progress = field(default_factory=Progress)
    plan: RunPlan = field(init=False)
    average: WeightAverage | None = field(init=False, default=None)
    steps: StepLog = field(default_factory=StepLog)
    saved_at: float = field(default_factory=time.perf_counter)
    saved_step: int = 0

    def __post_init__(self) -> None:
        """Plan all steps, and start the average of the weights, if there is one."""
        train = self.stepper.train
        self.plan = RunPlan.of(
            self.config,
            train.tokens.lengths,
            drawn(self.config, train.targets),
            world_size=self.ranks.world_size,
            is_padded=not self.stepper.classifier.is_packed,
        )
        if self.config.ema_decay:
            self.average = WeightAverage(self.model, self.config.ema_decay)

    @property
    def config(self) -> RunConfig:
        """All settings."""
        return self.stepper.config

    @property
    def compute(self) -> Compute:
        """Device and number format."""
        return self.stepper.compute

    @property
    def ranks(self) -> Ranks:
        """This process among those of the run."""
        return self.stepper.ranks

    @property
    def model(self) -> Any:
        """The model being trained."""
        return self.stepper.classifier.model

    def resume(self, checkpoint: Checkpoint) -> None:
        """Go on from a checkpoint.

        Raises:
            TrainingError: If it belongs to another model, other texts or other settings.
        """
        facts = self._state().load(checkpoint)
        if facts["data"] != self._data_digest():
            raise TrainingError(
                f"The checkpoint of step {checkpoint.step} was made with other texts or another "
                "tokenizer. Start a new run with the same settings."
            )
        self.progress = Progress(**facts["progress"])
        self.stepper.halvings = facts.get("halvings", 0)
        self.saved_step = self.progress.step
        if self.ranks.is_first and self.best_dir is not None:
            restore_best(checkpoint, self.best_dir)

    def run(self) -> Outcome:
        """Train until the last epoch, a command, or the end of patience; the best was reported.

        Raises:
            TrainingError: If loss or gradient are no longer numbers and there is no best to keep.
        """
        self.steps.restart_clock()
        try:
            return self._outcome(self._train())
        except TrainingError as error:
            if self.steps.broken is None or self.progress.best_value is None:
                raise
            return self._outcome("stop", f"{error} The best model until then is kept.")

    def _train(self) -> Command:
        """Do the remaining steps; return who ended them."""
        command: Command = "go"
        for epoch, planned in self.plan.remaining(self.progress.step):
            if self._is_out_of_patience():
                break
            self._run_step(epoch, planned)
            if self._is_evaluation_due():
                self._evaluate(epoch)
            self._report_dynamics(epoch)
            self._save_if_due()
            command = self._command()
            if command != "go":
                break
        self._finish(command)
        return command

    def _outcome(self, ended_by: Command, error: str = "") -> Outcome:
        progress, broken = self.progress, self.steps.broken
        return Outcome(
            steps=progress.step if broken is None else broken["step"] - 1,
            train_seconds=progress.train_seconds,
            tokens_per_second=progress.tokens_seen / max(progress.train_seconds, 1e-9),
            ended_by=ended_by,
            stopped_early=self._is_out_of_patience(),
            error=error,
        )

    def _finish(self, command: Command) -> None:
        """Report what is left; after a stop validate once more, so that these weights may win."""
        self._report()
        if command == "stop" and self.progress.evaluated_step < self.progress.step:
            self._evaluate(self.plan.epoch_of(self.progress.step))
            self.saved_step = 0  # the checkpoint of this step does not know of this validation
        if command != "go":
            self._save()
        if command != "pause" and self.progress.best_value is None:
            raise TrainingError(
                f"{self.config.metric_for_best_model} was undefined at every validation, so no "
                "model could be kept. Choose another metric_for_best_model."
            )

    def _run_step(self, epoch: int, planned: PlannedStep) -> None:
        """Do one optimizer step and note its figures."""
        start = time.perf_counter()
        step = self.progress.step + 1
        halvings = self.stepper.halvings
        learning_rate = self.config.learning_rate * learning_rate_factor(
            step,
            num_steps=self.plan.num_steps,
            warmup_ratio=self.config.warmup_ratio,
            kind=self.config.lr_scheduler_type,
        )
        loss, gradient_norm = self.stepper.run(planned, step, learning_rate)
        if self.average is not None:
            self.average.update(self.model)
        self.progress.step = step
        self.progress.train_seconds += time.perf_counter() - start
        lengths = self.stepper.train.tokens.lengths[planned.rows]
        self.progress.tokens_seen += int(lengths.sum())
        self.steps.note(
            {
                "step": step,
                "epoch": epoch,
                "train_loss": loss,
                "gradient_norm": gradient_norm,
                "learning_rate": learning_rate,
                "train_seconds": round(self.progress.train_seconds, 2),
            },
            lengths,
            training_flops(self.model, self.stepper.train.tokens.sequence_lengths(planned.rows)),
        )
        if self.stepper.halvings > halvings:
            cut = f"now cut into {2**self.stepper.halvings} parts"
            self._note(epoch, f"Memory ran out: micro-batches are {cut}, the step is the same.")
        if self.steps.is_due:
            self._hand_over()

    def _note(self, epoch: int, note: str) -> None:
        """Say what changed at this step and why, after the rows until then."""
        self._report()
        if self.ranks.is_first:
            self.observer.on_rows([{"step": self.progress.step, "epoch": epoch, "note": note}])

    def _report(self) -> None:
        """Hand over the noted steps; all processes do so after the same step.

        Raises:
            TrainingError: If a loss or gradient is not a number, in all processes.
        """
        self._hand_over()
        if self.steps.broken is not None:
            raise TrainingError(describe_broken(self.steps.broken, self.config))

    def _hand_over(self) -> None:
        """Hand over the noted steps, whenever the clock of this process says so."""
        rows = self.steps.take(self.compute, self.ranks.world_size)
        if self.ranks.is_first and rows:
            self.observer.on_rows(rows)

    def _report_dynamics(self, epoch: int) -> None:
        """Hand over what the epoch found about the labels, if this was its last step."""
        recorder = self.stepper.dynamics
        if recorder is not None and self.plan.ends_epoch(self.progress.step):
            row_ids = self.stepper.train.row_ids
            self.observer.on_dynamics(epoch, row_ids, *recorder.take_epoch())

    def _command(self) -> Command:
        """Ask the observer, in step with the other processes."""
        is_alone = self.ranks.world_size == 1
        if not is_alone and self.progress.step % _ASK_STEPS:
            return "go"
        if not is_alone or self.steps.broken is not None:
            self._report()
        answer = self.observer.command() if self.ranks.is_first else "go"
        chosen: Command = self.ranks.from_first(answer)
        return chosen

    def _is_evaluation_due(self) -> bool:
        every, step = self.config.evaluation_steps, self.progress.step
        return bool(every and step % every == 0) or self.plan.ends_epoch(step)

    def _is_out_of_patience(self) -> bool:
        patience = self.config.early_stopping_patience
        return bool(patience) and self.progress.evaluations_since_best >= patience

    def _evaluate(self, epoch: int) -> None:
        """Validate; keep the model if it is the best."""
        self._report()
        self.stepper.optimizer.prepare_all()
        classifier = self.stepper.classifier
        halvings = classifier.halvings
        with self._averaged():
            predictions = predict(classifier, self.validation, self.compute, self.ranks)
            figures = validation_values(predictions)
            row = {
                "step": self.progress.step,
                "epoch": epoch,
                **{f"{VALIDATION}{name}": value for name, value in figures.items()},
                "train_seconds": round(self.progress.train_seconds, 2),
            }
            if self.ranks.is_first:
                self.observer.on_rows([row])
                self.observer.on_validation(predictions)
            self._keep_best(row)
        if classifier.halvings > halvings:
            cut = f"now cut into {2**classifier.halvings} parts"
            self._note(epoch, f"Memory ran out: batches of predictions are {cut}.")
        self.progress.evaluated_step = self.progress.step
        self.steps.restart_clock()

    def _averaged(self) -> AbstractContextManager[None]:
        return self.average.in_place(self.model) if self.average else nullcontext()

    def _keep_best(self, row: Mapping[str, float | None]) -> None:
        """Keep the model if its figure is the best; one that is undefined never is."""
        metric, progress = self.config.metric_for_best_model, self.progress
        found = row[metric]
        value = math.inf if found is None else metric_of(metric).sign * found
        if not value < (math.inf if progress.best_value is None else progress.best_value):
            progress.evaluations_since_best += 1
            return
        progress.best_value, progress.evaluations_since_best = value, 0
        if self.ranks.is_first:
            classifier = self.stepper.classifier
            if self.config.lora_rank:
                classifier = replace(classifier, model=merged(self.model))
            self.observer.on_best(classifier)

    def _save_if_due(self) -> None:
        """Save as often as asked for, and after epochs that took longer than a save."""
        every, step = self.config.checkpoint_steps, self.progress.step
        seconds = time.perf_counter() - self.saved_at
        is_due = step % every == 0 if every else seconds >= _CHECKPOINT_SECONDS
        ends_epoch = self.plan.ends_epoch(step) and seconds >= _SHORT_EPOCH_SECONDS
        if is_due or ends_epoch or step == self.plan.num_steps:
            self._save()

    def _save(self) -> None:
        self._hand_over()
        step, is_sound = self.progress.step, self.steps.broken is None
        if self.checkpoints_dir and self.ranks.is_first and is_sound and step > self.saved_step:
            progress = {name: getattr(self.progress, name) for name in Progress.__slots__}
            facts = {"progress": progress, "data": self._data_digest()}
            halvings = {"halvings": self.stepper.halvings}
            self._state().save(self.checkpoints_dir, step, facts | halvings)
            self.saved_step = step
        self.saved_at = time.perf_counter()
        self.steps.restart_clock()

    def _state(self) -> TrainingState:
        stepper = self.stepper
        return TrainingState(
            self.model, stepper.optimizer, self.average, self.best_dir, stepper.dynamics
        )

    def _data_digest(self) -> int:
        """Return a number that other texts or another tokenizer would change."""
        lengths = self.stepper.train.tokens.lengths.astype(np.uint64)
        weights = np.arange(1, len(lengths) + 1, dtype=np.uint64)
        return int((lengths * weights).sum() % np.uint64(2**53))
