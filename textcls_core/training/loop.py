"""The training loop: epochs, steps, micro-batches, each a rung of its own.

Knows neither files nor processes: it reports through `Observer` and asks it whether to stop.
"""

import itertools
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch.nn import functional

from textcls_core.arrays import LabelIds
from textcls_core.config import RunConfig
from textcls_core.errors import TrainingError
from textcls_core.evaluation.evaluation import evaluate
from textcls_core.evaluation.predictions import Predictions
from textcls_core.models.batching import TokenizedTexts, pad_batch
from textcls_core.models.classifier import Classifier
from textcls_core.models.device import Compute
from textcls_core.training.plan import PlannedStep, plan_epoch, steps_per_epoch
from textcls_core.training.schedule import build_optimizer, linear_schedule

_REPORT_SECONDS = 0.5
"""Losses stay on the device this long, so that reporting does not make it wait."""
_SEED_STRIDE = 1_000_003


@dataclass(frozen=True, slots=True)
class TokenizedSplit:
    """Tokens and labels of one split."""

    row_ids: tuple[str, ...]
    tokens: TokenizedTexts
    label_ids: LabelIds


class Observer(Protocol):
    """Who watches a run: writes its figures, keeps its best model, may ask it to stop."""

    def on_rows(self, rows: list[dict[str, Any]]) -> None:
        """Take training or evaluation rows, in order."""

    def on_best(self, classifier: Classifier) -> None:
        """Keep the weights as they are now."""

    def should_stop(self) -> bool:
        """Tell whether to stop after this step; asked once per step."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the loop ended."""

    steps: int
    """Optimizer steps done."""
    train_seconds: float
    """Time spent in optimizer steps, without validations and saving."""
    tokens_per_second: float
    """Tokens of texts, without padding, per second of training."""
    was_stopped: bool
    """Whether somebody asked for the stop."""
    stopped_early: bool
    """Whether validations no longer improved."""


@dataclass(slots=True)
class FineTuning:
    """One fine-tuning in progress.

    Every optimizer step minimises the mean cross-entropy over all documents of the step, however
    they are cut into micro-batches. Random numbers are seeded anew in every micro-batch from
    (seed, step, micro-batch), so the state of a run is its weights, its optimizer and its step.
    """

    classifier: Classifier
    train: TokenizedSplit
    validation: TokenizedSplit
    config: RunConfig
    compute: Compute
    observer: Observer
    optimizer: torch.optim.AdamW = field(init=False)
    labels: torch.Tensor = field(init=False)
    step: int = 0
    epoch: int = 1
    train_seconds: float = 0.0
    tokens_seen: int = 0
    best_value: float = math.inf
    evaluations_since_best: int = 0
    evaluated_step: int = 0
    pending: list[dict[str, Any]] = field(default_factory=list)
    reported_at: float = field(default_factory=time.perf_counter)

    def __post_init__(self) -> None:
        """Move the model to its device and make the optimizer for it."""
        self.classifier.model.to(self.compute.device)
        self.optimizer = build_optimizer(
            self.classifier.model,
            learning_rate=self.config.learning_rate,
            weight_decay=self.config.weight_decay,
        )
        self.labels = torch.from_numpy(self.train.label_ids).to(self.compute.device)

    @property
    def num_steps(self) -> int:
        """Optimizer steps of the whole run."""
        per_epoch = steps_per_epoch(len(self.train.tokens), self.config.documents_per_step)
        return per_epoch * self.config.num_epochs

    def run(self) -> Outcome:
        """Train until the last epoch, a stop, or the end of patience; the best model was reported.

        Raises:
            TrainingError: If loss or gradient are no longer numbers.
        """
        was_stopped = False
        for epoch in range(1, self.config.num_epochs + 1):
            self.epoch = epoch
            was_stopped = self._run_epoch()
            if was_stopped or self._is_out_of_patience():
                break
        self._evaluate_once()
        return Outcome(
            steps=self.step,
            train_seconds=self.train_seconds,
            tokens_per_second=self.tokens_seen / max(self.train_seconds, 1e-9),
            was_stopped=was_stopped,
            stopped_early=self._is_out_of_patience(),
        )

    def _run_epoch(self) -> bool:
        """Do the steps of one epoch; return whether a stop was asked for."""
        plan = plan_epoch(
            self.train.tokens.lengths,
            seed=self.config.seed,
            epoch=self.epoch,
            batch_size=self.config.batch_size,
            gradient_accumulation_steps=self.config.gradient_accumulation_steps,
        )
        for planned in plan:
            self._run_step(planned)
            if self.observer.should_stop():
                return True
            if self._is_evaluation_due():
                self._evaluate_once()
                if self._is_out_of_patience():
                    return False
        self._evaluate_once()
        return False

    def _run_step(self, planned: PlannedStep) -> None:
        """Do one optimizer step and note its figures."""
        start = time.perf_counter()
        self.step += 1
        learning_rate = self._set_learning_rate()
        self.classifier.model.train()
        loss = torch.zeros((), device=self.compute.device)
        for micro_step in range(len(planned.micro_batches)):
            loss += self._run_micro_batch(planned, micro_step)
        gradient_norm = torch.nn.utils.clip_grad_norm_(
            self.classifier.model.parameters(), self.config.max_grad_norm
        )
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self._note(planned, loss, gradient_norm, learning_rate)
        self.train_seconds += time.perf_counter() - start
        if time.perf_counter() - self.reported_at >= _REPORT_SECONDS:
            self._report()

    def _run_micro_batch(self, planned: PlannedStep, micro_step: int) -> torch.Tensor:
        """Add this micro-batch's share of the gradient; return its share of the loss, a scalar."""
        rows = planned.micro_batches[micro_step]
        torch.manual_seed((self.config.seed * _SEED_STRIDE + self.step) * 4096 + micro_step)
        batch = pad_batch(self.train.tokens, rows, self.classifier.tokenizer)
        moved = {name: tensor.to(self.compute.device) for name, tensor in batch.items()}
        with self.compute.autocast():
            logits = self.classifier.model(**moved).logits  # (B, C)
        targets = self.labels[torch.from_numpy(rows).to(self.compute.device)]  # (B,)
        summed = functional.cross_entropy(logits.float(), targets, reduction="sum")
        share = summed / planned.num_documents
        share.backward()  # type: ignore[no-untyped-call]
        return share.detach()

    def _set_learning_rate(self) -> float:
        factor = linear_schedule(
            self.step, num_steps=self.num_steps, warmup_ratio=self.config.warmup_ratio
        )
        learning_rate = self.config.learning_rate * factor
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        return learning_rate

    def _note(
        self,
        planned: PlannedStep,
        loss: torch.Tensor,
        gradient_norm: torch.Tensor,
        learning_rate: float,
    ) -> None:
        """Keep the figures of a step until they are reported."""
        tokens = sum(int(self.train.tokens.lengths[rows].sum()) for rows in planned.micro_batches)
        self.tokens_seen += tokens
        self.pending.append(
            {
                "step": self.step,
                "epoch": self.epoch,
                "train_loss": loss,
                "gradient_norm": gradient_norm.detach(),
                "learning_rate": learning_rate,
                "num_documents": planned.num_documents,
                "num_tokens": tokens,
            }
        )

    def _report(self) -> None:
        """Hand over the noted steps with the speed since the last report."""
        if not self.pending:
            return
        now = time.perf_counter()
        seconds = max(now - self.reported_at, 1e-9)
        documents = sum(row.pop("num_documents") for row in self.pending)
        tokens = sum(row.pop("num_tokens") for row in self.pending)
        speed = {
            "examples_per_second": round(documents / seconds, 2),
            "tokens_per_second": round(tokens / seconds, 1),
            "train_seconds": round(self.train_seconds, 2),
        }
        rows = [{**_as_numbers(row), **speed} for row in self.pending]
        self.pending, self.reported_at = [], now
        finite = list(itertools.takewhile(_is_finite, rows))
        self.observer.on_rows(finite)
        if len(finite) < len(rows):
            broken = rows[len(finite)]
            raise TrainingError(
                f"The loss became {broken['train_loss']} and the gradient norm "
                f"{broken['gradient_norm']} at step {broken['step']}. Lower the learning rate "
                f"(now {self.config.learning_rate:g}) or use precision fp32."
            )

    def _is_evaluation_due(self) -> bool:
        every = self.config.evaluation_steps
        return bool(every) and self.step % every == 0

    def _is_out_of_patience(self) -> bool:
        patience = self.config.early_stopping_patience
        return bool(patience) and self.evaluations_since_best >= patience

    def _evaluate_once(self) -> None:
        """Validate unless this step was validated already; keep the model if it is the best."""
        self._report()
        if self.evaluated_step == self.step:
            return
        self.evaluated_step = self.step
        figures = evaluate(predict(self.classifier, self.validation, self.compute))
        row = {
            "step": self.step,
            "epoch": self.epoch,
            "validation_loss": figures.loss,
            "validation_accuracy": figures.accuracy,
            "validation_balanced_accuracy": figures.balanced_accuracy,
            "validation_macro_f1": figures.macro_f1,
            "validation_weighted_f1": figures.weighted_f1,
            "train_seconds": round(self.train_seconds, 2),
        }
        self.observer.on_rows([row])
        self._keep_best(row)
        self.reported_at = time.perf_counter()

    def _keep_best(self, row: Mapping[str, float]) -> None:
        metric = self.config.metric_for_best_model
        value = row[metric] if metric == "validation_loss" else -row[metric]
        if value < self.best_value:
            self.best_value, self.evaluations_since_best = value, 0
            self.observer.on_best(self.classifier)
        else:
            self.evaluations_since_best += 1


def predict(classifier: Classifier, split: TokenizedSplit, compute: Compute) -> Predictions:
    """Return the classifier's predictions for a split, in the order of its rows."""
    return Predictions(
        row_ids=split.row_ids,
        true_label_ids=split.label_ids,
        probabilities=classifier.predict_probabilities(split.tokens, compute),
        label_names=classifier.label_names,
    )


def _is_finite(row: Mapping[str, Any]) -> bool:
    """Tell whether the figures of a step are numbers, as JSON understands them."""
    return math.isfinite(row["train_loss"]) and math.isfinite(row["gradient_norm"])


def _as_numbers(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with its device values as Python numbers."""
    return {
        name: value.item() if isinstance(value, torch.Tensor) else value
        for name, value in row.items()
    }
