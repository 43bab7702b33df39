"""`bench near`: planted texts, the oracle, and the figures."""

import numpy as np
import pytest

from bench import near as bench_near
from bench.__main__ import build_parser
from bench.jobs import NearFound, NearJob
from bench.near import measure, quality
from bench.near_data import Planted, jaccard, near, plant
from bench.near_engines import find_pairs

PLANTED = Planted(["a b c d", "A, b c d!", "e f", "a b c x"], np.array([[0, 1], [0, 3]]))


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [("a b", "a b", 1.0), ("a b c d", "a b c e", 0.6), ("a a b", "B a!", 1.0), ("a", "b", 0.0)],
)
def test_jaccard_counts_words_once(left, right, expected):
    assert jaccard(left, right) == pytest.approx(expected)


def test_near_pairs_are_those_at_the_threshold_or_above():
    assert near(PLANTED.texts, [(0, 1), (0, 3), (0, 2)], 0.6) == {(0, 1), (0, 3)}
    assert near(PLANTED.texts, [(0, 1), (0, 3), (0, 2)], 0.61) == {(0, 1)}


def test_planted_texts_are_as_many_as_asked_for_and_repeatable():
    first, again, other = plant(300, 0), plant(300, 0), plant(300, 1)

    assert len(first.texts) == 300
    assert first.texts == again.texts != other.texts
    assert first.pairs.shape == (30, 2)
    assert len(set(first.pairs[:, 1])) + len(set(first.pairs[:, 0])) > 30


def test_planted_copies_range_from_equal_to_far():
    planted = plant(2_000, 0)

    found = [jaccard(planted.texts[a], planted.texts[b]) for a, b in planted.pairs.tolist()]

    assert min(found) < 0.75
    assert max(found) == 1.0
    assert 0.5 < np.mean(np.array(found) >= 0.8) < 0.95


def test_quality_counts_missed_and_wrong_pairs():
    figures = quality(PLANTED, ((0, 1), (0, 2)), 0.6)

    assert figures == {"planted_pairs": 2, "found_pairs": 2, "recall": 0.5, "precision": 0.5}


def test_our_engine_finds_the_planted_pairs():
    found = find_pairs(NearJob(engine="ours", num_rows=500, seed=0, threshold=0.8))

    figures = quality(plant(500, 0), found.pairs, 0.8)
    assert figures["precision"] == 1.0
    assert figures["recall"] >= 0.97
    assert found.seconds > 0


def test_peer_finds_pairs():
    pytest.importorskip("datasketch", reason="the peer is in requirements-dev.txt")

    found = find_pairs(NearJob(engine="datasketch", num_rows=500, seed=0, threshold=0.8))

    assert quality(plant(500, 0), found.pairs, 0.8)["recall"] > 0.6


def test_figures_compare_both_engines_in_turns(monkeypatch):
    asked = []

    def run(job, result):
        asked.append(job.engine)
        seconds = 1.0 if job.engine == "ours" else 20.0
        return NearFound(seconds=seconds, cpu_seconds=seconds, pairs=(), peak_memory_bytes=2**20)

    monkeypatch.setattr(bench_near, "run_child", run)
    options = build_parser().parse_args(["near", "--rows", "100", "--repeats", "2", "--allow-load"])

    figures = measure(options)

    assert asked == ["ours", "datasketch"] * 2
    assert figures["ratio_datasketch"]["median"] == 20.0
    assert figures["ours"]["seconds"] == {"min": 1.0, "median": 1.0, "max": 1.0}
    assert figures["ours"]["recall"] == 0.0
