"""Tests of predictions for new texts."""

import numpy as np
import pytest
import torch

from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.decision import Decision
from textcls_core.evaluation.rule import DecisionRule
from textcls_core.models.classifier import Classifier, Design
from textcls_core.prediction.predict import MAX_TEXTS, predict_texts

LABELS = ("animals", "food", "weather")
TEXTS = ["snow", "the old cat was here and we all looked at it", "a small apple"]


@pytest.fixture(scope="module")
def classifier(tiny_model_dir):
    return Classifier.from_pretrained(tiny_model_dir, LABELS, max_length=64)


@pytest.fixture
def tags(tiny_model_dir):
    """A classifier that judges every label by itself."""
    design = Design(task="multi_label")
    return Classifier.from_pretrained(tiny_model_dir, LABELS, max_length=64, design=design)


@pytest.fixture
def given(tags):
    """Make `tags` give a text these probabilities, whatever it says."""

    def give(probabilities):
        head = tags.model.classifier
        torch.nn.init.zeros_(head.weight)
        head.bias.data = torch.logit(torch.tensor(probabilities))

    return give


def test_predictions_are_in_the_order_of_the_texts(classifier):
    predictions = predict_texts(classifier, TEXTS)

    assert [prediction.text for prediction in predictions] == TEXTS
    np.testing.assert_allclose(
        [list(prediction.probabilities.values()) for prediction in predictions],
        [classifier.predict_probabilities([text])[0] for text in TEXTS],
        atol=1e-5,
    )


def test_prediction_is_the_most_probable_class(classifier):
    [prediction] = predict_texts(classifier, [TEXTS[0]])

    assert prediction.confidence == max(prediction.probabilities.values())
    assert prediction.probabilities[prediction.label] == prediction.confidence
    assert tuple(prediction.probabilities) == LABELS
    assert sum(prediction.probabilities.values()) == pytest.approx(1)


def test_prediction_as_json_has_the_stable_names(classifier):
    [prediction] = predict_texts(classifier, [TEXTS[0]])

    assert prediction.to_json() == {
        "label": prediction.label,
        "confidence": prediction.confidence,
        "labels": [prediction.label],
        "probabilities": prediction.probabilities,
    }


def test_texts_are_cleaned_as_in_a_data_set(classifier):
    [prediction] = predict_texts(classifier, ["sn\0ow \ud83d"])

    assert prediction.text == "snow \ufffd"


def test_prediction_of_a_multi_label_model_is_every_label_from_one_half_on(tags, given):
    given([0.6, 0.2, 0.9])

    [prediction] = predict_texts(tags, ["snow"])

    assert prediction.labels == ("weather", "animals")
    assert (prediction.label, prediction.confidence) == ("weather", pytest.approx(0.9))
    assert list(prediction.probabilities.values()) == pytest.approx([0.6, 0.2, 0.9])
    assert prediction.answer == "weather 90.0 %, animals 60.0 %"


def test_prediction_of_a_multi_label_model_may_be_no_label(tags, given):
    given([0.1, 0.4, 0.3])

    [prediction] = predict_texts(tags, ["snow"])

    assert prediction.labels == ()
    assert prediction.to_json()["labels"] == []
    assert (prediction.label, prediction.confidence) == ("food", pytest.approx(0.4))
    assert prediction.answer == "no label (food 40.0 %)"


def test_prediction_of_a_single_label_model_is_its_answer(classifier):
    [prediction] = predict_texts(classifier, [TEXTS[0]])

    assert prediction.answer == f"{prediction.label} {100 * prediction.confidence:.1f} %"


@pytest.mark.parametrize("empty", ["", " \n\t", "\0"])
def test_empty_text_is_refused_with_its_number(classifier, empty):
    message = r"Expected a text, but text 2 is empty\. Leave it out\."

    with pytest.raises(InvalidArgumentError, match=message):
        predict_texts(classifier, ["snow", empty, "rain"])


def test_no_texts_are_refused(classifier):
    with pytest.raises(InvalidArgumentError, match=r"Expected 1 to 10,000 texts, got 0\. Add a"):
        predict_texts(classifier, [])


def test_too_many_texts_are_refused(classifier):
    message = r"Expected 1 to 10,000 texts, got 10,001\. Add a text or split the list\."

    with pytest.raises(InvalidArgumentError, match=message):
        predict_texts(classifier, ["snow"] * (MAX_TEXTS + 1))


@pytest.mark.slow
def test_finished_run_predicts_as_its_worker_did(finished_run, toy_dataset):
    classifier = Classifier.load(finished_run.require_model())
    rows = toy_dataset.indices("test")
    stored = finished_run.predictions("test")

    predictions = predict_texts(classifier, toy_dataset.texts(rows))

    expected = [stored.label_names[label] for label in stored.predicted_label_ids]
    assert [prediction.label for prediction in predictions] == expected
    assert (~stored.is_mistake).mean() > 0.6  # three equally frequent classes


def with_rule(classifier, **rule):
    """Make a classifier follow a rule."""
    classifier.decision = Decision(rule=DecisionRule(**rule))
    return classifier


@pytest.fixture
def ruled(tiny_model_dir):
    """A classifier of one label per text, to give a rule to."""
    return Classifier.from_pretrained(tiny_model_dir, LABELS, max_length=64)


def test_prediction_follows_the_thresholds_of_the_model(ruled):
    [plain] = predict_texts(ruled, ["snow"])
    other = next(name for name in LABELS if name != plain.label)
    thresholds = tuple(1e-6 if name == other else 1.0 for name in LABELS)

    [prediction] = predict_texts(
        with_rule(ruled, kind="thresholds", thresholds=thresholds), TEXTS[:1]
    )

    assert (prediction.label, prediction.labels) == (other, (other,))
    assert prediction.confidence == prediction.probabilities[other]
    assert prediction.abstained is None


def test_prediction_that_is_not_sure_enough_is_no_answer(ruled):
    [prediction] = predict_texts(with_rule(ruled, abstain_below=1.0), ["snow"])

    assert prediction.labels == ()
    assert prediction.abstained is True
    assert prediction.answer.startswith(f"no answer ({prediction.label} ")
    assert prediction.to_json()["abstained"] is True
    assert prediction.to_row()["label"] == "no answer"


def test_prediction_that_is_sure_enough_says_that_it_answers(ruled):
    [prediction] = predict_texts(with_rule(ruled, abstain_below=0.01), ["snow"])

    assert prediction.labels == (prediction.label,)
    assert prediction.to_json()["abstained"] is False


def test_prediction_set_comes_most_probable_first(ruled):
    conformal = {"coverage": 0.9, "quantile": 1.0}

    [prediction] = predict_texts(with_rule(ruled, conformal=conformal), ["snow"])

    shares = [prediction.probabilities[name] for name in prediction.prediction_set]
    assert shares == sorted(prediction.probabilities.values(), reverse=True)
    assert prediction.to_json()["prediction_set"] == list(prediction.prediction_set)
    assert prediction.answer.endswith(f"one of {{{', '.join(prediction.prediction_set)}}}")
    assert prediction.to_row()["prediction set"] == ", ".join(prediction.prediction_set)


def test_prediction_of_labels_follows_their_thresholds(tags, given):
    given([0.6, 0.2, 0.9])
    rule = {"kind": "thresholds", "thresholds": (0.7, 0.1, 0.5)}

    [prediction] = predict_texts(with_rule(tags, **rule), ["snow"])

    assert prediction.labels == ("weather", "food")
    assert prediction.label == "weather"


def test_rule_for_other_classes_is_refused(ruled):
    rule = {"kind": "thresholds", "thresholds": (0.5, 0.5)}

    with pytest.raises(InvalidArgumentError, match="Expected 3 thresholds"):
        predict_texts(with_rule(ruled, **rule), ["snow"])
