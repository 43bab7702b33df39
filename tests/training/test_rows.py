"""Tests of which rows a run trains on."""

from collections import Counter

import pytest

from textcls_core.config import RunConfig
from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.folding import with_fold
from textcls_core.training.preview import first_step_rows
from textcls_core.training.rows import epoch_rows, in_folds


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
    drawn = {
        fold: set(first_step_rows(toy_dataset, config(num_folds=3, fold=fold, batch_size=1000)))
        for fold in (1, 2)
    }

    assert drawn[1] != drawn[2]
    held_out = with_fold(toy_dataset, num_folds=3, fold=2).indices("validation")
    assert not drawn[2] & set(held_out)
    assert drawn[2] - set(toy_dataset.indices("train"))
