"""Tests that attention is exact in every family: rows sum to 1, answers are the deployed ones."""

import re

import numpy as np
import pytest
import torch

from tests.explanation.families import FAMILIES, explainable
from tests.models.test_packing import CONFIGS
from textcls_core.errors import ModelError
from textcls_core.explanation.attention import explain_attention
from textcls_core.explanation.attributions import attribute
from textcls_core.explanation.rollout import classified_tokens, gradient_rollout
from textcls_core.explanation.score import Score, logits_of
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
    family = eager.model.config.model_type
    expected = None if is_mean else last if family in ("gpt2", "llama", "xlnet") else 0
    assert explanation.looks_from(by_token=True) == expected
    assert explanation.is_causal is (family in ("gpt2", "llama"))
    start = classified_tokens(eager, explanation.read, is_causal=explanation.is_causal)
    assert start.argmax() == (expected or 0)
    assert (start.max() < 1) == is_mean


@pytest.mark.parametrize("family", ["bert", "gpt2", "llama", "xlnet"])
def test_only_the_classified_token_moves_the_answer(family, tmp_path):
    eager, _ = explainable(family, tmp_path)
    eager.model.requires_grad_()
    explanation = explain_attention(eager, TEXT)
    body = next(iter(eager.model.children()))
    states = []

    def keep(_module, _given, output):
        states.append(output[0].requires_grad_())

    with body.register_forward_hook(keep):
        logits = eager.output({"input_ids": torch.from_numpy(explanation.read.input_ids)[None]})
    (slopes,) = torch.autograd.grad(logits.logits.sum(), states[0])

    (moving,) = slopes[0].abs().sum(-1).nonzero().flatten().tolist()
    assert moving == explanation.deciding_token


@pytest.mark.parametrize(
    ("summary_type", "expected"), [("first", 0), ("last", 17), ("cls_index", 17), ("mean", None)]
)
def test_xlnet_classifies_what_its_configuration_says(tmp_path, summary_type, expected):
    eager, _ = explainable("xlnet", tmp_path)
    eager.model.config.summary_type = summary_type

    explanation = explain_attention(eager, TEXT)

    assert len(explanation.read.tokens) == 18
    assert explanation.looks_from(by_token=True) == expected


def test_gradients_that_do_not_reach_the_weights_are_refused(tmp_path):
    eager, _ = explainable("xlnet", tmp_path)
    message = "Expected attention weights of xlnet that the answer depends on, got copies"

    with pytest.raises(ModelError, match=message):
        gradient_rollout(eager, read_text(eager, TEXT), Score(0))


@pytest.mark.parametrize(
    ("family", "message"),
    [
        ("bart", "from 2 layers of bart, got 0. This model family does not give them."),
        ("longformer", "among all 18 tokens, got 18 rows of 6 from longformer. Models that look"),
    ],
)
def test_families_without_weights_are_refused_and_words_can_be_left_out(family, message, tmp_path):
    eager, deployed = explainable(family, tmp_path)

    with pytest.raises(ModelError, match=f"^Expected attention weights {re.escape(message)}"):
        explain_attention(eager, TEXT)
    with pytest.raises(ModelError, match=f"Expected a model that reads embeddings.* got {family}"):
        attribute(deployed, TEXT)
    found = attribute(deployed, TEXT, "occlusion")
    assert np.isfinite(found.scores).all()
    assert np.abs(found.scores).max() > 0


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
