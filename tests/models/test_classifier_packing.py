"""Tests of when a classifier packs: it checks itself first, and says why it does or does not."""

import numpy as np
import pytest
import torch
import transformers
from torch.nn import functional
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from tests.conftest import save_seeded
from textcls_core.models import classifier as classifier_module
from textcls_core.models import packed_attention as attention_module
from textcls_core.models.classifier import Classifier, Design
from textcls_core.models.device import Compute
from textcls_core.models.packing import packing_gap

LABELS = ("animals", "food", "weather")
TEXTS = [
    "the old cat",
    "this storm came in the morning and we all looked at it " * 3,
    "",
    "a small apple was here",
    "snow",
    "rain",
    "the bread and the soup and the rice",
]
BF16 = Compute("cpu", "bf16", ())


@pytest.fixture(scope="module", params=["bert", "distilbert", "roberta"])
def packable(request, tiny_models):
    """A folder of each family that can be packed."""
    return tiny_models[request.param]


@pytest.fixture
def bert(tiny_model_dir):
    return Classifier.from_pretrained(tiny_model_dir, LABELS, max_length=64)


@pytest.fixture(scope="module")
def deberta_dir(tiny_model_dir, tmp_path_factory):
    """Folder of a random DeBERTa-v2 with relative positions."""
    tokenizer = AutoTokenizer.from_pretrained(tiny_model_dir)
    config = transformers.DebertaV2Config(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=128,
        relative_attention=True,
        pos_att_type=["p2c", "c2p"],
        initializer_range=0.1,
    )
    folder = tmp_path_factory.mktemp("deberta")
    save_seeded(transformers.DebertaV2Model, config, tokenizer, folder)
    return folder


def mixing_attention(_module, query, key, value, attention_mask, **options):
    """Attend across the borders of documents."""
    attended = functional.scaled_dot_product_attention(
        query, key, value, scale=options.get("scaling")
    )
    return attended.transpose(1, 2), None


def raising(error):
    def attention(*_, **__):
        raise error

    return attention


def probabilities_alone(classifier, texts):
    return np.concatenate([classifier.predict_probabilities([text]) for text in texts])


@pytest.mark.parametrize("pooling", ["head", "mean"])
def test_packed_probabilities_equal_padded_ones(packable, pooling):
    design = Design(pooling=pooling)
    classifier = Classifier.from_pretrained(packable, LABELS, max_length=64, design=design)
    padded = classifier.predict_probabilities(TEXTS)

    reason = classifier.enable_packing()

    assert classifier.is_packed
    assert reason.startswith("Packed without padding: packed and padded logits agree to ")
    np.testing.assert_allclose(classifier.predict_probabilities(TEXTS), padded, atol=1e-5)
    assert np.ptp(padded, axis=0).max() > 0.01


@pytest.mark.parametrize("max_length", [8, 12, 128])
def test_packing_works_at_every_length(packable, max_length):
    classifier = Classifier.from_pretrained(packable, LABELS, max_length=max_length)
    padded = classifier.predict_probabilities(TEXTS)

    classifier.enable_packing()

    assert classifier.is_packed
    np.testing.assert_allclose(classifier.predict_probabilities(TEXTS), padded, atol=1e-5)


def test_packing_is_checked_in_the_format_of_the_run(packable):
    classifier = Classifier.from_pretrained(packable, LABELS, max_length=64)
    padded = classifier.predict_probabilities(TEXTS, BF16)

    classifier.enable_packing(BF16)

    assert classifier.is_packed
    np.testing.assert_allclose(classifier.predict_probabilities(TEXTS, BF16), padded, atol=0.05)


@pytest.mark.parametrize("is_training", [True, False])
def test_self_check_leaves_the_model_in_its_mode(bert, is_training):
    bert.model.train(is_training)

    bert.enable_packing()

    assert bert.is_packed
    assert bert.model.training == is_training


def test_packed_logits_keep_the_order_of_the_rows(bert):
    tokens = bert.tokenize(TEXTS)
    bert.enable_packing()
    bert.model.eval()

    with torch.inference_mode():
        everything = bert.logits(tokens, range(len(TEXTS)), "cpu")
        some = bert.logits(tokens, [4, 0, 4], "cpu")

    torch.testing.assert_close(some, everything[[4, 0, 4]], atol=1e-5, rtol=0)


# Refusals


def test_deberta_is_padded_and_correct(deberta_dir):
    classifier = Classifier.from_pretrained(deberta_dir, LABELS, max_length=64)

    reason = classifier.enable_packing()

    assert reason == "Padded, because packing is not proven for deberta-v2 models."
    assert not classifier.is_packed
    probabilities = classifier.predict_probabilities(TEXTS)
    np.testing.assert_allclose(probabilities, probabilities_alone(classifier, TEXTS), atol=1e-5)


def test_mean_pooled_deberta_is_padded_and_correct(deberta_dir):
    design = Design(pooling="mean")
    classifier = Classifier.from_pretrained(deberta_dir, LABELS, max_length=64, design=design)

    classifier.enable_packing()

    assert not classifier.is_packed
    probabilities = classifier.predict_probabilities(TEXTS)
    np.testing.assert_allclose(probabilities, probabilities_alone(classifier, TEXTS), atol=1e-5)


def test_gpt2_is_padded_and_correct(tiny_models):
    classifier = Classifier.from_pretrained(tiny_models["gpt2"], LABELS, max_length=64)

    reason = classifier.enable_packing()

    assert reason == "Padded, because packing is not proven for gpt2 models."
    assert not classifier.is_packed
    probabilities = classifier.predict_probabilities(TEXTS)
    np.testing.assert_allclose(probabilities, probabilities_alone(classifier, TEXTS), atol=1e-5)


def test_family_whose_self_check_fails_is_padded_and_correct(packable, monkeypatch):
    monkeypatch.setattr(attention_module, "packed_attention", mixing_attention)
    classifier = Classifier.from_pretrained(packable, LABELS, max_length=64)
    padded = classifier.predict_probabilities(TEXTS)

    reason = classifier.enable_packing()

    assert reason.startswith("Padded, because packed and padded logits differ by ")
    assert reason.endswith(" %.")
    assert not classifier.is_packed
    np.testing.assert_array_equal(classifier.predict_probabilities(TEXTS), padded)


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("no kernel"),
        ValueError("no kernel"),
        TypeError("no kernel"),
        IndexError("no kernel"),
        AttributeError("no kernel"),
        ImportError("no kernel"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_family_whose_packing_raises_is_padded_and_correct(bert, monkeypatch, error):
    monkeypatch.setattr(attention_module, "packed_attention", raising(error))
    padded = bert.predict_probabilities(TEXTS)

    reason = bert.enable_packing()

    assert reason == "Padded, because the self-check of packing failed: no kernel."
    assert not bert.is_packed
    np.testing.assert_array_equal(bert.predict_probabilities(TEXTS), padded)


def test_failed_self_check_leaves_the_model_in_its_mode(bert, monkeypatch):
    monkeypatch.setattr(attention_module, "packed_attention", raising(RuntimeError("no kernel")))
    bert.model.train()

    bert.enable_packing()

    assert bert.model.training


def test_logits_that_are_not_numbers_are_not_packed(bert):
    with torch.no_grad():
        bert.model.classifier.weight.fill_(torch.nan)

    reason = bert.enable_packing()

    assert reason.startswith("Padded, because ")
    assert not bert.is_packed


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_self_check_does_not_depend_on_the_size_of_the_logits(bert, scale):
    with torch.no_grad():
        bert.model.classifier.weight *= scale

    reason = bert.enable_packing()

    assert bert.is_packed, reason


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_self_check_finds_mixed_documents_at_any_size_of_the_logits(bert, monkeypatch, scale):
    monkeypatch.setattr(attention_module, "packed_attention", mixing_attention)
    with torch.no_grad():
        bert.model.classifier.weight *= scale

    bert.enable_packing()

    assert not bert.is_packed


def test_packing_gap_is_a_share_of_the_largest_logit(bert, monkeypatch):
    monkeypatch.setattr(attention_module, "packed_attention", mixing_attention)
    readout = bert._make_readout()
    gap = packing_gap(bert.model, readout, bert.tokenizer, 64)

    with torch.no_grad():
        bert.model.classifier.weight *= 1000

    assert packing_gap(bert.model, readout, bert.tokenizer, 64) == pytest.approx(gap, rel=1e-3)
    assert gap > classifier_module.MAX_PACKING_GAP["fp32"]


# Saved models


def test_saved_packed_model_is_a_plain_hugging_face_model(packable, tmp_path):
    classifier = Classifier.from_pretrained(packable, LABELS, max_length=64)
    classifier.enable_packing()
    tokens = classifier.tokenize(TEXTS)
    classifier.model.eval()
    with torch.inference_mode():
        logits = classifier.logits(tokens, range(len(TEXTS)), "cpu")
    classifier.save(tmp_path)

    model = AutoModelForSequenceClassification.from_pretrained(tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    with torch.inference_mode():
        expected = model(**tokenizer(TEXTS, padding=True, return_tensors="pt")).logits

    assert classifier.is_packed
    torch.testing.assert_close(logits, expected, atol=1e-5, rtol=0)
    assert "textcls" not in (tmp_path / "config.json").read_text()
