"""Tests of attention by blocks of rows, beside the functions of the library."""

from types import SimpleNamespace

import pytest
import torch
from transformers.models.gemma2.modeling_gemma2 import eager_attention_forward

from textcls_core.models.observed_attention import observed_attention


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
