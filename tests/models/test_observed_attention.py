"""Tests of attention by blocks of rows, beside the functions of the library."""

from types import SimpleNamespace

import pytest
import torch
from transformers.models.gemma2.modeling_gemma2 import eager_attention_forward

from textcls_core.models.observed_attention import (
    ROWS_AT_ONCE,
    observed_attention,
    observing_gradients,
)


@pytest.mark.parametrize("softcap", [None, 2.0])
def test_scores_are_capped_as_in_gemma_2(softcap):
    generator = torch.Generator().manual_seed(0)
    query = torch.randn(1, 4, 6, 8, generator=generator)
    key, value = torch.randn(2, 1, 2, 6, 8, generator=generator)
    mask = torch.full((1, 1, 6, 6), float("-inf")).triu(1)
    module = SimpleNamespace(head_dim=8, num_key_value_groups=2, training=False)

    attended, weights = observed_attention(module, query, key, value, mask, softcap=softcap)

    expected = eager_attention_forward(module, query, key, value, mask, softcap=softcap)
    torch.testing.assert_close(attended, expected[0])
    torch.testing.assert_close(weights, expected[1])


@pytest.mark.parametrize("softcap", [None, 2.0])
@pytest.mark.parametrize("num_tokens", [6, ROWS_AT_ONCE + 6])
def test_gradients_are_those_of_weights_that_are_kept(softcap, num_tokens):
    generator = torch.Generator().manual_seed(0)
    query = torch.randn(1, 4, num_tokens, 8, generator=generator).requires_grad_()
    key, value = torch.randn(2, 1, 2, num_tokens, 8, generator=generator).requires_grad_()
    mask = torch.full((1, 1, num_tokens, num_tokens), float("-inf")).triu(1)
    factor = torch.randn(1, num_tokens, 4, 8, generator=generator)
    model = SimpleNamespace(config=SimpleNamespace(_attn_implementation="eager"))
    seen = []

    with observing_gradients(model, lambda *block: seen.append(block)):
        attended, none = observed_attention(model, query, key, value, mask, softcap=softcap)
        found = torch.autograd.grad((attended * factor).sum(), (query, key, value))

    kept, weights = observed_attention(model, query, key, value, mask, softcap=softcap)
    inputs = (weights, query, key, value)
    of_weights, *expected = torch.autograd.grad((kept * factor).sum(), inputs)
    torch.testing.assert_close(attended, kept)
    torch.testing.assert_close(found, tuple(expected))
    starts, shown, gradients = zip(*seen, strict=True)
    assert none is None
    assert list(starts) == list(range(0, num_tokens, ROWS_AT_ONCE))
    torch.testing.assert_close(torch.cat(shown, 1), weights[0].detach())
    torch.testing.assert_close(torch.cat(gradients, 1), of_weights[0])
    assert model.config._attn_implementation == "eager"
