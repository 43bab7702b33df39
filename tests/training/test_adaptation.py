"""Tests of freezing, low-rank additions and layer-wise learning rates."""

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForSequenceClassification

from tests.training.conftest import Tuner, copied_weights, weights_of
from textcls_core.errors import InvalidArgumentError, TrainingError
from textcls_core.models.classifier import Classifier
from textcls_core.training.adaptation import (
    EMBEDDINGS,
    HEAD,
    adapt,
    layer_depth,
    learning_rate_scale,
    merged,
    require_layers,
)

LORA = {"lora_rank": 4, "lora_dropout": 0.1, "learning_rate": 1e-2}
TEXTS = ["the old cat was here", "this rain", "a small soup came in the morning"]


def changed_by_training(tuner, **settings):
    """Return the names of the weights that a few steps change."""
    tuning = tuner.make(num_train=16, num_epochs=2, warmup_ratio=0.0, **settings)
    before = copied_weights(tuning)
    tuning.run()
    return {name for name, value in weights_of(tuning).items() if not value.equal(before[name])}


def names_at(tuner, *depths):
    model = tuner.make(num_train=8).model
    return {name for name, _ in model.named_parameters() if layer_depth(name) in depths}


@pytest.mark.parametrize(
    ("name", "depth"),
    [
        ("bert.encoder.layer.11.attention.self.query.weight", 11),
        ("distilbert.transformer.layer.0.ffn.lin1.bias", 0),
        ("roberta.encoder.layer.3.output.LayerNorm.weight", 3),
        ("transformer.h.2.attn.c_attn.weight", 2),
        ("model.layers.5.mlp.Wi.weight", 5),
        ("bert.embeddings.LayerNorm.bias", EMBEDDINGS),
        ("transformer.wte.weight", EMBEDDINGS),
        ("transformer.wpe.weight", EMBEDDINGS),
        ("model.embed_tokens.weight", EMBEDDINGS),
        ("bert.pooler.dense.weight", HEAD),
        ("classifier.weight", HEAD),
        ("score.weight", HEAD),
    ],
)
def test_layer_depth_of_a_weight(name, depth):
    assert layer_depth(name) == depth


@pytest.mark.parametrize(
    ("name", "scale"),
    [
        ("classifier.weight", 1.0),
        ("bert.encoder.layer.1.output.dense.weight", 0.5),
        ("bert.encoder.layer.0.output.dense.weight", 0.25),
        ("bert.embeddings.word_embeddings.weight", 0.125),
    ],
)
def test_learning_rate_falls_from_layer_to_layer(name, scale):
    assert learning_rate_scale(name, 2, 0.5) == scale
    assert learning_rate_scale(name, 2, 1.0) == 1.0


@pytest.mark.parametrize(
    ("settings", "frozen"),
    [
        ({}, ()),
        ({"freeze_embeddings": True}, (EMBEDDINGS,)),
        ({"freeze_layers": 1}, (EMBEDDINGS, 0)),
        ({"freeze_layers": 2}, (EMBEDDINGS, 0, 1)),
        ({"freeze_layers": 1, "layer_wise_learning_rate_decay": 0.5}, (EMBEDDINGS, 0)),
    ],
    ids=str,
)
@pytest.mark.parametrize("packed", [False, True])
def test_freezing_leaves_exactly_those_weights_as_they_are(tuner, settings, frozen, packed):
    changed = changed_by_training(tuner, packed=packed, **settings)

    every = names_at(tuner, EMBEDDINGS, 0, 1, HEAD)
    assert every - changed == names_at(tuner, *frozen)


def test_all_layers_can_be_frozen(tuner):
    config = tuner.config(freeze_layers=2)

    require_layers(tuner.classifier(config).model, config)


def test_lora_with_frozen_layers_is_refused(tuner):
    with pytest.raises(InvalidArgumentError, match="LoRA already leaves all pretrained weights"):
        tuner.config(lora_rank=4, freeze_layers=1)


@pytest.mark.parametrize("packed", [False, True])
def test_lora_trains_its_additions_and_the_head_only(tuner, packed):
    changed = changed_by_training(tuner, packed=packed, **LORA)

    additions = {name for name in changed if "lora_" in name}
    assert len(additions) == 2 * 3 * 2  # two layers; query, key and value; A and B
    assert changed - additions == names_at(tuner, HEAD)


@pytest.mark.parametrize("family", ["bert", "distilbert", "roberta", "gpt2"])
def test_lora_finds_the_attention_of_every_family(tiny_models, toy_dataset, family):
    changed = changed_by_training(Tuner(tiny_models[family], toy_dataset), **LORA)

    assert len([name for name in changed if "lora_B" in name]) in {2, 6}


def test_lora_without_attention_is_refused(tuner):
    class Bare(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.base_model = torch.nn.Sequential(torch.nn.Linear(2, 2))
            self.config = type("Config", (), {"model_type": "bare"})

    with pytest.raises(
        TrainingError, match=r"LoRA finds no attention weights in bare\. Set lora_rank to 0\."
    ):
        adapt(Bare(), tuner.config(lora_rank=4))


def trained_with_lora(tuner, **settings):
    tuning, _ = tuner.run(num_train=24, num_epochs=2, warmup_ratio=0.0, **LORA, **settings)
    return tuning


def test_merged_model_gives_the_logits_of_the_adapted_one(tuner):
    classifier = trained_with_lora(tuner).stepper.classifier
    ids = torch.tensor(classifier.tokenizer(TEXTS[0])["input_ids"])[None]
    classifier.model.eval()

    plain = merged(classifier.model)

    assert type(plain) is type(classifier.model)
    torch.testing.assert_close(plain(ids).logits, classifier.model(ids).logits)


def test_merging_leaves_the_model_in_training_as_it_is(tuner):
    tuning = trained_with_lora(tuner)
    before = copied_weights(tuning)

    merged(tuning.model)

    weights = weights_of(tuning)
    assert set(weights) == set(before)
    assert all(weights[name].equal(before[name]) for name in before)


def test_best_model_of_lora_is_a_plain_hugging_face_model(tuner, tmp_path):
    tuning = trained_with_lora(tuner)
    classifier = tuning.stepper.classifier
    expected = classifier.predict_probabilities(TEXTS)
    Classifier(merged(classifier.model), classifier.tokenizer, 32).save(tmp_path)

    names = set(load_file(tmp_path / "model.safetensors"))

    stock = AutoModelForSequenceClassification.from_pretrained(tmp_path)
    assert not [name for name in names if "lora" in name or "base_layer" in name]
    assert names == set(stock.state_dict())
    assert not (tmp_path / "adapter_config.json").exists()
    assert Classifier.load(tmp_path).predict_probabilities(TEXTS) == pytest.approx(
        expected, abs=1e-6
    )
    assert set(tuning.observer.best_weights) == names


@pytest.mark.parametrize("packed", [False, True])
def test_mean_pooling_trains(tuner, packed):
    tuning = tuner.make(
        num_train=96, num_epochs=6, learning_rate=5e-3, pooling="mean", packed=packed
    )
    before = copied_weights(tuning)

    tuning.run()

    changed = [name for name, value in weights_of(tuning).items() if not value.equal(before[name])]
    losses = tuning.observer.column("validation_loss")
    assert len(changed) == len(before)
    assert min(losses) < 0.7 * losses[0]


def test_mean_pooling_is_another_model_than_the_head_alone(tuner):
    mean, head = (tuner.history(pooling=pooling) for pooling in ("mean", "head"))

    assert mean[0]["train_loss"] != head[0]["train_loss"]
