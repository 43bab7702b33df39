"""How much arithmetic a text needs: the useful part, without padding."""

from typing import Any

import numpy as np
import torch

from textcls_core.arrays import Lengths


def training_flops(model: Any, lengths: Lengths) -> float:
    """Return the useful floating-point operations of one forward and backward pass.

    For each sequence of T tokens: 6 N T + 12 L D T^2, with N the weights of the body's linear
    layers. A weight that does not learn needs no gradient of its own (4 N T), and none passes
    through it if nothing below it learns either (2 N T). Attention is counted over whole sequences.

    Args:
        model: A sequence-classification model.
        lengths: Tokens of each sequence that is read at once: a text, or a window of one.

    Source:
        Chowdhery et al. 2022, "PaLM", appendix B.
    """
    tokens = lengths.astype(np.float64)
    width, num_layers = model.config.hidden_size, model.config.num_hidden_layers
    attention = 12 * num_layers * width * (tokens**2).sum()
    return float(_products_per_token(model) * tokens.sum() + attention)


def _products_per_token(model: Any) -> float:
    """Return the operations of all matrix products for one token, forwards and backwards."""
    total, learns_below = 0.0, False
    for name, module in model.base_model.named_modules():
        weight = getattr(module, "weight", None)
        if not isinstance(weight, torch.nn.Parameter):
            continue
        learns = weight.requires_grad
        if weight.ndim == 2 and not isinstance(module, torch.nn.Embedding):
            passes = 6 if learns else 4 if learns_below else 2
            total += passes * weight.numel() * _times_used(name, model.config)
        learns_below = learns_below or learns
    return total


def _times_used(name: str, config: Any) -> float:
    """Return how often a text passes a layer: ALBERT uses the same ones again and again."""
    if "albert_layer_groups" not in name:
        return 1.0
    return float(config.num_hidden_layers / config.num_hidden_groups)
