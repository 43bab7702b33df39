"""Which texts the timed steps train on."""

import itertools

import numpy as np
import pytest

from bench.errors import BenchError
from bench.sampling import grouped_batches, random_batches, regrouped_batches


def test_random_batches_are_full_and_repeat_no_text() -> None:
    batches = random_batches(100, 8, 10, seed=1)

    rows = list(itertools.chain(*batches))
    assert [len(batch) for batch in batches] == [8] * 10
    assert len(set(rows)) == 80


def test_seed_is_effective() -> None:
    assert random_batches(100, 8, 2, seed=1) == random_batches(100, 8, 2, seed=1)
    assert random_batches(100, 8, 2, seed=1) != random_batches(100, 8, 2, seed=2)


def test_grouped_batches_are_alike_inside_and_differ_between(generator) -> None:
    lengths = generator.integers(3, 512, size=4_000)

    batches = grouped_batches(lengths, 16, 20, seed=0)

    shares = [lengths[batch].sum() / (16 * lengths[batch].max()) for batch in batches]
    longest = [lengths[batch].max() for batch in batches]
    assert np.mean(shares) > 0.9
    assert max(longest) > 2 * min(longest)
    assert len(set(itertools.chain(*batches))) == 320


def test_grouping_a_small_sample_leaves_padding(generator) -> None:
    lengths = generator.integers(3, 512, size=4_000)
    batches = random_batches(4_000, 16, 10, seed=0)

    regrouped = regrouped_batches(lengths, batches, seed=0)

    shares = [lengths[batch].sum() / (16 * lengths[batch].max()) for batch in regrouped]
    assert np.mean(shares) < 0.9
    assert set(itertools.chain(*regrouped)) == set(itertools.chain(*batches))


def test_too_few_texts_are_refused() -> None:
    with pytest.raises(BenchError, match=r"at least 160 training texts for 10 steps of 16.*100"):
        random_batches(100, 16, 10, seed=0)
