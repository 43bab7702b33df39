"""Tests of the words that set classes apart, and of class similarity."""

import csv

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.metrics.pairwise import cosine_similarity

from tests.data_real import SHARED
from tests.dataset.test_word_counts import make
from textcls_core.dataset.builtin import load_bbc_news
from textcls_core.dataset.class_words import class_similarity, most_similar, top_words
from textcls_core.dataset.word_counts import count_words


def words_of(dataset, num_words=10):
    counts = count_words(dataset, max_rows=10_000)
    return [[found.word for found in words] for words in top_words(counts, num_words)]


def rows_of(num_rows, generator):
    """Return rows of "the", a topic word in half of the rows of its class, and noise."""
    labels = [row % 3 for row in range(num_rows)]
    topics = ["ball", "vote", "chip"]
    texts = [
        " ".join(
            [
                "the",
                topics[label] if generator.random() < 0.5 else "",
                *(f"n{word}" for word in generator.integers(0, 30, 8)),
            ]
        )
        for label in labels
    ]
    return make(texts, [[label] for label in labels], task="single_label")


def test_topic_words_come_first_and_words_of_all_classes_never(generator):
    found = words_of(rows_of(300, generator))

    assert [words[0] for words in found] == ["ball", "vote", "chip"]
    assert all("the" not in words for words in found)


def test_words_have_their_shares_and_rows():
    texts = ["goal yes"] * 30 + ["goal no"] * 10 + ["vote no"] * 60
    dataset = make(texts, [[0]] * 40 + [[1]] * 60, 2, task="single_label")

    goal = top_words(count_words(dataset, max_rows=1_000))[0][0]

    assert (goal.word, goal.num_rows, goal.share, goal.share_elsewhere) == ("goal", 40, 1.0, 0.0)
    assert goal.weight > 1


def test_seen_once_is_not_enough():
    texts = ["rare word"] * 2 + ["common"] * 98
    dataset = make(texts, [[row % 2] for row in range(100)], 2, task="single_label")

    assert words_of(dataset) == [[], []]


def test_class_without_rows_has_no_words():
    dataset = make(["a b"] * 10, [[0]] * 10, 2, task="single_label")

    assert words_of(dataset) == [[], []]


def test_rows_without_labels_and_with_several_are_counted():
    texts = ["goal"] * 20 + ["goal vote"] * 20 + ["vote"] * 20 + ["other"] * 40
    dataset = make(texts, [[0]] * 20 + [[0, 1]] * 20 + [[1]] * 20 + [[]] * 40, 2)

    assert words_of(dataset) == [["goal"], ["vote"]]


def test_single_characters_of_runs_are_left_out_and_letters_are_not():
    texts = ["x 好 我"] * 30 + ["y 坏 我"] * 30
    dataset = make(texts, [[0]] * 30 + [[1]] * 30, 2, task="single_label")

    assert words_of(dataset) == [["x"], ["y"]]


def test_similarity_is_the_cosine_of_tfidf_class_means(generator):
    dataset = rows_of(300, generator)
    counts = count_words(dataset, max_rows=1_000)
    rows = np.asarray(counts.totals)[:, None] * 0 + counts.by_class.toarray()
    idf = np.log(counts.num_rows / counts.totals)
    expected = cosine_similarity((rows / counts.class_rows * idf[:, None]).T)

    assert class_similarity(counts) == pytest.approx(expected)


def test_similarity_agrees_with_scikit_learn_on_one_row_per_class():
    texts = ["cat dog", "dog bird", "fish fish cow"]
    dataset = make(texts, [[0], [1], [2]], task="single_label")
    counts = count_words(dataset, max_rows=10, least_rows=1)
    by_row = counts.by_class.toarray().T
    transform = TfidfTransformer(norm="l2", smooth_idf=False)
    weighted = transform.fit_transform(by_row).toarray()
    plain = weighted * (transform.idf_ - 1) / transform.idf_  # scikit-learn adds one to the idf

    assert class_similarity(counts) == pytest.approx(cosine_similarity(plain))


def test_most_similar_pairs_come_first():
    similarity = np.array([[1, 0.2, 0.9], [0.2, 1, 0.5], [0.9, 0.5, 1]])

    found = most_similar(similarity, ("a", "b", "c"), 2)

    assert [(pair.first, pair.second, pair.similarity) for pair in found] == [
        ("a", "c", 0.9), ("b", "c", 0.5),
    ]  # fmt: skip


def test_bbc_words_are_those_of_the_sections():
    dataset = load_bbc_news().dataset
    found = dict(zip(dataset.label_names, words_of(dataset, 12), strict=True))

    assert {"shares", "growth", "bank"} <= set(found["business"])
    assert {"film", "awards", "singer"} <= set(found["entertainment"])
    assert {"labour", "election", "blair"} <= set(found["politics"])
    assert {"coach", "cup", "match"} <= set(found["sports"])
    assert {"users", "software", "technology"} <= set(found["tech"])
    assert all({"the", "of", "to", "and", "in", "a"}.isdisjoint(words) for words in found.values())


@pytest.mark.skipif(not SHARED.exists(), reason="needs the public data beside the repository")
@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("zho_Hans", {"travel": {"游客", "旅游", "旅行"}, "health": {"病毒", "医院"}, "sports": {"滑雪", "运动"}}),
        ("arb_Arab", {"travel": {"السفر", "زيارة"}, "geography": {"جزيرة", "نهر"}, "sports": {"فريق", "السباق"}}),
    ],
)  # fmt: skip
def test_words_of_sib_are_whole_words(script, expected):
    file = SHARED / "sib200" / script / "train.tsv"
    with file.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    names = sorted({row["category"] for row in rows})
    dataset = make(
        [row["text"] for row in rows], [[names.index(row["category"])] for row in rows], len(names)
    )

    found = dict(zip(names, words_of(dataset, 12), strict=True))

    assert {name: words & set(found[name]) for name, words in expected.items()} == expected
    assert all(len(word) > 1 for words in found.values() for word in words)
