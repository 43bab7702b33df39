"""Tests of attention over all layers, worked out by hand and against a plain matrix product."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from textcls_core.explanation.attention import (
    AttentionExplanation,
    explain_attention,
    load_explainable,
)
from textcls_core.explanation.rollout import (
    attention_rollout,
    classified_tokens,
    gradient_rollout,
    mean_attention,
    rollout_by_layer,
)
from textcls_core.explanation.score import Score
from textcls_core.explanation.words import ReadText, read_text
from textcls_core.models.classifier import Classifier, Design

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


def test_rollout_by_layer_ends_where_the_model_would(generator):
    attention = generator.dirichlet(np.ones(5), size=(3, 2, 5))

    by_layer = rollout_by_layer(explanation(attention))

    np.testing.assert_allclose(by_layer[0], attention_rollout(explanation(attention[:1])))
    np.testing.assert_allclose(by_layer[-1], attention_rollout(explanation(attention)))
    np.testing.assert_allclose(by_layer.sum(1), 1)


def test_rollout_of_a_mean_is_the_mean_of_the_rollouts(generator):
    attention = generator.dirichlet(np.ones(4), size=(2, 1, 4))

    of_mean = attention_rollout(explanation(attention), np.full(4, 0.25))

    alone = [attention_rollout(explanation(attention), row) for row in np.eye(4)]
    np.testing.assert_allclose(of_mean, np.mean(alone, axis=0))


class TwoLayers:
    """A classifier whose score is a known function of given weights of attention."""

    label_names = ("x", "y")
    averages_tokens = False
    reads_last_token = False

    def __init__(self, weights, factors):
        self.weights = [torch.tensor(layer)[None] for layer in weights]
        self.factors = [torch.tensor(layer)[None] for layer in factors]
        self.model = SimpleNamespace(
            config=SimpleNamespace(num_hidden_layers=len(weights), model_type="by hand"),
            get_input_embeddings=lambda: torch.nn.Embedding(2, 1),
        )

    def output(self, inputs):
        weights = [layer + 0 * inputs["inputs_embeds"].sum() for layer in self.weights]
        parts = [(w * f).sum() for w, f in zip(weights, self.factors, strict=True)]
        return SimpleNamespace(
            attentions=weights, logits=torch.stack([sum(parts), -sum(parts)])[None]
        )


def test_gradient_rollout_by_hand():
    first = [[[0.5, 0.5], [0.0, 1.0]]]
    second = [[[0.2, 0.8], [0.4, 0.6]], [[1.0, 0.0], [0.5, 0.5]]]
    slopes = [[[1.0, 2.0], [9.0, -3.0]]]
    later_slopes = [[[-1.0, 0.5], [0.0, 0.0]], [[2.0, 4.0], [0.0, 0.0]]]
    read = explanation(np.zeros((1, 1, 2, 2))).read

    reached = gradient_rollout(TwoLayers([first, second], [slopes, later_slopes]), read, Score(0))

    # layer 2 gives the first token (0 + 2) / 2 and (0.4 + 0) / 2; layer 1 has [[0.5, 1], [0, 0]]
    np.testing.assert_allclose(reached, [1.0 + 0.5 + 0.5, 0.2 + 1.0 + 1.0])


@pytest.mark.parametrize("family", ["bert", "distilbert", "roberta", "gpt2"])
def test_gradient_rollout_of_a_model_follows_the_equations(saved, family):
    classifier = load_explainable(saved[family])
    read = read_text(classifier, TEXT)

    reached = gradient_rollout(classifier, read, Score(1, 0))

    inputs = {"input_ids": torch.from_numpy(read.input_ids)[None], "output_attentions": True}
    output = classifier.model.requires_grad_()(**inputs)
    gradients = torch.autograd.grad(output.logits[0, 1] - output.logits[0, 0], output.attentions)
    relevance = torch.eye(len(read.tokens))
    for weights, gradient in zip(output.attentions, gradients, strict=True):
        carried = (gradient * weights).clamp(min=0).mean(1)[0]
        relevance = relevance + carried @ relevance
    row = -1 if family == "gpt2" else 0
    expected = (relevance - torch.eye(len(read.tokens)))[row].detach().numpy()
    np.testing.assert_allclose(reached, expected, rtol=1e-4, atol=1e-7)
    assert (reached >= 0).all()
    assert reached.max() > 0


def test_gradient_rollout_needs_no_gradients_of_the_model(saved):
    classifier = load_explainable(saved["bert"])
    read = read_text(classifier, TEXT)
    classifier.model.requires_grad_()
    before = gradient_rollout(classifier, read, Score(0))
    classifier.model.requires_grad_(requires_grad=False)

    np.testing.assert_allclose(gradient_rollout(classifier, read, Score(0)), before)
    assert all(weight.grad is None for weight in classifier.model.parameters())


def test_a_model_that_reads_the_mean_starts_from_all_tokens(tiny_models, tmp_path):
    design = Design(pooling="mean")
    Classifier.from_pretrained(tiny_models["bert"], ("x", "y"), max_length=64, design=design).save(
        tmp_path / "mean"
    )
    classifier = load_explainable(tmp_path / "mean")
    read = read_text(classifier, TEXT)

    start = classified_tokens(classifier, read, is_causal=False)

    np.testing.assert_allclose(start, 1 / len(read.tokens))
    assert (gradient_rollout(classifier, read, Score(0)) >= 0).all()
