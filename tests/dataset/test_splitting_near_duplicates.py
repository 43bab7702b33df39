"""Tests of splits that keep near-duplicates together."""

from collections import Counter

import pytest

from tests.dataset.test_splitting import splits_of
from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.near_duplicates import near_duplicate_groups
from textcls_core.dataset.splitting import SplitRecipe, resplit
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.jobs.progress import JobCancelledError


def near_twins() -> TextDataset:
    """Forty texts of other words, each followed by one that differs in a single word."""
    words = [[f"w{n}x{m}" for m in range(12)] for n in range(40)]
    texts = [text for own in words for text in (" ".join(own), " ".join([*own[:-1], "other"]))]
    return build_dataset(Rows(texts, ["a", "b"] * 40, ["train"] * 80, {}))


def test_resplit_by_near_duplicates_keeps_them_together():
    splits = splits_of(resplit(near_twins(), SplitRecipe(by="near_duplicates")))

    assert splits[::2] == splits[1::2]
    assert Counter(splits) == {"train": 56, "validation": 12, "test": 12}


def test_resplit_by_duplicates_parts_near_duplicates():
    splits = splits_of(resplit(near_twins(), SplitRecipe(by="duplicates")))

    assert splits[::2] != splits[1::2]


def test_resplit_by_near_duplicates_keeps_copies_without_words_together():
    rows = Rows(["?!", "?! "] * 20, ["a"] * 40, ["train"] * 40, {})

    assert len(set(splits_of(resplit(build_dataset(rows), SplitRecipe(by="near_duplicates"))))) == 1


def test_resplit_takes_groups_that_are_known():
    recipe, dataset = SplitRecipe(by="near_duplicates"), near_twins()
    groups = near_duplicate_groups(dataset.table["text"])

    assert splits_of(resplit(dataset, recipe, groups)) == splits_of(resplit(dataset, recipe))


def test_search_for_near_duplicates_can_be_stopped():
    def stop(*_):
        raise JobCancelledError

    with pytest.raises(JobCancelledError):
        resplit(near_twins(), SplitRecipe(by="near_duplicates"), report=stop)
