"""Tests of embeddings: the mean of the last hidden layer, without padding, without the head."""

import numpy as np
import pytest
import torch
from transformers import AutoModel

from textcls_core.errors import ModelError
from textcls_core.models import embedding
from textcls_core.models.classifier import CPU, Classifier
from textcls_core.models.device import Compute
from textcls_core.models.embedding import EmbeddingStoppedError, body_digest, embed

FAMILIES = ["bert", "distilbert", "roberta", "gpt2"]
LABELS = ("animals", "food", "weather")
TEXTS = [
    "the old cat",
    "this storm came in the morning and we all looked at it " * 3,
    "",
    "a small apple was here",
    "snow",
    "the bread and the soup and the rice",
]


@pytest.fixture(scope="module", params=FAMILIES)
def family(request):
    return request.param


@pytest.fixture
def classifier(family, tiny_models):
    """A classifier of each family."""
    return Classifier.from_pretrained(tiny_models[family], LABELS, max_length=64)


@pytest.fixture
def bert(tiny_model_dir):
    return Classifier.from_pretrained(tiny_model_dir, LABELS, max_length=64)


def plain_means(folder, tokens):
    """Return the mean of the library's last hidden layer, one text at a time."""
    body = AutoModel.from_pretrained(folder).eval()
    with torch.inference_mode():
        return np.stack(
            [
                body(input_ids=torch.tensor(tokens.ids_of(row)[None].astype(np.int64)))
                .last_hidden_state[0]
                .mean(dim=0)
                .numpy()
                for row in range(len(tokens))
            ]
        )


def test_embed_is_the_mean_of_the_last_hidden_layer(classifier, family, tiny_models):
    tokens = classifier.tokenize(TEXTS)

    vectors = embed(classifier, tokens)

    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS), 32)
    np.testing.assert_allclose(vectors, plain_means(tiny_models[family], tokens), atol=2e-6)


def test_embed_does_not_depend_on_the_batches(classifier, monkeypatch):
    tokens = classifier.tokenize(TEXTS)
    together = embed(classifier, tokens)

    monkeypatch.setattr(embedding, "_TOKENS_PER_BATCH", 8)

    np.testing.assert_allclose(embed(classifier, tokens), together, atol=2e-6)


def test_embed_leaves_out_padding_on_the_left(tiny_models):
    # RoBERTa counts positions from the first token that is not padding, on either side.
    roberta = Classifier.from_pretrained(tiny_models["roberta"], LABELS, max_length=64)
    tokens = roberta.tokenize(TEXTS)
    expected = embed(roberta, tokens)

    roberta.tokenizer.padding_side = "left"

    np.testing.assert_allclose(embed(roberta, tokens), expected, atol=2e-6)


def test_embed_ignores_what_the_model_computes_at_padding(bert):
    tokens = bert.tokenize(TEXTS)
    expected = embed(bert, tokens)

    def spoil(_module, _arguments, keywords, output):
        if keywords.get("attention_mask") is not None:
            output.last_hidden_state[keywords["attention_mask"] == 0] = torch.nan
        return output

    bert.model.base_model.register_forward_hook(spoil, with_kwargs=True)

    np.testing.assert_array_equal(embed(bert, tokens), expected)


def test_embed_of_no_text_has_no_rows(bert):
    assert embed(bert, bert.tokenize([])).shape == (0, 32)


def test_embed_leaves_the_model_in_its_mode(bert):
    bert.model.train()
    first = embed(bert, bert.tokenize(TEXTS))

    assert bert.model.training
    np.testing.assert_array_equal(embed(bert, bert.tokenize(TEXTS)), first)  # no dropout


def test_embed_in_bf16_is_close_to_fp32(bert):
    tokens = bert.tokenize(TEXTS)

    vectors = embed(bert, tokens, Compute("cpu", "bf16", ()))

    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, embed(bert, tokens, CPU), atol=0.05)


def test_embed_stops_before_the_next_batch(bert, monkeypatch):
    monkeypatch.setattr(embedding, "_TOKENS_PER_BATCH", 8)
    answers = iter([False, False, True])
    bert.model.train()

    with pytest.raises(EmbeddingStoppedError):
        embed(bert, bert.tokenize(TEXTS), should_stop=lambda: next(answers))

    assert bert.model.training


def test_embed_refuses_numbers_that_are_not_finite(bert):
    with torch.no_grad():
        bert.model.base_model.embeddings.word_embeddings.weight[:] = torch.inf

    with pytest.raises(ModelError, match="Expected finite embeddings, got overflows in fp32"):
        embed(bert, bert.tokenize(TEXTS))


def test_body_digest_does_not_depend_on_the_head(family, tiny_models):
    digests = {
        body_digest(Classifier.from_pretrained(tiny_models[family], LABELS, **options).model)
        for options in ({"max_length": 16, "seed": 0}, {"max_length": 64, "seed": 1})
    }

    assert len(digests) == 1


def test_body_digest_changes_with_a_weight(classifier):
    before = body_digest(classifier.model)

    with torch.no_grad():
        next(classifier.model.base_model.parameters()).view(-1)[0] += 1

    assert body_digest(classifier.model) != before


def test_embedding_packed_equals_embedding_padded(bert):
    tokens = bert.tokenize(TEXTS)
    padded = embed(bert, tokens)

    bert.enable_packing()

    assert bert.is_packed
    np.testing.assert_allclose(embed(bert, tokens), padded, atol=1e-5)
