"""Tests of the rows that are to get labels."""

import numpy as np
import pytest

from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.labels import no_labels
from textcls_core.dataset.store import DatasetStore
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.errors import InvalidArgumentError
from textcls_core.mistakes.active_learning.pool import (
    PoolFilter,
    has_labels,
    known_texts,
    pool_mask,
)


@pytest.fixture
def pool():
    texts = ["one text", "Two texts", "three", "four"]
    splits = ["train", "train", "test", "validation"]
    extra = {"source": ["mail", "web", "mail", None]}
    return build_dataset(Rows(texts, ["a", "todo", "todo", "b"], splits, extra=extra))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (PoolFilter(), [True, True, True, True]),
        (PoolFilter(split="train"), [True, True, False, False]),
        (PoolFilter(label="todo"), [False, True, True, False]),
        (PoolFilter(column="source", value="mail"), [True, False, True, False]),
        (PoolFilter(column="source", value=""), [False, False, False, True]),
        (PoolFilter("train", "todo", "source", "web"), [False, True, False, False]),
    ],
)
def test_pool_mask_keeps_what_meets_every_part(pool, wanted, expected):
    assert pool_mask(pool, wanted).tolist() == expected


def test_pool_mask_of_several_labels_per_row(topics_dataset):
    expected = [1 in ids for ids in topics_dataset.label_sets]

    assert pool_mask(topics_dataset, PoolFilter(label="food")).tolist() == expected


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (PoolFilter(split="dev"), '"dev" is not a split of the pool'),
        (PoolFilter(label="c"), '"c" is not a class of the pool'),
        (PoolFilter(column="from"), '"from" is not a column of the pool'),
    ],
)
def test_pool_mask_refuses_what_does_not_exist(pool, wanted, message):
    with pytest.raises(InvalidArgumentError, match=message):
        pool_mask(pool, wanted)


def test_known_texts_ignore_case_and_punctuation(pool):
    other = build_dataset(Rows(["two texts!", "new"], ["a", "b"], ["train", "train"], extra={}))

    assert np.flatnonzero(known_texts(pool, other)).tolist() == [1]


def test_a_filter_says_what_it_keeps():
    assert PoolFilter().title == "all rows"
    assert PoolFilter(label="todo").title == 'label "todo"'


def test_a_data_set_without_labels_has_none(workspace, toy_dataset):
    store = DatasetStore.open(workspace)
    empty = TextDataset(
        toy_dataset.table.set_column(2, "label_ids", no_labels(162).ids), (), "multi_label"
    )

    assert not has_labels(store.save(empty, "empty", "made for the tests"))
    assert has_labels(store.find("toy"))
