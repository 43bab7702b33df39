"""Heads by cross-validation against scikit-learn, and folds that never part equal texts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import log_softmax
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.model_selection import PredefinedSplit, cross_val_predict

from textcls_core.mistakes.label_issues.heads import (
    SHRINKAGE,
    deal_folds,
    out_of_fold,
    same_text_groups,
    word_features,
)


@st.composite
def grouped_labels(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    num_rows = draw(st.integers(5, 60))
    groups = draw(st.lists(st.integers(0, 40), min_size=num_rows, max_size=num_rows))
    labels = draw(st.lists(st.integers(0, 3), min_size=num_rows, max_size=num_rows))
    return np.array(groups), np.array(labels)


@given(grouped_labels(), st.integers(0, 5))
def test_equal_texts_never_straddle_folds(case, seed: int) -> None:
    groups, labels = case

    folds = deal_folds(groups, labels, 5, seed)

    assert all(len(set(folds[groups == group])) == 1 for group in groups)
    assert set(folds) <= set(range(5))


@given(st.lists(st.integers(0, 3), min_size=10, max_size=80))
def test_folds_share_out_every_class_evenly(labels) -> None:
    label_ids = np.array(labels)

    folds = deal_folds(np.arange(len(labels)), label_ids, 5, seed=1)

    for label_id in set(labels):
        sizes = np.bincount(folds[label_ids == label_id], minlength=5)
        assert sizes.max() - sizes.min() <= 1


def test_other_seed_deals_otherwise() -> None:
    groups, labels = np.arange(100), np.arange(100) % 4

    assert (deal_folds(groups, labels, 5, 0) != deal_folds(groups, labels, 5, 1)).any()


def test_scores_equal_scikit_learns_cross_validation(generator) -> None:
    label_ids = generator.integers(0, 4, 80)
    features = generator.normal(size=(80, 6)) + np.eye(4, 6)[label_ids] + 3.0
    folds = deal_folds(np.arange(80), label_ids, 4, 0)

    scores = out_of_fold(features, np.eye(4)[label_ids], folds)

    expected = cross_val_predict(
        LinearDiscriminantAnalysis(solver="lsqr", shrinkage=SHRINKAGE),
        features,
        label_ids,
        cv=PredefinedSplit(folds),
        method="predict_log_proba",
    )
    assert log_softmax(scores, axis=1) == pytest.approx(expected, abs=1e-6)


def test_own_label_never_counts(generator) -> None:
    features = generator.normal(size=(40, 5))
    targets = np.eye(2)[generator.integers(0, 2, 40)]
    folds = deal_folds(np.arange(40), targets.argmax(axis=1), 5, 0)
    changed = targets.copy()
    changed[7] = 1 - changed[7]

    before, after = (out_of_fold(features, t, folds) for t in (targets, changed))

    held = folds == folds[7]
    assert before[held] == pytest.approx(after[held])
    assert (before[~held] != after[~held]).any()


def test_groups_follow_equal_texts_whatever_the_spaces_around() -> None:
    assert same_text_groups(["a", " a ", "b", "a"]).tolist() == [0, 0, 1, 0]


def test_words_become_vectors_of_length_one() -> None:
    vectors = word_features(["red apple pie", "red apple tart", "blue sky today", "blue sky"])

    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1, 1])
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]


@pytest.mark.parametrize("texts", [["", "", ""], ["one", "two", "three"], ["!", "?", "…"]])
def test_texts_without_shared_words_have_no_word_vectors(texts) -> None:
    assert word_features(texts) is None
