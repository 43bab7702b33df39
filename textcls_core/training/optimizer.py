"""AdamW over all weights that learn, with gradient clipping, and a state that can be saved."""

from typing import Any

import numpy as np
import torch

from textcls_core.config import RunConfig
from textcls_core.training.adaptation import layer_depth, learning_rate_scale
from textcls_core.training.lazy_embedding import BETAS, EPSILON, LazyEmbedding

_LAZY_ROWS = 10_000
"""Smaller embeddings are updated as a whole."""
_LAZY = "lazy/"


class Optimizer:
    """AdamW that decays weight matrices and leaves biases and norms alone.

    On one CPU process the rows of a large word embedding are updated only when they are read; see
    `LazyEmbedding`.

    Source:
        Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization", algorithm 2.
    """

    def __init__(self, model: Any, config: RunConfig, *, may_be_lazy: bool = False) -> None:
        self.max_grad_norm = config.max_grad_norm
        self.weight_decay = config.weight_decay
        every = dict(model.named_parameters())
        self.embedding_name = _name_of(model.get_input_embeddings().weight, every)
        self.embedding = _lazy_embedding(model, config) if may_be_lazy else None
        skipped = {self.embedding_name} if self.embedding else set()
        self.named = {
            name: parameter
            for name, parameter in every.items()
            if parameter.requires_grad and name not in skipped
        }
        groups = _groups(self.named, config, _num_layers(every))
        self.adamw = torch.optim.AdamW(
            groups, lr=config.learning_rate, betas=BETAS, eps=EPSILON, fused=True
        )
        for parameter in self.named.values():  # now: memory that runs out must do so before a step
            self.adamw.state[parameter] = _first_moments(parameter)
        self._embedding_scale = learning_rate_scale(
            self.embedding_name, _num_layers(every), config.layer_wise_learning_rate_decay
        )

    def prepare(self, token_ids: np.ndarray) -> None:
        """Make the embeddings of these tokens ready to be read."""
        if self.embedding is not None:
            self.embedding.refresh(np.unique(token_ids).astype(np.int64))

    def prepare_all(self) -> None:
        """Make all weights ready to be read, for example before a validation."""
        if self.embedding is not None:
            self.embedding.refresh()

    def step(self, learning_rate: float) -> torch.Tensor:
        """Clip the gradients, do one step, forget the gradients; return their Euclidean norm."""
        norm = self._clip()
        for group in self.adamw.param_groups:
            group["lr"] = learning_rate * group["scale"]
        self.adamw.step()
        if self.embedding is not None:
            self.embedding.apply(learning_rate * self._embedding_scale)
        self.forget_gradients()
        return norm

    def forget_gradients(self) -> None:
        """Drop all gradients."""
        self.adamw.zero_grad(set_to_none=True)
        if self.embedding is not None:
            self.embedding.weight.grad = None

    def _clip(self) -> torch.Tensor:
        """Scale all gradients down to the allowed norm; return the norm they had."""
        gradients = [p.grad for p in self.named.values() if p.grad is not None]
        if self.embedding is not None and self.embedding.weight.grad is not None:
            coalesced = self.embedding.weight.grad.coalesce()
            self.embedding.weight.grad = coalesced
            gradients.append(coalesced.values())
        norm = torch.nn.utils.get_total_norm(gradients)
        factor = torch.clamp(self.max_grad_norm / (norm + 1e-6), max=1.0)
        torch._foreach_mul_(gradients, factor)
        return norm.detach()

    def state(self) -> dict[str, torch.Tensor]:
        """Return the moments of all weights by name."""
        tensors = {
            f"{name}/{moment}": tensor
            for name, parameter in self.named.items()
            for moment, tensor in self.adamw.state[parameter].items()
        }
        lazy = {} if self.embedding is None else self.embedding.state()
        return tensors | {f"{_LAZY}{name}": tensor for name, tensor in lazy.items()}

    def load(self, tensors: dict[str, torch.Tensor], step: int) -> None:
        """Take over what `state` returned; the weights must be loaded before.

        Args:
            tensors: By name.
            step: Optimizer steps done.

        Raises:
            KeyError: If it is the state of other weights.
        """
        lazy = {n.removeprefix(_LAZY): t for n, t in tensors.items() if n.startswith(_LAZY)}
        if lazy and self.embedding is None:
            tensors = tensors | self._made_dense(lazy)
        for name, parameter in self.named.items():
            self.adamw.state[parameter] = {
                "exp_avg": tensors[f"{name}/exp_avg"].to(parameter.device),
                "exp_avg_sq": tensors[f"{name}/exp_avg_sq"].to(parameter.device),
                "step": tensors[f"{name}/step"].to(parameter.device),
            }
        if self.embedding is not None and lazy:
            self.embedding.load(lazy)
        elif self.embedding is not None:
            name = self.embedding_name
            self.embedding.start_at(step, tensors[f"{name}/exp_avg"], tensors[f"{name}/exp_avg_sq"])

    def _made_dense(self, lazy: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Bring all rows of a lazily updated embedding up to date; return plain moments."""
        weight = self.named[self.embedding_name]
        settled = LazyEmbedding(torch.nn.Parameter(weight.detach().cpu()), self.weight_decay)
        settled.load(lazy)
        settled.refresh()
        with torch.no_grad():
            weight.copy_(settled.weight)
        return {
            f"{self.embedding_name}/exp_avg": settled.momentum,
            f"{self.embedding_name}/exp_avg_sq": settled.variance,
            f"{self.embedding_name}/step": torch.tensor(float(settled.step)),
        }


def _first_moments(parameter: torch.nn.Parameter) -> dict[str, torch.Tensor]:
    """Return what AdamW begins with."""
    return {
        "exp_avg": torch.zeros_like(parameter),
        "exp_avg_sq": torch.zeros_like(parameter),
        "step": torch.zeros((), device=parameter.device),
    }


def _lazy_embedding(model: Any, config: RunConfig) -> LazyEmbedding | None:
    """Return lazy updates for the word embedding where they pay off."""
    embedding = model.get_input_embeddings()
    is_large = isinstance(embedding, torch.nn.Embedding) and len(embedding.weight) >= _LAZY_ROWS
    if not is_large or not embedding.weight.requires_grad or config.ema_decay:
        return None
    embedding.sparse = True
    return LazyEmbedding(embedding.weight, config.weight_decay)


def _groups(
    named: dict[str, torch.nn.Parameter], config: RunConfig, num_layers: int
) -> list[dict[str, Any]]:
    """Return the weights grouped by learning rate and weight decay."""
    groups: dict[tuple[float, float], list[torch.nn.Parameter]] = {}
    head = (config.head_learning_rate or config.learning_rate) / config.learning_rate
    for name, parameter in named.items():
        weight_decay = config.weight_decay if parameter.ndim >= 2 else 0.0
        scale = learning_rate_scale(name, num_layers, config.layer_wise_learning_rate_decay, head)
        groups.setdefault((scale, weight_decay), []).append(parameter)
    return [
        {"params": parameters, "scale": scale, "weight_decay": weight_decay}
        for (scale, weight_decay), parameters in groups.items()
    ]


def _num_layers(named: dict[str, torch.nn.Parameter]) -> int:
    return max(layer_depth(name) for name in named) + 1 if named else 0


def _name_of(weight: torch.nn.Parameter, named: dict[str, torch.nn.Parameter]) -> str:
    return next(name for name, parameter in named.items() if parameter is weight)
