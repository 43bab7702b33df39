"""Tests of the baselines of label sets, against hand calculations and scikit-learn's pipelines."""

import numpy as np
import pyarrow as pa
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, hamming_loss, log_loss
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.models.classifier import CPU, Classifier, Design
from textcls_core.models.embedding import embed
from textcls_core.models.tokens import Reading, tokenize
from textcls_core.training.baseline_fitting import (
    Encoder,
    compute_frozen,
    compute_majority,
    compute_tfidf,
    ensure_baselines,
)
from textcls_core.training.baselines import best_baseline, read_baselines


@pytest.fixture
def encoder(topics_dataset, tiny_model_dir):
    """A tiny BERT about to be fine-tuned on `topics`."""
    names, design = topics_dataset.label_names, Design(task="multi_label")
    classifier = Classifier.from_pretrained(tiny_model_dir, names, max_length=32, design=design)
    return Encoder("tiny", classifier, CPU)


def parts(dataset, split):
    rows = dataset.indices(split)
    return dataset.texts(rows), dataset.targets[rows]


def check(figures, true, predicted):
    """Compare figures with those of scikit-learn."""
    true, predicted = true.astype(int), predicted.astype(int)
    assert figures.accuracy == (predicted == true).all(axis=1).mean()
    assert figures.hamming_loss == pytest.approx(hamming_loss(true, predicted))
    for average in ("macro", "micro", "weighted"):
        expected = f1_score(true, predicted, average=average, zero_division=0)
        assert getattr(figures, f"{average}_f1") == pytest.approx(expected)


def test_majority_answers_the_shares_of_the_labels(topics_dataset):
    shares = parts(topics_dataset, "train")[1].mean(axis=0)
    true = parts(topics_dataset, "test")[1]

    baseline = compute_majority(topics_dataset).baseline

    check(baseline.test, true, np.tile(shares >= 0.5, (len(true), 1)))
    expected = np.mean([log_loss(true[:, c], [p] * len(true)) for c, p in enumerate(shares)])
    assert baseline.test.loss == pytest.approx(expected)
    assert baseline.title == "Majority per label"


@pytest.fixture
def frequent(topics_dataset):
    """Make a data set whose training rows all have the first label, and never the last."""
    rows = np.flatnonzero(topics_dataset.targets[:, 0])
    table = topics_dataset.table.take(rows)
    return TextDataset(table, (*topics_dataset.label_names, "never"), "multi_label")


def test_majority_names_the_labels_that_it_gives(topics_dataset, frequent):
    number = len(topics_dataset.indices("train"))

    assert compute_majority(topics_dataset).baseline.description == (
        f"Always gives the labels that half of {number} training rows have, or more: "
        '"animals", "food", "weather".'
    )
    assert '"animals"' in compute_majority(frequent).baseline.description
    assert '"never"' not in compute_majority(frequent).baseline.description


def test_majority_may_give_no_label(topics_dataset):
    rows = np.flatnonzero(topics_dataset.targets.sum(axis=1) < 2)
    table, names = topics_dataset.table.take(rows), topics_dataset.label_names

    baseline = compute_majority(TextDataset(table, names, "multi_label")).baseline

    assert baseline.description.endswith("training rows have, or more: no label.")
    assert baseline.test.micro_f1 == 0


def test_majority_names_five_labels_at_most(topics_dataset):
    names = tuple(f"label {n}" for n in range(7))
    every = pa.array([list(range(7))] * topics_dataset.num_examples, pa.list_(pa.int32()))
    table = topics_dataset.table.set_column(2, "label_ids", every)

    description = compute_majority(TextDataset(table, names, "multi_label")).baseline.description

    assert description.endswith('"label 3", "label 4" and 2 more.')


def test_tfidf_equals_the_library_pipeline(topics_dataset):
    machines = OneVsRestClassifier(LinearSVC(random_state=0))
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    reference = make_pipeline(vectorizer, machines).fit(*parts(topics_dataset, "train"))
    texts, true = parts(topics_dataset, "test")

    baseline = compute_tfidf(topics_dataset).baseline

    check(baseline.test, true, reference.predict(texts))
    assert baseline.test.loss is None
    assert "one linear support vector machine per label with C = 1; " in baseline.description


def test_frozen_equals_regressions_on_embeddings(topics_dataset, encoder):
    classifier = encoder.classifier
    train, test = (
        embed(
            classifier,
            tokenize(parts(topics_dataset, split)[0], classifier.tokenizer, Reading(32)),
        )
        for split in ("train", "test")
    )
    true = parts(topics_dataset, "test")[1]
    heads = OneVsRestClassifier(LogisticRegression(max_iter=1_000))
    probabilities = heads.fit(train, parts(topics_dataset, "train")[1]).predict_proba(test)

    baseline = compute_frozen(topics_dataset, encoder).baseline

    check(baseline.test, true, probabilities >= 0.5)
    chosen = np.where(true == 1, probabilities, 1 - probabilities)
    assert baseline.test.loss == pytest.approx(-np.log(chosen).mean())
    assert "one logistic regression per label with C = 1; " in baseline.description


def test_labels_with_one_value_among_the_training_rows_are_measured(workspace, frequent, encoder):
    majority, tfidf, frozen = ensure_baselines(workspace, frequent, encoder)

    for figures in (majority.test, tfidf.test, frozen.test):
        assert 0 <= figures.hamming_loss < 0.5
    assert majority.test.loss > 0


def test_ensure_keeps_baselines_of_label_sets(workspace, topics_dataset, encoder):
    found = ensure_baselines(workspace, topics_dataset, encoder)

    assert [baseline.name for baseline in found] == ["majority", "tfidf", "frozen"]
    assert read_baselines(workspace, topics_dataset.fingerprint) == found
    assert ensure_baselines(workspace, topics_dataset, encoder) == found


def test_best_baseline_by_hamming_loss_has_the_smallest(workspace, topics_dataset):
    found = ensure_baselines(workspace, topics_dataset)

    best = best_baseline(found, "test", "hamming_loss")

    assert best == (found[1], min(baseline.test.hamming_loss for baseline in found))


def test_json_of_label_sets_has_their_figures(topics_dataset):
    assert list(compute_majority(topics_dataset).baseline.to_json()["test"]) == [
        *("num_examples", "accuracy", "balanced_accuracy", "macro_f1", "weighted_f1", "loss"),
        *("micro_f1", "hamming_loss"),
    ]
