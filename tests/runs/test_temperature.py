"""Tests of the temperature kept with a run: when it is refused, and who uses it afterwards."""

import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tests.pages.conftest import MISTAKES, make_run, save_model
from textcls_core.errors import InvalidArgumentError, RunStateError
from textcls_core.evaluation.decision import Decision, read_decision
from textcls_core.evaluation.evaluation import evaluate
from textcls_core.explanation.attention import explain_attention, load_explainable
from textcls_core.files import write_json
from textcls_core.mistakes.examples import Examples
from textcls_core.models.classifier import Classifier, Design
from textcls_core.models.probabilities import sigmoid, softmax
from textcls_core.prediction.predict import predict_texts
from textcls_core.runs.temperature import (
    fitted_temperature,
    keep_temperature,
    shown_temperature,
)

TEXTS = ["the old cat", "snow was here", "a small cake came in the morning"]


@pytest.fixture
def run(workspace, toy_dataset, tiny_model_dir):
    """A completed run on `toy` with a model that was never trained, and three mistakes in test."""
    made = make_run(workspace, "toy", toy_dataset, MISTAKES)
    save_model(made.model_dir, toy_dataset, tiny_model_dir)
    return made


def logits_of(folder, texts):
    """Return what other programs get from the folder of a model, shape (N, C)."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    with torch.inference_mode():
        batch = tokenizer(texts, padding=True, return_tensors="pt")
        return model(**batch).logits.double().numpy()


def test_predictions_are_the_softmax_of_divided_logits(run):
    logits = logits_of(run.model_dir, TEXTS)
    before = predict_texts(Classifier.load(run.model_dir), TEXTS)

    keep_temperature(run, 2.5)

    after = predict_texts(Classifier.load(run.model_dir), TEXTS)
    found = [[list(one.probabilities.values()) for one in some] for some in (before, after)]
    assert np.allclose(found[0], softmax(logits), atol=1e-5)
    assert np.allclose(found[1], softmax(logits / 2.5), atol=1e-5)
    assert [one.label for one in before] == [one.label for one in after]


def test_the_folder_opens_elsewhere_as_before(run):
    before = logits_of(run.model_dir, TEXTS)

    keep_temperature(run, 2.5)

    assert (logits_of(run.model_dir, TEXTS) == before).all()


def test_labels_are_the_sigmoid_of_divided_logits(topics_run, topics_dataset, tiny_model_dir):
    names, design = topics_dataset.label_names, Design(task="multi_label")
    classifier = Classifier.from_pretrained(tiny_model_dir, names, max_length=64, design=design)
    classifier.save(topics_run.model_dir)
    logits = logits_of(topics_run.model_dir, TEXTS)

    keep_temperature(topics_run, 0.5)

    found = Classifier.load(topics_run.model_dir).predict_probabilities(TEXTS)
    assert np.allclose(found, sigmoid(logits / 0.5), atol=1e-5)


def test_attention_gives_the_same_probabilities_as_prediction(run):
    keep_temperature(run, 3.0)

    explained = explain_attention(load_explainable(run.model_dir), TEXTS[0])

    [row] = Classifier.load(run.model_dir).predict_probabilities(TEXTS[:1])
    assert np.allclose(explained.probabilities, row, atol=1e-5)


def test_figures_and_mistakes_use_the_temperature(run, toy_dataset):
    before = evaluate(run.predictions("test"))

    keep_temperature(run, 2.0)

    powers = np.array([0.92, 0.04, 0.04]) ** 0.5
    confidence = powers[0] / powers.sum()
    after = evaluate(run.predictions("test"))
    row = Examples.of_run(run, toy_dataset, "test").row(0)
    assert row["confidence"] == pytest.approx(confidence)
    assert after.loss != before.loss
    assert after.accuracy == before.accuracy
    assert after.confusion.tolist() == before.confusion.tolist()


def test_predictions_on_disk_stay_as_trained(run):
    before = run.raw_predictions("validation").probabilities

    keep_temperature(run, 2.0)

    assert (run.raw_predictions("validation").probabilities == before).all()


def test_temperature_is_fitted_as_trained_whatever_is_kept(run):
    before = fitted_temperature(run)

    keep_temperature(run, 2.0)

    assert fitted_temperature(run) == before


def test_going_back_leaves_the_model_as_trained(run):
    keep_temperature(run, 2.0)

    assert keep_temperature(run, 1.0) == Decision() == read_decision(run.model_dir)


def test_a_run_without_validation_rows_is_refused(run):
    run.predictions_file("validation").unlink()

    with pytest.raises(RunStateError, match=r"no predictions for validation rows .*completed"):
        keep_temperature(run, 2.0)
    with pytest.raises(RunStateError, match="Train a run to its end on a data set with validation"):
        fitted_temperature(run)
    assert not (run.model_dir / "textcls_decision.json").exists()


def test_going_back_needs_no_validation_rows(run):
    keep_temperature(run, 2.0)
    run.predictions_file("validation").unlink()

    assert keep_temperature(run, 1.0) == Decision()


def test_a_run_that_is_training_is_refused(run, hold_lock):
    (run.folder / "finished.json").unlink()
    write_json(run.folder / "started.json", {"num_steps": 40})
    hold_lock(run.lock_file)

    with pytest.raises(RunStateError, match="is running and has no finished model"):
        keep_temperature(run, 2.0)
    assert not (run.model_dir / "textcls_decision.json").exists()


def test_a_run_whose_model_is_gone_is_refused(run):
    shutil.rmtree(run.model_dir)

    with pytest.raises(InvalidArgumentError, match=r"folder of a model, but it is gone"):
        keep_temperature(run, 2.0)
    assert not run.model_dir.exists()


def test_of_many_who_save_at_once_one_wins_and_nothing_breaks(run):
    wanted = [1 + number / 10 for number in range(1, 9)]

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda value: keep_temperature(run, value), wanted))

    assert read_decision(run.model_dir).temperature in wanted
    assert [file.name for file in run.model_dir.glob(".*")] == []


def test_temperature_in_use_is_shown_before_the_fitted_one(run):
    fit = fitted_temperature(run)

    assert shown_temperature(2.0, fit) == 2.0
    assert shown_temperature(1.0, fit) == fit.temperature
