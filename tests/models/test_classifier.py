"""Tests of the classifier: a model, its tokenizer and its label names as one thing."""

import json
import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PreTrainedTokenizerFast,
    pipeline,
)

from textcls_core.errors import ModelError
from textcls_core.models import classifier as classifier_module
from textcls_core.models.classifier import Classifier
from textcls_core.models.device import Compute
from textcls_core.models.probabilities import softmax

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
def classifier(request, tiny_models):
    """A classifier of each family, not to be changed."""
    return Classifier.from_pretrained(tiny_models[request.param], LABELS, max_length=64)


@pytest.fixture(scope="module")
def folder(classifier, tmp_path_factory):
    """Where that classifier was saved."""
    folder = tmp_path_factory.mktemp("saved")
    classifier.save(folder)
    return folder


@pytest.fixture(scope="module")
def library_pipeline(folder):
    """The library's own pipeline on that folder."""
    return pipeline("text-classification", model=str(folder), device="cpu")


@pytest.fixture
def bert(tiny_model_dir):
    return Classifier.from_pretrained(tiny_model_dir, LABELS, max_length=64)


@pytest.fixture
def saved_dir(bert, tmp_path):
    bert.save(tmp_path / "saved")
    return tmp_path / "saved"


@pytest.fixture
def broken_dir(tiny_model_dir, tmp_path):
    """A copy of the tiny BERT to be damaged by the test."""
    return shutil.copytree(tiny_model_dir, tmp_path / "broken")


def change_config(folder, **settings):
    file = folder / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **settings}))


def scores_of(pipe, texts, **options):
    """Return the scores of a library pipeline in the order of LABELS."""
    results = [pipe(text, top_k=None, **options) for text in texts]
    by_label = [{item["label"]: item["score"] for item in result} for result in results]
    return np.array([[scores[label] for label in LABELS] for scores in by_label])


def test_probabilities_are_rows_that_sum_to_one(classifier):
    probabilities = classifier.predict_probabilities(TEXTS)

    assert probabilities.shape == (6, 3)
    assert probabilities.dtype == np.float64
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-12)


def test_probabilities_keep_the_order_of_texts_and_ignore_their_company(classifier, monkeypatch):
    alone = np.concatenate([classifier.predict_probabilities([text]) for text in TEXTS])
    monkeypatch.setattr(classifier_module, "MAX_TOKENS_PER_BATCH", 40)

    together = classifier.predict_probabilities(TEXTS)

    np.testing.assert_allclose(together, alone, atol=1e-5)
    assert np.ptp(alone, axis=0).max() > 0.01


def test_probabilities_do_not_depend_on_padding(classifier):
    alone = np.concatenate([classifier.predict_probabilities([text]) for text in TEXTS])

    padded = classifier.predict_probabilities(TEXTS)

    np.testing.assert_allclose(padded, alone, atol=1e-5)


def test_probabilities_of_no_texts_are_empty(bert):
    assert bert.predict_probabilities([]).shape == (0, 3)


def test_probabilities_of_tokens_equal_those_of_texts(bert):
    tokenized = bert.tokenize(TEXTS)

    probabilities = bert.predict_probabilities(tokenized)

    np.testing.assert_array_equal(probabilities, bert.predict_probabilities(TEXTS))


def test_probabilities_are_computed_without_dropout_and_training_goes_on_with_it(bert):
    bert.model.train()

    first, second = bert.predict_probabilities(TEXTS), bert.predict_probabilities(TEXTS)

    np.testing.assert_array_equal(first, second)
    assert bert.model.training


def test_probabilities_in_bf16_are_close_to_those_in_fp32(bert):
    exact = bert.predict_probabilities(TEXTS)

    rounded = bert.predict_probabilities(TEXTS, Compute("cpu", "bf16", ()))

    np.testing.assert_allclose(rounded, exact, atol=0.05)
    assert (rounded != exact).any()


def test_max_length_cuts_the_text(tiny_model_dir):
    short = Classifier.from_pretrained(tiny_model_dir, LABELS, max_length=8)

    full, cut = short.predict_probabilities(
        ["the old cat was here and we all looked", "the old cat was here and"]
    )

    np.testing.assert_allclose(full, cut, atol=1e-6)
    assert short.tokenize([TEXTS[1]]).lengths.tolist() == [8]


def test_softmax_of_large_logits_is_finite():
    probabilities = softmax(np.array([[1e4, 0.0], [-1e4, -1e4]]))

    np.testing.assert_allclose(probabilities, [[1, 0], [0.5, 0.5]])


def test_save_and_load_keep_the_probabilities(classifier, folder):
    loaded = Classifier.load(folder)

    np.testing.assert_allclose(
        loaded.predict_probabilities(TEXTS), classifier.predict_probabilities(TEXTS), atol=1e-7
    )
    assert loaded.label_names == LABELS
    assert loaded.max_length == 64
    assert not loaded.model.training


def test_save_writes_a_plain_hugging_face_folder_without_pickles(saved_dir):
    names = sorted(file.name for file in saved_dir.iterdir())

    assert names == [
        *("config.json", "model.safetensors", "textcls.json"),
        *("tokenizer.json", "tokenizer_config.json"),
    ]
    assert json.loads((saved_dir / "config.json").read_text())["id2label"]["2"] == "weather"


def test_saved_folder_opens_with_the_plain_library(saved_dir, bert):
    model = AutoModelForSequenceClassification.from_pretrained(saved_dir)
    tokenizer = AutoTokenizer.from_pretrained(saved_dir)

    with torch.inference_mode():
        logits = model(**tokenizer(TEXTS, padding=True, return_tensors="pt")).logits

    np.testing.assert_allclose(
        torch.softmax(logits, -1).numpy(), bert.predict_probabilities(TEXTS), atol=1e-5
    )


def test_saved_folder_gives_the_same_scores_in_a_pipeline(classifier, library_pipeline):
    texts = [TEXTS[0], TEXTS[1], TEXTS[3]]

    scores = scores_of(library_pipeline, texts)

    np.testing.assert_allclose(scores, classifier.predict_probabilities(texts), atol=1e-5)


def test_saved_folder_truncates_in_a_pipeline_as_in_training(classifier, library_pipeline):
    text = " ".join(TEXTS) * 10

    scores = scores_of(library_pipeline, [text], truncation=True)

    np.testing.assert_allclose(scores, classifier.predict_probabilities([text]), atol=1e-5)


def test_load_with_eager_attention_gives_the_same_probabilities(classifier, folder):
    eager = Classifier.load(folder, attention="eager")

    assert eager.model.config._attn_implementation == "eager"
    np.testing.assert_allclose(
        eager.predict_probabilities(TEXTS), classifier.predict_probabilities(TEXTS), atol=1e-5
    )


def test_new_head_is_decided_by_the_seed(tiny_model_dir):
    first, again, other = (
        Classifier.from_pretrained(tiny_model_dir, LABELS, max_length=64, seed=seed)
        for seed in (1, 1, 2)
    )

    assert first.model.classifier.weight.equal(again.model.classifier.weight)
    assert not first.model.classifier.weight.equal(other.model.classifier.weight)


def test_pretrained_body_is_kept_and_a_head_for_other_labels_replaced(saved_dir, bert):
    other = Classifier.from_pretrained(saved_dir, ("no", "yes"), max_length=32, seed=3)

    body, old = other.model.bert.state_dict(), bert.model.bert.state_dict()
    assert all(body[name].equal(old[name]) for name in old)
    assert other.label_names == ("no", "yes")
    assert other.predict_probabilities(TEXTS).shape == (6, 2)


def test_pretrained_body_may_lack_a_pooler(broken_dir):
    weights = load_file(broken_dir / "model.safetensors")
    kept = {name: tensor for name, tensor in weights.items() if "pooler" not in name}
    save_file(kept, broken_dir / "model.safetensors", {"format": "pt"})

    classifier = Classifier.from_pretrained(broken_dir, LABELS, max_length=64)

    assert classifier.predict_probabilities(TEXTS).shape == (6, 3)


@pytest.mark.parametrize(
    ("family", "name"),
    [
        ("bert", "attention_probs_dropout_prob"),
        ("distilbert", "attention_dropout"),
        ("roberta", "attention_probs_dropout_prob"),
        ("gpt2", "attn_pdrop"),
    ],
)
def test_attention_dropout_reaches_the_model(tiny_models, family, name):
    classifier = Classifier.from_pretrained(
        tiny_models[family], LABELS, max_length=64, attention_dropout=0.25
    )

    assert getattr(classifier.model.config, name) == 0.25


def test_gpt2_pads_with_its_end_token_on_the_right(tiny_models):
    classifier = Classifier.from_pretrained(tiny_models["gpt2"], LABELS, max_length=64)

    assert classifier.tokenizer.pad_token == classifier.tokenizer.eos_token
    assert classifier.tokenizer.padding_side == "right"
    assert classifier.model.config.pad_token_id == classifier.tokenizer.pad_token_id


@pytest.mark.parametrize("family", FAMILIES)
def test_max_length_may_be_all_the_model_can_read(tiny_models, family):
    classifier = Classifier.from_pretrained(tiny_models[family], LABELS, max_length=128)

    probabilities = classifier.predict_probabilities([" ".join(TEXTS) * 10])

    assert np.isfinite(probabilities).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_too_large_max_length_is_refused(tiny_models, family):
    message = (
        f"max_length 129 is more than the 128 tokens {family} can read. "
        "Set max_length to 128 or less."
    )

    with pytest.raises(ModelError, match=message):
        Classifier.from_pretrained(tiny_models[family], LABELS, max_length=129)


def test_tokenizer_of_another_model_is_refused(broken_dir, tiny_models):
    shutil.copy(tiny_models["gpt2"] / "tokenizer.json", broken_dir)
    shutil.copy(tiny_models["gpt2"] / "tokenizer_config.json", broken_dir)
    message = r"The tokenizer in broken has \d+ tokens but the model only \d+\. Model and tokenizer"

    with pytest.raises(ModelError, match=message):
        Classifier.from_pretrained(broken_dir, LABELS, max_length=64)


def test_missing_tokenizer_is_refused(broken_dir):
    (broken_dir / "tokenizer.json").unlink()
    (broken_dir / "tokenizer_config.json").unlink()
    message = "The tokenizer in broken has no vocabulary. Save model and tokenizer together."

    with pytest.raises(ModelError, match=message):
        Classifier.from_pretrained(broken_dir, LABELS, max_length=64)


@pytest.mark.parametrize(
    "content", ["{", "[]", "{}", '{"version": "1.0", "added_tokens": [], "model": {"vocab": 1}}']
)
def test_damaged_tokenizer_is_refused(broken_dir, content):
    (broken_dir / "tokenizer.json").write_text(content)
    message = "The tokenizer in broken cannot be loaded. Save model and tokenizer together."

    with pytest.raises(ModelError, match=message):
        Classifier.from_pretrained(broken_dir, LABELS, max_length=64)


def test_tokenizer_without_pad_and_end_token_is_refused(broken_dir, tiny_models):
    backend = AutoTokenizer.from_pretrained(tiny_models["bert"]).backend_tokenizer
    PreTrainedTokenizerFast(tokenizer_object=backend).save_pretrained(broken_dir)
    message = "The tokenizer in broken has neither a pad nor an end token. Choose another model."

    with pytest.raises(ModelError, match=message):
        Classifier.from_pretrained(broken_dir, LABELS, max_length=64)


def test_pickled_weights_are_refused(broken_dir):
    torch.save(load_file(broken_dir / "model.safetensors"), broken_dir / "pytorch_model.bin")
    (broken_dir / "model.safetensors").unlink()

    with pytest.raises(ModelError, match="The model in broken cannot be loaded for classification"):
        Classifier.from_pretrained(broken_dir, LABELS, max_length=64)
    with pytest.raises(
        ModelError, match=r"broken has no safetensors weights\. Pickled weights can"
    ):
        Classifier.load(broken_dir)


def test_model_of_an_unknown_family_is_refused(broken_dir):
    change_config(broken_dir, model_type="nosuch")
    message = "The model in broken cannot be loaded for classification: .*`nosuch`.* Choose another"

    with pytest.raises(ModelError, match=message):
        Classifier.from_pretrained(broken_dir, LABELS, max_length=64)


def test_damaged_weights_are_refused(saved_dir):
    weights = saved_dir / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])

    with pytest.raises(
        ModelError, match="cannot be loaded for classification: Error while deserial"
    ):
        Classifier.from_pretrained(saved_dir, LABELS, max_length=64)
    with pytest.raises(
        ModelError, match="cannot be loaded for classification: Error while deserial"
    ):
        Classifier.load(saved_dir)


@pytest.mark.parametrize("settings", [{"hidden_size": 64}, {"num_hidden_layers": 3}])
def test_weights_of_another_body_are_refused_instead_of_made_up(broken_dir, settings):
    change_config(broken_dir, **settings)
    message = r"The weights in broken do not fit its config.json \(\d+ missing or of another shape"

    with pytest.raises(ModelError, match=message):
        Classifier.from_pretrained(broken_dir, LABELS, max_length=64)


def test_load_refuses_a_body_without_head(broken_dir):
    message = "do not fit its config.json .* for example classifier.bias.* save the model again."

    with pytest.raises(ModelError, match=message):
        Classifier.load(broken_dir)


def test_load_refuses_a_head_for_other_labels(saved_dir):
    change_config(saved_dir, id2label={"0": "no", "1": "yes"}, label2id={"no": 0, "yes": 1})

    with pytest.raises(ModelError, match=r"The weights in saved do not fit its config.json \(2"):
        Classifier.load(saved_dir)


def test_load_refuses_a_missing_folder(tmp_path):
    with pytest.raises(ModelError, match=r"nowhere is not a model folder: config\.json is missing"):
        Classifier.load(tmp_path / "nowhere")
