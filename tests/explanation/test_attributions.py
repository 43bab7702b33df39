"""Tests of attributions: equal to Captum's, complete, and about the class that is asked for."""

import numpy as np
import pytest
import torch
from captum.attr import LayerIntegratedGradients

from tests.explanation.conftest import LABELS
from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.decision import Decision
from textcls_core.evaluation.rule import DecisionRule
from textcls_core.explanation.attribution import MAX_GAP
from textcls_core.explanation.attributions import attribute, load_attributable
from textcls_core.explanation.gradients import integrated_gradients
from textcls_core.explanation.methods import METHODS
from textcls_core.explanation.score import Score
from textcls_core.explanation.words import read_text
from textcls_core.models.classifier import Classifier, Design

FAMILIES = ["bert", "distilbert", "roberta", "gpt2"]
TEXT = "The old horse wasn't here, was it?"
TEXTS = [
    f"{first} {noun} {last}".strip()
    for noun in ("cat", "soup", "storm", "sheep", "bread")
    for first, last in [
        ("the old", ""),
        ("a small", "was here"),
        ("this", "came in the morning and we all looked at it"),
        ("snow and", "wind"),
    ]
]


def captum_scores(classifier, read, label_id, num_steps):
    """Return Captum's integrated gradients of one text, from the same baseline, shape (T,)."""
    ids = torch.from_numpy(read.input_ids)[None]
    padding = torch.tensor(classifier.tokenizer.pad_token_id)
    nothing = torch.where(torch.from_numpy(read.is_special)[None], ids, padding)
    method = LayerIntegratedGradients(
        lambda given: classifier.model(input_ids=given).logits,
        classifier.model.get_input_embeddings(),
    )
    found = method.attribute(ids, baselines=nothing, target=label_id, n_steps=num_steps)
    return found.sum(-1)[0].detach().numpy()


@pytest.mark.parametrize("family", FAMILIES)
def test_integrated_gradients_equal_captums(attributable, family):
    classifier = attributable[family]

    for text in TEXTS:
        read = read_text(classifier, text)
        ours = integrated_gradients(classifier, read, Score(1), num_steps=32)
        expected = captum_scores(classifier, read, 1, num_steps=32)
        assert np.abs(ours.scores - expected).max() <= 1e-3 * np.abs(expected).max()


@pytest.mark.slow
def test_integrated_gradients_of_the_real_model_equal_captums(minilm_dir, tmp_path):
    Classifier.from_pretrained(minilm_dir, LABELS, max_length=128).save(tmp_path / "model")
    classifier = load_attributable(tmp_path / "model")

    for text in TEXTS:
        found = attribute(classifier, text, label="food", num_steps=16)
        expected = captum_scores(classifier, found.read, 1, num_steps=16)
        assert np.abs(found.scores - expected).max() <= 1e-3 * np.abs(expected).max()


@pytest.mark.parametrize("family", FAMILIES)
def test_integrated_gradients_take_steps_until_little_is_unexplained(attributable, family):
    integral = attribute(attributable[family], TEXT).exactness

    assert integral.gap <= MAX_GAP
    assert integral.scores.sum() == pytest.approx(integral.difference, rel=MAX_GAP)


def test_the_gap_of_few_steps_is_told(attributable):
    rough, fine = (
        attribute(attributable["bert"], TEXT, num_steps=steps).exactness for steps in (1, 32)
    )

    assert (rough.num_steps, fine.num_steps) == (1, 32)
    assert rough.gap > fine.gap


@pytest.mark.parametrize("family", FAMILIES)
def test_gradient_x_input_is_the_slope_of_stronger_words(attributable, family):
    classifier = attributable[family]
    found = attribute(classifier, TEXT, "gradient_x_input", label="food")
    embedded = classifier.model.get_input_embeddings()(torch.from_numpy(found.read.input_ids))

    def score(scale):
        with torch.no_grad():
            stronger = (embedded * scale).double().float()[None]
            return float(classifier.model(inputs_embeds=stronger).logits[0, 1])

    step = 0.02
    slope = (score(1 + step) - score(1 - step)) / (2 * step)
    assert found.scores.sum() == pytest.approx(slope, rel=0.05, abs=1e-3)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("family", FAMILIES)
def test_every_method_explains_one_class_against_another(attributable, family, method):
    classifier = attributable[family]
    steps = 32 if method == "integrated_gradients" else None

    food, animals = (
        attribute(classifier, TEXT, method, label=label, num_steps=steps).scores
        for label in ("food", "animals")
    )
    asked = attribute(classifier, TEXT, method, label="food", against="animals", num_steps=steps)
    both = asked.scores

    np.testing.assert_allclose(both, food - animals, atol=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_predicted_class_is_explained_unless_another_one_is_asked_for(attributable, family):
    found = attribute(attributable[family], TEXT, "occlusion")

    assert found.label == found.predicted.name == LABELS[int(found.probabilities.argmax())]
    assert found.predicted.is_answer


def test_what_the_rule_of_the_model_answers_is_explained(attributable, monkeypatch):
    classifier = attributable["bert"]
    least = int(attribute(classifier, TEXT, "occlusion").probabilities.argmin())
    thresholds = tuple(0.001 if place == least else 1.0 for place in range(3))
    rule = DecisionRule(kind="thresholds", thresholds=thresholds)
    monkeypatch.setattr(classifier, "decision", Decision(rule=rule))

    assert attribute(classifier, TEXT, "occlusion").label == LABELS[least]


def test_words_have_the_scores_of_their_tokens(attributable):
    found = attribute(attributable["bert"], TEXT, "gradient_x_input")

    assert len(found.word_scores) == len(found.read.words)
    assert found.word_scores.sum() == pytest.approx(found.scores.sum())


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"method": "magic"}, r'Expected a method \(integrated_gradients, .*\), got "magic"'),
        ({"label": "fod"}, '"fod" is not a class of this run. Known: "animals", "food"'),
        ({"against": "sport"}, '"sport" is not a class of this run'),
        ({"label": "food", "against": "food"}, 'Expected two classes, got "food" twice'),
    ],
)
def test_bad_arguments_are_refused(attributable, settings, sentence):
    with pytest.raises(InvalidArgumentError, match=sentence):
        attribute(attributable["bert"], TEXT, **settings)


def test_an_empty_text_is_refused(attributable):
    with pytest.raises(InvalidArgumentError, match="Expected a text, got nothing"):
        attribute(attributable["bert"], " \n")


def test_mean_pooling_is_explained_as_it_is_deployed(tiny_models, tmp_path):
    design = Design(pooling="mean")
    Classifier.from_pretrained(tiny_models["bert"], LABELS, max_length=64, design=design).save(
        tmp_path / "mean"
    )
    classifier = load_attributable(tmp_path / "mean")

    found = attribute(classifier, TEXT)

    expected = Classifier.load(tmp_path / "mean").predict_probabilities([TEXT])[0]
    np.testing.assert_allclose(found.probabilities, expected, atol=1e-6)
    assert found.exactness.gap <= MAX_GAP
