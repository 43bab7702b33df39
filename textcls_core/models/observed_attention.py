"""Attention whose weights are handed over a few rows at a time, so that all never lie in memory.

A text of T tokens has H x T x T weights in each layer: 200 MB at 2,048 tokens and 12 heads. Here
each block of rows is computed, given to an observer, and forgotten; for gradients it is computed
once more on the way back.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

import torch

ATTENTION = "textcls_observed"
"""Name of the attention function in transformers' registry."""
ROWS_AT_ONCE = 128
Observer = Callable[[int, torch.Tensor], None]
"""Takes the first row of a block and its weights, shape (H, rows, T), layer after layer."""

GradientObserver = Callable[[int, torch.Tensor, torch.Tensor], None]
"""The same with the gradients at the weights, from the last layer to the first."""

_observer: ContextVar[Observer | None] = ContextVar("observer", default=None)
_gradient_observer: ContextVar[GradientObserver | None] = ContextVar("gradients", default=None)
_ONE_AT_A_TIME = threading.RLock()
"""Held while a model, which visitors of the app share, computes attention in another way."""


def can_be_observed(model: Any) -> bool:
    """Tell whether a model computes its attention by a function that can be exchanged."""
    return bool(getattr(model, "_supports_attention_backend", False))


def observing(model: Any, observer: Observer) -> AbstractContextManager[None]:
    """Hand the attention weights of what this thread computes to an observer, layer by layer.

    Args:
        model: One that `can_be_observed`; it reads one text without padding.
        observer: Called for each block of rows of each layer, in their order.
    """
    return _exchanged(model, _observer, observer)


def observing_gradients(model: Any, observer: GradientObserver) -> AbstractContextManager[None]:
    """Hand the weights and their gradients to an observer when this thread goes back from a score.

    Args:
        model: One that `can_be_observed`; it reads one text without padding.
        observer: Called for each block of rows of each layer, from the last layer to the first.
    """
    return _exchanged(model, _gradient_observer, observer)


@contextmanager
def _exchanged(model: Any, variable: ContextVar[Any], observer: Any) -> Iterator[None]:
    """Let a model attend by `observed_attention` for an observer of this thread."""
    _register()
    with _ONE_AT_A_TIME:
        previous = model.config._attn_implementation
        token = variable.set(observer)
        model.config._attn_implementation = ATTENTION
        try:
            yield
        finally:
            model.config._attn_implementation = previous
            variable.reset(token)


def observed_attention(
    _module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    softcap: float | None = None,
    **_options: Any,
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Attend block by block, without dropout.

    A thread that observes nothing gets the weights, as from the library's own function: it shares
    the model with one that does.

    Args:
        query: Shape (B, H, T, D / H).
        key: The same, or with fewer heads that several queries share; `value` alike.
        value: See `key`.
        attention_mask: Added to the scores, shape (B, 1, T, T), or None.
        scaling: Factor of the scores; by default one over the root of D / H.
        softcap: What scores approach but never pass (Gemma 2, arXiv:2408.00118, section 2).

    Returns:
        The attended values, shape (B, T, H, D / H), and the weights (B, H, T, T) or None.
    """
    observer, of_gradients = _observer.get(), _gradient_observer.get()
    sharing = query.shape[1] // key.shape[1]
    key, value = (tensor.repeat_interleave(sharing, 1) for tensor in (key, value))
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    if of_gradients is not None:
        apply: Callable[..., torch.Tensor] = _ComputedTwice.apply
        together = apply(query, key, value, _How(attention_mask, scale, softcap, of_gradients))
        return together.transpose(1, 2).contiguous(), None
    # unobserved weights stay whole, so that gradients of the answer reach what is returned
    at_once = query.shape[2] if observer is None else ROWS_AT_ONCE
    attended, weights = [], None
    for start in range(0, query.shape[2], at_once):
        rows = slice(start, start + at_once)
        mask = None if attention_mask is None else attention_mask[:, :, rows]
        weights = _weights(query[:, :, rows], key, mask, scale, softcap)
        attended.append(weights @ value)
        if observer is not None:
            observer(start, weights[0])
    found = torch.cat(attended, 2).transpose(1, 2).contiguous()
    return found, weights if observer is None else None


def _weights(
    query: torch.Tensor,
    key: torch.Tensor,
    mask: torch.Tensor | None,
    scale: float,
    softcap: float | None,
) -> torch.Tensor:
    """Return the weights of some rows, shape (B, H, rows, T); see `observed_attention`."""
    scores = query @ key.transpose(2, 3) * scale
    if softcap is not None:
        scores = softcap * torch.tanh(scores / softcap)
    if mask is not None:
        scores = scores + mask
    return scores.softmax(-1, dtype=torch.float32).to(query.dtype)


class _How(NamedTuple):
    """How rows attend, and who sees their weights; see `observed_attention`."""

    mask: torch.Tensor | None
    scale: float
    softcap: float | None
    observer: GradientObserver


class _ComputedTwice(torch.autograd.Function):
    """Attention that keeps no weights: they are computed again on the way back, with gradients."""

    @staticmethod
    def forward(
        ctx: Any, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, how: _How
    ) -> torch.Tensor:
        """Return the attended values, shape (B, H, T, D / H)."""
        ctx.save_for_backward(query, key, value)
        ctx.how = how
        blocks = [_attend((query, key, value), how, start)[1] for start in _starts(query)]
        return torch.cat(blocks, 2)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> Any:
        """Return the gradients at query, key and value, and show those at the weights."""
        given, (gradient,), how = ctx.saved_tensors, gradients, ctx.how
        totals = [torch.zeros_like(tensor) for tensor in given]
        for start in _starts(gradient):
            rows = slice(start, start + ROWS_AT_ONCE)
            with torch.enable_grad():
                inputs = tuple(tensor.detach().requires_grad_() for tensor in given)
                weights, attended = _attend(inputs, how, start)
                found = torch.autograd.grad(attended, (weights, *inputs), gradient[:, :, rows])
            how.observer(start, weights[0].detach(), found[0][0])
            for total, part in zip(totals, found[1:], strict=True):
                total += part
        return (*totals, None)


def _starts(rows: torch.Tensor) -> range:
    """Return the first row of each block of a tensor of shape (B, H, T, D / H)."""
    return range(0, rows.shape[2], ROWS_AT_ONCE)


def _attend(
    projections: tuple[torch.Tensor, ...], how: _How, start: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the weights of a block of rows, and what these attend; query, key and value given."""
    query, key, value = projections
    rows = slice(start, start + ROWS_AT_ONCE)
    mask = None if how.mask is None else how.mask[:, :, rows]
    weights = _weights(query[:, :, rows], key, mask, how.scale, how.softcap)
    return weights, weights @ value


def _register() -> None:
    from transformers.masking_utils import AttentionMaskInterface, eager_mask
    from transformers.modeling_utils import AttentionInterface

    AttentionInterface.register(ATTENTION, observed_attention)
    AttentionMaskInterface.register(ATTENTION, eager_mask)
