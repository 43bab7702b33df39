"""Tests of what a classifier does beyond the plain model: pooling, long documents, many labels."""

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file
from transformers import AutoModelForSequenceClassification

from textcls_core.errors import ModelError
from textcls_core.models.classifier import Classifier, Design
from textcls_core.models.probabilities import sigmoid, softmax

LABELS = ("animals", "food", "weather")
LONG = "this storm came in the morning and we all looked at it " * 3
TEXTS = ["the old cat", LONG, "", "a small apple was here", "snow", LONG[:60] + "rain"]
DAMAGED = r"^textcls\.json of this model is damaged\. Train the run again\.$"


@pytest.fixture(scope="module", params=["bert", "distilbert", "roberta"])
def family_dir(request, tiny_models):
    return tiny_models[request.param]


@pytest.fixture
def mean_pooled(family_dir):
    return make(family_dir, pooling="mean")


@pytest.fixture
def mean_pooled_dir(mean_pooled, tmp_path):
    mean_pooled.save(tmp_path / "saved")
    return tmp_path / "saved"


@pytest.fixture
def saved_dir(tiny_model_dir, tmp_path):
    make(tiny_model_dir).save(tmp_path / "saved")
    return tmp_path / "saved"


def make(folder, max_length=64, **design):
    return Classifier.from_pretrained(
        folder, LABELS, max_length=max_length, design=Design(**design)
    )


def logits_alone(classifier, sequence):
    """Return the plain model's logits of one sequence of ids."""
    with torch.inference_mode():
        return classifier.model(input_ids=torch.tensor([list(map(int, sequence))])).logits


# Mean pooling


def test_mean_pooling_gives_other_probabilities_than_the_head(family_dir, mean_pooled):
    probabilities = mean_pooled.predict_probabilities(TEXTS)

    plain = make(family_dir).predict_probabilities(TEXTS)

    assert np.abs(probabilities - plain).max() > 1e-3


@pytest.mark.parametrize("is_packed", [False, True])
def test_several_threads_get_what_one_gets(mean_pooled, is_packed):
    if is_packed:
        mean_pooled.enable_packing()
    alone = mean_pooled.predict_probabilities(TEXTS)

    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(mean_pooled.predict_probabilities, TEXTS) for _ in range(80)]

    for one in asked:
        np.testing.assert_allclose(one.result(), alone, atol=1e-6)


def test_mean_pooling_does_not_depend_on_padding(mean_pooled):
    alone = np.concatenate([mean_pooled.predict_probabilities([text]) for text in TEXTS])

    padded = mean_pooled.predict_probabilities(TEXTS)
    mean_pooled.width_multiple = 64
    wide = mean_pooled.predict_probabilities(TEXTS)

    np.testing.assert_allclose(padded, alone, atol=1e-5)
    np.testing.assert_allclose(wide, alone, atol=1e-5)


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_mean_pooled_folder_opens_here_with_equal_probabilities(
    mean_pooled, mean_pooled_dir, attention
):
    loaded = Classifier.load(mean_pooled_dir, attention=attention)

    np.testing.assert_allclose(
        loaded.predict_probabilities(TEXTS), mean_pooled.predict_probabilities(TEXTS), atol=1e-5
    )
    assert loaded.design == Design(pooling="mean")
    assert loaded.label_names == LABELS
    assert not loaded.model.training


def test_mean_pooled_folder_opens_here_packed(mean_pooled, mean_pooled_dir):
    loaded = Classifier.load(mean_pooled_dir)

    loaded.enable_packing()

    assert loaded.is_packed
    np.testing.assert_allclose(
        loaded.predict_probabilities(TEXTS), mean_pooled.predict_probabilities(TEXTS), atol=1e-5
    )


def test_mean_pooled_folder_does_not_open_elsewhere(mean_pooled_dir):
    with pytest.raises(OSError, match=r"no file named model\.safetensors"):
        AutoModelForSequenceClassification.from_pretrained(mean_pooled_dir)

    names = {file.name for file in mean_pooled_dir.iterdir()}
    assert "mean_pooling.safetensors" in names
    assert "model.safetensors" not in names


def test_mean_pooled_folder_is_refused_as_a_pretrained_model(mean_pooled_dir):
    with pytest.raises(ModelError, match="The model in saved cannot be loaded for classification"):
        Classifier.from_pretrained(mean_pooled_dir, LABELS, max_length=64)


def test_mean_pooled_folder_with_damaged_weights_is_refused(mean_pooled_dir):
    weights = mean_pooled_dir / "mean_pooling.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])

    with pytest.raises(ModelError, match="The model in saved cannot be loaded for classification"):
        Classifier.load(mean_pooled_dir)


def test_mean_pooled_folder_with_missing_weights_is_refused(mean_pooled_dir):
    save_file({"one": torch.ones(1)}, mean_pooled_dir / "mean_pooling.safetensors")

    with pytest.raises(ModelError, match="The model in saved cannot be loaded for classification"):
        Classifier.load(mean_pooled_dir)


def test_mean_pooled_folder_without_weights_is_refused(mean_pooled_dir):
    (mean_pooled_dir / "mean_pooling.safetensors").unlink()

    with pytest.raises(ModelError, match="saved has no safetensors weights"):
        Classifier.load(mean_pooled_dir)


def test_mean_pooling_is_refused_where_it_has_no_place(tiny_models):
    message = (
        "^Mean pooling is not possible: the layers of gpt2 have an unknown end. "
        "Set pooling to head.$"
    )

    with pytest.raises(ModelError, match=message):
        make(tiny_models["gpt2"], pooling="mean")


# The note about the design


@pytest.mark.parametrize(
    "design",
    [
        Design(),
        Design("head_tail"),
        Design("windows", 3),
        Design(pooling="mean", task="multi_label"),
    ],
    ids=str,
)
def test_design_is_saved_with_the_model(tiny_model_dir, tmp_path, design):
    classifier = Classifier.from_pretrained(tiny_model_dir, LABELS, max_length=32, design=design)

    classifier.save(tmp_path)

    assert Classifier.load(tmp_path).design == design
    assert Classifier.load(tmp_path).reading == classifier.reading


def test_folder_from_elsewhere_is_a_plain_model(saved_dir):
    (saved_dir / "textcls.json").unlink()

    assert Classifier.load(saved_dir).design == Design()


@pytest.mark.parametrize(
    "content",
    [
        *("", "{", "[]", "[1, 2]", "null", '"head"', "7", "\0"),
        '{"nosuch": 1}',
        '{"pooling": "head", "poling": "mean"}',
    ],
)
def test_damaged_design_is_refused(saved_dir, content):
    (saved_dir / "textcls.json").write_text(content)

    with pytest.raises(ModelError, match=DAMAGED):
        Classifier.load(saved_dir)


@pytest.mark.parametrize(
    "settings",
    [
        {"pooling": "max"},
        {"pooling": None},
        {"long_documents": "nosuch"},
        {"max_windows": "8"},
        {"max_windows": 0},
        {"task": "regression"},
    ],
    ids=str,
)
def test_design_with_impossible_values_is_refused(saved_dir, settings):
    (saved_dir / "textcls.json").write_text(json.dumps(settings))

    with pytest.raises(ModelError, match=DAMAGED):
        Classifier.load(saved_dir)


# Long documents


def test_logits_of_windows_are_the_mean_of_the_plain_model(family_dir):
    classifier = make(family_dir, 16, long_documents="windows", max_windows=3)
    tokens = classifier.tokenize(TEXTS)
    classifier.model.eval()

    with torch.inference_mode():
        logits = classifier.logits(tokens, range(len(TEXTS)), "cpu")

    by_hand = [
        torch.cat([logits_alone(classifier, ids) for ids in tokens.sequences([row])[0]]).mean(0)
        for row in range(len(TEXTS))
    ]
    assert tokens.counts.tolist()[:2] == [1, 3]
    torch.testing.assert_close(logits, torch.stack(by_hand), atol=1e-5, rtol=0)


@pytest.mark.parametrize("pooling", ["head", "mean"])
def test_packed_logits_of_windows_equal_padded_ones(family_dir, pooling):
    classifier = make(family_dir, 16, pooling=pooling, long_documents="windows", max_windows=3)
    tokens, rows = classifier.tokenize(TEXTS), [1, 0, 5, 1]
    classifier.model.eval()

    with torch.inference_mode():
        padded = classifier.logits(tokens, rows, "cpu")
        classifier.enable_packing()
        packed = classifier.logits(tokens, rows, "cpu")

    assert classifier.is_packed
    assert padded.shape == (4, 3)
    torch.testing.assert_close(packed, padded, atol=1e-5, rtol=0)


def test_probabilities_of_windows_are_those_of_the_averaged_logits(tiny_model_dir):
    classifier = make(tiny_model_dir, 16, long_documents="windows", max_windows=3)
    tokens = classifier.tokenize([LONG])

    probabilities = classifier.predict_probabilities([LONG])

    logits = torch.cat([logits_alone(classifier, ids) for ids in tokens.sequences([0])[0]])
    np.testing.assert_allclose(probabilities, softmax(logits.mean(0)[None].numpy()), atol=1e-6)


def test_windows_of_short_texts_change_nothing(tiny_model_dir):
    short = ["the old cat", "", "snow"]

    probabilities = make(tiny_model_dir, 16, long_documents="windows").predict_probabilities(short)

    np.testing.assert_array_equal(
        probabilities, make(tiny_model_dir, 16).predict_probabilities(short)
    )


def test_head_tail_sees_the_end_of_the_text(tiny_model_dir):
    texts = ["the old cat " * 10 + "snow", "the old cat " * 10 + "bread"]

    cut = make(tiny_model_dir, 8).predict_probabilities(texts)
    both_ends = make(tiny_model_dir, 8, long_documents="head_tail").predict_probabilities(texts)

    np.testing.assert_allclose(cut[0], cut[1], atol=1e-6)
    assert np.abs(both_ends[0] - both_ends[1]).max() > 1e-3


def test_windows_work_for_a_model_that_is_not_packed(tiny_models):
    classifier = make(tiny_models["gpt2"], 8, long_documents="windows")

    probabilities = classifier.predict_probabilities(TEXTS)

    alone = np.concatenate([classifier.predict_probabilities([text]) for text in TEXTS])
    np.testing.assert_allclose(probabilities, alone, atol=1e-5)


# Width of padded batches


@pytest.mark.parametrize("family", ["bert", "roberta", "gpt2"])
def test_wider_batches_give_the_same_probabilities(tiny_models, family):
    classifier = make(tiny_models[family])
    expected = classifier.predict_probabilities(TEXTS)

    classifier.width_multiple = 64

    np.testing.assert_allclose(classifier.predict_probabilities(TEXTS), expected, atol=1e-5)


# Several labels per text


def test_multi_label_probabilities_are_independent(tiny_model_dir):
    classifier = make(tiny_model_dir, task="multi_label")

    probabilities = classifier.predict_probabilities(["the old cat"])

    logits = logits_alone(classifier, classifier.tokenize(["the old cat"]).ids_of(0))
    np.testing.assert_allclose(probabilities, torch.sigmoid(logits).numpy(), atol=1e-6)
    assert classifier.model.config.problem_type == "multi_label_classification"


def test_sigmoid_of_large_logits_is_finite():
    probabilities = sigmoid(np.array([[1e4, -1e4, 0.0]]))

    np.testing.assert_allclose(probabilities, [[1, 0, 0.5]])


@given(st.floats(-700, 700))
def test_sigmoid_is_symmetric(logit):
    low, high = sigmoid(np.array([[-logit, logit]]))[0]

    assert low + high == pytest.approx(1)
