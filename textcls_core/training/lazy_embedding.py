"""AdamW for a large embedding of which a step reads only a few rows.

Plain AdamW changes every row in every step: without a gradient the momentum still fades out and
the weights still decay. Here a row is brought up to date when it is next read, in closed form, so a
step costs as much as it has tokens and not as much as there are words. The result is that of plain
AdamW up to rounding, as long as gradients are not as small as epsilon.

Source:
    Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization", algorithm 2.
"""

import math
from dataclasses import dataclass, field

import numpy as np
import torch

BETAS = (0.9, 0.999)
EPSILON = 1e-8
_FADE_STEPS = 256
"""After so many steps without a gradient the rest of the momentum is below float32 rounding."""


@dataclass(slots=True)
class LazyEmbedding:
    """The state of AdamW for one embedding of V rows of width D."""

    weight: torch.nn.Parameter
    """Shape (V, D)."""
    weight_decay: float
    momentum: torch.Tensor = field(init=False)
    """First moment at each row's last update, shape (V, D)."""
    variance: torch.Tensor = field(init=False)
    """Second moment at each row's last update, shape (V, D)."""
    updated_at: np.ndarray = field(init=False)
    """Step to which each row was last brought, shape (V,)."""
    step: int = 0
    log_decay: np.ndarray = field(default_factory=lambda: np.zeros(1))
    """Logarithm of the weight decay from the start to each step."""
    drift: np.ndarray = field(default_factory=lambda: np.zeros(1))
    """How far fading momentum has carried a row last updated at each step, per m / sqrt(v)."""

    def __post_init__(self) -> None:
        """Start with empty moments."""
        self.momentum = torch.zeros_like(self.weight, requires_grad=False)
        self.variance = torch.zeros_like(self.weight, requires_grad=False)
        self.updated_at = np.zeros(len(self.weight), dtype=np.int64)

    def refresh(self, rows: np.ndarray | None = None) -> None:
        """Bring rows (or all) to the state they have after the last step."""
        rows = np.arange(len(self.weight)) if rows is None else rows
        stale = rows[self.updated_at[rows] < self.step]
        if not len(stale):
            return
        since = self.updated_at[stale]
        age = self.step - since
        decay = np.exp(self.log_decay[self.step] - self.log_decay[since])
        index = torch.from_numpy(stale)
        momentum, variance = self.momentum[index], self.variance[index]
        corrected = EPSILON * np.sqrt(1 - BETAS[1] ** (since + 1.0))
        direction = momentum / (variance.sqrt() + _column(corrected))
        with torch.no_grad():
            weight = self.weight[index] * _column(decay)
            self.weight[index] = weight - direction * _column(self.drift[since])
        self.momentum[index] = momentum * _column(BETAS[0] ** age)
        self.variance[index] = variance * _column(BETAS[1] ** age)
        self.updated_at[stale] = self.step

    def apply(self, learning_rate: float) -> None:
        """Do one step with the sparse gradient of the weight; its rows must be fresh."""
        self._note_step(learning_rate)
        gradient = self.weight.grad
        if gradient is None:
            return
        index, values = gradient.coalesce().indices()[0], gradient.coalesce().values()
        momentum = self.momentum[index].lerp_(values, 1 - BETAS[0])
        variance = self.variance[index].mul_(BETAS[1]).addcmul_(values, values, value=1 - BETAS[1])
        first, second = (1 - beta**self.step for beta in BETAS)
        with torch.no_grad():
            weight = self.weight[index] * (1 - learning_rate * self.weight_decay)
            denominator = (variance / second).sqrt_().add_(EPSILON)
            self.weight[index] = weight.addcdiv_(
                momentum, denominator, value=-learning_rate / first
            )
        self.momentum[index], self.variance[index] = momentum, variance
        self.updated_at[index.numpy()] = self.step

    def _note_step(self, learning_rate: float) -> None:
        """Note what this step does to rows without a gradient."""
        self.step += 1
        decay = self.log_decay[-1] + math.log1p(-learning_rate * self.weight_decay)
        self.log_decay = np.append(self.log_decay, decay)
        start = max(self.step - _FADE_STEPS, 0)
        ages = self.step - np.arange(start, self.step)
        first, second = (1 - beta**self.step for beta in BETAS)
        fading = (BETAS[0] / math.sqrt(BETAS[1])) ** ages
        self.drift *= 1 - learning_rate * self.weight_decay
        self.drift[start:] += learning_rate * math.sqrt(second) / first * fading
        self.drift = np.append(self.drift, 0.0)

    def state(self) -> dict[str, torch.Tensor]:
        """Return everything a later `load` needs, without changing anything."""
        return {
            "momentum": self.momentum,
            "variance": self.variance,
            "updated_at": torch.from_numpy(self.updated_at),
            "log_decay": torch.from_numpy(self.log_decay),
            "drift": torch.from_numpy(self.drift),
        }

    def load(self, state: dict[str, torch.Tensor]) -> None:
        """Take over what `state` returned."""
        self.momentum, self.variance = state["momentum"], state["variance"]
        self.updated_at = state["updated_at"].numpy()
        self.log_decay, self.drift = state["log_decay"].numpy(), state["drift"].numpy()
        self.step = len(self.log_decay) - 1

    def start_at(self, step: int, momentum: torch.Tensor, variance: torch.Tensor) -> None:
        """Take over the moments of plain AdamW after `step` steps."""
        self.momentum, self.variance, self.step = momentum, variance, step
        self.updated_at[:] = step
        self.log_decay, self.drift = np.zeros(step + 1), np.zeros(step + 1)


def _column(values: np.ndarray) -> torch.Tensor:
    """Return one factor per row, shape (R, 1), float32."""
    return torch.from_numpy(values).float()[:, None]
