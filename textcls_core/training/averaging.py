"""An exponential moving average of the weights that learn."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch


class WeightAverage:
    """The average of a model's trained weights over its steps.

    Early on the average follows the weights quickly, so that it does not remember the start.

    Source:
        Tarvainen and Valpola 2017, "Mean teachers are better role models", section 2.
    """

    def __init__(self, model: Any, decay: float) -> None:
        self.decay = decay
        self.count = 0
        self.weights = {
            name: parameter.detach().clone()
            for name, parameter in model.named_parameters()
            if parameter.requires_grad
        }

    def update(self, model: Any) -> None:
        """Take the weights of a finished step into the average."""
        self.count += 1
        decay = min(self.decay, (1 + self.count) / (10 + self.count))
        current = dict(model.named_parameters())
        with torch.no_grad():
            for name, average in self.weights.items():
                average.lerp_(current[name], 1 - decay)

    @contextmanager
    def in_place(self, model: Any) -> Iterator[None]:
        """Put the average into the model for a while, for a validation or to save it."""
        self._swap(model)
        try:
            yield
        finally:
            self._swap(model)

    def _swap(self, model: Any) -> None:
        current = dict(model.named_parameters())
        for name, average in self.weights.items():
            current[name].data, self.weights[name] = average, current[name].data
