"""Tests that attention is exact in every family: rows sum to 1, answers are the deployed ones."""

import numpy as np
import pytest
import torch

from tests.explanation.families import FAMILIES, explainable
from tests.models.test_packing import CONFIGS
from textcls_core.errors import ModelError
from textcls_core.explanation.attention import explain_attention
from textcls_core.explanation.score import logits_of
from textcls_core.explanation.words import read_text
from textcls_core.models.classifier import Classifier

TEXT = "The old horse was here, was it? A cat and 3 dogs."
POOLED = [(family, "head") for family in FAMILIES] + [(family, "mean") for family in CONFIGS]


@pytest.fixture(params=POOLED, ids=lambda pair: "-".join(pair))
def models(request, tmp_path):
    """A classifier that gives its weights, and the deployed one, for each family and pooling."""
    family, pooling = request.param
    return explainable(family, tmp_path, pooling=pooling)


def test_attention_of_every_row_sums_to_one_and_logits_are_the_deployed_ones(models):
    eager, deployed = models

    explanation = explain_attention(eager, TEXT)

    ids = [read_text(eager, TEXT).input_ids]
    np.testing.assert_allclose(explanation.attention.sum(axis=-1), 1, atol=1e-5)
    np.testing.assert_allclose(logits_of(eager, ids), logits_of(deployed, ids), atol=1e-4)
    np.testing.assert_allclose(
        explanation.probabilities, deployed.predict_probabilities([TEXT])[0], atol=1e-5
    )


def test_attention_belongs_to_one_token_or_to_the_mean(models):
    eager, _ = models
    is_mean = eager.design.pooling == "mean" or (
        getattr(eager.model.config, "classifier_pooling", "") == "mean"
    )

    explanation = explain_attention(eager, TEXT)

    last = len(explanation.read.tokens) - 1
    expected = None if is_mean else last if explanation.is_causal else 0
    assert explanation.looks_from(by_token=True) == expected
    assert explanation.is_causal is (eager.model.config.model_type == "gpt2")


def test_model_without_attention_is_refused(tmp_path):
    import transformers

    from tests.conftest import word_vocabulary

    tokenizer = transformers.BertTokenizer(vocab=word_vocabulary(), model_max_length=64)
    config = transformers.FNetConfig(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=2, intermediate_size=64
    )
    model = transformers.AutoModelForSequenceClassification.from_config(config).eval()
    message = r"Expected attention weights from 2 layers of fnet, got 0\. This model family does"

    with torch.inference_mode(), pytest.raises(ModelError, match=message):
        explain_attention(Classifier(model, tokenizer, 64), TEXT)
