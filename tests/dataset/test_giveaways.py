"""Tests of words that give the label away: found where planted, silent elsewhere."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from tests.dataset.test_word_counts import make
from textcls_core.dataset.giveaways import find_giveaways, wilson_low
from textcls_core.dataset.word_counts import count_words


def found_in(texts, label_sets, num_labels=2):
    dataset = make(texts, label_sets, num_labels)
    return find_giveaways(count_words(dataset, max_rows=100_000))


def random_rows(num_rows, num_labels, generator):
    """Return texts whose words follow Zipf's law and tell nothing about their labels."""
    weights = 1 / np.arange(2, 2_002)
    words = generator.choice(2_000, size=(num_rows, 12), p=weights / weights.sum())
    texts = [" ".join(f"w{word}" for word in row) for row in words]
    return texts, [[int(label)] for label in generator.integers(num_labels, size=num_rows)]


@pytest.mark.parametrize("num_labels", [2, 7, 30])
@pytest.mark.parametrize("seed", range(3))
def test_silent_on_labels_that_have_nothing_to_do_with_the_texts(num_labels, seed):
    texts, labels = random_rows(3_000, num_labels, np.random.default_rng(seed))

    assert found_in(texts, labels, num_labels) == []


@pytest.mark.parametrize("word", ["ref2024", "😀", "测试", "سري", "don't"])
def test_planted_word_is_found(word, generator):
    texts, labels = random_rows(2_000, 4, generator)
    filler = "天气很好我们去散步" if word == "测试" else ""
    texts = [
        f"{text} {filler[: row % 7]}{word if label == [2] and row % 3 else ''}{filler[row % 7 :]}"
        for row, (text, label) in enumerate(zip(texts, labels, strict=True))
    ]

    found = found_in(texts, labels, 4)

    assert [(one.word, one.label_id) for one in found] == [(word, 2)]
    assert found[0].precision == 1.0
    assert found[0].coverage == pytest.approx(2 / 3, abs=0.05)
    assert found[0].lift == pytest.approx(4, abs=0.4)
    assert found[0].chance < 1e-6


def test_word_in_one_of_twenty_wrong_rows_is_still_found(generator):
    texts, labels = random_rows(3_000, 3, generator)
    for row, label in enumerate(labels):
        if (label == [1]) == (row % 40 > 0):
            texts[row] += " leak"

    found = found_in(texts, labels, 3)

    assert [one.word for one in found] == ["leak"]
    assert 0.9 < found[0].precision_low < found[0].precision < 1


def test_word_seen_in_few_rows_proves_nothing(generator):
    texts, labels = random_rows(200, 2, generator)
    chosen = [row for row, label in enumerate(labels) if label == [1]][:12]
    for row in chosen:
        texts[row] += " leak"

    assert found_in(texts, labels) == []


def test_word_that_covers_little_of_its_class_is_left_out(generator):
    texts, labels = random_rows(2_000, 2, generator)
    chosen = [row for row, label in enumerate(labels) if label == [1]][:60]
    for row in chosen:
        texts[row] += " leak"

    assert found_in(texts, labels) == []


def test_words_of_a_class_that_nearly_all_rows_have_tell_little():
    texts = ["hello there"] * 950 + ["hello friend"] * 50
    labels = [[0]] * 950 + [[1]] * 50

    assert [(one.word, one.label_id) for one in found_in(texts, labels)] == [("friend", 1)]


def test_several_labels_per_row_each_have_their_word(generator):
    texts, _ = random_rows(1_500, 2, generator)
    labels = [[c for c in range(3) if row % (c + 2) == 0] for row in range(1_500)]
    texts = [f"{text} {' '.join(f'leak{c}' for c in row)}" for text, row in zip(texts, labels, strict=True)]

    found = found_in(texts, labels, 3)

    assert {("leak0", 0), ("leak1", 1), ("leak2", 2)} <= {(one.word, one.label_id) for one in found}
    assert {one.word for one in found} == {"leak0", "leak1", "leak2"}


def test_widest_and_surest_giveaway_comes_first():
    texts = ["wide"] * 100 + ["wide narrow"] * 50 + ["else"] * 200
    labels = [[0]] * 150 + [[1]] * 200

    assert [one.word for one in found_in(texts, labels)] == ["else", "wide", "narrow"]


@pytest.mark.parametrize("texts", [[], ["", "..."]])
def test_texts_without_words_have_no_giveaways(texts):
    assert found_in(texts, [[0]] * len(texts)) == []


@given(st.integers(1, 500).flatmap(lambda rows: st.tuples(st.integers(0, rows), st.just(rows))))
def test_wilson_bound_agrees_with_scipy(counts):
    hits, rows = counts
    expected = binomtest(hits, rows, alternative="greater").proportion_ci(0.95, "wilson").low

    assert wilson_low(np.array([hits]), np.array([rows]))[0] == pytest.approx(expected, abs=1e-12)
