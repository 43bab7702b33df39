"""Tests of which rows a run trains on."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textcls_core.config import RunConfig
from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.folding import with_fold
from textcls_core.training.preview import first_step_rows
from textcls_core.training.rows import drawn, epoch_rows, in_folds, oversampled

few = settings(max_examples=40)


@pytest.fixture
def skewed_dataset():
    """30 training texts of one class and 3 of another, and one of each to validate on."""
    labels = ["many"] * 30 + ["few"] * 3 + ["many", "few"]
    texts = [f"{label} {number}" for number, label in enumerate(labels)]
    splits = ["train"] * 33 + ["validation"] * 2
    return build_dataset(Rows(texts, labels, splits, extra={}))


def config(**settings):
    return RunConfig.create({"dataset": "toy", "batch_size": 8, **settings})


def test_epoch_has_every_training_row_once(toy_dataset):
    rows = epoch_rows(config(), toy_dataset)

    assert rows.tolist() == toy_dataset.indices("train").tolist()


def test_oversampled_epoch_draws_every_class_equally_often(skewed_dataset):
    rows = epoch_rows(config(oversampling=True), skewed_dataset)

    counts = Counter(skewed_dataset.targets[rows].tolist())
    assert sorted(counts.values()) == [30, 30]


def test_several_labels_are_not_oversampled(topics_dataset):
    rows = epoch_rows(config(oversampling=True), topics_dataset)

    assert rows.tolist() == topics_dataset.indices("train").tolist()


@pytest.mark.parametrize("fold", [1, 3])
def test_epoch_of_a_fold_has_its_training_rows(toy_dataset, fold):
    settings = config(num_folds=3, fold=fold)

    expected = with_fold(toy_dataset, num_folds=3, fold=fold).indices("train").tolist()

    assert epoch_rows(settings, toy_dataset).tolist() == expected
    assert in_folds(settings, toy_dataset).indices("train").tolist() == expected


def test_first_step_of_a_fold_has_none_of_its_validation_rows(toy_dataset):
    rows = {
        fold: set(
            first_step_rows(toy_dataset, config(num_folds=3, fold=fold, batch_size=1000), Path())
        )
        for fold in (1, 2)
    }

    assert rows[1] != rows[2]
    held_out = with_fold(toy_dataset, num_folds=3, fold=2).indices("validation")
    assert not rows[2] & set(held_out)
    assert rows[2] - set(toy_dataset.indices("train"))


@pytest.mark.parametrize("oversampling", [False, True])
@pytest.mark.parametrize("num_folds", [0, 3])
def test_positions_among_the_training_rows_are_the_rows_of_an_epoch(
    skewed_dataset, oversampling, num_folds
):
    choice = config(oversampling=oversampling, num_folds=num_folds, fold=min(num_folds, 1))
    train = in_folds(choice, skewed_dataset).indices("train")

    positions = drawn(choice, skewed_dataset.targets[train])

    assert train[positions].tolist() == epoch_rows(choice, skewed_dataset).tolist()


@few
@given(st.lists(st.integers(0, 5), min_size=1, max_size=80).map(np.array))
def test_oversampled_makes_every_class_as_frequent_as_the_most_frequent(label_ids):
    rows = oversampled(label_ids)

    counts = Counter(label_ids[rows].tolist())
    most = max(Counter(label_ids.tolist()).values())
    assert counts == dict.fromkeys(set(label_ids.tolist()), most)
    assert set(rows) == set(range(len(label_ids)))


@few
@given(st.lists(st.integers(0, 5), min_size=1, max_size=80).map(np.array))
def test_oversampled_repeats_the_rows_of_a_class_evenly(label_ids):
    repeats = np.bincount(oversampled(label_ids))

    for label in np.unique(label_ids):
        of_class = repeats[label_ids == label]
        assert of_class.max() - of_class.min() <= 1
