"""Tests of splits by time: the oldest rows train, the newest test."""

import pytest

from tests.dataset.test_splitting import BY_TIME, dated, splits_of
from textcls_core.dataset.splitting import SplitRecipe, resplit


def test_resplit_by_time_puts_the_newest_rows_into_test():
    days = [f"2024-01-{day:02}" for day in (10, 9, 8, 7, 6, 5, 4, 3, 2, 1)]

    splits = splits_of(resplit(dated(days), BY_TIME))

    assert splits == ["test"] * 2 + ["validation"] * 2 + ["train"] * 6


def test_resplit_by_time_never_parts_a_moment():
    splits = splits_of(resplit(dated(["1"] * 5 + ["2"] * 3 + ["3"] * 2), BY_TIME))

    assert splits == ["train"] * 5 + ["validation"] * 3 + ["test"] * 2


@pytest.mark.parametrize(
    ("moments", "expected"),
    [
        (["1"], ["train"]),
        (["1", "2"], ["train", "validation"]),
        (["1"] * 98 + ["2", "3"], ["train"] * 98 + ["validation", "test"]),
        (["1", "2"] + ["3"] * 98, ["train", "validation"] + ["test"] * 98),
    ],
    ids=["one moment", "two moments", "nearly all old", "nearly all new"],
)
def test_resplit_by_time_of_few_moments_leaves_later_splits_something(moments, expected):
    assert splits_of(resplit(dated(moments), BY_TIME)) == expected


def test_resplit_by_time_without_validation_has_two_splits():
    recipe = SplitRecipe(by="time", column="when", shares=(0.5, 0, 0.5))

    assert splits_of(resplit(dated(list("1234")), recipe)) == ["train"] * 2 + ["test"] * 2
