"""Tests of attention over all layers, worked out by hand and against a plain matrix product."""

import numpy as np
import pytest

from textcls_core.explanation.attention import (
    AttentionExplanation,
    explain_attention,
    load_explainable,
)
from textcls_core.explanation.rollout import attention_rollout, mean_attention
from textcls_core.explanation.words import ReadText

TEXT = "The old horse wasn't here"


def explanation(attention, *, is_causal=False):
    size = attention.shape[-1]
    return AttentionExplanation(
        read=ReadText(
            text="a" * size,
            input_ids=np.arange(size),
            tokens=tuple("a" * size),
            words=tuple("a" * size),
            word_of=np.arange(size),
            spans=tuple((n, n + 1) for n in range(size)),
            num_cut=0,
        ),
        attention=attention,
        label_names=("x", "y"),
        probabilities=np.array([0.25, 0.75]),
        is_causal=is_causal,
    )


def test_rollout_of_two_layers_by_hand():
    first = np.array([[[0.0, 1.0], [0.0, 1.0]]])
    second = np.array([[[0.5, 0.5], [1.0, 0.0]]])

    reached = attention_rollout(explanation(np.stack([first, second])))

    np.testing.assert_allclose(reached, [0.375, 0.625])


def test_rollout_is_the_product_of_the_layers(generator):
    attention = generator.dirichlet(np.ones(5), size=(3, 2, 5))

    reached = attention_rollout(explanation(attention))

    layers = [0.5 * layer.mean(0) + 0.5 * np.eye(5) for layer in attention]
    np.testing.assert_allclose(reached, (layers[2] @ layers[1] @ layers[0])[0])


@pytest.mark.parametrize("family", ["bert", "distilbert", "roberta", "gpt2"])
@pytest.mark.parametrize("read", [mean_attention, attention_rollout])
def test_shares_of_all_tokens_sum_to_one(saved, family, read):
    found = explain_attention(load_explainable(saved[family]), TEXT)

    assert read(found).sum() == pytest.approx(1, abs=1e-5)
    assert (read(found) >= 0).all()


def test_the_last_token_is_followed_in_a_causal_model(generator):
    attention = np.tril(np.ones((1, 1, 3, 3)))
    attention /= attention.sum(-1, keepdims=True)

    assert mean_attention(explanation(attention, is_causal=True)).tolist() == [1 / 3] * 3
