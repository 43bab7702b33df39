"""What logits mean: shares of 1, or each class by itself."""

import numpy as np

from textcls_core.arrays import Probabilities


def softmax(logits: np.ndarray) -> Probabilities:
    """Return probabilities from logits of shape (N, C); rows sum to 1."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def sigmoid(logits: np.ndarray) -> Probabilities:
    """Return an independent probability per class from logits of shape (N, C)."""
    return np.asarray(np.exp(-np.logaddexp(0, -logits)))
