"""Tests of near-duplicates, against comparing all pairs."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.near_data import jaccard, plant
from tests.data_real import sib200, sms_spam
from textcls_core.dataset import near_duplicates as module
from textcls_core.dataset.near_duplicates import groups, near_duplicate_pairs
from textcls_core.errors import InvalidArgumentError


def pairs_of(*texts, threshold=0.8):
    found = near_duplicate_pairs(list(texts), threshold)
    return list(zip(found.first.tolist(), found.second.tolist(), found.jaccard.tolist(), strict=True))


@pytest.fixture(scope="module")
def planted():
    return plant(3_000, seed=1)


@pytest.mark.parametrize("threshold", [0.6, 0.8, 0.9])
def test_planted_pairs_are_found_and_nothing_else(planted, threshold):
    sets = [frozenset(w.strip(",.!").lower() for w in text.split()) for text in planted.texts]
    wanted = {
        (a, b) for a, b in map(tuple, planted.pairs.tolist())
        if len(sets[a] & sets[b]) >= threshold * len(sets[a] | sets[b])
    }  # fmt: skip

    found = near_duplicate_pairs(planted.texts, threshold)

    got = set(zip(found.first.tolist(), found.second.tolist(), strict=True))
    assert len(wanted) > 80
    assert len(wanted & got) / len(wanted) >= 0.97
    assert all(jaccard(planted.texts[a], planted.texts[b]) >= threshold for a, b in got)


def test_reported_jaccard_is_exact(planted):
    found = near_duplicate_pairs(planted.texts, 0.7)

    expected = [
        jaccard(planted.texts[a], planted.texts[b])
        for a, b in zip(found.first.tolist(), found.second.tolist(), strict=True)
    ]

    assert found.jaccard.tolist() == pytest.approx(expected)


@given(st.lists(st.text(st.sampled_from("abc "), max_size=6), max_size=8))
def test_short_texts_are_found_as_by_comparing_all(texts):
    sets = [frozenset(text.split()) for text in texts]

    found = near_duplicate_pairs(texts, 1.0)

    number = groups(found, len(texts))
    for a, b in itertools.combinations(range(len(texts)), 2):
        assert (number[a] == number[b]) == (sets[a] == sets[b] != frozenset())


def test_case_marks_and_spaces_do_not_count():
    assert pairs_of("My card is lost.", "  my CARD - is lost") == [(0, 1, 1.0)]


def test_chinese_texts_are_compared_by_pairs_of_characters():
    text = "从土耳其到希腊的渡轮每天早上八点从港口出发"

    assert pairs_of(text, "今天天气很好我们去公园散步吧", text.replace("八", "九")) == [
        (0, 2, pytest.approx(18 / 22))
    ]


def test_one_changed_word_of_ten_is_near():
    words = [f"word{n}" for n in range(10)]

    assert pairs_of(" ".join(words), " ".join([*words[:9], "other"]))[0][2] == pytest.approx(9 / 11)


@pytest.mark.parametrize("texts", [[], [""], ["", "", None], ["...", "...", "!"]])
def test_texts_without_words_are_never_near(texts):
    assert pairs_of(*texts) == []


def test_text_repeated_often_gives_one_pair_per_copy():
    found = near_duplicate_pairs(["the same text again"] * 100_000 + ["something else"])

    assert len(found.first) == 99_999
    assert set(found.first.tolist()) == {0}
    assert found.num_crowded == 0


def test_same_words_in_many_orders_are_joined_though_not_all_compared(generator):
    words = [f"word{n}" for n in range(12)]
    texts = [" ".join(generator.permutation(words)) for _ in range(300)]

    found = near_duplicate_pairs(texts)

    assert len(found.first) < 300 * 60
    assert found.num_crowded == 300
    assert len(set(groups(found, 300).tolist())) == 1


def test_pairs_are_sorted_and_unique(planted):
    found = near_duplicate_pairs(planted.texts, 0.6)

    pairs = list(zip(found.first.tolist(), found.second.tolist(), strict=True))
    assert pairs == sorted(set(pairs))
    assert all(a < b for a, b in pairs)


def test_candidates_too_many_for_memory_are_verified_in_parts(planted, monkeypatch):
    whole = near_duplicate_pairs(planted.texts, 0.7)
    monkeypatch.setattr(module, "_MAX_SHINGLES", 5_000)

    parts = near_duplicate_pairs(planted.texts, 0.7)

    assert parts.first.tolist() == whole.first.tolist()
    assert parts.jaccard.tolist() == whole.jaccard.tolist()


def test_groups_join_chains_and_leave_others_alone():
    found = near_duplicate_pairs(["a b c d", "x", "a b c d e", "a b c d e f", "y z"], 0.8)

    number = groups(found, 5).tolist()

    assert number[0] == number[2] == number[3]
    assert len(set(number)) == 3


def test_groups_of_no_pairs_are_single_texts():
    assert groups(near_duplicate_pairs([]), 3).tolist() == [0, 1, 2]


@pytest.mark.parametrize("threshold", [0.49, 1.01, float("nan")])
def test_threshold_out_of_range_is_refused(threshold):
    with pytest.raises(InvalidArgumentError, match="Expected a threshold from 0.5 to 1, got"):
        near_duplicate_pairs(["a"], threshold)


def test_progress_can_stop_the_search():
    def stop(done, total, what):
        raise InterruptedError(what)

    with pytest.raises(InterruptedError, match="Reading texts"):
        near_duplicate_pairs(["a b", "c d"], progress=stop)


def test_progress_reaches_the_comparison(planted):
    reports = []

    near_duplicate_pairs(planted.texts, progress=lambda *report: reports.append(report))

    assert reports[0][2] == "Reading texts"
    assert {what for *_, what in reports} == {"Reading texts", "Comparing texts"}
    assert all(0 <= done <= total for done, total, _ in reports)


def test_spam_messages_repeat_each_other(tmp_path):
    lines = sms_spam(tmp_path).read_text(encoding="utf-8").splitlines()
    texts = [line.split("\t", 1)[1] for line in lines]

    found = near_duplicate_pairs(texts)

    assert len(np.unique(found.second)) >= 403  # exact copies alone


def test_sentences_of_sib_are_all_different(tmp_path):
    lines = sib200(tmp_path, "arb_Arab").read_text(encoding="utf-8").splitlines()[1:]

    found = near_duplicate_pairs([line.split("\t")[2] for line in lines], 0.9)

    assert len(found.first) == 0
