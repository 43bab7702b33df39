"""Attention whose weights are handed over a few rows at a time, so that all never lie in memory.

A text of T tokens has H x T x T weights in each layer: 200 MB at 2,048 tokens and 12 heads. Here
each block of rows is computed, given to an observer, and forgotten.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import torch

ATTENTION = "textcls_observed"
"""Name of the attention function in transformers' registry."""
ROWS_AT_ONCE = 128
Observer = Callable[[int, torch.Tensor], None]
"""Takes the first row of a block and its weights, shape (H, rows, T), layer after layer."""

_observer: ContextVar[Observer | None] = ContextVar("observer", default=None)
_ONE_AT_A_TIME = threading.RLock()
"""Held while a model, which visitors of the app share, computes attention in another way."""


def can_be_observed(model: Any) -> bool:
    """Tell whether a model computes its attention by a function that can be exchanged."""
    return bool(getattr(model, "_supports_attention_backend", False))


@contextmanager
def observing(model: Any, observer: Observer) -> Iterator[None]:
    """Hand the attention weights of what this thread computes to an observer, layer by layer.

    Args:
        model: One that `can_be_observed`; it reads one text without padding.
        observer: Called for each block of rows of each layer, in their order.
    """
    _register()
    with _ONE_AT_A_TIME:
        previous = model.config._attn_implementation
        token = _observer.set(observer)
        model.config._attn_implementation = ATTENTION
        try:
            yield
        finally:
            model.config._attn_implementation = previous
            _observer.reset(token)


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
    observer = _observer.get()
    sharing = query.shape[1] // key.shape[1]
    key, value = (tensor.repeat_interleave(sharing, 1) for tensor in (key, value))
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    # unobserved weights stay whole, so that gradients of the answer reach what is returned
    at_once = query.shape[2] if observer is None else ROWS_AT_ONCE
    attended, weights = [], None
    for start in range(0, query.shape[2], at_once):
        rows = slice(start, start + at_once)
        scores = query[:, :, rows] @ key.transpose(2, 3) * scale
        if softcap is not None:
            scores = softcap * torch.tanh(scores / softcap)
        if attention_mask is not None:
            scores += attention_mask[:, :, rows]
        weights = scores.softmax(-1, dtype=torch.float32).to(query.dtype)
        attended.append(weights @ value)
        if observer is not None:
            observer(start, weights[0])
    together = torch.cat(attended, 2).transpose(1, 2).contiguous()
    return together, weights if observer is None else None


def _register() -> None:
    from transformers.masking_utils import AttentionMaskInterface, eager_mask
    from transformers.modeling_utils import AttentionInterface

    AttentionInterface.register(ATTENTION, observed_attention)
    AttentionMaskInterface.register(ATTENTION, eager_mask)
