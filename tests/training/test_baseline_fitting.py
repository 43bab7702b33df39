"""Tests of the baselines: each against a hand calculation or the library's own pipeline."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, f1_score
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.builtin import load_bbc_news
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.errors import DatasetFormatError
from textcls_core.models.classifier import CPU, Classifier
from textcls_core.models.embedding import embed
from textcls_core.models.tokens import Reading, tokenize
from textcls_core.training import baseline_fitting
from textcls_core.training.baseline_answers import has_answers, save_answers
from textcls_core.training.baseline_fitting import (
    Encoder,
    compute_frozen,
    compute_majority,
    compute_tfidf,
    ensure_baselines,
)
from textcls_core.training.baselines import read_baselines, save_baseline


@pytest.fixture
def encoder(toy_dataset, tiny_model_dir):
    """A tiny BERT about to be fine-tuned on `toy`."""
    names = toy_dataset.label_names
    classifier = Classifier.from_pretrained(tiny_model_dir, names, max_length=32)
    return Encoder("tiny", classifier, CPU)


@pytest.fixture
def calls(monkeypatch):
    """Names of the baselines that are computed, in order."""
    made = []

    def count(name, compute):
        def counted(*arguments, **options):
            made.append(name)
            return compute(*arguments, **options)

        return counted

    for name in ("majority", "tfidf", "frozen"):
        compute = getattr(baseline_fitting, f"compute_{name}")
        monkeypatch.setattr(baseline_fitting, f"compute_{name}", count(name, compute))
    return made


def dataset_of(train, validation, test):
    """Return a data set from (text, label) pairs per split."""
    pairs = [*train, *validation, *test]
    splits = ["train"] * len(train) + ["validation"] * len(validation) + ["test"] * len(test)
    texts, labels = zip(*pairs, strict=True)
    return build_dataset(Rows(list(texts), list(labels), splits, extra={}))


def parts(dataset, split):
    rows = dataset.indices(split)
    return dataset.texts(rows), dataset.label_ids[rows]


@pytest.fixture
def small():
    """Training rows a, a, a, b; validation a, b; test b, b, a, b."""
    return dataset_of(
        [("one", "a"), ("two", "a"), ("three", "a"), ("four", "b")],
        [("five", "a"), ("six", "b")],
        [("seven", "b"), ("eight", "b"), ("nine", "a"), ("ten", "b")],
    )


def test_majority_answers_the_most_frequent_training_class(small):
    baseline = compute_majority(small).baseline

    assert baseline.description == 'Always answers "a", the most frequent class of 4 training rows.'
    assert baseline.validation.accuracy == 0.5
    assert baseline.test.accuracy == 0.25  # although b is the more frequent one there
    assert baseline.test.balanced_accuracy == 0.5
    assert baseline.test.macro_f1 == pytest.approx((2 / 5 + 0) / 2)
    assert baseline.test.weighted_f1 == pytest.approx(2 / 5 / 4)
    assert baseline.test.loss == pytest.approx(-(np.log(3 / 4) + 3 * np.log(1 / 4)) / 4)
    assert baseline.test.num_examples == 4


def test_tfidf_equals_the_library_pipeline(toy_dataset):
    reference = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True), LinearSVC(random_state=0)
    ).fit(*parts(toy_dataset, "train"))
    texts, true = parts(toy_dataset, "test")
    predicted = reference.predict(texts)

    figures = compute_tfidf(toy_dataset).baseline.test

    assert figures.accuracy == (predicted == true).mean()
    assert figures.macro_f1 == pytest.approx(f1_score(true, predicted, average="macro"))
    assert figures.weighted_f1 == pytest.approx(f1_score(true, predicted, average="weighted"))
    assert figures.balanced_accuracy == pytest.approx(balanced_accuracy_score(true, predicted))
    assert figures.loss is None


def test_tfidf_says_how_it_was_made(toy_dataset):
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=2).fit(parts(toy_dataset, "train")[0])

    assert compute_tfidf(toy_dataset).baseline.description == (
        f"TF-IDF of {len(vectorizer.vocabulary_)} terms (words and word pairs that occur in two "
        "texts or more; counts sublinear), linear support vector machine with C = 1; "
        f"{len(toy_dataset.indices('train'))} training rows."
    )


def test_tfidf_reads_bbc_news_as_the_library_does():
    dataset = load_bbc_news().dataset
    rows = dataset.indices("train")[::10]
    own, _, _ = baseline_fitting._fit_vectorizer(dataset.texts(rows), dataset.num_labels)
    plain = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)

    assert own.vocabulary_ == plain.fit(dataset.texts(rows)).vocabulary_


def test_tfidf_takes_single_words_where_none_is_repeated(small):
    assert "words and word pairs; counts" in compute_tfidf(small).baseline.description


def test_tfidf_takes_characters_where_there_are_no_words():
    rows = [("☀ ☀", "good"), ("☂ ☂", "bad")]

    baseline = compute_tfidf(dataset_of(rows, rows, rows)).baseline

    assert "characters and pairs of characters" in baseline.description
    assert baseline.test.accuracy == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (["今天天气很好", "天气真好"], ["我爱吃苹果", "苹果很甜"]),
        (["今日は天気がいい", "いい天気"], ["りんごを食べる", "あまいりんご"]),
        (["อากาศดี", "วันนี้อากาศดี"], ["กินข้าว", "ข้าวอร่อย"]),
    ],
    ids=["Chinese", "Japanese", "Thai"],
)
def test_tfidf_counts_characters_of_scripts_without_spaces(first, second):
    train = [(first[0], "weather"), (second[0], "food")]
    others = [(first[1], "weather"), (second[1], "food")]

    baseline = compute_tfidf(dataset_of(train + train, others, others)).baseline

    assert "words" in baseline.description
    assert baseline.test.accuracy == 1


def test_tfidf_without_any_text_is_a_message(toy_dataset):
    table = toy_dataset.table
    empty = table.set_column(1, table.schema.field("text"), [[""] * table.num_rows])

    with pytest.raises(DatasetFormatError, match="Expected text in the training rows, found only"):
        compute_tfidf(TextDataset(empty, toy_dataset.label_names))


def test_tfidf_says_that_it_read_a_sample(toy_dataset, monkeypatch):
    monkeypatch.setattr(baseline_fitting, "MAX_CHARACTERS", 500)

    baseline = compute_tfidf(toy_dataset).baseline

    total = len(toy_dataset.indices("train"))
    assert f"of {total} training rows, " in baseline.description
    assert " training rows (drawn with seed 0: " in baseline.description
    assert baseline.test.num_examples < len(toy_dataset.indices("test"))
    assert compute_tfidf(toy_dataset).baseline.test == baseline.test


def test_tfidf_keeps_the_most_frequent_terms_of_many(toy_dataset, monkeypatch):
    monkeypatch.setattr(baseline_fitting, "_MAX_COEFFICIENTS", 30)

    assert (
        "TF-IDF of 10 terms (the 10 most frequent words"
        in compute_tfidf(toy_dataset).baseline.description
    )


def test_frozen_equals_a_regression_on_embeddings(toy_dataset, encoder):
    classifier = encoder.classifier
    vectors = {
        split: embed(
            classifier, tokenize(parts(toy_dataset, split)[0], classifier.tokenizer, Reading(32))
        )
        for split in ("train", "test")
    }
    reference = LogisticRegression(max_iter=1_000)
    reference.fit(vectors["train"], parts(toy_dataset, "train")[1])
    true = parts(toy_dataset, "test")[1]
    probabilities = reference.predict_proba(vectors["test"])

    figures = compute_frozen(toy_dataset, encoder).baseline.test

    assert figures.accuracy == (probabilities.argmax(axis=1) == true).mean()
    assert figures.loss == pytest.approx(-np.log(probabilities[range(len(true)), true]).mean())


def test_frozen_says_how_it_was_made(toy_dataset, encoder):
    baseline = compute_frozen(toy_dataset, encoder).baseline

    assert baseline.title == "Frozen tiny"
    assert baseline.model == "tiny"
    assert baseline.description == (
        "Mean of the last hidden layer of tiny over the first 32 tokens, computed in fp32; "
        f"logistic regression with C = 1; {len(toy_dataset.indices('train'))} training rows."
    )


def test_frozen_names_a_folder_by_its_last_part(toy_dataset, encoder):
    renamed = Encoder("/home/ada/models/mine/", encoder.classifier, CPU)

    assert compute_frozen(toy_dataset, renamed).baseline.title == "Frozen mine"


def test_frozen_reads_128_tokens_at_most(tiny_model_dir):
    longest = Classifier.from_pretrained(tiny_model_dir, ("a", "b"), max_length=128)
    longest.max_length = 512

    assert Encoder("tiny", longest, CPU).num_tokens == 128


def test_frozen_says_that_it_read_a_sample(toy_dataset, encoder, monkeypatch):
    limits = {"train": 50, "validation": 20, "test": 10}
    monkeypatch.setattr(baseline_fitting, "MAX_ENCODED_ROWS", limits)

    baseline = compute_frozen(toy_dataset, encoder).baseline

    counts = [len(toy_dataset.indices(split)) for split in ("train", "validation", "test")]
    assert baseline.description.endswith(
        f"50 training rows (drawn with seed 0: 50 of {counts[0]} training rows, "
        f"20 of {counts[1]} validation rows, 10 of {counts[2]} test rows)."
    )
    assert baseline.test.num_examples == 10


def test_frozen_that_is_stopped_is_none(toy_dataset, encoder):
    assert compute_frozen(toy_dataset, encoder, should_stop=lambda: True) is None


def test_ensure_measures_in_order_and_keeps(workspace, toy_dataset, encoder):
    done = []

    found = ensure_baselines(workspace, toy_dataset, encoder, on_done=done.append)

    assert [baseline.name for baseline in found] == ["majority", "tfidf", "frozen"]
    assert done == found
    assert read_baselines(workspace, toy_dataset.fingerprint) == found


def test_ensure_without_a_model_needs_no_encoder(workspace, toy_dataset):
    found = ensure_baselines(workspace, toy_dataset)

    assert [baseline.name for baseline in found] == ["majority", "tfidf"]


def test_ensure_measures_only_what_is_missing(workspace, toy_dataset, encoder, calls):
    ensure_baselines(workspace, toy_dataset)
    done = []

    found = ensure_baselines(workspace, toy_dataset, encoder, on_done=done.append)
    again = ensure_baselines(workspace, toy_dataset, encoder, on_done=done.append)

    assert calls == ["majority", "tfidf", "frozen"]
    assert [baseline.name for baseline in done] == ["frozen"]
    assert again == found


def test_ensure_measures_a_damaged_one_again(workspace, toy_dataset, calls):
    ensure_baselines(workspace, toy_dataset)
    file = workspace.baselines_dir / toy_dataset.fingerprint[:16] / "tfidf.json"
    file.write_text("{")

    found = ensure_baselines(workspace, toy_dataset)

    assert calls == ["majority", "tfidf", "tfidf"]
    assert read_baselines(workspace, toy_dataset.fingerprint) == found


@pytest.mark.parametrize("damage", [Path.unlink, lambda file: file.write_bytes(b"PAR1")])
def test_ensure_measures_again_what_has_lost_its_answers(workspace, toy_dataset, calls, damage):
    first = ensure_baselines(workspace, toy_dataset)
    damage(workspace.baselines_dir / toy_dataset.fingerprint[:16] / "tfidf-test.parquet")

    found = ensure_baselines(workspace, toy_dataset)

    assert calls == ["majority", "tfidf", "tfidf"]
    assert all(has_answers(workspace, baseline) for baseline in found)
    assert [one.test for one in found] == [one.test for one in first]


def test_ensure_measures_again_when_the_model_of_that_name_has_other_weights(
    workspace, toy_dataset, encoder, calls
):
    first = ensure_baselines(workspace, toy_dataset, encoder)
    encoder.classifier.model.base_model.embeddings.word_embeddings.weight.data.mul_(-1)

    second = ensure_baselines(workspace, toy_dataset, encoder)

    assert calls.count("frozen") == 2
    assert first[2].weights != second[2].weights


@pytest.mark.parametrize(("kept", "measured"), [(16, ["frozen"]), (32, []), (128, [])])
def test_ensure_measures_again_when_more_tokens_can_be_read(
    workspace, toy_dataset, encoder, calls, kept, measured
):
    fitted = compute_frozen(toy_dataset, encoder)
    frozen = fitted.baseline.model_copy(update={"num_tokens": kept})
    save_answers(workspace, frozen, fitted.answers)
    save_baseline(workspace, frozen)

    ensure_baselines(workspace, toy_dataset, encoder)

    assert calls == ["majority", "tfidf", *measured]


def test_ensure_stops_and_keeps_what_it_has(workspace, toy_dataset, encoder, calls):
    done = []

    found = ensure_baselines(
        workspace, toy_dataset, encoder, on_done=done.append, should_stop=lambda: len(done) == 1
    )

    assert [baseline.name for baseline in found] == ["majority"]
    assert calls == ["majority"]


@pytest.mark.slow
def test_frozen_minilm_beats_the_majority_by_far():
    news = load_bbc_news().dataset
    rows = np.concatenate([news.indices(split)[::8] for split in news.splits])
    dataset = TextDataset(news.table.take(rows), news.label_names)

    frozen = compute_frozen(dataset, Encoder.load("minilm", dataset)).baseline

    assert frozen.title == "Frozen minilm"
    assert frozen.test.accuracy > 0.85
    assert compute_majority(dataset).baseline.test.accuracy < 0.4
