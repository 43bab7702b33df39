"""Tests of model families that run padded: each text as if alone, trained and resumed exactly."""

import numpy as np
import pytest
import transformers

from tests.conftest import save_seeded, word_vocabulary
from tests.training.conftest import Tuner, copied_weights, weights_of
from textcls_core.models.classifier import Classifier

SIZES = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": 130,
    "initializer_range": 0.1,
}
GENERATIVE = {**SIZES, "num_key_value_heads": 1}
XLNET = {"d_model": 32, "n_layer": 2, "n_head": 2, "d_inner": 64, "initializer_range": 0.1}
FAMILIES = {
    "mpnet": ("MPNet", SIZES),
    "xlnet": ("XLNet", XLNET),
    "qwen2": ("Qwen2", GENERATIVE),
    "llama": ("Llama", GENERATIVE),
}
TOKENIZERS = {"mpnet": "roberta", "qwen2": "gpt2", "llama": "gpt2"}
"""Whose tokenizer a family shares; that of XLNet pads on the left."""
TEXTS = ["the old cat", "", "this storm came in the morning and we all looked at it", "snow"]


@pytest.fixture(scope="module", params=FAMILIES)
def family(request):
    return request.param


@pytest.fixture(scope="module")
def tokenizer(family, tiny_models):
    if family in TOKENIZERS:
        return transformers.AutoTokenizer.from_pretrained(tiny_models[TOKENIZERS[family]])
    special = ("<unk>", "<s>", "</s>", "<cls>", "<sep>", "<pad>", "<mask>", "<eod>", "<eop>")
    pieces = [f"▁{word}" for word in word_vocabulary()]
    return transformers.XLNetTokenizer(vocab=[(piece, -1.0) for piece in (*special, *pieces)])


@pytest.fixture(scope="module")
def model_dir(family, tokenizer, tmp_path_factory):
    """Folder of a random model."""
    name, sizes = FAMILIES[family]
    config = getattr(transformers, f"{name}Config")(vocab_size=len(tokenizer), **sizes)
    folder = tmp_path_factory.mktemp(family)
    save_seeded(getattr(transformers, f"{name}Model"), config, tokenizer, folder)
    return folder


@pytest.fixture
def family_tuner(model_dir, toy_dataset):
    return Tuner(model_dir, toy_dataset)


def test_family_is_padded_and_correct(model_dir, family):
    classifier = Classifier.from_pretrained(model_dir, ("a", "b"), max_length=64)

    reason = classifier.enable_packing()

    together = classifier.predict_logits(TEXTS)
    alone = np.concatenate([classifier.predict_logits([text]) for text in TEXTS])
    assert reason == f"Padded, because packing is not proven for {family} models."
    np.testing.assert_allclose(together, alone, atol=1e-5)
    assert np.ptp(alone, axis=0).max() > 0.01


def test_family_is_resumed_bit_for_bit(family_tuner, tmp_path):
    settings = {"num_train": 16, "num_epochs": 2}
    before = copied_weights(family_tuner.make(**settings))
    whole, _ = family_tuner.run(**settings)
    family_tuner.run(root=tmp_path, pause_after=2, **settings)

    resumed = family_tuner.resumed(tmp_path, **settings)
    resumed.run()

    expected = copied_weights(whole)
    assert all(value.equal(expected[name]) for name, value in weights_of(resumed).items())
    assert resumed.observer.column("train_loss") == whole.observer.column("train_loss")[2:]
    assert sum(not value.equal(before[name]) for name, value in expected.items()) > 20
