"""Tests of the count of useful arithmetic, against counts by hand."""

import numpy as np
import pytest
import torch
import transformers
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoModelForSequenceClassification

from textcls_core.models.work import training_flops

SIZES = {
    "vocab_size": 50,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": 64,
}
LAYER = 4 * 32 * 32 + 2 * 32 * 64
"""Weights of one layer: query, key, value, output; two of the feed-forward part."""
POOLER = 32 * 32


@pytest.fixture(scope="module")
def bert():
    config = transformers.BertConfig(**SIZES)
    return AutoModelForSequenceClassification.from_config(config)


def test_training_flops_of_a_text_by_hand(bert):
    flops = training_flops(bert, np.array([10]))

    assert flops == 6 * (2 * LAYER + POOLER) * 10 + 12 * 2 * 32 * 10**2


def test_training_flops_of_distilbert_by_hand():
    config = transformers.DistilBertConfig(
        vocab_size=50, dim=32, n_layers=2, n_heads=2, hidden_dim=64, max_position_embeddings=64
    )
    model = AutoModelForSequenceClassification.from_config(config)

    flops = training_flops(model, np.array([10]))

    assert flops == 6 * 2 * LAYER * 10 + 12 * 2 * 32 * 10**2


def test_training_flops_of_shared_layers_count_every_use():
    config = transformers.AlbertConfig(**SIZES, embedding_size=16)
    model = AutoModelForSequenceClassification.from_config(config)

    flops = training_flops(model, np.array([10]))

    assert flops >= 6 * 2 * LAYER * 10 + 12 * 2 * 32 * 10**2


def test_training_flops_of_gpt2_count_its_layers():
    config = transformers.GPT2Config(vocab_size=50, n_embd=32, n_layer=2, n_head=2, n_inner=64)
    model = AutoModelForSequenceClassification.from_config(config)

    flops = training_flops(model, np.array([10]))

    assert flops == 6 * 2 * LAYER * 10 + 12 * 2 * 32 * 10**2


def test_training_flops_of_no_text_are_none(bert):
    assert training_flops(bert, np.array([], dtype=np.int64)) == 0


def test_training_flops_do_not_overflow(bert):
    lengths = np.full(1000, 8192, np.int32)

    assert training_flops(bert, lengths) == pytest.approx(
        1000 * training_flops(bert, np.array([8192]))
    )


def test_weights_that_do_not_learn_cost_two_thirds():
    model = AutoModelForSequenceClassification.from_config(transformers.BertConfig(**SIZES))
    for weight in model.bert.encoder.layer[0].parameters():
        weight.requires_grad = False

    flops = training_flops(model, np.array([10]))

    assert flops == (4 * LAYER + 6 * LAYER + 6 * POOLER) * 10 + 12 * 2 * 32 * 10**2


def test_embeddings_and_head_cost_nothing(bert):
    before = training_flops(bert, np.array([10]))
    config = transformers.BertConfig(**{**SIZES, "vocab_size": 500}, num_labels=40)

    larger = AutoModelForSequenceClassification.from_config(config)

    assert training_flops(larger, np.array([10])) == before
    assert isinstance(larger.classifier, torch.nn.Linear)


@given(st.lists(st.integers(1, 500), max_size=20))
def test_training_flops_are_sums_over_the_texts(bert, lengths):
    flops = training_flops(bert, np.array(lengths, dtype=np.int64))

    assert flops == pytest.approx(sum(training_flops(bert, np.array([n])) for n in lengths))
