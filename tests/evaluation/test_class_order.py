"""Tests of the order of classes, and of which of many are drawn."""

import numpy as np
import pytest

from textcls_core.evaluation.class_order import (
    class_order,
    confused_with,
    confusion_rates,
    in_order,
    most_confused,
)

NAMES = ("beta", "Alpha", "gamma", "alpha")
COUNTS = np.array([[5, 0, 3, 0], [0, 9, 0, 1], [1, 0, 2, 0], [0, 0, 0, 4]])
"""`beta` and `gamma` are confused four times, `Alpha` and `alpha` once."""


@pytest.mark.parametrize(
    ("by", "order"),
    [
        ("label", [0, 1, 2, 3]),
        ("name", [1, 3, 0, 2]),
        ("size", [1, 0, 3, 2]),
        ("f1", [2, 0, 3, 1]),
        ("confusion", [0, 2, 1, 3]),
    ],
)
def test_class_order(by, order):
    assert class_order(COUNTS, NAMES, by).tolist() == order


@pytest.mark.parametrize("by", ["label", "size", "f1", "confusion"])
def test_class_order_of_equal_classes_is_that_of_their_ids(by):
    assert class_order(np.diag([3, 3, 3]), ("c", "a", "b"), by).tolist() == [0, 1, 2]


def test_class_order_by_name_tells_nearly_equal_names_apart():
    names = ("spam ", "spam", "Spam", "spam")

    assert class_order(np.eye(4, dtype=int), names, "name").tolist() == [2, 1, 3, 0]


def test_class_order_by_size_and_f1_place_empty_classes_last_and_first():
    counts = np.diag([2, 0, 5])

    assert class_order(counts, ("a", "b", "c"), "size").tolist() == [2, 0, 1]
    assert class_order(counts, ("a", "b", "c"), "f1").tolist() == [1, 0, 2]


def test_confusion_rates_are_shares_of_the_rows_of_both_classes():
    rates = confusion_rates(COUNTS)

    assert rates[0, 2] == rates[2, 0] == pytest.approx(4 / 11)
    assert rates[1, 3] == pytest.approx(1 / 14)
    assert (rates.diagonal() == 0).all()


def test_confusion_rates_of_empty_classes_are_zero():
    assert confusion_rates(np.zeros((2, 2), dtype=int)).tolist() == [[0, 0], [0, 0]]


def test_most_confused_takes_both_classes_of_the_most_frequent_confusion():
    assert most_confused(COUNTS, 2).tolist() == [0, 2]


def test_most_confused_fills_up_with_the_largest_classes():
    counts = np.diag([3, 8, 5, 9])
    counts[0, 2] = 1

    assert most_confused(counts, 3).tolist() == [0, 2, 3]


@pytest.mark.parametrize("limit", [4, 9])
def test_most_confused_of_few_is_all(limit):
    assert most_confused(COUNTS, limit).tolist() == [0, 1, 2, 3]


def test_confused_with_counts_both_directions():
    counts = np.diag([5, 5, 5, 5])
    counts[0, 1], counts[2, 0], counts[3, 0] = 2, 3, 1

    assert confused_with(counts, 0, 3).tolist() == [0, 1, 2]
    assert confused_with(counts, 1, 9).tolist() == [0, 1]


def test_confused_with_leaves_its_argument_alone():
    counts = COUNTS.copy()

    confused_with(counts, 0, 2)

    assert (counts == COUNTS).all()


def test_in_order_keeps_the_order():
    assert in_order(np.array([3, 1, 0, 2]), np.array([0, 2, 3])).tolist() == [3, 0, 2]
