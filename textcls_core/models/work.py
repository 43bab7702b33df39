"""How much arithmetic a text needs: the useful part, without padding."""

from typing import Any

import numpy as np
import torch

from textcls_core.arrays import Lengths


def training_flops(model: Any, lengths: Lengths) -> float:
    """Return the useful floating-point operations of one forward and backward pass.

    For each text of T tokens: 6 N T + 12 L D T^2, with N the weights of the body's linear layers.
    Weights that do not learn need no gradient of their own: 4 N T for them.

    Args:
        model: A sequence-classification model.
        lengths: Tokens of each text, shape (N,).

    Source:
        Chowdhery et al. 2022, "PaLM", appendix B.
    """
    tokens = lengths.astype(np.float64)
    products = sum(
        (6 if module.weight.requires_grad else 4) * module.weight.numel()
        for module in model.base_model.modules()
        if isinstance(module, torch.nn.Linear)
    )
    width, num_layers = model.config.hidden_size, model.config.num_hidden_layers
    return float(products * tokens.sum() + 12 * num_layers * width * (tokens**2).sum())
