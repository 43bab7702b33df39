"""One optimizer step: its micro-batches, its loss, and what to do when memory runs out."""

from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch

from textcls_core.arrays import Indices
from textcls_core.config import RunConfig
from textcls_core.errors import TrainingError
from textcls_core.models.classifier import Classifier
from textcls_core.models.device import Compute
from textcls_core.models.dropout import RandomBits, use_fast_dropout
from textcls_core.models.memory import free_cached, halved, is_out_of_memory
from textcls_core.training.distributed import Ranks
from textcls_core.training.dynamics import DynamicsRecorder
from textcls_core.training.losses import Loss
from textcls_core.training.optimizer import Optimizer
from textcls_core.training.plan import PlannedStep
from textcls_core.training.splits import TokenizedSplit

_NO_MEMORY_FOR_MOMENTS = (
    "Out of memory: the weights and the two moments that AdamW keeps of each do not fit, whatever "
    "the batch size. Set lora_rank or freeze_layers, or choose a smaller model."
)


class Size(NamedTuple):
    """What the memory of a step depends on: its largest micro-batch in any process."""

    tokens: int
    longest: int
    """Tokens of the longest text."""

    def fits_in(self, other: "Size") -> bool:
        """Tell whether memory that was enough for the other size is enough for this one."""
        return self.tokens <= other.tokens and self.longest <= other.longest

    def joined(self, other: "Size") -> "Size":
        """Return the smallest size that both fit in."""
        return Size(max(self.tokens, other.tokens), max(self.longest, other.longest))


@dataclass(slots=True)
class Stepper:
    """Does optimizer steps.

    Every step minimises the mean loss over all its documents, however they are cut into
    micro-batches and shared out to processes. Random numbers are seeded anew in every micro-batch
    from (seed, step, rank, micro-batch), so the state of a run is its weights, its optimizer and
    its step.
    """

    classifier: Classifier
    train: TokenizedSplit
    config: RunConfig
    compute: Compute
    ranks: Ranks = field(default_factory=Ranks)
    optimizer: Optimizer = field(init=False)
    loss: Loss = field(init=False)
    targets: torch.Tensor = field(init=False)
    forward: Any = field(init=False)
    dynamics: DynamicsRecorder | None = None
    """Where the probabilities of the given labels are noted, if they are."""
    bits: RandomBits | None = None
    """Where dropout on the CPU gets its random numbers."""
    halvings: int = 0
    """How often micro-batches were halved because memory ran out; part of a checkpoint."""
    fitted: Size = field(default_factory=lambda: Size(0, 0))
    """Up to which size micro-batches have fitted in the memory of every process."""

    def __post_init__(self) -> None:
        """Move the model to its device and make the optimizer for it."""
        model, device = self.classifier.model, self.compute.device
        model.to(device)
        is_single_cpu = device == "cpu" and self.ranks.world_size == 1
        may_be_lazy = is_single_cpu and not self.config.torch_compile
        try:
            self.optimizer = Optimizer(model, self.config, may_be_lazy=may_be_lazy)
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            raise TrainingError(_NO_MEMORY_FOR_MOMENTS) from error
        if device == "cpu" and not self.config.torch_compile:
            self.bits = use_fast_dropout(model)
        num_labels = len(self.classifier.label_names)
        self.loss = Loss.of(self.config, self.train.targets, num_labels, device)
        self.targets = torch.from_numpy(self.train.targets).to(device)
        if self.config.record_dynamics:
            self.dynamics = DynamicsRecorder(len(self.train.targets), device)
        called = torch.compile(model, dynamic=True) if self.config.torch_compile else model
        self.forward = self.ranks.wrap(called, device)

    def run(
        self, planned: PlannedStep, step: int, learning_rate: float
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Do one step; return its mean loss and its gradient norm, both scalars on the device.

        Raises:
            TrainingError: If not even a single text fits in memory, or memory ran out in a step of
                several processes whose size had fitted before.
        """
        self.classifier.model.train()
        if self.optimizer.embedding is not None:
            sequences, _ = self.train.tokens.sequences(planned.rows)
            self.optimizer.prepare(np.concatenate(sequences))
        loss = self._gradients(planned, step)
        if self.dynamics is not None:
            self.dynamics.finish_step()
        return self.ranks.summed(loss), self.optimizer.step(learning_rate)

    def _gradients(self, planned: PlannedStep, step: int) -> torch.Tensor:
        """Compute the gradient of the step; with less memory in more micro-batches.

        Several processes exchange gradients during the backward pass if micro-batches as large have
        fitted in the memory of all before. Otherwise nothing is exchanged until every process has
        its part, so that none waits for one that ran out: all of them begin the step again.
        """
        batches, size = planned.ranks[self.ranks.rank], self._size(planned)
        while True:
            is_safe = self.ranks.world_size > 1 and size.fits_in(self.fitted)
            loss = self._part(list(halved(batches, self.halvings)), planned, step, is_safe)
            if is_safe and loss is None:
                raise self._no_memory()  # the others wait in the exchange and end with this one
            if is_safe and loss is not None:
                return loss
            must_repeat = self.ranks.any(loss is None)
            if loss is not None and not must_repeat:
                break
            self._back_off(is_stuck=loss is None and self._largest(batches) <= 1)
        self.ranks.sum_gradients(self.classifier.model)
        self.fitted = self.fitted.joined(size)
        return loss

    def _size(self, planned: PlannedStep) -> Size:
        """Return the size of the largest micro-batches, as they are planned, in any process."""
        lengths = [self.train.tokens.lengths[rows] for part in planned.ranks for rows in part]
        is_packed = self.classifier.is_packed
        tokens = [each.sum() if is_packed else len(each) * each.max() for each in lengths]
        return Size(int(max(tokens)), max(int(each.max()) for each in lengths))

    def _part(
        self, batches: list[Indices], planned: PlannedStep, step: int, exchanges: bool
    ) -> torch.Tensor | None:
        """Add up the gradients of some micro-batches; return None if memory runs out."""
        try:
            return self._accumulate(batches, planned, step, exchanges)
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            return None

    def _accumulate(
        self, batches: list[Indices], planned: PlannedStep, step: int, exchanges: bool
    ) -> torch.Tensor:
        """Add up the gradients of this process's micro-batches; return its share of the loss."""
        every = torch.from_numpy(planned.rows).to(self.compute.device)
        total = self.loss.weight_of(self.targets[every])
        loss = torch.zeros((), device=self.compute.device)
        for micro_step, rows in enumerate(batches or [planned.rows[:1]]):
            ends = exchanges and micro_step >= len(batches) - 1
            self._seed(step, micro_step)
            with nullcontext() if ends else self.ranks.without_exchange(self.forward):
                share = self._summed_loss(rows) / total
                if not batches:  # this process has no document, but must have a gradient to add
                    share = share * 0.0
                # the wrapper divides what it adds up by the number of processes
                torch.autograd.backward(share * (self.ranks.world_size if exchanges else 1))
            loss += share.detach()
        return loss

    def _seed(self, step: int, micro_step: int) -> None:
        """Make the random numbers of a micro-batch depend on nothing but its place in the run."""
        parts = (self.config.seed, step, self.ranks.rank, micro_step)
        seed = int(np.random.SeedSequence(parts).generate_state(1, np.uint64)[0])
        torch.manual_seed(seed)
        if self.bits is not None:
            self.bits.seed(seed)

    def _summed_loss(self, rows: Indices) -> torch.Tensor:
        """Return the sum of the losses of some documents, a scalar."""
        with self.compute.autocast():
            logits = self.classifier.logits(
                self.train.tokens, rows, self.compute.device, self.forward
            )
        targets = self.targets[torch.from_numpy(rows).to(logits.device)]
        if self.dynamics is not None:
            self.dynamics.note(rows, logits, targets)
        return self.loss.summed(logits, targets)

    def _no_memory(self) -> TrainingError:
        more = "" if self.config.tokens_per_step else " and double gradient_accumulation_steps"
        return TrainingError(f"Out of memory. Halve batch_size{more}, or lower max_length.")

    def _largest(self, batches: tuple[Indices, ...]) -> int:
        """Return how many texts a micro-batch has at most as they are cut now."""
        most = max((len(rows) for rows in batches), default=1)
        return int(np.ceil(most / 2**self.halvings))

    def _back_off(self, *, is_stuck: bool) -> None:
        """Prepare to compute the same step in smaller micro-batches, in all processes.

        Args:
            is_stuck: Whether a single text does not fit in the memory of this process.

        Raises:
            TrainingError: In all processes if one of them is stuck.
        """
        if self.ranks.any(is_stuck):
            raise self._no_memory()
        self.optimizer.forget_gradients()
        if self.dynamics is not None:
            self.dynamics.forget_step()
        self.halvings += 1
        free_cached()
