"""Tests of samples that are the same every time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.sampling import (
    rows_within,
    sample_rows,
    sample_version,
    spread,
    stratified_order,
)
from textcls_core.dataset.store import DatasetStore


@pytest.fixture
def uneven():
    """60 training rows, one of them of a rare class, and 30 test rows of 10 characters each."""
    texts = [f"text  {n:04d}" for n in range(90)]
    labels = ["rare" if n == 17 else "usual" for n in range(60)] + ["usual"] * 30
    splits = ["train"] * 60 + ["test"] * 30
    return build_dataset(Rows(texts, labels, splits, extra={}))


def test_sample_of_few_rows_is_all_of_them(uneven):
    assert sample_rows(uneven, "train", 60).tolist() == list(range(60))
    assert sample_rows(uneven, "test", 1_000).tolist() == list(range(60, 90))


def test_sample_has_distinct_rows_of_its_split_in_file_order(uneven):
    rows = sample_rows(uneven, "test", 10)

    assert len(rows) == 10
    assert rows.min() >= 60
    assert (np.diff(rows) > 0).all()


def test_sample_is_the_same_every_time(uneven):
    np.testing.assert_array_equal(
        sample_rows(uneven, "train", 10), sample_rows(uneven, "train", 10)
    )


def test_sample_is_not_the_beginning_of_the_file(uneven):
    assert sample_rows(uneven, "test", 10).tolist() != list(range(60, 70))


@pytest.mark.parametrize("limit", [2, 3, 10])
def test_sample_of_training_rows_has_every_class(uneven, limit):
    rows = sample_rows(uneven, "train", limit)

    assert len(rows) == limit
    assert 17 in rows


def test_sample_of_label_sets_has_every_label_of_the_training_rows(topics_dataset):
    rows = sample_rows(topics_dataset, "train", 3)

    assert len(rows) == 3
    assert topics_dataset.targets[rows].any(axis=0).all()
    assert set(rows) <= set(topics_dataset.indices("train"))


def test_rows_within_counts_rows_of_average_length(uneven):
    assert rows_within(uneven, "test", 100) == 10


def test_rows_within_leaves_one_row_per_class(uneven):
    assert rows_within(uneven, "train", 5) == 2


def test_sample_of_a_version_has_distinct_rows_in_file_order(uneven, tmp_path):
    store = DatasetStore(tmp_path / "datasets")
    info = store.save(uneven, "n", "r")

    sample = sample_version(store, info, 25)

    rows = uneven.positions(sample.row_ids())
    assert len(rows) == 25
    assert (np.diff(rows) > 0).all()
    assert sample.texts() == uneven.texts(rows)


def test_sample_of_a_small_version_is_all_of_it(uneven, tmp_path):
    store = DatasetStore(tmp_path / "datasets")

    sample = sample_version(store, store.save(uneven, "n", "r"), 90)

    assert sample.fingerprint == uneven.fingerprint


@given(st.lists(st.integers(0, 4), max_size=60), st.integers(0, 60))
def test_every_prefix_of_a_spread_holds_each_stratum_by_its_share(strata, length):
    order = spread(np.array(strata, dtype=np.int64))

    assert sorted(order.tolist()) == list(range(len(strata)))
    taken = np.bincount(np.array(strata, dtype=np.int64)[order[:length]], minlength=5)
    shares = np.bincount(strata, minlength=5) * min(length, len(strata)) / max(len(strata), 1)
    assert np.abs(taken - shares).max() <= 2.5  # five strata round their share, each by itself


def test_stratified_order_spreads_rows_with_any_number_of_labels(topics_dataset):
    order = stratified_order(topics_dataset)

    assert sorted(order.tolist()) == list(range(topics_dataset.num_examples))
    first = [ids[0] if ids else -1 for ids in topics_dataset.label_sets]
    sampled = {first[position] for position in order[:20].tolist()}
    assert sampled == set(first)


def test_stratified_order_is_the_same_every_time(toy_dataset):
    assert stratified_order(toy_dataset).tolist() == stratified_order(toy_dataset).tolist()
