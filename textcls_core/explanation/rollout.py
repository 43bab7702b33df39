"""Attention of all layers as one: what the classified token has taken up from each word."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float

from textcls_core.errors import ModelError
from textcls_core.explanation.attention import AttentionExplanation, require_weights
from textcls_core.explanation.score import Score
from textcls_core.explanation.words import ReadText
from textcls_core.models.classifier import Classifier

Tokens = Float[np.ndarray, " T"]


def mean_attention(explanation: AttentionExplanation, start: Tokens | None = None) -> Tokens:
    """Return what the classified token looks at, mean over layers and heads, shape (T,).

    Args:
        explanation: See `attention_rollout`.
        start: See `attention_rollout`.
    """
    matrix = explanation.matrix()
    return np.asarray(matrix[explanation.deciding_token] if start is None else start @ matrix)


def attention_rollout(explanation: AttentionExplanation, start: Tokens | None = None) -> Tokens:
    """Return the share of each token in what reaches the classified one, shape (T,).

    Each layer passes on half of what a token was and half of what it looks at.

    Args:
        explanation: All attention weights of a text.
        start: Share of each token in what is classified, shape (T,), from `classified_tokens`; all
            of it is the deciding token's without.

    Source:
        Abnar and Zuidema 2020, "Quantifying Attention Flow in Transformers", ACL, section 3.
    """
    return np.asarray(rollout_by_layer(explanation, start)[-1])


def rollout_by_layer(
    explanation: AttentionExplanation, start: Tokens | None = None
) -> Float[np.ndarray, "L T"]:
    """Return the same after each layer, as if the model ended there; every row sums to 1.

    Args:
        explanation: See `attention_rollout`.
        start: See `attention_rollout`.
    """
    size = len(explanation.read.tokens)
    first = np.eye(size)[explanation.deciding_token] if start is None else start
    passed = [
        0.5 * explanation.matrix(layer) + 0.5 * np.eye(size)
        for layer in range(explanation.num_layers)
    ]
    return np.stack([_follow(first, passed[: depth + 1]) for depth in range(len(passed))])


def gradient_rollout(classifier: Classifier, read: ReadText, score: Score) -> Tokens:
    """Return how much attention carried from each token to a score, shape (T,), none below 0.

    A weight counts as much as the score would fall without it, to first order, and only if it would
    fall: A = mean over heads of max(gradient x weight, 0), R = R + A R from the first layer to the
    last, beginning with R = 1. What is returned is what the layers added: the row of the classified
    token in R - 1, or the mean row where the model reads the mean of all tokens.

    Args:
        classifier: From `load_explainable`.
        read: The text.
        score: What to explain.

    Raises:
        ModelError: If the model does not give attention weights, or no gradients at them.

    Source:
        Chefer, Gur and Wolf 2021, "Generic Attention-model Explainability for Interpreting Bi-Modal
        and Encoder-Decoder Transformers", ICCV, equations 5 and 6.
    """
    weights, gradients = _weights_and_gradients(classifier, read, score)
    start = classified_tokens(classifier, read, is_causal=_is_causal(weights[0]))
    carried = [
        np.maximum(gradient * weight, 0).mean(axis=0) + np.eye(len(start))
        for weight, gradient in zip(weights, gradients, strict=True)
    ]
    return np.asarray(_follow(start, carried) - start)


def classified_tokens(classifier: Classifier, read: ReadText, *, is_causal: bool) -> Tokens:
    """Return the share of each token in what the head reads, shape (T,); they sum to 1.

    Args:
        classifier: The head of some reads the mean of all tokens.
        read: The text.
        is_causal: Whether a token sees only those before it, so that the last one is read.
    """
    size = len(read.tokens)
    if classifier.averages_tokens:
        return np.full(size, 1 / size)
    is_last = is_causal or classifier.reads_last_token
    return np.asarray(np.eye(size)[size - 1 if is_last else 0])


def _follow(start: Tokens, layers: Sequence[Float[np.ndarray, "Q K"]]) -> Tokens:
    """Return what has reached the start from each token, back through the layers."""
    reached = start
    for layer in reversed(layers):
        reached = reached @ layer
    return np.asarray(reached)


def _weights_and_gradients(
    classifier: Classifier, read: ReadText, score: Score
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the attention of each layer and the gradient of the score at it, (H, T, T) each."""
    with torch.enable_grad():
        ids = torch.from_numpy(read.input_ids)[None]
        # not the ids themselves: a model whose own weights need no gradients has none otherwise
        embedded = classifier.model.get_input_embeddings()(ids).detach().requires_grad_()
        output = classifier.output({"inputs_embeds": embedded, "output_attentions": True})
        config = classifier.model.config
        weights = require_weights(output, config, len(read.tokens))
        total = score(output.logits.float()).sum()
        gradients = torch.autograd.grad(total, weights, allow_unused=True)
    if any(gradient is None for gradient in gradients):
        raise ModelError(
            f"Expected attention weights of {config.model_type} that the answer depends on, got "
            "copies without gradients. Heads and Attributions work, Flow and Trust do not."
        )
    return _arrays(weights), _arrays(gradients)


def _arrays(tensors: Sequence[torch.Tensor]) -> list[np.ndarray]:
    return [tensor[0].detach().double().numpy() for tensor in tensors]


def _is_causal(weights: Float[np.ndarray, "H Q K"]) -> bool:
    return bool(np.triu(weights[0], 1).max(initial=0) == 0)
