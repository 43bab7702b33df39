"""Tests of what is special about some rows: classes, words, lengths."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import fisher_exact

from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.contrast import contrast, log_odds_scores, word_table, words_of
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.errors import InvalidArgumentError


def dataset_of(texts, labels):
    return build_dataset(Rows(texts, labels, ["train"] * len(texts), extra={}))


def contrast_of(dataset: TextDataset, chosen):
    return contrast(dataset, word_table(dataset.texts()), np.array(chosen))


@pytest.fixture
def planted():
    """200 texts in two classes; the first 40 say "refund" and are long, the rest do not."""
    texts = [f"please refund order number {n % 7} to me now thanks" for n in range(40)]
    texts += [f"hello order number {n % 7}" for n in range(160)]
    return dataset_of(texts, ["money"] * 38 + ["other"] * 2 + ["money"] * 10 + ["other"] * 150)


def test_contrast_finds_the_class_the_words_and_the_length_that_stand_out(planted):
    found = contrast_of(planted, range(40))

    assert (found.num_rows, found.num_others) == (40, 160)
    money = next(item for item in found.classes if item.name == "money")
    assert (money.count, money.other_count) == (38, 10)
    assert (money.share, money.other_share) == (0.95, 0.0625)
    assert money.is_significant
    assert {item.name for item in found.words} == {
        *("please", "refund", "to", "me", "now", "thanks")
    }
    assert (found.words[0].count, found.words[0].other_count) == (40, 0)
    assert (found.lengths.median, found.lengths.other_median) == (9, 4)
    assert found.lengths.p_value < 1e-10
    assert found.summary == "95 % are money, against 6 % of the other rows."


def test_contrast_is_silent_about_rows_chosen_blindly(planted, generator):
    found = [contrast_of(planted, generator.choice(200, 40, replace=False)) for _ in range(20)]

    unusual = [item for one in found for item in one.classes if item.is_significant]
    assert len(unusual) <= 4
    assert sum(len(one.words) for one in found) <= 4
    assert sum(one.summary.startswith("Its classes are mixed") for one in found) >= 17


def test_contrast_of_classes_agrees_with_fisher(planted):
    found = contrast_of(planted, range(30, 60))

    money = next(item for item in found.classes if item.name == "money")
    table = [[money.count, 30 - money.count], [money.other_count, 170 - money.other_count]]
    # Fisher sums the unlikely tables of both sides, here one side is doubled: same order.
    assert money.p_value == pytest.approx(fisher_exact(table).pvalue, rel=1.0)
    assert money.p_value >= fisher_exact(table).pvalue / 2


def test_log_odds_scores_of_a_case_computed_by_hand():
    # 10 and 30 words, prior 500 by shares 1/4 and 3/4: alpha 125 and 375.
    inside, outside = np.array([8, 2]), np.array([2, 28])

    scores = log_odds_scores(inside, outside)

    delta = np.log(133 / 377) - np.log(127 / 403)
    assert scores[0] == pytest.approx(delta / np.sqrt(1 / 133 + 1 / 127))
    assert scores[1] == pytest.approx(-delta / np.sqrt(1 / 377 + 1 / 403))


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 50)), min_size=1, max_size=8))
def test_log_odds_scores_change_sign_with_the_sides(counts):
    inside, outside = (np.array(side) for side in zip(*counts, strict=True))

    scores = log_odds_scores(inside, outside)

    assert np.isfinite(scores).all()
    np.testing.assert_allclose(scores, -log_odds_scores(outside, inside), atol=1e-12)


@given(st.lists(st.text(max_size=12), min_size=2, max_size=12), st.data())
def test_contrast_takes_any_text(texts, data):
    clean = [text.encode("utf-8", "replace").decode() for text in texts]
    chosen = data.draw(st.integers(1, len(texts) - 1))
    dataset = dataset_of(clean, ["a" if n % 2 else "b" for n in range(len(texts))])

    found = contrast_of(dataset, range(chosen))

    assert found.num_rows == chosen
    assert sum(item.count for item in found.classes) == chosen
    assert all(0 <= item.p_value <= 1 for item in found.classes)


def test_contrast_counts_rows_with_several_labels_for_each(topics_dataset):
    has_both = [ids == [0, 1] for ids in topics_dataset.label_sets]

    found = contrast_of(topics_dataset, np.flatnonzero(has_both))

    shares = {item.name: item.share for item in found.classes}
    assert shares == {"animals": 1.0, "food": 1.0, "weather": 0.0}


@pytest.mark.parametrize("chosen", [[], range(200)])
def test_contrast_refuses_no_row_and_all_rows(planted, chosen):
    with pytest.raises(InvalidArgumentError, match=r"Expected some of the 200 rows, got"):
        contrast_of(planted, chosen)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't PANIC, it's 7 o\u2019clock", ["don't", "panic", "it's", "7", "o\u2019clock"]),
        ("公交车晚点了", ["公交", "交车", "车晚", "晚点", "点了"]),
        ("تأخرت الحافلةُ", ["تأخرت", "الحافلةُ"]),
        ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),
        ("_a_ \U0001f600 <b>", ["a", "b"]),
        ("", []),
    ],
)
def test_words_of_many_scripts(text, words):
    assert words_of(text) == words
