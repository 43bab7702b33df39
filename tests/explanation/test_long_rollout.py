"""Tests of rollouts of long texts: the same numbers as from all weights at once."""

import numpy as np
import pytest
import torch

from tests.explanation.families import LONG, OF_LONG_TEXTS, explainable
from textcls_core.errors import ModelError
from textcls_core.explanation.attention import attention_of
from textcls_core.explanation.flow import explain_flow
from textcls_core.explanation.long_rollout import long_rollouts
from textcls_core.explanation.rollout import classified_tokens, gradient_rollout, rollout_by_layer
from textcls_core.explanation.score import Score
from textcls_core.explanation.words import read_text
from textcls_core.models import observed_attention
from textcls_core.models.observed_attention import ROWS_AT_ONCE

TEXT = "the old cat was here and nooks too, " * 30
"""More tokens than are computed at once, and not a multiple of them."""


def from_all_weights(classifier, read, score):
    explanation = attention_of(classifier, read)
    start = classified_tokens(classifier, read, is_causal=explanation.is_causal)
    return rollout_by_layer(explanation, start), gradient_rollout(classifier, read, score)


@pytest.mark.parametrize("family", [*OF_LONG_TEXTS, "llama", "roberta", "distilbert"])
def test_rollouts_are_those_of_all_weights_at_once(family, tmp_path):
    classifier, _ = explainable(family, tmp_path, max_length=LONG)
    read = read_text(classifier, TEXT)
    assert len(read.tokens) > ROWS_AT_ONCE
    assert len(read.tokens) % ROWS_AT_ONCE

    by_layer, by_gradient = long_rollouts(classifier, read, Score(1, 0))

    expected, expected_by_gradient = from_all_weights(classifier, read, Score(1, 0))
    np.testing.assert_allclose(by_layer, expected, atol=1e-6)
    largest = expected_by_gradient.max()
    np.testing.assert_allclose(by_gradient, expected_by_gradient, atol=1e-5 * largest, rtol=1e-3)
    assert largest > 0


@pytest.mark.parametrize("family", OF_LONG_TEXTS)
def test_long_text_is_followed_to_its_end(family, tmp_path):
    classifier, deployed = explainable(family, tmp_path, max_length=LONG)
    text = TEXT * 3

    flow = explain_flow(classifier, text)

    assert len(flow.read.tokens) == len(classifier.tokenizer(text)["input_ids"]) > 1_000
    np.testing.assert_allclose(flow.by_layer.sum(axis=1), 1, atol=1e-4)
    assert flow.by_gradient[-20:].max() > 0
    assert flow.label == deployed.label_names[int(deployed.predict_logits([text]).argmax())]


def test_longer_texts_are_followed_to_the_limit(tmp_path):
    classifier, _ = explainable("bert", tmp_path, max_length=2 * LONG)

    flow = explain_flow(classifier, TEXT * 9)

    assert len(flow.read.tokens) == LONG
    assert flow.read.num_cut > 0


def test_a_model_that_cannot_be_observed_is_followed_as_far_as_all_weights_are(tmp_path):
    classifier, _ = explainable("deberta-v2", tmp_path, max_length=LONG)

    assert len(explain_flow(classifier, TEXT * 3).read.tokens) == 512


def test_weights_are_never_kept(tmp_path, monkeypatch):
    classifier, _ = explainable("bert", tmp_path, max_length=LONG)
    read = read_text(classifier, TEXT)
    sizes = []
    plain = observed_attention._weights

    def measured(query, *others):
        sizes.append(query.shape[2])
        return plain(query, *others)

    monkeypatch.setattr(observed_attention, "_weights", measured)
    saved = []
    with torch.autograd.graph.saved_tensors_hooks(
        lambda tensor: saved.append(tensor.shape) or tensor, lambda tensor: tensor
    ):
        long_rollouts(classifier, read, Score(0))

    assert max(sizes) == ROWS_AT_ONCE
    size = len(read.tokens)
    assert not [shape for shape in saved if tuple(shape[-2:]) == (size, size)]


def test_layers_that_give_no_weights_are_told(tmp_path):
    classifier, _ = explainable("bert", tmp_path, max_length=LONG)
    read = read_text(classifier, TEXT)
    count = classifier.model.config.num_hidden_layers
    classifier.model.config.num_hidden_layers = count + 1

    with pytest.raises(ModelError, match=f"from {count + 1} layers of bert, got {count}"):
        long_rollouts(classifier, read, Score(0))
