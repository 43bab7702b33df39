"""Tests of attention weights: they are the library's own, and words are the text's own."""

import numpy as np
import pytest
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from tests.explanation.conftest import LABELS
from textcls_core.errors import InvalidArgumentError, ModelError
from textcls_core.explanation.attention import (
    AttentionExplanation,
    explain_attention,
    load_explainable,
)
from textcls_core.explanation.words import ReadText
from textcls_core.models.classifier import Classifier, Design

FAMILIES = ["bert", "distilbert", "roberta", "gpt2"]
TEXT = "The old horse wasn't here, was it?"


@pytest.fixture(scope="module")
def explainable(saved):
    return {family: load_explainable(folder) for family, folder in saved.items()}


@pytest.fixture(scope="module", params=FAMILIES)
def explained(request, explainable):
    """A text explained by a model of each family."""
    return explain_attention(explainable[request.param], TEXT)


@pytest.fixture
def by_hand():
    """Two words of three tokens, in one layer with two heads."""
    first = [[1.0, 0.0, 0.0], [0.2, 0.3, 0.5], [0.4, 0.4, 0.2]]
    second = [[0.0, 0.5, 0.5], [0.2, 0.3, 0.5], [0.4, 0.4, 0.2]]
    return AttentionExplanation(
        read=ReadText(
            text="at noon",
            input_ids=np.array([7, 8, 9]),
            tokens=("at", "no", "##on"),
            words=("at", "noon"),
            word_of=np.array([0, 1, 1]),
            spans=((0, 2), (3, 7)),
            num_cut=0,
        ),
        attention=np.array([[first, second]]),
        label_names=("x", "y"),
        probabilities=np.array([0.25, 0.75]),
        is_causal=False,
    )


def words_in_text(explanation):
    """Return the text behind each span, where there is some."""
    pieces = [explanation.read.text[start:end] for start, end in explanation.read.spans]
    return [piece for piece in pieces if piece.strip()]


@pytest.mark.parametrize("family", FAMILIES)
def test_attention_is_the_library_s_own(saved, explainable, family):
    model = AutoModelForSequenceClassification.from_pretrained(
        saved[family], attn_implementation="eager"
    )
    inputs = AutoTokenizer.from_pretrained(saved[family])(TEXT, return_tensors="pt")
    with torch.inference_mode():
        expected = torch.cat(model(**inputs, output_attentions=True).attentions).numpy()

    explanation = explain_attention(explainable[family], TEXT)

    np.testing.assert_allclose(explanation.attention, expected, atol=1e-6)


def test_attention_has_a_matrix_per_layer_and_head(explained):
    num_tokens = len(explained.read.tokens)

    assert explained.attention.shape == (2, 2, num_tokens, num_tokens)
    assert (explained.num_layers, explained.num_heads) == (2, 2)


def test_attention_of_every_token_sums_to_one(explained):
    np.testing.assert_allclose(explained.attention.sum(axis=-1), 1, atol=1e-5)


def test_attention_of_every_word_sums_to_one(explained):
    matrices = [explained.word_matrix(layer, head) for layer in (0, 1, None) for head in (0, None)]

    np.testing.assert_allclose([matrix.sum(axis=1) for matrix in matrices], 1, atol=1e-5)
    assert matrices[0].shape == (len(explained.read.words), len(explained.read.words))


@pytest.mark.parametrize("family", FAMILIES)
def test_explained_probabilities_equal_those_of_the_deployed_model(saved, explainable, family):
    deployed = Classifier.load(saved[family])

    explanation = explain_attention(explainable[family], TEXT)

    assert deployed.model.config._attn_implementation == "sdpa"
    np.testing.assert_allclose(
        explanation.probabilities, deployed.predict_probabilities([TEXT])[0], atol=1e-5
    )


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        "  two   spaces  ",
        "今天天气很好",
        "世界 你好, world",
        "مرحبا بك هنا أهلاً",
        "naïve café \U0001f600 e\u0301t\u00e9",
        "zero\u200bwidth",
        "3.14 won't",
    ],
)
def test_words_are_pieces_of_the_text_in_order(explainable, family, text):
    explanation = explain_attention(explainable[family], text)

    pieces = words_in_text(explanation)
    starts = [start for start, end in explanation.read.spans if end > start]
    assert starts == sorted(starts)
    assert all(piece == piece.strip() for piece in pieces)
    assert [word for word in explanation.read.words if word in pieces] == pieces


@pytest.mark.parametrize("family", ["roberta", "gpt2"])
@pytest.mark.parametrize(
    "text", [TEXT, "今天天气很好", "世界 你好, world", "مرحبا بك هنا أهلاً", "naïve \U0001f600"]
)
def test_words_of_byte_level_models_rebuild_the_text(explainable, family, text):
    explanation = explain_attention(explainable[family], text)

    assert "".join(words_in_text(explanation)) == text.replace(" ", "")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (TEXT, ("The", "old", "horse", "wasn", "'", "t", "here", ",", "was", "it", "?")),
        ("今天天气", ("今", "天", "天", "气")),
        ("مرحبا بك هنا", ("مرحبا", "بك", "هنا")),
        ("Naïve CAFÉ", ("Naïve", "CAFÉ")),
        ("cat \U0001f600 dog", ("cat", "\U0001f600", "dog")),
    ],
)
def test_words_of_bert_are_as_written_with_special_tokens_around(explainable, text, words):
    explanation = explain_attention(explainable["bert"], text)

    assert explanation.read.words == ("[CLS]", *words, "[SEP]")
    assert explanation.read.spans[0] == explanation.read.spans[-1] == (0, 0)


def test_tokens_belong_to_the_words_they_are_pieces_of(explainable):
    explanation = explain_attention(explainable["bert"], "Nooks here")

    assert explanation.read.tokens == ("[CLS]", "n", "##o", "##o", "##k", "##s", "here", "[SEP]")
    assert explanation.read.word_of.tolist() == [0, 1, 1, 1, 1, 1, 2, 3]


def test_text_is_cut_as_in_training(explainable):
    classifier = explainable["bert"]
    long_text = "the old cat " * 100

    explanation = explain_attention(classifier, long_text)

    assert len(explanation.read.tokens) == 64
    assert explanation.read.num_cut == 300 + 2 - 64
    np.testing.assert_allclose(
        explanation.probabilities, classifier.predict_probabilities([long_text])[0], atol=1e-5
    )


def test_text_with_half_a_character_is_repaired(explainable):
    explanation = explain_attention(explainable["bert"], "old\ud83d cat\0")

    assert explanation.read.text == "old\ufffd cat"


@pytest.mark.parametrize(
    ("family", "is_causal", "deciding_token"),
    [("bert", False, 0), ("distilbert", False, 0), ("roberta", False, 0), ("gpt2", True, -1)],
)
def test_causal_models_are_told_apart(explainable, family, is_causal, deciding_token):
    explanation = explain_attention(explainable[family], TEXT)

    assert explanation.is_causal is is_causal
    assert explanation.deciding_token == range(len(explanation.read.tokens))[deciding_token]


@pytest.mark.parametrize(("family", "word"), [("bert", 0), ("gpt2", 10)])
def test_deciding_position_counts_tokens_or_words(explainable, family, word):
    explanation = explain_attention(explainable[family], TEXT)

    assert explanation.deciding_position(by_token=True) == explanation.deciding_token
    assert explanation.deciding_position(by_token=False) == word


def test_special_tokens_are_those_the_text_does_not_have(explainable):
    explanation = explain_attention(explainable["bert"], "noon")

    assert explanation.read.special(by_token=False) == [True, False, True]
    assert explanation.read.special(by_token=True) == [True, False, False, False, False, True]


def test_spaces_are_words_of_byte_level_models_and_not_special(explainable):
    explanation = explain_attention(explainable["gpt2"], "old   cat")

    assert explanation.read.words == ("old", "\u0120", "cat")
    assert explanation.read.spans == ((0, 3), (3, 5), (6, 9))
    assert explanation.read.special(by_token=False) == [False, False, False]


def test_short_text_is_not_cut(explained):
    assert explained.read.num_cut == 0


def test_matrix_is_one_head_or_a_mean(explained):
    attention = explained.attention

    np.testing.assert_array_equal(explained.matrix(1, 0), attention[1, 0])
    np.testing.assert_allclose(explained.matrix(1), attention[1].mean(axis=0))
    np.testing.assert_allclose(explained.matrix(head=1), attention[:, 1].mean(axis=0))
    np.testing.assert_allclose(explained.matrix(), attention.mean(axis=(0, 1)))


def test_word_matrix_sums_what_a_word_receives_and_averages_what_it_gives(by_hand):
    expected = [[1, 0], [(0.2 + 0.4) / 2, (0.3 + 0.5 + 0.4 + 0.2) / 2]]

    np.testing.assert_allclose(by_hand.word_matrix(0, 0), expected)


def test_seen_from_one_position_is_its_row(by_hand):
    assert by_hand.seen_from(by_hand.word_matrix(0), 0).tolist() == [0.5, 0.5]


@pytest.mark.parametrize("family", FAMILIES)
def test_seen_from_all_tokens_is_their_mean_summed_by_word(explainable, family):
    found = explain_attention(explainable[family], "Nooks of the horses here")
    assert np.bincount(found.read.word_of).max() >= 5

    of_tokens = found.matrix().mean(axis=0)

    np.testing.assert_allclose(
        found.seen_from(found.matrix(), None, by_token=True), of_tokens, atol=1e-7
    )
    np.testing.assert_allclose(
        found.seen_from(found.word_matrix(), None), found.read.sum_by_word(of_tokens), atol=1e-7
    )


def test_word_matrix_averages_over_heads(by_hand):
    np.testing.assert_allclose(by_hand.word_matrix(0)[0], [0.5, 0.5])


@pytest.mark.parametrize("text", ["", "   \n", "\0"])
def test_empty_text_is_refused(explainable, text):
    with pytest.raises(InvalidArgumentError, match=r"Expected a text, got nothing\. Type or paste"):
        explain_attention(explainable["bert"], text)


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ({"layer": 2}, r"Expected a layer from 0 to 1, got 2\. Choose one of the model's\."),
        ({"layer": -1}, r"Expected a layer from 0 to 1, got -1\. Choose one of the model's\."),
        ({"head": 7}, r"Expected a head from 0 to 1, got 7\. Choose one of the model's\."),
    ],
)
def test_layer_or_head_that_does_not_exist_is_refused(explained, place, message):
    with pytest.raises(InvalidArgumentError, match=message):
        explained.matrix(**place)


def test_model_that_gives_no_weights_is_refused(saved):
    fused = Classifier.load(saved["bert"])
    message = (
        r"Expected attention weights from 2 layers of bert, got 0\. "
        r"This model family does not give them\."
    )

    with pytest.raises(ModelError, match=message):
        explain_attention(fused, TEXT)


@pytest.mark.slow
def test_finished_run_can_be_explained(finished_run):
    classifier = load_explainable(finished_run.require_model())

    explanation = explain_attention(classifier, "the old horse was here")

    assert explanation.read.words[3] == "horse"
    np.testing.assert_allclose(explanation.attention.sum(axis=-1), 1, atol=1e-5)


@pytest.mark.parametrize("pooling", ["head", "mean"])
def test_explained_probabilities_are_the_deployed_ones_whatever_is_pooled(
    tiny_models, tmp_path, pooling
):
    design = Design(pooling=pooling)
    made = Classifier.from_pretrained(tiny_models["bert"], LABELS, max_length=64, design=design)
    made.save(tmp_path / pooling)

    explanation = explain_attention(load_explainable(tmp_path / pooling), TEXT)

    expected = Classifier.load(tmp_path / pooling).predict_probabilities([TEXT])[0]
    np.testing.assert_allclose(explanation.probabilities, expected, atol=1e-5)
