"""Confident learning against cases worked out by hand, and what must hold for any numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textcls_core.mistakes.label_issues.confident import (
    confident_joint,
    estimated_joint,
    noise_pairs,
    normalised_margin,
    self_confidence,
    thresholds,
)

PROBABILITIES = np.array([[0.9, 0.1], [0.7, 0.3], [0.2, 0.8], [0.1, 0.9], [0.4, 0.6], [0.8, 0.2]])
LABELS = np.array([0, 0, 0, 1, 1, 1])
"""Thresholds by hand: class 0 (0.9 + 0.7 + 0.2) / 3 = 0.6; class 1 (0.9 + 0.6 + 0.2) / 3 = 0.57."""


@st.composite
def labelled_probabilities(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    num_rows, num_labels = draw(st.integers(1, 30)), draw(st.integers(2, 5))
    generator = np.random.default_rng(draw(st.integers(0, 10_000)))
    probabilities = generator.dirichlet(np.full(num_labels, 0.5), num_rows)
    return probabilities, generator.integers(0, num_labels, num_rows)


def test_thresholds_are_means_over_the_rows_of_a_class() -> None:
    assert thresholds(PROBABILITIES, LABELS) == pytest.approx([0.6, 1.7 / 3])


def test_class_without_rows_is_never_reached() -> None:
    three = np.column_stack([PROBABILITIES, np.zeros(6)])

    assert thresholds(three, LABELS)[2] == np.inf
    assert confident_joint(three, LABELS)[:, 2].sum() == 0


def test_confident_joint_by_hand() -> None:
    assert confident_joint(PROBABILITIES, LABELS).tolist() == [[2, 1], [1, 2]]


def test_row_that_reaches_no_threshold_is_not_counted() -> None:
    unsure = np.array([[0.9, 0.1], [0.55, 0.45], [0.1, 0.9]])

    assert confident_joint(unsure, np.array([0, 0, 1])).tolist() == [[1, 0], [0, 1]]


def test_row_that_reaches_two_thresholds_counts_for_the_more_probable_class() -> None:
    low = np.array([[0.5, 0.5], [0.6, 0.4], [0.45, 0.55]])

    assert confident_joint(low, np.array([0, 1, 1])).tolist() == [[1, 0], [1, 1]]


def test_estimated_joint_by_hand() -> None:
    unsure = np.array([[0.9, 0.1], [0.55, 0.45], [0.1, 0.9], [0.95, 0.05]])

    joint = estimated_joint(unsure, np.array([0, 0, 1, 1]))

    assert joint == pytest.approx(np.array([[0.5, 0.0], [0.25, 0.25]]))


def test_noise_pair_by_hand() -> None:
    pairs = noise_pairs(PROBABILITIES, LABELS)

    assert [(pair.given, pair.likely) for pair in pairs] == [(0, 1), (1, 0)]
    assert pairs[0].rows == pytest.approx(1)
    assert pairs[0].share == pytest.approx(1 / 3)


def test_margin_by_hand() -> None:
    probabilities = np.array([[0.2, 0.5, 0.3], [0.2, 0.5, 0.3]])

    assert normalised_margin(probabilities, np.array([0, 1])) == pytest.approx([-0.3, 0.2])
    assert self_confidence(probabilities, np.array([0, 1])).tolist() == [0.2, 0.5]


@given(labelled_probabilities())
def test_joint_is_a_distribution_with_the_given_classes_as_row_sums(case) -> None:
    probabilities, label_ids = case

    joint = estimated_joint(probabilities, label_ids)

    shares = np.bincount(label_ids, minlength=probabilities.shape[1]) / len(label_ids)
    assert (joint >= 0).all()
    assert joint.sum(axis=1) == pytest.approx(shares)


@given(labelled_probabilities())
def test_most_probable_label_has_a_margin_of_at_least_zero(case) -> None:
    probabilities, label_ids = case

    is_top = probabilities.argmax(axis=1) == label_ids

    assert (normalised_margin(probabilities, label_ids)[is_top] >= 0).all()
    assert (normalised_margin(probabilities, label_ids)[~is_top] <= 0).all()
