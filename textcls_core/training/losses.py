"""The loss of a step: a weighted mean over its documents, however they are cut and shared out."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch.nn import functional

from textcls_core.config import RunConfig

_SMALLEST = 1e-7


def balanced_weights(counts: np.ndarray) -> np.ndarray:
    """Return a weight per class: the inverse of its frequency, 1 on average over the rows.

    Equals scikit-learn's `compute_class_weight("balanced", ...)`; a class without rows gets 1.

    Args:
        counts: Rows per class, shape (C,).

    Example:
        >>> balanced_weights(np.array([3, 1])).round(3).tolist()
        [0.667, 2.0]
    """
    present = counts > 0
    weights = np.ones(len(counts))
    weights[present] = counts.sum() / (present.sum() * counts[present])
    return weights


@dataclass(frozen=True, slots=True)
class Loss:
    """What is minimised, summed over documents; `weight_of` gives what to divide by."""

    class_weights: torch.Tensor
    """Weight per class, shape (C,), float32."""
    label_smoothing: float = 0.0
    focal_gamma: float = 0.0
    """0 is cross-entropy."""

    @classmethod
    def of(cls, config: RunConfig, targets: np.ndarray, num_labels: int, device: str) -> Self:
        """Return the loss that a configuration asks for.

        Args:
            config: All settings.
            targets: Class ids (N,), or 0 and 1 per class (N, C), of the training rows.
            num_labels: Number of classes, C.
            device: Where the logits will be.
        """
        is_single = targets.ndim == 1
        counts = np.bincount(targets, minlength=num_labels) if is_single else targets.sum(0)
        is_balanced = config.class_weights == "balanced"
        weights = balanced_weights(counts) if is_balanced else np.ones(num_labels)
        return cls(
            torch.from_numpy(weights).float().to(device),
            config.label_smoothing_factor,
            config.focal_gamma if config.loss == "focal" else 0.0,
        )

    def summed(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Return the sum of the weighted losses of B documents, a scalar.

        Args:
            logits: Shape (B, C).
            targets: Class ids (B,), or 0 and 1 per class (B, C).

        Source:
            Lin et al. 2017, "Focal Loss for Dense Object Detection", equation 5.
        """
        logits = logits.float()
        if targets.ndim == 2:
            return self._summed_over_labels(logits, targets)
        if not self.focal_gamma:
            return functional.cross_entropy(
                logits,
                targets,
                self.class_weights,
                reduction="sum",
                label_smoothing=self.label_smoothing,
            )
        losses = functional.cross_entropy(logits, targets, reduction="none")
        return (self.class_weights[targets] * self._focus(losses)).sum()

    def _summed_over_labels(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Return the sum over documents of the mean binary cross-entropy over classes."""
        spread = self.label_smoothing
        smoothed = targets * (1 - spread) + spread / 2
        losses = functional.binary_cross_entropy_with_logits(logits, smoothed, reduction="none")
        return (self.class_weights * self._focus(losses)).mean(1).sum()

    def _focus(self, losses: torch.Tensor) -> torch.Tensor:
        """Weigh each loss by how wrong it is; exp(-loss) is the probability of the truth."""
        if not self.focal_gamma:
            return losses
        wrongness = (-torch.expm1(-losses)).clamp_min(_SMALLEST)  # 0 has no gradient
        return wrongness**self.focal_gamma * losses

    def weight_of(self, targets: torch.Tensor) -> float:
        """Return the sum of the weights of documents: what their summed loss is divided by."""
        if targets.ndim == 2:
            return float(len(targets))
        return float(self.class_weights[targets].sum())
