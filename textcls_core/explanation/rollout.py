"""Attention of all layers as one: what the classified token has taken up from each word."""

import numpy as np
from jaxtyping import Float

from textcls_core.explanation.attention import AttentionExplanation

Tokens = Float[np.ndarray, " T"]


def mean_attention(explanation: AttentionExplanation) -> Tokens:
    """Return what the classified token looks at, mean over layers and heads, shape (T,)."""
    return np.asarray(explanation.matrix()[explanation.deciding_token])


def attention_rollout(explanation: AttentionExplanation) -> Tokens:
    """Return the share of each token in what reaches the classified one, shape (T,).

    Each layer passes on half of what a token was and half of what it looks at.

    Source:
        Abnar and Zuidema 2020, "Quantifying Attention Flow in Transformers", ACL, section 3.
    """
    size = len(explanation.read.tokens)
    reached = np.eye(size)[explanation.deciding_token]
    for layer in range(explanation.num_layers - 1, -1, -1):
        reached = reached @ (0.5 * explanation.matrix(layer) + 0.5 * np.eye(size))
    return np.asarray(reached)
