"""Tests of the candidates for near-duplicates."""

import numpy as np
import pytest

from textcls_core.dataset import minhash
from textcls_core.dataset.characters import read_characters, strings
from textcls_core.dataset.minhash import band_shape, candidates, crowded, shingles, sketch


def keys_of(*texts, bands=4, rows=2):
    return sketch(read_characters(list(texts)), bands, rows).keys


def found(keys):
    return [tuple(pair) for _, pairs in candidates(np.array(keys, np.uint32)) for pair in pairs.tolist()]


@pytest.mark.parametrize("threshold", [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0])
def test_bands_miss_little_at_the_threshold_and_catch_little_far_below(threshold):
    bands, rows = band_shape(threshold)

    def caught(similarity):
        return 1 - (1 - similarity**rows) ** bands

    assert caught(threshold) >= 0.995
    assert caught(threshold / 5) < 0.2
    assert bands * rows <= 130


def test_shingles_are_words_and_pairs_of_characters_without_spaces():
    read = read_characters(["Big 我爱你 news 你", "สวย"])

    assert strings(read, shingles(read)) == ["big", "我爱", "爱你", "news", "你", "สว", "วย"]


def test_order_and_repeats_of_words_do_not_change_the_keys():
    first, second, other = keys_of("a b c", "C, b, a b", "a b d e f")

    assert first.tolist() == second.tolist()
    assert first.tolist() != other.tolist()


def test_whole_depends_on_the_order_and_not_on_case_and_marks():
    read = read_characters(["a b c", "A, b; c!", "c b a", "a b", "", "..."])

    result = sketch(read, 2, 2)

    assert result.wholes[0] == result.wholes[1]
    assert len(set(result.wholes.tolist())) == 4
    assert result.sizes.tolist() == [3, 3, 3, 2, 0, 0]


def test_share_of_equal_minima_is_the_jaccard_index(generator):
    words = np.array([f"w{n}" for n in range(120)])
    pairs = []
    for _ in range(60):
        drawn = generator.permutation(words)
        pairs += [" ".join(drawn[:90]), " ".join(drawn[30:120])]  # 60 of 120 words shared

    keys = keys_of(*pairs, bands=200, rows=1)

    assert np.mean(keys[0::2] == keys[1::2]) == pytest.approx(0.5, abs=0.02)


def test_candidates_share_a_key_and_are_yielded_once():
    assert found([[1, 7], [2, 8], [1, 7], [3, 8]]) == [(0, 2), (1, 3)]


def test_texts_without_common_key_are_no_candidates():
    assert found([[1, 2], [2, 1], [3, 3]]) == []


def test_full_bucket_gives_few_pairs_and_still_joins_all(monkeypatch):
    monkeypatch.setattr(minhash, "WINDOW", 3)
    keys = np.full((100, 2), 5, np.uint32)

    pairs = found(keys)

    assert len(pairs) == len(set(pairs)) < 100 * 4
    assert {0, *(b for a, b in pairs if a == 0)} == set(range(100))
    assert crowded(keys).tolist() == list(range(100))


def test_many_candidates_come_in_several_parts(monkeypatch):
    monkeypatch.setattr(minhash, "_MAX_CANDIDATES", 30)

    parts = [pairs for _, pairs in candidates(np.full((20, 1), 5, np.uint32))]

    assert len(parts) > 3
    assert sum(map(len, parts)) == 190


def test_small_buckets_are_not_crowded():
    assert crowded(np.array([[1], [1], [2]], np.uint32)).tolist() == []
